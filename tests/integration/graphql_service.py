"""The real schema over the real services and database; only the engines are a double, which a test can hold back."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import event
from starlette.applications import Starlette

from domain.access import LOCAL, Scope
from domain.animations import AnimationPace
from domain.errors import RenderFailed
from domain.generations import ClaimedRender, FailedRender, Failure, FinishedRender
from domain.ports import Authenticator
from domain.services.accepting import Acceptance
from domain.services.admission import Admission, Authenticators
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
from domain.studies.pools import Pool
from domain.tokens import TokenRequest
from graph.build import Openness, build_app
from graph.context import Services
from graph.rates import Rates
from graph.signing import AddressSigner
from graph.urls import PictureUrls
from infrastructure.comparing import PictureComparing
from infrastructure.copying import PictureCopies
from infrastructure.database import Database, open_database
from infrastructure.files import DiskPictureFiles
from infrastructure.packing import ZipPacking
from infrastructure.recipe_reading import FileRecipes
from infrastructure.studies.exports import FileExports
from infrastructure.studies.links import SignedStudyLinks
from infrastructure.studies.pack import pack_programs
from infrastructure.studies.statistics import ChildStatistics
from infrastructure.wake_ups import InProcessWakeUps
from tests.fakes.catalogue import CATALOGUE, NETWORK
from tests.fakes.engines import SERVICE, FakeEngines

IMAGE = "id url seed width height truncationPsi noise emotions { emotion strength } sha256 createdAt"
GENERATE = f"""
mutation Generate($input: GenerateFaceInput!) {{
  generateFace(input: $input) {{
    generation {{ id status total done queuePosition image {{ {IMAGE} }} }}
    userErrors {{ code message field retryAfterMs }}
  }}
}}
"""
APPLY = f"""
mutation Apply($input: ApplyEmotionInput!) {{
  applyEmotion(input: $input) {{
    generation {{ id status image {{ {IMAGE} source {{ id }} }} }}
    userErrors {{ code message field }}
  }}
}}
"""


KEY = b"tests" * 7
POOL = Pool("tiny, curated", tuple(range(10)), tuple(range(20, 30)))
NO_LINKS = Authenticators(())


@dataclass
class GraphQLService:
    app: Starlette
    client: httpx.AsyncClient
    database: Database
    engines: FakeEngines
    wake_ups: InProcessWakeUps
    ledger: Ledger
    files: DiskPictureFiles
    tokens: Tokens
    state: dict[str, Any] = field(default_factory=lambda: {"ready": True})
    bearer: str | None = None
    animation_pace: AnimationPace = field(default_factory=AnimationPace)

    async def of(self, owner: str, *scopes: Scope) -> "GraphQLService":
        """The same service, asked with a new token."""
        _, bearer = await self.tokens.create(TokenRequest(owner, frozenset(scopes)))
        return replace(self, bearer=bearer)

    async def post(self, query: str, variables: Mapping[str, Any] | None = None, **headers: str) -> httpx.Response:
        body = json.dumps({"query": query, "variables": variables or {}})
        sent = {
            "Content-Type": "application/json",
            **({"Authorization": f"Bearer {self.bearer}"} if self.bearer else {}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return await self.client.post("/graphql", content=body, headers=sent)

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        response = await self.post(query, variables)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def data(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = await self.ask(query, variables)
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    async def generate(self, **values: Any) -> dict[str, Any]:
        payload: dict[str, Any] = (await self.data(GENERATE, {"input": values}))["generateFace"]
        return payload

    async def apply(self, image_id: str, **values: Any) -> dict[str, Any]:
        given = {"imageId": image_id, **values}
        payload: dict[str, Any] = (await self.data(APPLY, {"input": given}))["applyEmotion"]
        return payload

    async def image(self, **values: Any) -> dict[str, Any]:
        """A face that was accepted and rendered."""
        accepted = (await self.generate(**values))["generation"]
        await self.render()
        query = f"query($id: ID!) {{ generation(id: $id) {{ image {{ {IMAGE} }} }} }}"
        image: dict[str, Any] = (await self.data(query, {"id": accepted["id"]}))["generation"]["image"]
        return image

    async def edited(self, image_id: str, **values: Any) -> dict[str, Any]:
        accepted = (await self.apply(image_id, **values))["generation"]
        await self.render()
        query = f"query($id: ID!) {{ generation(id: $id) {{ image {{ {IMAGE} }} }} }}"
        image: dict[str, Any] = (await self.data(query, {"id": accepted["id"]}))["generation"]["image"]
        return image

    async def render(self) -> None:
        """Everything that waits, one after another."""
        while claims := await self.ledger.claim(1):
            (claim,) = claims
            try:
                await self.finish(claim)
            except RenderFailed as error:
                await self.ledger.fail([FailedRender(claim, Failure(error.code, error.message), final=error.final)])

    async def finish(self, claim: ClaimedRender) -> None:
        rendered = await self.engines.render(claim)
        await self.ledger.finish([FinishedRender(claim, await self.files.store(rendered.encoded))])

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The SELECTs that are sent within the block."""
        sent: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if statement.lstrip().upper().startswith(("SELECT", "WITH")):
                sent.append(statement)

        engine = self.database.units.reading_engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)


