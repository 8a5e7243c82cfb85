"""Sessions: made, renamed, and found by those who may see them."""

from dataclasses import dataclass

from domain.access import Caller
from domain.errors import NotFound
from domain.ids import new_id
from domain.ports import UnitOfWork, UnitsOfWork
from domain.sessions import MAX_NAME, Session
from domain.texts import checked_name


@dataclass(frozen=True, slots=True)
class Sessions:
    units: UnitsOfWork

    async def create(self, caller: Caller, name: str) -> Session:
        """Raises Invalid."""
        checked = checked_name(name, MAX_NAME, ("input", "name"))
        async with self.units.writing() as unit:
            session = await unit.sessions.add(new_id(), caller.owner, checked)
            await unit.commit()
        return session

    async def rename(self, caller: Caller, session_id: str, name: str) -> Session:
        """Raises Invalid or NotFound."""
        checked = checked_name(name, MAX_NAME, ("input", "name"))
        async with self.units.writing() as unit:
            await own_session(caller, unit, session_id)
            await unit.sessions.rename(session_id, checked)
            session = (await unit.sessions.get_many([session_id]))[session_id]
            await unit.commit()
        return session


async def own_session(caller: Caller, unit: UnitOfWork, session_id: str) -> Session:
    """One that the caller may change. Raises NotFound."""
    found = (await unit.sessions.get_many([session_id])).get(session_id)
    if found is None or not caller.owns(found.owner):
        raise NotFound("there is no such session", ("input", "id"))
    return found
