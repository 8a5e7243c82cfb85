"""A pickle machine of our own: it builds plain data and runs nothing that a file names.

Python's unpickler calls what a file asks for, allocates what a file claims (memo indices, byte counts) and hashes
any key. This one knows the opcodes that protocols 2 to 5 write for plain data and, for globals, only the constructors
that it is given. Each opcode costs a bounded amount of memory, and their number is bounded.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

from stylegan2.errors import UnreadableFile

MAX_OPERATIONS = 500_000
"""A torch pickle of three 32x32 networks needs 28,000, most of them for its nested storages; one of 1024x1024 about
twice as many."""

STOP = 0x2E
MAX_NAME_CHARS = 200
MAX_KEY_INTEGER = 2**31

Constructor: TypeAlias = Callable[..., Any]
"""Stands in for a global: it checks the arguments that a file passes and returns inert data."""

PersistentLoad: TypeAlias = Callable[[Any], Any]


class Allowance:
    """How much of something a file may use in all. One is shared by nested pickles, and by constructors that copy or
    read: references let a short pickle name long data often."""

    def __init__(self, total: int, what: str) -> None:
        self._left = total
        self._what = what

    def spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise UnreadableFile(f"the pickle {self._what}; no network's file does")


def operations_allowance() -> Allowance:
    return Allowance(MAX_OPERATIONS, f"takes more than {MAX_OPERATIONS} operations")


@runtime_checkable
class Buildable(Protocol):
    """Inert data that takes a state after it was made (the BUILD opcode)."""

    def build(self, state: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Global:
    """A name that a file asked for and that is allowed."""

    name: str
    construct: Constructor


class PickleMachine:
    """Runs one pickle of a buffer.

    ``allowed`` maps "module name" to a constructor. ``position`` is the offset of the next byte; after `run` it lies
    behind the pickle, so that several in a row can be read.
    """

    def __init__(
        self,
        data: memoryview,
        allowed: Mapping[str, Constructor],
        allowance: Allowance,
        *,
        position: int = 0,
        persistent_load: PersistentLoad | None = None,
    ) -> None:
        self.position = position
        self.persistent_load = persistent_load
        self.memo: dict[int, Any] = {}
        self._data = data
        self._allowed = allowed
        self._allowance = allowance
        self._stack: list[Any] = []
        self._outer_stacks: list[list[Any]] = []

    def run(self, operations: "Mapping[int, Operation]") -> Any:
        """The value that the pickle builds. Raises UnreadableFile for anything out of order."""
        while (opcode := self.take(1)[0]) != STOP:
            self._allowance.spend(1)
            if opcode not in operations:
                raise UnreadableFile(f"the pickle uses opcode {opcode:#04x}, which no network's file needs")
            operations[opcode](self)
        return self.pop()

    def take(self, count: int) -> memoryview:
        end = self.position + count
        if end > len(self._data):
            raise UnreadableFile("the file is truncated, or claims more bytes than it has")
        view = self._data[self.position : end]
        self.position = end
        return view

    def take_integer(self, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def take_line(self) -> str:
        head = bytes(self._data[self.position : self.position + MAX_NAME_CHARS])
        length = head.find(b"\n")
        if length < 0:
            raise UnreadableFile("the pickle is damaged: a name has no end")
        self.position += length + 1
        return text_of(head[:length])

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def pop(self) -> Any:
        if not self._stack:
            raise UnreadableFile("the pickle is damaged: it takes from an empty stack")
        return self._stack.pop()

    @property
    def top(self) -> Any:
        if not self._stack:
            raise UnreadableFile("the pickle is damaged: it looks at an empty stack")
        return self._stack[-1]

    def mark(self) -> None:
        self._outer_stacks.append(self._stack)
        self._stack = []

    def pop_to_mark(self) -> list[Any]:
        if not self._outer_stacks:
            raise UnreadableFile("the pickle is damaged: a mark is missing")
        items, self._stack = self._stack, self._outer_stacks.pop()
        return items

    def find_global(self, module: Any, name: Any) -> Global:
        if not (_is_name(module) and _is_name(name)):
            raise UnreadableFile("the pickle is damaged: a global has no name")
        constructor = self._allowed.get(f"{module} {name}")
        if constructor is None:
            raise UnreadableFile(f"the file asks for {module}.{name}, which is refused: nothing in a file is ever run")
        return Global(f"{module} {name}", constructor)


Operation: TypeAlias = Callable[[PickleMachine], None]


def text_of(encoded: bytes | memoryview) -> str:
    try:
        return str(encoded, "utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableFile("the pickle is damaged: a text is not UTF-8") from error


def check_key(key: Any) -> None:
    """Only keys whose hash costs nothing: a nested tuple's takes as long as its author likes."""
    if not (type(key) is str or (type(key) is int and abs(key) < MAX_KEY_INTEGER)):
        raise UnreadableFile(f"the pickle uses a key of type {type(key).__name__}; names and small integers are read")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME_CHARS and value.isprintable()
