"""A soak: clients that want everything at once, and every fault at random, for as long as is asked."""

import asyncio
import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from infrastructure.backup import back_up, verify
from infrastructure.database import open_database
from infrastructure.sweep import sweep
from tests.e2e.server import GENERATE
from tests.e2e.test_stopping import children_of, wait_until_all_end
from tests.faults.disks import Disk, small_disk
from tests.faults.service import FakeService, fake_service
from tests.faults.test_service import CANCEL
from tests.fixtures.invariants import check_files, check_invariants

CLIENTS = 4
DISK_KIB = 256 * 1024
TOLERATED = {"STORAGE_FULL", "STORAGE_FAILED", "QUEUE_FULL", "ENGINE_UNAVAILABLE", "TIMEOUT"}
MISFORTUNES = ("lose", "die", "poison", "constant", "nan", "oom")


@dataclass
class Told:
    """What clients were told, and promised by it."""

    accepted: set[str] = field(default_factory=set)
    canceled: set[str] = field(default_factory=set)
    keys: dict[str, str] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    strange: list[Any] = field(default_factory=list)


@dataclass
class Soak:
    folder: Path
    disk: Disk | None
    elsewhere: Path
    chance: random.Random
    told: Told = field(default_factory=Told)
    done: Counter[str] = field(default_factory=Counter)
    backups: list[Path] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"sqlite:///{self.folder / 'manganace.sqlite3'}"

    def press(self, service: FakeService, over: threading.Event, number: int) -> None:
        """One client, until the service is gone."""
        chance = random.Random(f"{number} {time.monotonic()}")
        with suppress(httpx.TransportError):
            while not over.is_set():
                self._ask(service, chance)

    def _ask(self, service: FakeService, chance: random.Random) -> None:
        key = f"key {chance.randrange(10**6)}" if chance.random() < 0.3 else None
        asked = {"seed": chance.randrange(2000), "truncationPsi": 1.0, "idempotencyKey": key}
        accepted = None
        for _ in range(2 if key else 1):
            accepted = self._note(service.running.ask(GENERATE, {"input": asked}, timeout_s=30), key)
        if accepted and chance.random() < 0.2:
            time.sleep(chance.random() / 5)
            canceled = service.running.ask(CANCEL, {"id": accepted}, timeout_s=30)
            payload = (canceled.get("data") or {}).get("cancelGeneration")
            if payload and payload["generation"]["status"] == "CANCELED":
                self.told.canceled.add(accepted)

    def _note(self, answer: dict[str, Any], key: str | None) -> str | None:
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        payload = (answer.get("data") or {}).get("generateFace") or {}
        codes |= {error["code"] for error in payload.get("userErrors", ())}
        self.told.refused.update(codes)
        if codes - TOLERATED - ({"IDEMPOTENCY_CONFLICT"} if key else set()):
            self.told.strange.append(answer)
        generation: str | None = (payload.get("generation") or {}).get("id")
        if generation is not None:
            self.told.accepted.add(generation)
            if key is not None and self.told.keys.setdefault(key, generation) != generation:
                self.told.strange.append(answer)
        return generation

    def live(self, until: float) -> None:
        """One life of the service: faults, until one of them ends it or the time is over."""
        with fake_service(self.folder, watchdog_s=2, lease_s=5.0) as service, self._pressed(service):
            while time.monotonic() < until and service.running.process.poll() is None:
                self._order(service)
                time.sleep(self.chance.uniform(0.5, 3))
                fault = self.chance.choice(self._faults())
                self.done[fault.__name__] += 1
                fault(service)

    @contextmanager
    def _pressed(self, service: FakeService) -> Iterator[None]:
        over = threading.Event()
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(self.press, service, over, number) for number in range(CLIENTS)]
            try:
                yield
            finally:
                over.set()
                for client in clients:
                    client.result(60)

    def _order(self, service: FakeService) -> None:
        struck = self.chance.sample(range(1, 2000), 40)  # 0 is the canary's: an engine cannot start while it strikes
        once = {"once": str(self.folder / f"once-{time.monotonic()}")} if self.chance.random() < 0.7 else {}
        service.order(slow_s=self.chance.choice((0, 0, 0.02, 0.1)), **{self.chance.choice(MISFORTUNES): struck}, **once)

    def _faults(self) -> list[Callable[[FakeService], None]]:
        for_a_disk = (self.fill_disk,) if self.disk else ()
        return [self.kill, self.stop, self.kill_engine, self.stop_engine, self.freeze, self.back_up, *for_a_disk]

    def kill(self, service: FakeService) -> None:
        service.running.stop(signal.SIGKILL)

    def stop(self, service: FakeService) -> None:
        assert service.running.stop(signal.SIGTERM, timeout_s=15) == 0

    def kill_engine(self, service: FakeService) -> None:
        for engine in children_of(service.running.process.pid):
            with suppress(ProcessLookupError):
                os.kill(engine, signal.SIGKILL)

    def stop_engine(self, service: FakeService) -> None:
        for engine in children_of(service.running.process.pid):
            with suppress(ProcessLookupError):
                os.kill(engine, signal.SIGSTOP)

    def freeze(self, service: FakeService) -> None:
        """Longer than its leases."""
        service.running.process.send_signal(signal.SIGSTOP)
        time.sleep(6)
        service.running.process.send_signal(signal.SIGCONT)

    def back_up(self, service: FakeService) -> None:
        target = self.elsewhere / f"backup-{len(self.backups)}"
        assert back_up(self.address, self.folder / "static", target, "a soak").whole
        self.backups.append(target)
        if len(self.backups) > 3:
            shutil.rmtree(self.backups[-4])

    def fill_disk(self, service: FakeService) -> None:
        assert self.disk is not None
        self.disk.fill()
        time.sleep(self.chance.uniform(0.5, 2))
        self.disk.empty()


async def check_at_the_end(soak: Soak) -> None:
    database = await open_database(soak.address)
    try:
        await check_invariants(database)
        known = await check_files(database, soak.folder / "static")
        await sweep(soak.folder / "static", database.units, grace=timedelta())
        assert {path for path in (soak.folder / "static").rglob("*") if path.is_file()} == known
    finally:
        await database.close()


@contextmanager
def place(tmp_path: Path) -> Iterator[tuple[Path, Disk | None]]:
    """A folder on a small disk, where one can be mounted."""
    with suppress(pytest.skip.Exception), small_disk(DISK_KIB) as disk:
        yield disk.path / "data", disk
        return
    yield tmp_path / "data", None


@pytest.mark.fault
@pytest.mark.timeout(7200)
def test_after_a_soak_with_every_fault_at_random_every_promise_holds(tmp_path: Path, soak_s: float) -> None:
    with place(tmp_path) as (folder, disk):
        folder.mkdir()
        soak = Soak(folder, disk, tmp_path, random.Random(int(soak_s)))
        until = time.monotonic() + soak_s
        while time.monotonic() < until:
            soak.live(until)
        with fake_service(folder) as service:
            service.order()
            found = wait_until_all_end(service.running, 300)
        asyncio.run(check_at_the_end(soak))
    told = soak.told
    print(f"{dict(soak.done)}; {len(found)} generations: {dict(Counter(found.values()))}; refused {dict(told.refused)}")
    assert told.strange == []
    assert told.accepted <= found.keys()
    assert {found[key] for key in told.canceled} <= {"CANCELED"}
    assert all(verify(backup).whole for backup in soak.backups[-3:])
    assert len(told.accepted) > soak_s / 10
