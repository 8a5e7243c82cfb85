"""The composition root: settings -> adapters -> services -> schema -> app. About a dozen objects, wired by hand."""

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from domain.access import LOCAL
from domain.animations import AnimationPace
from domain.ids import new_id
from domain.services.accepting import Acceptance
from domain.services.admission import Admission, Authenticators
from domain.services.animating import AnimationLedger
from domain.services.auditing import Audit
from domain.services.collections import Collections
from domain.services.deletion import Deletion
from domain.services.explorations import Explorations
from domain.services.exports import Exports
from domain.services.faces import Faces
from domain.services.ledger import Ledger
from domain.services.library import Library
from domain.services.morphs import Morphs
from domain.services.restoring import Restoring
from domain.services.sessions import Sessions
from domain.services.studies.deleting import StudyDeletion
from domain.services.studies.packing import StimulusPacks
from domain.services.studies.pooling import SeedPools
from domain.services.studies.rendering import StudyRendering
from domain.services.studies.reporting import Reporting
from domain.services.studies.researching import Research
from domain.services.studies.taking_part import TakingPart
from domain.services.tags import Tags
from domain.services.taking import TakingAway
from domain.services.tokens import Tokens
from domain.services.verifying import Verifying
from domain.services.watching import Watching
from graph.build import Openness, build_app, export_sdl
from graph.context import Services
from graph.rates import Rates
from graph.signing import AddressSigner
from graph.urls import PictureUrls
from infrastructure.animations.animator import Animator
from infrastructure.catalogue import LoadedCatalogue, load_catalogue
from infrastructure.commands.command_line import run
from infrastructure.commands.composition import Composition, Service
from infrastructure.comparing import PictureComparing
from infrastructure.copying import PictureCopies
from infrastructure.database import Database, open_database, present
from infrastructure.dispatch import Dispatcher
from infrastructure.encoding import PictureEncoder
from infrastructure.engines import RunnerEngines
from infrastructure.files import DiskPictureFiles
from infrastructure.metrics import Metrics
from infrastructure.packing import ZipPacking
from infrastructure.recipe_reading import FileRecipes
from infrastructure.running import make_runner
from infrastructure.secret_key import ADDRESSES, STUDY_LINKS, TOKENS, key_for, service_secret
from infrastructure.settings import Settings
from infrastructure.studies.curated import curated_pools
from infrastructure.studies.exports import FileExports
from infrastructure.studies.links import SignedStudyLinks
from infrastructure.studies.pack import pack_programs
from infrastructure.studies.statistics import ChildStatistics
from infrastructure.syncing import make_folder
from infrastructure.wake_ups import InProcessWakeUps

logger = logging.getLogger(__name__)

