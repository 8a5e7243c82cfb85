"""What is deleted stays deleted: a request that is sent again is answered as the first time, not as a mistake."""

from collections.abc import Sequence

from domain.access import Caller
from domain.errors import NotFound
from domain.ports import UnitOfWork


async def check_gone(
    caller: Caller, unit: UnitOfWork, key: str, what: str, path: Sequence[str] = ("input", "id")
) -> None:
    """For an id that nothing has. Raises NotFound unless the caller's thing with this id was deleted."""
    owner = (await unit.forgotten.owners([key])).get(key)
    if owner is None or not caller.owns(owner):
        raise NotFound(f"there is no such {what}", path)
