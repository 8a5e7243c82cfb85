"""How one operation is run, whatever it came over: with reads of its own, and with errors fit for clients."""

from collections.abc import Iterator

import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from graph.context import Context
from graph.errors import presentable, validation_failure


class OwnContext(SchemaExtension):
    """Strawberry gives all operations of a WebSocket one context, whose loaders would answer with what is long past."""

    def on_operation(self) -> Iterator[None]:
        shared: Context = self.execution_context.context
        self.execution_context.context = shared.for_operation()
        yield

    def on_validate(self) -> Iterator[None]:
        yield
        errors = self.execution_context.pre_execution_errors
        if errors:
            errors[:] = [validation_failure(error) for error in errors]


class Schema(strawberry.Schema):
    """Errors are made presentable in the one place that every result of every transport goes through."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        context = execution_context and execution_context.context
        request_id = context.request_id if isinstance(context, Context) else "-"
        errors[:] = [presentable(error, request_id) for error in errors]
