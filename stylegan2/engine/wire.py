"""The messages between a runner and an engine's process: a JSON header, then raw arrays; never a pickle.

Python 3.7 syntax and NumPy only: both ends use this file, and an engine may need an old interpreter. A frame is the
header's length (4 bytes, big-endian), the header ``{"message": ..., "arrays": [...]}`` in UTF-8, and the bytes of the
arrays in their order. Pictures (uint8) lie in memory that both ends share, where they fit.
"""

from __future__ import annotations

import json
import struct
import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import mmap
    import socket
    from collections.abc import Mapping

    Array = np.ndarray[Any, np.dtype[Any]]
    Message = dict[str, Any]

LENGTH = struct.Struct("!I")
MAX_HEADER_BYTES = 2**24
MAX_ARRAY_BYTES = 2**32
DTYPES = ("|u1", "<i8", "<f4", "<f8")


class PeerGone(ConnectionError):
    """The other end's process is gone, or closed the connection."""


class Channel:
    """One end of the connection. Calls block; past `deadline` (of time.monotonic) they raise socket.timeout."""

    def __init__(self, connection: socket.socket, memory: mmap.mmap | None = None) -> None:
        self._connection = connection
        self._memory = memory

    def send(self, message: Message, arrays: Mapping[str, Array] | None = None, deadline: float | None = None) -> None:
        """Send a JSON object and named arrays of the dtypes in `DTYPES`."""
        notes, inline = self._place(arrays or {})
        header = json.dumps({"message": message, "arrays": notes}).encode()
        self._send(LENGTH.pack(len(header)) + header, deadline)
        for array in inline:
            self._send(array.reshape(-1).data.cast("B"), deadline)

    def receive(self, deadline: float | None = None) -> tuple[Message, dict[str, Array]]:
        """The next message and its arrays, which are the receiver's own. Raises PeerGone at the end of the stream."""
        (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > MAX_HEADER_BYTES:
            raise ValueError(f"a header of {length} bytes")
        header = json.loads(self._read(length, deadline).decode())
        return header["message"], {note["name"]: self._read_array(note, deadline) for note in header["arrays"]}

    def close(self) -> None:
        """Close this end; a call that waits at the other end raises PeerGone. The shared memory stays its owner's."""
        self._connection.close()

    def _place(self, arrays: Mapping[str, Array]) -> tuple[list[Message], list[Array]]:
        """What the header says of each array, and those that follow it; pictures are put into the shared memory."""
        notes, inline, used = [], [], 0
        for name, given in arrays.items():
            array = np.ascontiguousarray(given)  # which makes [1] of a scalar's []
            note: Message = {"name": name, "dtype": array.dtype.str, "shape": given.shape}
            if note["dtype"] not in DTYPES:
                raise TypeError(f"{name} has dtype {array.dtype}, which is not sent")
            if self._memory is not None and array.dtype == np.uint8 and used + array.nbytes <= len(self._memory):
                note["shared_at"] = used
                np.frombuffer(self._memory, np.uint8, array.size, used)[:] = array.reshape(-1)
                used += array.nbytes
            elif array.size:
                inline.append(array)
            notes.append(note)
        return notes, inline

    def _read_array(self, note: Message, deadline: float | None) -> Array:
        if note["dtype"] not in DTYPES or any(type(size) is not int or size < 0 for size in note["shape"]):
            raise ValueError("an array of dtype {} and shape {}".format(note["dtype"], note["shape"]))
        dtype, count = np.dtype(note["dtype"]), 1
        for size in note["shape"]:
            count *= size
        if count * dtype.itemsize > MAX_ARRAY_BYTES:
            raise ValueError(f"an array of {count} values")
        if "shared_at" in note and self._memory is not None:
            return np.frombuffer(self._memory, dtype, count, note["shared_at"]).reshape(note["shape"]).copy()
        array = np.empty(note["shape"], dtype)
        if array.size:
            self._read_into(array.reshape(-1).data.cast("B"), deadline)
        return array

    def _send(self, content: bytes | memoryview, deadline: float | None) -> None:
        self._arm(deadline)
        self._connection.sendall(content)

    def _read(self, size_bytes: int, deadline: float | None) -> bytes:
        content = bytearray(size_bytes)
        self._read_into(memoryview(content), deadline)
        return bytes(content)

    def _read_into(self, content: memoryview, deadline: float | None) -> None:
        while content:
            self._arm(deadline)
            received = self._connection.recv_into(content)
            if received == 0:
                raise PeerGone("the other end of the connection is gone")
            content = content[received:]

    def _arm(self, deadline: float | None) -> None:
        # 0 would mean "do not block at all": a deadline that has passed still gets its socket.timeout.
        self._connection.settimeout(None if deadline is None else max(deadline - time.monotonic(), 1e-3))
