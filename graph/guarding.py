"""Root fields ask first whether the caller may, by what `scopes` says; and changes are written down."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from inspect import isawaitable
from typing import Any, cast

import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, get_named_type

from domain.auditing import DONE, INTERRUPTED
from domain.errors import Forbidden, Invalid, UserFault
from graph.context import Context
from graph.errors import INTERNAL
from graph.ids import parse_global_id
from graph.schema.payloads import refusal
from graph.scopes import NEEDS, Need, check

Resolver = Callable[..., Any]


def guard(schema: strawberry.Schema) -> None:
    """Raises LookupError for a root field without a scope, and for a scope without a field."""
    fields = dict(_root_fields(schema))
    if fields.keys() != NEEDS.keys():
        raise LookupError(f"graph/scopes.py and the schema differ in {sorted(fields.keys() ^ NEEDS.keys())}")
    for name, field in fields.items():
        if name.startswith("Subscription."):
            field.subscribe = _asking(field.subscribe or _missing(name), NEEDS[name])
        elif name.startswith("Mutation."):
            field.resolve = _changing(name.removeprefix("Mutation."), field, NEEDS[name])
        else:
            field.resolve = _asking(field.resolve or _missing(name), NEEDS[name])


def subject_of(answer: Any, arguments: Mapping[str, Any]) -> str | None:
    """``Type:KEY`` of what came of a change, else of what it was asked for; nothing else that was sent."""
    values = {field.name: getattr(answer, field.name) for field in dataclasses.fields(answer)} if answer else {}
    made = (getattr(value, "id", None) for value in values.values())
    sent = arguments.get("input")
    named = ((name, value) for name, value in sent.items()) if isinstance(sent, Mapping) else ()
    ids = (value for name, value in (*values.items(), *named) if name == "id" or name.endswith(("_id", "Id")))
    return next((subject for value in (*made, *ids) if (subject := _subject(value))), None)


def _subject(value: object) -> str | None:
    try:
        return ":".join(parse_global_id(value, ())) if isinstance(value, str) else None
    except Invalid:
        return None


def _root_fields(schema: strawberry.Schema) -> Iterator[tuple[str, GraphQLField]]:
    core = schema._schema
    for root in (core.query_type, core.mutation_type, core.subscription_type):
        if root is not None:
            yield from ((f"{root.name}.{name}", field) for name, field in root.fields.items())


def _missing(name: str) -> Resolver:
    raise LookupError(f"{name} has no resolver")


def _asking(resolve: Resolver, need: Need) -> Resolver:
    def ask(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        check(info.context.caller, need)
        return resolve(source, info, **arguments)

    return ask


def _changing(name: str, field: GraphQLField, need: Need) -> Resolver:
    resolve, payload = field.resolve or _missing(name), _payload(field)

    async def change(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        context: Context = info.context
        answer, outcome = None, INTERNAL
        try:
            check(context.caller, need)
            resolved = resolve(source, info, **arguments)
            answer = await resolved if isawaitable(resolved) else resolved
            outcome = answer.user_errors[0].code.value if answer.user_errors else DONE
        except Forbidden as fault:
            answer, outcome = refusal(payload, fault), fault.code
        except UserFault as fault:
            outcome = fault.code
            raise
        except asyncio.CancelledError:
            outcome = INTERRUPTED
            raise
        finally:
            # An operation that was ended in between may have done its work already, so that it is written down too.
            await context.services.audit.note(context.caller, name, subject_of(answer, arguments), outcome)
        return answer

    return change


def _payload(field: GraphQLField) -> type:
    named = cast("GraphQLObjectType", get_named_type(field.type))
    origin: type = named.extensions["strawberry-definition"].origin
    return origin
