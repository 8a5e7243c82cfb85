"""`main.py` with a fake engine, which obeys a file of orders, and with a step at which the process dies.

    python -m tests.faults.service ORDERS serve --port 8000

ORDERS is a JSON file: ``live`` (the fake engine's file of orders), ``batch_size``, ``step`` and ``nth`` (see
`tests.faults.steps`), ``lease_s``. The composition root is the product's; only the adapters at its ports are others.
"""

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import main
from domain.networks import Catalogue, Network, ServedNetwork
from domain.ports import RenderedPicture
from domain.services.ledger import Ledger
from graph.build import export_sdl
from infrastructure.catalogue import LoadedCatalogue
from infrastructure.commands.command_line import run
from infrastructure.commands.composition import Composition
from infrastructure.database import Database, open_database
from infrastructure.engines import RunnerEngines
from infrastructure.files import DiskPictureFiles
from infrastructure.settings import Settings
from stylegan2.engine.terms import RunnerOptions
from stylegan2.runner import Runner
from tests.e2e.server import RunningService, running_service
from tests.engines.fakes import described, fake_device
from tests.faults.steps import Steps, WatchedUnits, WatchedWakeUps

FAKE = described()
SERVED = ServedNetwork(Network(FAKE.sha256, FAKE.name, FAKE.resolution, FAKE.num_ws, FAKE.image_channels, 0))


def compose(orders: dict[str, Any]) -> None:
    """Put other adapters where main looks for its own."""
    steps = Steps(orders.get("step"), orders.get("nth", 1))

    class WatchedEngines(RunnerEngines):
        async def render(self, claim: Any) -> RenderedPicture:
            rendered = await super().render(claim)
            steps.reach("rendered")
            return rendered

    async def watched_database(address: str) -> Database:
        database = await open_database(address)
        return replace(database, units=cast(Any, WatchedUnits(database.units, steps)))

    def fake_runner(settings: Settings, loaded: object, on_change: Callable[[], None]) -> Runner:
        device = fake_device(orders.get("batch_size", 8), live=orders["live"])
        # A fake engine starts so fast that nobody would see it gone: the first pause is as long as a real one's start.
        options = RunnerOptions(hang_floor_s=settings.watchdog_s, hang_factor=1, backoff_first_s=2.0)
        return Runner({FAKE.name: FAKE}, [device], options, on_change)

    adapters: dict[str, Any] = {
        "load_catalogue": lambda *ignored: LoadedCatalogue(Catalogue((SERVED,)), {FAKE.name: FAKE}, {}),
        "make_runner": fake_runner,
        "open_database": watched_database,
        "RunnerEngines": WatchedEngines,
        "DiskPictureFiles": functools.partial(DiskPictureFiles, step=steps.of_file),
        "InProcessWakeUps": functools.partial(WatchedWakeUps, steps),
        "Ledger": functools.partial(Ledger, lease_s=orders.get("lease_s", 30.0)),
    }
    for name, adapter in adapters.items():
        if not hasattr(main, name):
            raise AttributeError(f"main has no {name} any more")
        setattr(main, name, adapter)


@dataclass(frozen=True)
class FakeService:
    """A running one, and the orders that its engine obeys from the next batch on."""

    running: RunningService
    live: Path

    def order(self, **orders: object) -> None:
        fresh = self.live.with_suffix(".new")
        fresh.write_text(json.dumps(orders))
        fresh.replace(self.live)

    def generate(self, **values: object) -> dict[str, Any]:
        """With psi 1, by which the fake engine knows its seeds."""
        return self.running.generate(truncationPsi=1.0, **values)


@contextmanager
def fake_service(folder: Path, *, ready: bool = True, **orders: object) -> Iterator[FakeService]:
    """Options of `running_service` are taken out of the orders by their names."""
    live = folder / "live.json"
    settings = {name: str(orders.pop(name)) for name in ("watchdog_s", "database_url") if name in orders}
    file = folder / "orders.json"
    file.write_text(json.dumps({**orders, "live": str(live)}))
    program = ("-m", "tests.faults.service", str(file))
    with running_service(folder, ready=ready, program=program, **settings) as running:
        yield FakeService(running, live)


if __name__ == "__main__":
    compose(json.loads(Path(sys.argv[1]).read_text()))
    sys.exit(run(sys.argv[2:], Composition(main.open_service, export_sdl, main.NAME)))
