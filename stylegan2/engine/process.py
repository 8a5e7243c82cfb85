"""One engine's process, seen from the side that owns it: started, called, watched, ended."""

import contextlib
import logging
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from stylegan2.engine.child import DEVICE_LOST, OUT_OF_MEMORY
from stylegan2.engine.terms import DeviceSpec
from stylegan2.engine.wire import Channel
from stylegan2.errors import EngineError, EngineLost, OutOfDeviceMemory

if TYPE_CHECKING:
    from stylegan2.engine.wire import Array, Message

LAST_LINES = 20
LONGEST_LINE = 4096
PROJECT = Path(__file__).resolve().parents[2]

logger = logging.getLogger(__name__)


class EngineProcess:
    """A running child. One thread calls it; `kill` may come from any.

    That one thread must also be the one that started it, and must outlive it: Linux ends the child when the thread
    that started it ends.
    """

    def __init__(self, spec: DeviceSpec, memory_bytes: int = 0) -> None:
        """Start the process; pictures of a call may take `memory_bytes` in shared memory, and more beside it."""
        self._name = f"{spec.command.name} engine on {spec.device}"
        self._last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._memory, descriptor = _shared_memory(memory_bytes)
        ours, theirs = socket.socketpair()
        try:
            self._process = _start(spec, theirs.fileno(), descriptor, memory_bytes)
        except OSError as error:
            ours.close()
            raise EngineLost(f"the {self._name} cannot be started: {error}") from error
        finally:
            theirs.close()
            if descriptor >= 0:
                os.close(descriptor)
        self._channel = Channel(ours, self._memory)
        self._reader = threading.Thread(target=self._read_lines, name=f"log of the {self._name}", daemon=True)
        self._reader.start()

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def call(
        self, message: "Message", arrays: "Mapping[str, Array] | None" = None, *, timeout_s: float
    ) -> "tuple[Message, dict[str, Array]]":
        """One command and its answer.

        Raises `OutOfDeviceMemory` and `EngineError`, after which it can be called again, and `EngineLost` when the
        process died, lost its device, or gave no answer in time; then it is killed.
        """
        deadline = time.monotonic() + timeout_s
        try:
            self._channel.send(message, arrays, deadline)
            answer, results = self._channel.receive(deadline)
        except TimeoutError as error:
            self.kill()
            raise EngineLost(f"the {self._name} gave no answer to {message['command']} in {timeout_s:.0f} s") from error
        except (OSError, ValueError, KeyError) as error:
            # OSError: it died, or another thread killed it; the others: it does not speak the protocol.
            self.kill(patience_s=1.0)
            raise EngineLost(f"the {self._name} ended: {self._last_words()}") from error
        if "error" in answer:
            self._fail(answer["error"])
        return answer, results

    def close(self, patience_s: float = 2.0) -> None:
        """End the process: by closing the connection, and by force after `patience_s`. Nothing of it is left."""
        self._channel.close()
        self.kill(patience_s)
        self._reader.join(patience_s + 1.0)
        if self._memory is not None:
            self._memory.close()

    def kill(self, patience_s: float = 0.0) -> None:
        """End the process by force, unless it ends by itself within `patience_s`; `close` is still due."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if patience_s:
                self._process.wait(patience_s)
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # stuck in the kernel, on a device: it cannot be helped
            self._process.wait(5.0)

    def _fail(self, error: Mapping[str, Any]) -> None:
        if error["kind"] == OUT_OF_MEMORY:
            raise OutOfDeviceMemory(error["message"])
        if error["kind"] == DEVICE_LOST:
            self.kill(patience_s=1.0)
            raise EngineLost(f"the {self._name} lost its device: {error['message']}")
        raise EngineError(error["message"])

    def _last_words(self) -> str:
        status = self._process.poll()
        self._reader.join(0.5)
        how = f"signal {signal.Signals(-status).name}" if status is not None and status < 0 else f"exit status {status}"
        return "; ".join((how, *list(self._last_lines)[-1:]))

    def _read_lines(self) -> None:
        stream = self._process.stdout
        assert stream is not None  # noqa: S101 - it was asked for
        with stream:
            for line in _lines(stream):
                self._last_lines.append(line)
                logger.info("%s: %s", self._name, line)


def _start(spec: DeviceSpec, connection: int, memory: int, memory_bytes: int) -> subprocess.Popen[bytes]:
    command = spec.command
    arguments = ["--connection", str(connection), "--device", spec.device]
    if memory >= 0:
        arguments += ["--memory", str(memory), "--memory-bytes", str(memory_bytes)]
    if spec.threads is not None:
        arguments += ["--threads", str(spec.threads)]
    return subprocess.Popen(  # noqa: S603 - the command is the owner's own
        [command.python, "-m", command.module, *arguments, *command.arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[descriptor for descriptor in (connection, memory) if descriptor >= 0],
        env={
            **os.environ,
            "PYTHONPATH": _python_path(command.python),
            "PYTHONUNBUFFERED": "1",
            **dict(command.environment),
        },
        start_new_session=True,  # a Ctrl-C in the terminal is its owner's to act upon
    )


def _python_path(python: str) -> str:
    """Where the child finds this package; another interpreter must not meet this one's packages."""
    inherited = os.environ.get("PYTHONPATH") if python == sys.executable else None
    return os.pathsep.join(filter(None, (str(PROJECT), inherited)))


def _shared_memory(size_bytes: int) -> tuple[mmap.mmap | None, int]:
    """Memory without a name, and the descriptor to pass on (-1: none)."""
    if size_bytes == 0:
        return None, -1
    if hasattr(os, "memfd_create"):  # not bound to the size of /dev/shm, which containers keep small
        descriptor = os.memfd_create("pictures")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size_bytes)
    return mmap.mmap(descriptor, size_bytes), descriptor


def _lines(stream: IO[bytes]) -> Iterator[str]:
    while content := stream.readline(LONGEST_LINE):
        if line := content.decode(errors="replace").rstrip():
            yield line
