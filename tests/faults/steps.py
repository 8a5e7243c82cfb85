"""Named steps at which a process dies: the product's ports, wrapped by ones that count and, at their time, kill.

Nothing of this is in the product; the steps are where one port ends and another begins.
"""

import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from domain.generations import Claimed, ClaimedRender
from domain.ports import RenderedPicture, UnitOfWork, UnitsOfWork
from infrastructure.wake_ups import InProcessWakeUps
from tests.fakes.engines import FakeEngines

FILE_STEPS = ("written", "synced", "renamed", "recorded")
STEPS = (
    *("before add is committed", "after add is committed"),
    *("before claim is committed", "after claim is committed"),
    "rendered",
    *(f"thumbnail {step}" for step in FILE_STEPS),
    *(f"image {step}" for step in FILE_STEPS),
    *("before finish is committed", "after finish is committed"),
    *("before fail is committed", "after fail is committed"),
    *("before requeue is committed", "after requeue is committed"),
    *("before an event", "after an event"),
)


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def be_stopped() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


class Steps:
    """Counts what is reached, and does to this process what is to befall it when `fatal` is reached the `nth` time."""

    def __init__(self, fatal: str | None, nth: int = 1, befall: Callable[[], None] = be_killed) -> None:
        self._fatal = fatal
        self._nth = nth
        self._befall = befall
        self._counts: Counter[str] = Counter()
        self._files: Counter[str] = Counter()

    def reach(self, name: str) -> None:
        self._counts[name] += 1
        if name == self._fatal and self._counts[name] == self._nth:
            self._befall()

    def of_file(self, name: str) -> None:
        """A picture's thumbnail is stored first, then its image; pictures that are stored at once may mix."""
        self._files[name] += 1
        self.reach(f"{'thumbnail' if self._files[name] % 2 else 'image'} {name}")


class WatchedUnits:
    """The port `UnitsOfWork`: says which change is about to be committed, and that it was."""

    def __init__(self, units: UnitsOfWork, steps: Steps) -> None:
        self._units = units
        self._steps = steps

    def reading(self) -> UnitOfWork:
        return self._units.reading()

    def writing(self, *, brief: bool = False) -> Any:
        return WatchedUnit(self._units.writing(brief=brief), self._steps)

    def deleting(self) -> Any:
        return WatchedUnit(self._units.deleting(), self._steps)


class WatchedUnit:
    def __init__(self, unit: UnitOfWork, steps: Steps) -> None:
        self._unit = unit
        self._steps = steps
        self._changes: list[str] = []

    async def __aenter__(self) -> "WatchedUnit":
        await self._unit.__aenter__()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._unit.__aexit__(*exc_info)

    def __getattr__(self, name: str) -> Any:
        return Noting(getattr(self._unit, name), self._changes)

    async def commit(self) -> None:
        for change in self._changes:
            self._steps.reach(f"before {change} is committed")
        await self._unit.commit()
        for change in self._changes:
            self._steps.reach(f"after {change} is committed")


class Noting:
    """A repository whose changes are noted; a claim of nothing is none."""

    def __init__(self, repository: object, changes: list[str]) -> None:
        self._repository = repository
        self._changes = changes

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._repository, name)

        async def noted(*arguments: Any, **options: Any) -> Any:
            result = await method(*arguments, **options)
            if result is None or (result.renders if isinstance(result, Claimed) else result):
                self._changes.append(name)
            return result

        return noted


class WatchedEngines(FakeEngines):
    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self._steps = steps

    async def render(self, claim: ClaimedRender) -> RenderedPicture:
        rendered = await super().render(claim)
        self._steps.reach("rendered")
        return rendered


class WatchedWakeUps(InProcessWakeUps):
    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self._steps = steps

    def notify(self, generation_ids: Iterable[str], *, work: bool = True, ended: bool = True) -> None:
        moved = list(generation_ids)
        if moved:
            self._steps.reach("before an event")
        super().notify(moved, work=work, ended=ended)
        if moved:
            self._steps.reach("after an event")
