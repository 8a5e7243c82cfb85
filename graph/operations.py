"""How one operation is run, whatever it came over: within limits, with its own reads, with errors fit for clients."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import strawberry
from graphql import DocumentNode, GraphQLError, NoSchemaIntrospectionCustomRule, OperationDefinitionNode, validate
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types import ExecutionContext

from graph.context import Context
from graph.documents import ValidDocuments
from graph.errors import BAD_REQUEST, TIMEOUT, presentable, validation_failure, without_suggestion
from graph.limits import MAX_COST, MAX_TOKENS, MAX_VALIDATION_ERRORS, OPERATION_S, cost_of

SEVERAL = "the document has several operations; say which one by operationName"


class OwnContext(SchemaExtension):
    """Strawberry gives all operations of a WebSocket one context, whose loaders would answer with what is long past."""

    def on_operation(self) -> Iterator[None]:
        shared: Context = self.execution_context.context
        self.execution_context.context = shared.for_operation()
        yield


class WithinLimits(SchemaExtension):
    """Refuses what asks for too much before it is validated, and ends what takes too long; tells the cost."""

    cost: int | None = None

    def on_operation(self) -> Iterator[None]:
        self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        yield

    def on_parse(self) -> Iterator[None]:
        running = self.execution_context
        if running.query and isinstance(running.schema, Schema):
            running.graphql_document = running.schema.documents.get(running.query)
        yield

    def on_validate(self) -> Iterator[None]:
        running = self.execution_context
        if running.graphql_document and isinstance(running.schema, Schema):
            running.pre_execution_errors = self._faults(running.schema, running.graphql_document)
        yield

    def _faults(self, schema: "Schema", document: DocumentNode) -> list[GraphQLError]:
        """As Strawberry's own validation finds them, but for the limits and the switches."""
        running = self.execution_context
        if running._provided_operation_name is None and _operations(document) > 1:
            return [GraphQLError(SEVERAL, extensions={"code": BAD_REQUEST})]  # Strawberry would run the first
        self.cost, refusal = cost_of(schema._schema, document, running.operation_name, running.variables or {})
        if refusal:
            return [refusal]
        text = running.query or ""
        if schema.documents.get(text) is document:
            return []
        errors = self._invalid(schema, document)
        if not errors:
            schema.documents.keep(text, document)
        return errors

    def _invalid(self, schema: "Schema", document: DocumentNode) -> list[GraphQLError]:
        rules = [*self.execution_context.validation_rules, MaybeNullValidationRule, OneOfInputValidationRule]
        if not schema.introspection:
            rules.append(NoSchemaIntrospectionCustomRule)
        errors = validate(
            schema._schema, document, rules, MAX_VALIDATION_ERRORS, hide_suggestions=not schema.suggestions
        )
        return [validation_failure(error) for error in errors]

    async def on_execute(self) -> AsyncIterator[None]:
        """Of a subscription, only its start."""
        try:
            async with asyncio.timeout(OPERATION_S):
                yield
        except TimeoutError:
            message = f"the operation took longer than {OPERATION_S:.0f} s"
            raise GraphQLError(message, extensions={"code": TIMEOUT}) from None

    def get_results(self) -> dict[str, Any]:
        return {} if self.cost is None else {"cost": {"requested": self.cost, "maximum": MAX_COST}}


class Schema(strawberry.Schema):
    """Errors are made presentable in the one place that every result of every transport goes through."""

    introspection = True
    suggestions = True

    def __init__(self, *types: Any, **options: Any) -> None:
        super().__init__(*types, **options)
        self.documents = ValidDocuments()

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        context = execution_context and execution_context.context
        request_id = context.request_id if isinstance(context, Context) else "-"
        errors[:] = [presentable(error, request_id) for error in errors]
        if not self.suggestions:
            errors[:] = [without_suggestion(error) for error in errors]


def _operations(document: DocumentNode) -> int:
    return sum(isinstance(definition, OperationDefinitionNode) for definition in document.definitions)
