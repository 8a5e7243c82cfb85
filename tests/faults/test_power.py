"""The power goes: whatever the disk was not told to keep is lost, and nothing that was promised may be among it."""

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import pytest

from infrastructure.database import open_database
from tests.faults.disks import FailingDisk, failing_disk
from tests.faults.lives import KILLED, Life, check_promises, live, lived, spawned, unfinished
from tests.faults.steps import STEPS, be_killed

pytestmark = pytest.mark.fault

AT_A_TIME = 6
STEPS_OF_WORK = [step for step in STEPS if "requeue" not in step]


def lose_power(disk: FailingDisk) -> None:
    disk.cut_power()
    be_killed()


@dataclass
class Machine:
    """A data folder on a disk that loses power again and again; what clients know is written down elsewhere."""

    disk: FailingDisk
    accepted: Path
    partials: int = 0
    first_seed: int = 0

    @property
    def address(self) -> str:
        return f"sqlite:///{self._data / 'manganace.sqlite3'}"

    @property
    def _data(self) -> Path:
        return self.disk.path / "new" / "data"

    def life(self, step: str | None = None, nth: int = 1) -> Life:
        self.first_seed += 10
        seeds = (*range(self.first_seed, self.first_seed + 4), self.first_seed)
        befall = partial(lose_power, self.disk)
        fails = self.first_seed
        return Life(self.address, self._data, seeds, step, nth, befall, fails, accepted=self.accepted)

    def start_again(self) -> None:
        self.disk.mend()
        if self._data.exists():
            self.partials += asyncio.run(self._unfinished())

    async def _unfinished(self) -> int:
        database = await open_database(self.address)
        try:
            return await unfinished(database)
        finally:
            await database.close()

    def check(self) -> None:
        assert lived(self.life()) == 0
        self.disk.cut_power()
        self.disk.mend()
        asyncio.run(check_promises(self.address, self._data, self.partials, self.accepted))


@pytest.mark.timeout(1800)
def test_at_whichever_step_the_power_goes_nothing_that_was_accepted_is_lost(tmp_path: Path, rounds: int) -> None:
    chance = Random(0)
    with failing_disk(tmp_path, size_mib=32) as disk:
        machine = Machine(disk, tmp_path / "accepted")
        for _ in range(rounds):
            for step in chance.sample(STEPS_OF_WORK, AT_A_TIME):
                assert lived(machine.life(step)) == KILLED
                machine.start_again()
        machine.check()


@pytest.mark.timeout(600)
def test_at_whichever_moment_the_power_goes_nothing_that_was_accepted_is_lost(tmp_path: Path, rounds: int) -> None:
    chance = Random(1)
    with failing_disk(tmp_path, size_mib=32) as disk:
        machine = Machine(disk, tmp_path / "accepted")
        for _ in range(5 * rounds):
            process = spawned(live, machine.life())
            process.join(chance.uniform(0.1, 0.5))
            disk.cut_power()
            process.kill()
            process.join()
            machine.start_again()
        machine.check()
