"""What clients are told when something goes wrong: a code always, and never anything internal."""

import logging
import re
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from domain.errors import StorageFailed, UserFault

logger = logging.getLogger(__name__)

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
BAD_REQUEST = "BAD_REQUEST"
TIMEOUT = "TIMEOUT"
INTERNAL = "INTERNAL"

_SUGGESTION = re.compile(r" Did you mean [^?]*\?")

NO_QUERY = "there is no query in the request"


def presentable(error: GraphQLError, request_id: str) -> GraphQLError:
    """The error as clients may see it. One that nobody foresaw is logged, and becomes "internal error" and an id."""
    if "code" in (error.extensions or {}):
        return error
    match error.original_error:
        case UserFault() as fault:
            return _coded(error, fault.message, fault_extensions(fault))
        case StorageFailed() as failure:
            logger.error("nothing can be stored: %s", failure.code, extra={"request_id": request_id})
            return _coded(error, str(failure), {"code": failure.code})
        case None | GraphQLError():
            code = PARSE_FAILED if isinstance(error, GraphQLSyntaxError) else BAD_USER_INPUT
            return _coded(error, error.message, {"code": code})
        case MissingQueryError():
            return _coded(error, NO_QUERY, {"code": BAD_REQUEST})
        case CannotGetOperationTypeError() | InvalidOperationTypeError():
            return _coded(error, error.message, {"code": BAD_REQUEST})
    logger.error(
        "an operation failed unexpectedly",
        exc_info=error.original_error,
        extra={"request_id": request_id, "path": error.path},
    )
    return _coded(error, "internal error", {"code": INTERNAL, "requestId": request_id})


def validation_failure(error: GraphQLError) -> GraphQLError:
    return _coded(error, error.message, {"code": VALIDATION_FAILED})


def without_suggestion(error: GraphQLError) -> GraphQLError:
    """Validation can be told to suggest nothing, the coercion of variables cannot."""
    return _coded(error, _SUGGESTION.sub("", error.message), dict(error.extensions or {}))


def fault_extensions(fault: UserFault) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": fault.code}
    if fault.field:
        extensions["field"] = list(fault.field)
    if fault.retry_after_ms is not None:
        extensions["retryAfterMs"] = fault.retry_after_ms
    return extensions


def request_errors(message: str, code: str = BAD_REQUEST) -> dict[str, Sequence[Any]]:
    """The body for a request that is not a GraphQL operation at all."""
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def _coded(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    """A plain GraphQLError: Strawberry's WebSocket handler closes the socket on a GraphQLSyntaxError."""
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
