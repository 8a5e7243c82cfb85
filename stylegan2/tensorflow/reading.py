"""Files are read by the present Python: a short-lived process of it reads, checks, and sends plain arrays.

So this interpreter parses nothing, and the one that owns the engines never holds a network's weights.
"""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

from stylegan2.engine.wire import Channel, PeerGone

if TYPE_CHECKING:
    from stylegan2.engine.wire import Array, Message


class NetworkNotRead(Exception):
    """The file was refused, or its reader failed; the message says why."""


def read_elsewhere(python: str, path: str) -> tuple[Message, dict[str, Array]]:
    """A network's mapping, synthesis (the fields of `stylegan2.network`'s specs) and sha256, and its arrays."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = _start(python, path, theirs.fileno())
        try:
            message, tensors = Channel(ours).receive()
        except PeerGone:
            raise NetworkNotRead(f"the reader of {path} ended with status {process.wait()}") from None
        finally:
            ours.close()
            process.wait()
    if "error" in message:
        raise NetworkNotRead(message["error"])
    return message, tensors


def _start(python: str, path: str, connection: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the command is the owner's own
        [python, "-m", "stylegan2.tensorflow.export", str(connection), path],
        stdin=subprocess.DEVNULL,
        pass_fds=[connection],
    )
