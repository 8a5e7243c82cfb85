"""Several things in one request, each with an end of its own: what one lacks keeps the others from nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.access import STUDIES, Caller
from domain.errors import Conflict, Invalid, NotFound, UserFault
from domain.images import Image
from domain.ports import UnitOfWork

MAX_ITEMS = 100

T = TypeVar("T")
Named = str | UserFault
"""An id, or what is wrong with the text that should have been one."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What became of one of several things: `value`, or why not."""

    value: T | None = None
    fault: UserFault | None = None

    def result(self) -> T:
        """Raises the fault."""
        if self.value is None:
            raise self.fault or LookupError("an outcome is a value or a fault")
        return self.value


def check_items(ids: Sequence[Named], path: Sequence[str]) -> None:
    """Raises Invalid for none, or for too many."""
    if not 1 <= len(ids) <= MAX_ITEMS:
        raise Invalid(f"{path[-1]} are 1 to {MAX_ITEMS} ids, not {len(ids)}", path)


def each_path(path: Sequence[str], index: int) -> tuple[str, ...]:
    """Of a list of one that stands for a single id, the id's own."""
    return (*path, str(index)) if path[-1].endswith("s") else tuple(path)


async def own_images(
    caller: Caller, unit: UnitOfWork, ids: Sequence[Named], path: Sequence[str]
) -> list[Image | UserFault]:
    """The images that the caller may put in order, in the order of their ids; what studies made stays as it is."""
    found = await unit.images.get_many([key for key in ids if isinstance(key, str)])
    return [
        named if isinstance(named, UserFault) else _own(caller, found.get(named), each_path(path, index))
        for index, named in enumerate(ids)
    ]


def _own(caller: Caller, image: Image | None, path: Sequence[str]) -> Image | UserFault:
    if image is None or not caller.sees(image.owner):
        return NotFound("there is no such image", path)
    if image.owner == STUDIES:
        return Conflict("this image belongs to a study, and goes or stays with it", path)
    return image
