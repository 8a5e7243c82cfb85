"""Put the schema and the app together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from strawberry.schema.config import StrawberryConfig

from graph import playground
from graph.context import Services
from graph.downloads import download_routes
from graph.executing import Executor, shorten
from graph.guarding import guard
from graph.headers import SafeHeaders
from graph.hosts import OwnNames
from graph.http import GraphQLApp
from graph.masking import Masking
from graph.operations import OwnContext, Schema, WithinLimits
from graph.probes import Metrics, probe_routes
from graph.rates import PerClient, Rates
from graph.resolvers.mutation import Mutation
from graph.resolvers.query import Query
from graph.resolvers.subscription import Subscription
from graph.schema.collections import CollectedImage, Collection
from graph.schema.generations import Generation
from graph.schema.images import Image
from graph.schema.networks import Direction, Network
from graph.schema.scalars import SCALARS
from graph.schema.sessions import Session
from graph.schema.tags import Tag
from graph.static_files import PictureFolder, SignedPictureFolder
from graph.urls import SIGNED, STATIC, PictureUrls


@dataclass(frozen=True, slots=True)
class Openness:
    """What the service shows of itself, and to whose pages.

    `origins`: pages of other origins that may ask and open WebSockets, or "*"; those of the public address may.
    """

    graphiql: bool = True
    introspection: bool = True
    suggestions: bool = True
    origins: Sequence[str] = ()
    any_name: bool = True
    """Whether it may be asked under names that are not this machine's, the public address's or an origin's."""


def build_schema(openness: Openness = Openness()) -> Schema:
    schema = Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Image, Generation, Network, Direction, Session, Collection, CollectedImage, Tag],
        extensions=[OwnContext, WithinLimits],
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=Executor,
    )
    guard(schema)
    shorten(schema._schema)
    schema.introspection = openness.introspection
    schema.suggestions = openness.suggestions
    return schema


def export_sdl() -> str:
    """The schema in its own language, as `graph/schema/schema.graphql` keeps it."""
    return build_schema().as_str() + "\n"


def build_app(
    services: Services,
    *,
    static_dir: Path,
    metrics: Metrics,
    openness: Openness = Openness(),
    rates: Rates | None = None,
) -> Starlette:
    """The whole ASGI app. It starts and stops nothing: whoever made the services ends them."""
    page = playground.page(services.admission.required) if openness.graphiql else None
    public = _origin(services.urls.public_url)
    origins = (*openness.origins, *([public] if public else []))
    graphql = GraphQLApp(build_schema(openness), services, page, origins, public)
    routes: list[BaseRoute] = [
        Route("/", _to_graphql),
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        _pictures(static_dir, services.urls),
        *download_routes(services),
        *probe_routes(services.readiness, metrics, services.admission),
        *(playground.asset_routes() if openness.graphiql else ()),
    ]
    cors = Middleware(
        CORSMiddleware, allow_origins=openness.origins, allow_methods=("GET", "POST"), allow_headers=("*",), max_age=600
    )
    names = Middleware(OwnNames, [urlsplit(origin).hostname or "" for origin in origins])
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(SafeHeaders),
            *([] if openness.any_name else [names]),
            *([cors] if openness.origins else []),
            *([] if rates is None else [Middleware(PerClient, rates)]),
            Middleware(Masking),
        ],
    )


def _pictures(folder: Path, urls: PictureUrls) -> Mount:
    """Under one kind of address only: what is signed for some is not there for all."""
    if urls.signer is None:
        return Mount(STATIC, PictureFolder(folder))
    return Mount(SIGNED, SignedPictureFolder(folder, urls.signer))


def _origin(public_url: str | None) -> str | None:
    """A reverse proxy may pass on another Host than the browser saw."""
    if public_url is None:
        return None
    parts = urlsplit(public_url)
    return f"{parts.scheme}://{parts.netloc}"


async def _to_graphql(request: Request) -> Response:
    return RedirectResponse("graphql")
