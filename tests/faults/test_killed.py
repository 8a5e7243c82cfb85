"""SIGKILL at every named step between a request and its picture, again and again on one ledger."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import pytest

from tests.faults.lives import KILLED, Life, check_promises, lived
from tests.faults.steps import STEPS

pytestmark = pytest.mark.fault

LEAVES_WORK_RUNNING = "after claim is committed"


@dataclass
class Ledger:
    """One database and one folder, in which process after process dies."""

    address: str
    folder: Path
    kills: int = 0
    first_seed: int = 0

    def die_at(self, step: str, nth: int = 1) -> bool:
        """Whether a process that got new faces and some that others asked for reached the step the nth time."""
        self.first_seed += 10
        seeds = (*range(self.first_seed, self.first_seed + 4), self.first_seed, self.first_seed - 7)
        died = lived(Life(self.address, self.folder, seeds, step, nth, failing_seed=self.first_seed)) == KILLED
        self.kills += died
        return died


@pytest.mark.timeout(1800)
async def test_killed_at_any_step_every_accepted_generation_ends_once(
    database_address: str, tmp_path: Path, rounds: int
) -> None:
    ledger, chance = Ledger(database_address, tmp_path), Random(0)
    for _ in range(rounds):
        for step in chance.sample(STEPS, len(STEPS)):
            if "requeue" in step:  # which happens once a life, at its start
                assert ledger.die_at(LEAVES_WORK_RUNNING)
            elif ledger.die_at(step, chance.choice((1, 1, 2, 3))):
                continue
            assert ledger.die_at(step), f"{step} was never reached"
    assert lived(Life(database_address, tmp_path, (99_999,))) == 0
    await check_promises(database_address, tmp_path, orphans=3 * ledger.kills)


@pytest.mark.timeout(600)
async def test_killed_at_random_moments_every_accepted_generation_ends_once(
    database_address: str, tmp_path: Path, rounds: int
) -> None:
    from tests.faults.lives import live, spawned

    chance, first = Random(1), count(step=10)
    for _ in range(5 * rounds):
        start = next(first)
        process = spawned(live, Life(database_address, tmp_path, tuple(range(start, start + 8))))
        process.join(chance.uniform(0.1, 0.4))
        process.kill()
        process.join()
    assert lived(Life(database_address, tmp_path, (99_999,))) == 0
    await check_promises(database_address, tmp_path, orphans=5 * rounds * 8 * 2)
