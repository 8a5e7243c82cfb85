"""Answers to what is no operation, or is asked by whoever may not: a status, and JSON that says why."""

import math
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.errors import Forbidden, Unauthenticated
from graph.bearers import UNAUTHENTICATED, bearer_in_header, challenge, note_refusal
from graph.errors import request_errors

RATE_LIMITED = "RATE_LIMITED"


def refusal(status: int, message: str, headers: Mapping[str, str]) -> Response:
    return JSONResponse(request_errors(message), status, headers)


def too_often(wait_s: float) -> Response:
    """429, and when to come back."""
    body = request_errors("this client asks too often; wait as long as Retry-After says", RATE_LIMITED)
    return JSONResponse(body, 429, {"Retry-After": str(math.ceil(wait_s))})


def unauthenticated(request: Request, error: Unauthenticated) -> Response:
    """401, and a line in the log where a token without force was sent."""
    bearer = bearer_in_header(request.headers.get("authorization"))
    note_refusal(bearer, request.client)
    return JSONResponse(request_errors(str(error), UNAUTHENTICATED), 401, challenge(bearer))


def forbidden(error: Forbidden) -> Response:
    return JSONResponse(request_errors(error.message, error.code), 403)
