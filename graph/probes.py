"""What an operator's machines ask: is it alive, is it ready, how is it doing."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from graph.context import Readiness

Metrics = Callable[[], tuple[bytes, str]]
"""What /metrics answers, and its media type."""


def probe_routes(readiness: Readiness, metrics: Metrics) -> list[Route]:
    async def livez(request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(request: Request) -> Response:
        ready, details = await readiness()
        return JSONResponse({"ready": ready, **details}, 200 if ready else 503)

    async def scrape(request: Request) -> Response:
        body, media_type = metrics()
        return Response(body, media_type=media_type)

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", scrape)]
