"""The loop of an engine's process, whichever engine it is: commands in, arrays and errors out.

Python 3.7 syntax and NumPy only. The process belongs to whoever holds the other end of its connection: it ends when
that end is closed, in the middle of a picture if need be, and leaves SIGINT and SIGTERM to its owner.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import mmap
import os
import select
import signal
import socket
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

from stylegan2.engine.wire import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from stylegan2.engine.wire import Array, Message

    class Engine(Protocol):
        """What `serve` needs of an engine. It is made and called in one thread; whatever it raises is answered."""

        def describe(self) -> dict[str, Any]:
            """engine, version, device ("cpu", "cuda:0"), device_name, memory_bytes (the machine's, for a
            CPU; None where that is not known), devices: those that "auto" stands for, this engine's own first, and
            batch_size, where it knows how many faces fit. Asked again once the networks are loaded."""

        def load(self, network: str, message: Message, tensors: dict[str, Array]) -> str:
            """Make a network ready under a name and give the SHA-256 of its file.

            The message has either ``path``, or ``mapping``, ``synthesis`` (the fields of `stylegan2.network`'s specs,
            as JSON) and ``sha256`` beside the tensors, for an engine that cannot read files.
            """

        def map(self, network: str, z: Array, labels: Array | None) -> Array:
            """z float64 [N, z_dim] and labels float32 [N, label_dim] (one-hot) to w float32 [N, w_dim]."""

        def synthesize(self, network: str, ws: Array, noises: Sequence[Message]) -> Array:
            """ws float32 [N, num_ws, w_dim] to pictures uint8 [N, H, W, C].

            Each picture's noise is ``{"mode": "const"}``, ``{"mode": "none"}`` or ``{"mode": "stream", "seed": S}``:
            `stylegan2.latents.noise_stream` of that seed.
            """

        def failure_kind(self, error: Exception) -> str:
            """`OUT_OF_MEMORY`, `DEVICE_LOST` (nothing will work in this process again) or `ENGINE_ERROR`."""

        def release(self) -> None:
            """Give cached device memory back, after a batch that did not fit."""


def machine_memory_bytes() -> int | None:
    """The machine's main memory; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


OUT_OF_MEMORY = "out_of_memory"
DEVICE_LOST = "device_lost"
ENGINE_ERROR = "engine_error"

EXIT_DEVICE_LOST = 75
SIGKILL_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def run(make_engine: Callable[[argparse.Namespace], Engine]) -> None:
    """The main function of an engine's module: serve the engine that `make_engine` makes of the command line.

    It is made on the first command, so that a failure to make it is answered like any other.
    """
    options = parse(sys.argv[1:])
    for unwanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(unwanted, signal.SIG_IGN)
    connection = socket.socket(fileno=options.connection)
    end_with_owner(connection)
    memory = mmap.mmap(options.memory, options.memory_bytes) if options.memory_bytes else None
    status = serve(lambda: make_engine(options), Channel(connection, memory))
    sys.stderr.flush()
    os._exit(status)  # a device's libraries may hang or crash when they are torn down, and nothing is left to save


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line that `EngineProcess` gives to every engine; what it does not know is in `rest`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--connection", type=int, required=True, help="file descriptor of the connection")
    parser.add_argument("--memory", type=int, default=-1, help="file descriptor of the shared memory")
    parser.add_argument("--memory-bytes", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, help="CPU threads; left out: the engine's own choice")
    options, rest = parser.parse_known_args(arguments)
    options.rest = rest
    return options


def serve(make_engine: Callable[[], Engine], channel: Channel) -> int:
    """Answer commands until the connection ends (0) or the device is lost; gives the exit status."""
    service = Service(make_engine)
    with contextlib.suppress(ConnectionError):
        while True:
            message, arrays = channel.receive()
            answer, results = service.answer(message, arrays)
            channel.send(answer, results)
            if answer.get("error", {}).get("kind") == DEVICE_LOST:
                return EXIT_DEVICE_LOST
    return 0


class Service:
    """The commands of the protocol; the first must be `hello`."""

    def __init__(self, make_engine: Callable[[], Engine]) -> None:
        self._make_engine = make_engine
        self._engine: Engine | None = None

    def answer(self, message: Message, arrays: dict[str, Array]) -> tuple[Message, dict[str, Array]]:
        """The command's answer, or ``{"error": {"kind": ..., "message": ...}}``; never an exception."""
        failure: Message
        try:
            return self._obey(message, arrays)
        except Exception as error:
            failure = {"kind": self._kind(error), "message": _sentence(error)}
            if failure["kind"] != OUT_OF_MEMORY:
                traceback.print_exc()
        # Out of the except block: until there the exception keeps the failed batch's memory alive.
        if failure["kind"] == OUT_OF_MEMORY and self._engine is not None:
            self._engine.release()
        return {"error": failure}, {}

    def _obey(self, message: Message, arrays: dict[str, Array]) -> tuple[Message, dict[str, Array]]:
        command, network = message["command"], message.get("network", "")
        if self._engine is None:
            self._engine = self._make_engine()
        if command == "hello":
            return self._engine.describe(), {}
        if command == "load":
            return {"sha256": self._engine.load(network, message, arrays)}, {}
        if command == "map":
            return {}, {"w": self._engine.map(network, arrays["z"], arrays.get("labels"))}
        if command == "synthesize":
            return {}, {"pictures": self._engine.synthesize(network, arrays["ws"], message["noises"])}
        raise ValueError(f"unknown command {command!r}")

    def _kind(self, error: Exception) -> str:
        if isinstance(error, MemoryError):
            return OUT_OF_MEMORY
        return ENGINE_ERROR if self._engine is None else self._engine.failure_kind(error)


def _sentence(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def end_with_owner(connection: socket.socket) -> None:
    """End this process at once when the other end is gone, even in the middle of a picture."""
    if sys.platform == "linux":  # for a device that hangs with the interpreter's lock held
        ctypes.CDLL(None).prctl(SIGKILL_WITH_PARENT, signal.SIGKILL)
    if hasattr(select, "poll"):
        threading.Thread(target=_wait_for_hangup, args=(connection.fileno(),), daemon=True).start()


def _wait_for_hangup(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, 0)  # hang-ups are reported without being asked for
    poll.poll()
    os._exit(0)
