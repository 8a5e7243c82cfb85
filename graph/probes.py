"""What an operator's machines ask: is it alive, is it ready, how is it doing."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.access import Scope
from domain.errors import Forbidden, Unauthenticated
from domain.services.admission import Admission
from graph.bearers import bearer_in_header
from graph.context import Readiness
from graph.refusals import forbidden, unauthenticated

Metrics = Callable[[], tuple[bytes, str]]
"""What /metrics answers, and its media type."""


def probe_routes(readiness: Readiness, metrics: Metrics, admission: Admission) -> list[Route]:
    """/metrics says how much is made and is for administrators; the others say no more than yes or no."""

    async def livez(request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(request: Request) -> Response:
        ready, details = await readiness()
        return JSONResponse({"ready": ready, **details}, 200 if ready else 503)

    async def scrape(request: Request) -> Response:
        try:
            caller = await admission.admit(bearer_in_header(request.headers.get("authorization")))
            caller.require(Scope.ADMIN)
        except Unauthenticated as error:
            return unauthenticated(request, error)
        except Forbidden as error:
            return forbidden(error)
        body, media_type = metrics()
        return Response(body, media_type=media_type)

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", scrape)]
