"""Put the schema and the app together."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from strawberry.schema.config import StrawberryConfig

from graph import playground
from graph.context import Services
from graph.http import GraphQLApp
from graph.operations import OwnContext, Schema, WithinLimits
from graph.probes import Metrics, probe_routes
from graph.resolvers.mutation import Mutation
from graph.resolvers.query import Query
from graph.resolvers.subscription import Subscription
from graph.schema.generations import Generation
from graph.schema.images import Image
from graph.schema.networks import Direction, Network
from graph.schema.scalars import SCALARS
from graph.static_files import PictureFolder
from graph.urls import STATIC


def build_schema() -> Schema:
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Image, Generation, Network, Direction],
        extensions=[OwnContext, WithinLimits],
        config=StrawberryConfig(scalar_map=SCALARS),
    )


def export_sdl() -> str:
    """The schema in its own language, as `graph/schema/schema.graphql` keeps it."""
    return build_schema().as_str() + "\n"


def build_app(
    services: Services,
    *,
    static_dir: Path,
    metrics: Metrics,
    graphiql: bool = True,
    allowed_origins: Sequence[str] = (),
) -> Starlette:
    """The whole ASGI app. It starts and stops nothing: whoever made the services ends them.

    `allowed_origins`: pages of other origins that may open a WebSocket; those of the public address may.
    """
    page = playground.page() if graphiql else None
    graphql = GraphQLApp(build_schema(), services, page, (*allowed_origins, *_origins(services.urls.public_url)))
    routes: list[BaseRoute] = [
        Route("/", _to_graphql),
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        Mount(STATIC, PictureFolder(static_dir)),
        *probe_routes(services.readiness, metrics),
        *(playground.asset_routes() if graphiql else ()),
    ]
    return Starlette(routes=routes)


def _origins(public_url: str | None) -> Sequence[str]:
    """A reverse proxy may pass on another Host than the browser saw."""
    if public_url is None:
        return ()
    parts = urlsplit(public_url)
    return (f"{parts.scheme}://{parts.netloc}",)


async def _to_graphql(request: Request) -> Response:
    return RedirectResponse("graphql")