_kept: list[bytes] = []


async def _database_with_catalogue() -> bytes:
    """A migrated database; migrating takes longer than most tests, and is done once."""
    if not _kept:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "template.sqlite3"
            database = await open_database(f"sqlite:///{path}")
            async with database.units.writing() as unit:
                await unit.networks.remember(CATALOGUE)
                await unit.commit()
            await database.close()
            _kept.append(path.read_bytes())
    return _kept[0]


@asynccontextmanager
async def graphql_service(
    folder: Path,
    *,
    public_url: str | None = None,
    queue_limit: int = 10_000,
    openness: Openness | None = None,
    access: bool = False,
    links: Authenticator = NO_LINKS,
    rates: Rates | None = None,
    client_host: str = "127.0.0.1",
) -> AsyncIterator[GraphQLService]:
    """`access`: nobody gets in without a token, or by one of the `links`."""
    path = folder / "test.sqlite3"
    await asyncio.to_thread(path.write_bytes, await _database_with_catalogue())
    database = await open_database(f"sqlite:///{path}")
    wake_ups, engines, state = InProcessWakeUps(), FakeEngines(), {"ready": True}
    files = DiskPictureFiles(folder / "static")

    async def readiness() -> tuple[bool, Mapping[str, object]]:
        return state["ready"], {"storage": True}

    tokens, study_links = Tokens(database.units, KEY), SignedStudyLinks(KEY)
    files, copies = DiskPictureFiles(folder / "static"), PictureCopies(SERVICE)
    acceptance = Acceptance(database.units, engines, wake_ups, queue_limit)
    pace = AnimationPace()
    services = Services(
        faces=Faces(acceptance, CATALOGUE),
        explorations=Explorations(acceptance, CATALOGUE),
        morphs=Morphs(acceptance, CATALOGUE),
        watching=Watching(database.units, wake_ups),
        library=Library(database.units),
        sessions=Sessions(database.units),
        collections=Collections(database.units),
        tags=Tags(database.units),
        deletion=Deletion(database.units, files, engines, wake_ups),
        taking=TakingAway(database.units, files, copies),
        exports=Exports(database.units, files, SERVICE),
        packing=ZipPacking(),
        verifying=Verifying(database.units, files, engines, PictureComparing()),
        restoring=Restoring(database.units, CATALOGUE, FileRecipes()),
        research=Research(database.units, CATALOGUE, {NETWORK.name: (POOL, 0.6)}),
        seed_pools=SeedPools(database.units, CATALOGUE),
        study_rendering=StudyRendering(acceptance),
        study_deletion=StudyDeletion(database.units, files, engines, wake_ups),
        stimulus_packs=StimulusPacks(database.units, files, pack_programs()),
        taking_part=TakingPart(database.units),
        reporting=Reporting(database.units, ChildStatistics(), FileExports()),
        study_links=study_links,
        catalogue=CATALOGUE,
        engines=engines,
        readiness=readiness,
        urls=PictureUrls(public_url, AddressSigner(KEY) if access else None),
        animation_pace=pace,
        version="1.2.3",
        admission=Admission(Authenticators((tokens, study_links, links)), None if access else LOCAL),
        audit=Audit(database.units, timedelta(days=1), writes=access),
    )
    app = build_app(
        services,
        static_dir=folder / "static",
        metrics=lambda: (b"faces 1\n", "text/plain"),
        openness=openness or Openness(),
        rates=rates,
    )
    try:
        transport = httpx.ASGITransport(app, client=(client_host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            yield GraphQLService(
                app,
                client,
                database,
                engines,
                wake_ups,
                Ledger(database.units, wake_ups, "test"),
                files,
                tokens,
                state,
                animation_pace=pace,
            )
    finally:
        copies.close()
        wake_ups.close()
        await database.close()
