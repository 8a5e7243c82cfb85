"""Intervals and plots, asked of a child process that ends when it has answered."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.studies.ports import Interval, Sample

PROJECT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 120.0
AXIS = "strength chosen"


class CalculationFailed(Exception):
    """The child process ended without an answer."""


@dataclass(frozen=True, slots=True)
class ChildStatistics:
    """One child at a time: whoever comes second waits."""

    timeout_s: float = TIMEOUT_S
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def intervals(self, samples: Sequence[Sample]) -> Sequence[Interval | None]:
        if not samples:
            return []
        asked = [{"statistic": sample.statistic.value, "values": list(sample.values)} for sample in samples]
        found = await self._ask({"samples": asked})
        return [None if one is None else Interval(*one) for one in found]

    async def box_plot(self, title: str, groups: Mapping[str, Sequence[float]]) -> str:
        svg: str = await self._ask({"title": title, "groups": dict(groups), "axis": AXIS})
        return svg

    async def _ask(self, question: Mapping[str, Any]) -> Any:
        """Raises CalculationFailed."""
        async with self.turn:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "infrastructure.studies.calculating",
                cwd=PROJECT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                async with asyncio.timeout(self.timeout_s):
                    answered, complaint = await child.communicate(json.dumps(question).encode())
            except TimeoutError:
                raise CalculationFailed(f"statistics took longer than {self.timeout_s:g} s") from None
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        if child.returncode != 0:
            raise CalculationFailed(complaint.decode(errors="replace")[-2000:])
        return json.loads(answered)
