"""History pages: GraphQL compared to the bare SQL and its JSON, and a long history compared to a short one.

SQLite, and PostgreSQL where its server programs are found; BENCH_HISTORY=1000,100000 are the lengths to compare.
"""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from starlette.applications import Starlette

from domain.access import LOCAL
from domain.generations import GenerationStatus, RenderState
from domain.images import ImageFilter, ImageOrder
from domain.networks import Catalogue, Emotion
from domain.paging import PageRequest
from domain.services.accepting import Acceptance
from domain.services.auditing import Audit
from domain.services.collections import Collections
from domain.services.deletion import Deletion
from domain.services.explorations import Explorations
from domain.services.exports import Exports
from domain.services.faces import Faces
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
from domain.services.verifying import Verifying
from domain.services.watching import Watching
from graph.build import build_app
from graph.context import Services
from graph.ids import global_id
from infrastructure.comparing import PictureComparing
from infrastructure.copying import PictureCopies
from infrastructure.database import open_database
from infrastructure.database.addresses import async_address, parse_address
from infrastructure.database.library_tables import collected_images, image_tags
from infrastructure.database.tables import EMOTION_BITS, generations, image_edits, images, pictures, renders
from infrastructure.packing import ZipPacking
from infrastructure.recipe_reading import FileRecipes
from infrastructure.studies.exports import FileExports
from infrastructure.studies.links import SignedStudyLinks
from infrastructure.studies.statistics import ChildStatistics
from infrastructure.wake_ups import InProcessWakeUps
from tests.benchmarks.asgi import asker
from tests.benchmarks.tables import milliseconds, print_table, times
from tests.fakes.catalogue import CATALOGUE, edit, recipe
from tests.fakes.engines import SERVICE, FakeEngines
from tests.fakes.picture_files import FakePictureFiles
from tests.fixtures.postgresql import Server, find_binaries, running_server

LENGTHS = tuple(int(length) for length in os.environ.get("BENCH_HISTORY", "1000,1000000").split(","))
CHUNK = 5_000
REPEATS = 30
QUICK = ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-1000000")
"""For filling a long history: nothing is lost but the benchmark."""

START = datetime(2026, 1, 1, tzinfo=UTC)

QUERY = """
{ imageHistory(first: 20) {
    nodes { id url seed network { name } emotions { emotion strength } }
    pageInfo { hasNextPage endCursor }
} }
"""
COUNTED = QUERY.replace("pageInfo", "totalCount totalCountIsExact pageInfo")
SESSION, COLLECTION = "5" * 32, "c" * 32
TAGS = {"seen": 7, "rare": 40}
"""Each on every so many-th image."""

TAG_IDS = {name: f"{place:032x}" for place, name in enumerate(TAGS, start=100)}
TAGGED = [f'"{global_id("Tag", key)}"' for key in TAG_IDS.values()]
NOTES = ("", "a broad smile", "no smile", "looks away")
FILTERS = {
    "sad ones": "emotions: [SAD]",
    "rare: disgusted ones": "emotions: [DISGUSTED]",
    "sad or disgusted ones": "emotions: [SAD, DISGUSTED]",
    "the oldest session": f'sessionId: "{global_id("Session", SESSION)}"',
    "one seed": "seed: 17",
    "one network": 'network: "tiny"',
    "starred": "starred: true",
    "a tag": f'tags: {{allOf: ["{global_id("Tag", TAG_IDS["seen"])}"]}}',
    "two tags at once": f"tags: {{allOf: [{', '.join(reversed(TAGGED))}]}}",
    "either of two tags": f"tags: {{anyOf: [{', '.join(TAGGED)}]}}",
    "a collection": f'collectionId: "{global_id("Collection", COLLECTION)}"',
    "a note's words": 'text: "broad smile"',
    "the oldest 480": 'createdBefore: "2026-01-01T00:08:00Z"',
    "all but the oldest 100": 'createdAfter: "2026-01-01T00:01:40Z"',
    "starred and sad": "starred: true, emotions: [SAD]",
    "a tag, and sad": f"tags: {{allOf: [{TAGGED[0]}]}}, emotions: [SAD]",
    "a tag, and disgusted": f"tags: {{allOf: [{TAGGED[0]}]}}, emotions: [DISGUSTED]",
    "a tag, of one network": f'tags: {{allOf: [{TAGGED[0]}]}}, network: "tiny"',
    "either of two tags, and disgusted": f"tags: {{anyOf: [{', '.join(TAGGED)}]}}, emotions: [DISGUSTED]",
    "one network, and disgusted": 'network: "tiny", emotions: [DISGUSTED]',
    "starred and disgusted": "starred: true, emotions: [DISGUSTED]",
    "starred, of the oldest session": f'starred: true, sessionId: "{global_id("Session", SESSION)}"',
    "one seed, and disgusted": "seed: 17, emotions: [DISGUSTED]",
    "a collection, a note's words": f'collectionId: "{global_id("Collection", COLLECTION)}", text: "broad smile"',
    "a collection, and disgusted": f'collectionId: "{global_id("Collection", COLLECTION)}", emotions: [DISGUSTED]',
    "a tag, of the oldest session": (f'tags: {{allOf: [{TAGGED[0]}]}}, sessionId: "{global_id("Session", SESSION)}"'),
}


