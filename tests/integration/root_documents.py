"""A document for every root field of the schema, made from the schema itself: no new field goes unasked."""

import base64
from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    is_leaf_type,
)

from graph.build import build_schema

NOTHING = base64.b64encode(b"Image:00").decode()
"""An id of the service's own kind; there is nothing behind it."""

SCALARS: Mapping[str, Any] = {
    "ID": NOTHING,
    "Int": 1,
    "Float": 0.5,
    "String": "x",
    "Boolean": True,
    "Seed": 1,
    "DateTime": "2026-01-01T00:00:00Z",
    "JSON": {},
    "Upload": "no file",
}


def root_documents() -> dict[str, tuple[str, dict[str, Any]]]:
    """(document, variables) by ``Type.field``; what an argument must have, it has."""
    core = build_schema()._schema
    roots = (core.query_type, core.mutation_type, core.subscription_type)
    return {
        f"{root.name}.{name}": _document(root.name.lower(), name, field)
        for root in roots
        if root is not None
        for name, field in root.fields.items()
    }


def _document(kind: str, name: str, field: GraphQLField) -> tuple[str, dict[str, Any]]:
    needed = {key: argument for key, argument in field.args.items() if isinstance(argument.type, GraphQLNonNull)}
    declared = ", ".join(f"${key}: {argument.type}" for key, argument in needed.items())
    passed = ", ".join(f"{key}: ${key}" for key in needed)
    head = f"{kind}({declared})" if needed else kind
    call = f"{name}({passed})" if needed else name
    selection = "{ userErrors { code } }" if kind == "mutation" else _selection(field.type)
    variables = {key: _value(argument.type) for key, argument in needed.items()}
    return f"{head} {{ {call} {selection} }}", variables


def _selection(type_: Any) -> str:
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        type_ = type_.of_type
    return "" if is_leaf_type(type_) else "{ __typename }"


def _value(type_: Any) -> Any:
    match type_:
        case GraphQLNonNull():
            return _value(type_.of_type)
        case GraphQLList():
            return [_value(type_.of_type)]
        case GraphQLEnumType():
            return next(iter(type_.values))
        case GraphQLInputObjectType():
            return _input(type_)
    return SCALARS[type_.name]


def _input(type_: GraphQLInputObjectType) -> dict[str, Any]:
    if type_.is_one_of:
        name, field = next(iter(type_.fields.items()))
        return {name: _value(field.type)}
    return {name: _value(field.type) for name, field in type_.fields.items() if isinstance(field.type, GraphQLNonNull)}


def payloads() -> dict[str, GraphQLObjectType]:
    """What each mutation answers, by its name."""
    mutation = build_schema()._schema.mutation_type
    assert mutation is not None
    return {name: field.type.of_type for name, field in mutation.fields.items()}