VERSION = "0.1.0"
NAME = f"Manganace {VERSION}"
STOP_S = 2.0
"""What the work in hand gets; with the connections' grace, the ledger and the engines it stays below 10 s."""
CLOSE_S = 1.0
"""What the engines get after that: nothing is in their hands any more."""


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncIterator[Service]:
    """Everything that serves, started in order and ended in the opposite one.

    Raises CatalogueError, DatabaseError or EngineUnavailable with what to do about it.
    """
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(make_folder, settings.data_dir)
        loaded = await asyncio.to_thread(
            load_catalogue, settings.networks, settings.directions, settings.network_sha256
        )
        curated = await asyncio.to_thread(curated_pools, settings.networks)
        engines_moved = _FromAnyThread()
        runner = make_runner(settings, loaded, engines_moved)
        database = await open_database(settings.effective_database_url)
        stack.push_async_callback(database.close)
        await _remember(database, loaded)

        wake_ups, metrics, encoder, pace = InProcessWakeUps(), Metrics(), PictureEncoder(NAME), AnimationPace()
        stack.callback(encoder.close)
        copies = PictureCopies(NAME)
        stack.callback(copies.close)
        engines = RunnerEngines(runner, loaded, encoder)
        files = DiskPictureFiles(settings.static_dir)
        dispatcher = Dispatcher(Ledger(database.units, wake_ups, _worker()), engines, files, metrics)
        engines.when_room(dispatcher.poke)
        engines_moved.action = dispatcher.poke
        metrics.watch_devices(lambda: sum(device.ready for device in engines.devices()))
        metrics.watch_listeners(lambda: wake_ups.listeners)
        metrics.watch_claims(lambda: dispatcher.in_hand)

        runner.start()
        stack.push_async_callback(asyncio.to_thread, runner.close, CLOSE_S)
        animator = Animator(AnimationLedger(database.units, wake_ups, _worker()), files, NAME, pace=pace)
        alone = await stack.enter_async_context(present(settings.effective_database_url))
        dispatcher.start(alone=alone)
        stack.push_async_callback(dispatcher.stop, STOP_S)
        animator.start(alone=alone)
        stack.push_async_callback(animator.stop)
        stack.callback(wake_ups.close)

        secret = await asyncio.to_thread(service_secret, settings)
        tokens = Tokens(database.units, key_for(TOKENS, secret))
        links = SignedStudyLinks(key_for(STUDY_LINKS, secret))
        admission = Admission(Authenticators((tokens, links)), stranger=None if settings.access_required else LOCAL)
        if settings.access_required and not await tokens.all():
            logger.warning("access is required and there is no token yet: main.py tokens create")
        acceptance = Acceptance(database.units, engines, wake_ups, settings.queue_limit)
        services = Services(
            faces=Faces(acceptance, loaded.catalogue),
            explorations=Explorations(acceptance, loaded.catalogue),
            morphs=Morphs(acceptance, loaded.catalogue),
            watching=Watching(database.units, wake_ups),
            library=Library(database.units),
            sessions=Sessions(database.units),
            collections=Collections(database.units),
            tags=Tags(database.units),
            deletion=Deletion(database.units, files, engines, wake_ups),
            taking=TakingAway(database.units, files, copies),
            exports=Exports(database.units, files, NAME),
            packing=ZipPacking(),
            verifying=Verifying(database.units, files, engines, PictureComparing()),
            restoring=Restoring(database.units, loaded.catalogue, FileRecipes()),
            research=Research(database.units, loaded.catalogue, curated),
            seed_pools=SeedPools(database.units, loaded.catalogue),
            study_rendering=StudyRendering(acceptance),
            study_deletion=StudyDeletion(database.units, files, engines, wake_ups),
            stimulus_packs=StimulusPacks(database.units, files, pack_programs()),
            taking_part=TakingPart(database.units),
            reporting=Reporting(database.units, ChildStatistics(), FileExports()),
            study_links=links,
            catalogue=loaded.catalogue,
            engines=engines,
            readiness=_Readiness(engines, dispatcher, database),
            urls=PictureUrls(
                settings.public_url, AddressSigner(key_for(ADDRESSES, secret)) if settings.access_required else None
            ),
            animation_pace=pace,
            version=VERSION,
            admission=admission,
            audit=Audit(database.units, timedelta(days=settings.audit_days), writes=settings.access_required),
        )
        app = build_app(
            services,
            static_dir=settings.static_dir,
            metrics=metrics.exposition,
            openness=_openness(settings),
            rates=_rates(settings.rate_limit),
        )

        def begin_stop() -> None:
            dispatcher.stop_claiming()
            wake_ups.close()

        yield Service(app, begin_stop)


@dataclass(slots=True)
class _FromAnyThread:
    """Calls `action`, once there is one, in the event loop that this was made in."""

    action: Callable[[], None] = lambda: None
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def __call__(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(lambda: self.action())


@dataclass(frozen=True, slots=True)
class _Readiness:
    """Ready: a canary face rendered in every engine, pictures can be stored, the database answers."""

    engines: RunnerEngines
    dispatcher: Dispatcher
    database: Database

    async def __call__(self) -> tuple[bool, Mapping[str, object]]:
        devices = self.engines.devices()
        storage = self.dispatcher.storage_failure
        answers = await self._database_answers()
        ready = bool(devices) and all(device.ready for device in devices) and storage is None and answers
        return ready, {
            "devices": {device.name: device.ready for device in devices},
            "storage": storage or "ok",
            "database": "ok" if answers else "does not answer",
        }

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(5), self.database.units.reading() as unit:
                await unit.generations.last_ended_number()
        except Exception:  # whatever it is, it is not ready
            return False
        return True


def _openness(settings: Settings) -> Openness:
    return Openness(
        graphiql=settings.shows(settings.graphiql),
        introspection=settings.shows(settings.introspection),
        suggestions=settings.shows(settings.suggestions),
        origins=settings.allowed_origins,
        any_name=settings.access is not None,
    )


def _rates(a_minute: int | None) -> Rates | None:
    """Loopback addresses are counted too where somebody said how many."""
    if a_minute is None:
        return Rates()
    return Rates(a_minute, loopback=True) if a_minute else None


async def _remember(database: Database, loaded: LoadedCatalogue) -> None:
    async with database.units.writing() as unit:
        await unit.networks.remember(loaded.catalogue)
        await unit.commit()


def _worker() -> str:
    return f"{socket.gethostname()}-{new_id()}"


if __name__ == "__main__":
    sys.exit(run(None, Composition(open_service, export_sdl, NAME)))
