"""Logs: one line an event on standard error, as JSON for machines or as text for people."""

import logging
import sys

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

FIELDS = (
    "generation_id",
    "outcome",
    "code",
    "images",
    "device",
    "queue_ms",
    "render_ms",
    "encode_ms",
    "store_ms",
    "request_id",
    "client",
    "audit",
)

OURS = ("domain", "graph", "infrastructure", "stylegan2")
"""Only these log at debug: other libraries would write whole messages and SQL with its values there."""


class TextFormatter(logging.Formatter):
    """The message, then the fields that the line carries."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        fields = [f"{name}={getattr(record, name)}" for name in FIELDS if hasattr(record, name)]
        return " ".join([super().format(record), *fields])


UNTOLD = ("WebSocket %s", "without completing handshake")
"""Of uvicorn's lines: its lines for a socket quote the address, and clients put tokens into it; and it calls it an
error that a socket was refused with a whole answer."""


def _is_told(record: logging.LogRecord) -> bool:
    return not any(words in str(record.msg) for words in UNTOLD)


def set_up_logs(level: str, form: str) -> None:
    """Once, by the command line; libraries only ask for loggers."""
    handler = logging.StreamHandler(sys.stderr)
    if form == "json":
        handler.setFormatter(
            JsonFormatter(
                "%(asctime)s %(levelname)s %(name)s %(message)s",
                reserved_attrs=[*RESERVED_ATTRS, "color_message"],  # uvicorn's message again, with escape codes
                rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            )
        )
    else:
        handler.setFormatter(TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level.upper()]))
    for package in OURS:
        logging.getLogger(package).setLevel(logging.DEBUG if level == "debug" else logging.NOTSET)
    logging.getLogger("uvicorn.error").addFilter(_is_told)
    logging.getLogger("alembic").setLevel(logging.WARNING)
