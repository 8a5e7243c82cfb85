"""Answers to what is no operation, or is asked by whoever may not: a status, and JSON that says why."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.errors import Forbidden, Unauthenticated
from graph.bearers import UNAUTHENTICATED, bearer_in_header, challenge, note_refusal
from graph.errors import request_errors


def refusal(status: int, message: str, headers: Mapping[str, str]) -> Response:
    return JSONResponse(request_errors(message), status, headers)


def unauthenticated(request: Request, error: Unauthenticated) -> Response:
    """401, and a line in the log where a token without force was sent."""
    bearer = bearer_in_header(request.headers.get("authorization"))
    note_refusal(bearer, request.client)
    return JSONResponse(request_errors(str(error), UNAUTHENTICATED), 401, challenge(bearer))


def forbidden(error: Forbidden) -> Response:
    return JSONResponse(request_errors(error.message, error.code), 403)
