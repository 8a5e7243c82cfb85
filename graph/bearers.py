"""How clients say who they are: `Authorization: Bearer …`, in a header or in what opens a WebSocket's conversation."""

import logging
import re
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Address

logger = logging.getLogger(__name__)

UNAUTHENTICATED = "UNAUTHENTICATED"

_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


def bearer_in_header(authorization: str | None) -> str | None:
    """None for no header and for other schemes, which a proxy may have asked for."""
    match = _BEARER.fullmatch(authorization or "")
    return None if match is None else match[1]


def bearer_in_payload(payload: Mapping[str, Any]) -> str | None:
    """Of connection_init: ``{"Authorization": "Bearer …"}`` as clients send it who think of headers, or ``token``."""
    named = {name.lower(): value for name, value in payload.items() if isinstance(value, str)}
    return bearer_in_header(named.get("authorization")) or named.get("token") or None


def challenge(bearer: str | None) -> dict[str, str]:
    """What goes with a 401 (RFC 6750, 3)."""
    error = "" if bearer is None else ', error="invalid_token"'
    return {"WWW-Authenticate": f'Bearer realm="manganace"{error}'}


def note_refusal(bearer: str | None, client: Address | None) -> None:
    """A line in the log where a token without force was sent, and from where; never the token."""
    if bearer is not None:
        logger.warning("a token was refused", extra={"client": client.host if client else "unknown"})