def filtered(chosen: str) -> str:
    return COUNTED.replace("first: 20", f"first: 20, filter: {{{chosen}}}")


BARE = """
SELECT i.id, i.seed, p.sha256, n.name, e.emotion, e.strength
FROM (SELECT * FROM images ORDER BY created_at DESC, id DESC LIMIT 21) i
JOIN pictures p ON p.recipe_key = i.recipe_key JOIN networks n ON n.sha256 = i.network_sha256
LEFT JOIN image_edits e ON e.image_id = i.id ORDER BY i.created_at DESC, i.id DESC
"""


def run() -> None:
    asyncio.run(_run())


async def _run() -> None:
    await _compare("SQLite", None)
    if binaries := find_binaries():
        with running_server(binaries) as server:
            await _compare("PostgreSQL", server)


async def _compare(database: str, server: Server | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        addresses = [_address(length, folder, server) for length in LENGTHS]
        for length, address in zip(LENGTHS, addresses, strict=True):
            await fill(address, length)
        found = await measured(addresses, Path(folder))
    shortest = {name: seconds for name, seconds, _ in found[0]}
    print_table(
        f"A page of 20 images with url, network and emotions (in one process, {database})",
        ["rows", "page", "GraphQL ms", "SQL+JSON ms", "of SQL+JSON", f"of {LENGTHS[0]:,} rows"],
        [
            [
                f"{length:,}",
                name,
                milliseconds(seconds),
                milliseconds(bare),
                times(seconds / bare),
                times(seconds / shortest[name]),
            ]
            for length, pages in zip(LENGTHS, found, strict=True)
            for name, seconds, bare in pages
        ],
    )


def _address(length: int, folder: str, server: Server | None) -> str:
    if server is None:
        return f"sqlite:///{folder}/history_{length}.sqlite3"
    server.run(f"CREATE DATABASE history_{length}")
    return server.address(f"history_{length}")


async def fill(address: str, length: int) -> None:
    database = await open_database(address)
    async with database.units.writing() as unit:
        await unit.networks.remember(CATALOGUE)
        await unit.sessions.add(SESSION, "local", "the oldest")
        await unit.collections.add(COLLECTION, "local", "a collection", "")
        for name, key in TAG_IDS.items():
            await unit.tags.add(key, "local", name)
        await unit.commit()
    await database.close()
    engine = create_async_engine(async_address(parse_address(address)))
    async with engine.connect() as connection:
        for pragma in QUICK if engine.dialect.name == "sqlite" else ():
            await connection.execute(text(pragma))
        await connection.commit()
        for start in range(0, length, CHUNK):
            await _insert(connection, range(start, min(start + CHUNK, length)), length)
            await connection.commit()
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"))
    await engine.dispose()


async def measured(
    addresses: Sequence[str], folder: Path, repeats: int = REPEATS
) -> list[list[tuple[str, float, float]]]:
    """For each history its pages, with the seconds that they took and the bare SQL's.

    Taken in turns, of all histories: what else the machine does meanwhile slows all of them alike.
    """
    async with AsyncExitStack() as stack:
        actions = [await _actions(stack, address, folder) for address in addresses]
        taken: list[dict[str, list[float]]] = [{name: [] for name in named} for named in actions]
        for turn in range(repeats + 1):
            for name in actions[0]:
                for named, times_taken in zip(actions, taken, strict=True):
                    started = time.perf_counter()
                    await named[name]()
                    if turn:
                        times_taken[name].append(time.perf_counter() - started)
    medians = [{name: median(each) for name, each in named.items()} for named in taken]
    return [[(name, one[name], one["bare"]) for name in one if name != "bare"] for one in medians]


async def _actions(stack: AsyncExitStack, address: str, folder: Path) -> Mapping[str, Callable[[], Awaitable[object]]]:
    database = await open_database(address)
    stack.push_async_callback(database.close)
    engine = create_async_engine(async_address(parse_address(address)))
    stack.push_async_callback(engine.dispose)
    connection = await stack.enter_async_context(engine.connect())
    library, ask = Library(database.units), asker(_app(database.units, folder))
    return {
        "bare": lambda: _bare(connection),
        "no page: { __typename }": lambda: ask("{ __typename }"),
        "newest, no GraphQL": lambda: library.history(LOCAL, PageRequest(""), ImageFilter(), ImageOrder()),
        "newest": lambda: _ask(ask, QUERY),
        "newest, counted": lambda: _ask(ask, COUNTED),
    } | {f"{name}, counted": partial(_ask, ask, filtered(chosen)) for name, chosen in FILTERS.items()}


async def _insert(connection: AsyncConnection, numbers: range, length: int) -> None:
    """One image for each number: every tenth of them sad, every other one happy, and 40 of the oldest disgusted."""
    tables = (generations, renders, pictures, images, image_edits, image_tags, collected_images)
    rows: dict[Any, list[dict[str, Any]]] = {table: [] for table in tables}
    for number in numbers:
        key, when = f"{number:032x}", START + timedelta(seconds=number)
        emotion = Emotion.DISGUSTED if number < 40 else Emotion.SAD if number % 10 == 0 else Emotion.HAPPY
        made = recipe(number, edit(emotion, 0.5))
        session = SESSION if number < length // 10 else None
        rows[generations].append(
            {"id": key, "owner": "local", "mutation": "generateFace", "fingerprint": "f" * 64, "done": 1, "total": 1,
             "status": GenerationStatus.SUCCEEDED, "version": 3, "created_at": when, "ended_number": number + 1}
        )  # fmt: skip
        rows[renders].append(
            {"id": key, "generation_id": key, "place": 0, "recipe_key": made.key, "recipe": made.canonical,
             "priority": 0, "state": RenderState.SUCCEEDED, "attempt": 1, "fence": 1, "queued_at": when}
        )  # fmt: skip
        rows[pictures].append(
            {"recipe_key": made.key, "sha256": made.key, "thumbnail_sha256": made.key, "size_bytes": 1, "width": 16,
             "height": 16, "created_at": when}
        )  # fmt: skip
        rows[images].append(
            {"id": key, "render_id": key, "generation_id": key, "place": 0, "recipe_key": made.key,
             "recipe": made.canonical, "seed": number % 40, "network_sha256": made.network_sha256, "owner": "local",
             "emotions": EMOTION_BITS[emotion], "session_id": session, "starred": number % 25 == 0,
             "created_at": when}
        )  # fmt: skip
        rows[image_tags] += [
            {"image_id": key, "tag_id": TAG_IDS[name], "owner": "local", "created_at": when}
            for name, every in TAGS.items()
            if number % every == 0
        ]
        if number % 20 == 0:
            note = NOTES[number // 20 % len(NOTES)]
            rows[collected_images].append(
                {"id": key, "collection_id": COLLECTION, "image_id": key, "owner": "local", "note": note,
                 "folded": note, "image_created_at": when, "created_at": when}
            )  # fmt: skip
        direction = CATALOGUE.served[0].emotion(emotion)
        rows[image_edits].append({"image_id": key, "direction_id": direction.id, "emotion": emotion, "strength": 0.5})
    for table, values in rows.items():
        if values:
            await connection.execute(table.insert(), values)


def _app(units: Any, folder: Path) -> Starlette:
    wake_ups, engines = InProcessWakeUps(), FakeEngines()

    async def ready() -> tuple[bool, dict[str, object]]:
        return True, {}

    catalogue: Catalogue = CATALOGUE
    acceptance = Acceptance(units, engines, wake_ups)
    services = Services(
        faces=Faces(acceptance, catalogue),
        explorations=Explorations(acceptance, catalogue),
        morphs=Morphs(acceptance, catalogue),
        watching=Watching(units, wake_ups),
        library=Library(units),
        sessions=Sessions(units),
        collections=Collections(units),
        tags=Tags(units),
        deletion=Deletion(units, FakePictureFiles(), engines, wake_ups),
        taking=TakingAway(units, FakePictureFiles(), PictureCopies(SERVICE)),
        exports=Exports(units, FakePictureFiles(), SERVICE),
        packing=ZipPacking(),
        verifying=Verifying(units, FakePictureFiles(), engines, PictureComparing()),
        restoring=Restoring(units, catalogue, FileRecipes()),
        research=Research(units, catalogue, {}),
        seed_pools=SeedPools(units, catalogue),
        study_rendering=StudyRendering(acceptance),
        study_deletion=StudyDeletion(units, FakePictureFiles(), engines, wake_ups),
        stimulus_packs=StimulusPacks(units, FakePictureFiles(), ()),
        taking_part=TakingPart(units),
        reporting=Reporting(units, ChildStatistics(), FileExports()),
        study_links=SignedStudyLinks(b"history"),
        catalogue=catalogue,
        engines=engines,
        audit=Audit(units, timedelta(days=1), writes=False),
        readiness=ready,
    )
    return build_app(services, static_dir=folder, metrics=lambda: (b"", "text/plain"))


async def _ask(ask: Callable[[str], Awaitable[Any]], query: str) -> None:
    answer = await ask(query)
    if "errors" in answer or not 1 <= len(answer["data"]["imageHistory"]["nodes"]) <= 20:
        raise RuntimeError(str(answer))


async def _bare(connection: AsyncConnection) -> None:
    found = await connection.execute(text(BARE))
    json.dumps([dict(row) for row in found.mappings()])
