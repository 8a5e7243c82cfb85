"""Streams end when whoever follows them would not be let in any more."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

from graphql import GraphQLError
from strawberry.types import ExecutionResult, SubscriptionExecutionResult

from graph.bearers import UNAUTHENTICATED
from graph.context import Context

_END = object()


def while_admitted(results: SubscriptionExecutionResult, context: Context, bearer: str) -> SubscriptionExecutionResult:
    """The results, and an error as the last one where the token lost its force in between."""
    # Both are generators, which can be closed, though Strawberry's type does not say so.
    generator = cast("AsyncGenerator[Any, None]", results)
    return cast("SubscriptionExecutionResult", _while_admitted(generator, context, bearer))


async def _while_admitted(
    results: AsyncGenerator[Any, None], context: Context, bearer: str
) -> AsyncGenerator[Any, None]:
    async with aclosing(results) as open_results:
        with context.services.admission.staying(context.caller, bearer) as over:
            while (result := await _next_unless(over, open_results)) is not _END:
                yield result
            if over.is_set():
                error = GraphQLError("this token has expired or was revoked", extensions={"code": UNAUTHENTICATED})
                yield ExecutionResult(data=None, errors=[error])


async def _next_unless(over: asyncio.Event, results: AsyncGenerator[Any, None]) -> object:
    coming = asyncio.create_task(_next(results))
    ending = asyncio.create_task(over.wait())
    try:
        await asyncio.wait((coming, ending), return_when=asyncio.FIRST_COMPLETED)
        return _END if over.is_set() else await coming
    finally:
        coming.cancel()
        ending.cancel()
        await asyncio.wait((coming, ending))


async def _next(results: AsyncGenerator[Any, None]) -> object:
    return await anext(results, _END)
