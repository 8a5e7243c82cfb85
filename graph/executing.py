"""How fields become values: graphql-core's way and Strawberry's, and shorter ones for fields that ask for little.

A page of images has some 200 fields. Most are a plain value of their object, and the long way costs such a one ten
times what the short one does.
"""

import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_nullable_type, is_leaf_type, is_non_null_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from graph.context import Info

LEAVES = "manganace-leaves"


class Leaf(NamedTuple):
    """A scalar or an enum that is an attribute of its object: no resolver, no argument, nothing around it."""

    attribute: str
    serialize: Callable[[Any], Any]
    nullable: bool


class Executor(StrawberryGraphQLCoreExecutionContext):
    def execute_field(
        self, parent_type: GraphQLObjectType, source: Any, field_details_list: Any, path: Any, position_context: Any
    ) -> Any:
        leaf: Leaf | None = parent_type.extensions.get(LEAVES, {}).get(field_details_list[0].node.name.value)
        if leaf is not None:
            with suppress(Exception):  # the long way says what is wrong, and where
                value = getattr(source, leaf.attribute)
                completed = None if value is None else leaf.serialize(value)
                if completed is not None or (leaf.nullable and value is None):
                    return completed
        return super().execute_field(parent_type, source, field_details_list, path, position_context)


def shorten(schema: GraphQLSchema) -> None:
    """Find the fields that can be answered a shorter way. To be called when resolvers are what they are to be."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            definitions = {name: field.extensions.get("strawberry-definition") for name, field in kind.fields.items()}
            known = {name: found for name, found in definitions.items() if found is not None and not found.extensions}
            leaves = {name: _leaf(kind.fields[name], found) for name, found in known.items()}
            kind.extensions[LEAVES] = {name: leaf for name, leaf in leaves.items() if leaf is not None}
            for name, definition in known.items():
                _resolve_directly(kind.fields[name], definition)


def _leaf(field: GraphQLField, definition: StrawberryField) -> Leaf | None:
    named: Any = get_nullable_type(field.type)
    if not (definition.is_basic_field and _untouched(field) and is_leaf_type(named)):
        return None
    return Leaf(definition.python_name, named.coerce_output_value, not is_non_null_type(field.type))


def _resolve_directly(field: GraphQLField, definition: StrawberryField) -> None:
    """A method that takes no arguments is called as it is, without Strawberry's search for them."""
    resolver = definition.base_resolver
    if resolver is None or resolver.is_async or field.args or not _untouched(field):
        return
    method: Any = resolver.wrapped_func
    match list(inspect.signature(method).parameters):
        case ["self"]:
            field.resolve = lambda source, info: method(source)
        case ["self", "info"]:
            field.resolve = lambda source, info: method(source, Info(_raw_info=info, _field=definition))


def _untouched(field: GraphQLField) -> bool:
    """Whether the resolver is still the one that Strawberry made, and nobody's that asks first."""
    return getattr(field.resolve, "__module__", "") == "strawberry.schema.schema_converter"
