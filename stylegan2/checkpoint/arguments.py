"""A network's construction arguments, read with their types; files may carry anything under any name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stylegan2.errors import UnreadableFile, UnsupportedNetwork

MAX_SIZE = 2**20


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments that a file states; those that it leaves out have defaults."""

    values: Mapping[Any, Any]

    def size(self, name: str, default: int, *, at_least: int = 0) -> int:
        value = self.number(name, default)
        if not (at_least <= value <= MAX_SIZE and value == int(value)):
            raise UnsupportedNetwork(f"{name} is {value}, not a whole number from {at_least} to {MAX_SIZE}")
        return int(value)

    def number(self, name: str, default: float) -> float:
        value = self.values.get(name, default)
        if type(value) not in (int, float) or value != value or abs(value) > 1e30:
            raise UnreadableFile(f"argument {name} is not a number")
        return value  # type: ignore[no-any-return]  # its type was checked above

    def optional_number(self, name: str) -> float | None:
        return None if self.values.get(name) is None else float(self.number(name, 0.0))

    def flag(self, name: str, default: bool) -> bool:
        value = self.values.get(name, default)
        if type(value) not in (bool, int):
            raise UnreadableFile(f"argument {name} is neither true nor false")
        return bool(value)

    def text(self, name: str, default: str, *, at_most: int = 200) -> str:
        value = self.values.get(name, default)
        if type(value) is not str or len(value) > at_most:
            raise UnreadableFile(f"argument {name} is not a text")
        return value


def record(value: Any, what: str) -> dict[Any, Any]:
    """``value`` if it is a dictionary; UnreadableFile otherwise."""
    if type(value) is not dict:
        raise UnreadableFile(f"{what} is not a dictionary")
    return value
