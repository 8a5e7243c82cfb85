"""How fields become values: graphql-core's way and Strawberry's, and shorter ones for fields that ask for little.

A page of images has some 200 fields. Most are a plain value of their object, and the long way costs such a one ten
times what the short one does. Where all that is asked of an object is so, down to its last field, it is read in one
go. Whatever goes wrong on a short way is done again on the long one, which says what is wrong, and where.
"""

import inspect
from collections.abc import Callable, Iterable
from contextlib import suppress
from operator import attrgetter
from typing import Any, NamedTuple, NoReturn, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from graph.context import Info

WAYS = "manganace-ways"

Complete: TypeAlias = Callable[[Any], Any]
"""From what a resolver gives to what the answer has. Raises where the long way has to be gone."""


class Way(NamedTuple):
    """A field that takes no arguments and waits for nothing."""

    read: Callable[[Any, Any], Any]
    """From its object and an Info of which there is no more than the context."""

    leaf: Complete | None
    """Of a plain attribute that is a scalar or an enum."""


class ContextAlone(NamedTuple):
    """What most resolvers want of an Info. Who asks for more goes the long way."""

    context: Any


class Executor(StrawberryGraphQLCoreExecutionContext):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._readers: dict[tuple[str, int], Complete | None] = {}

    def execute_field(
        self, parent_type: GraphQLObjectType, source: Any, field_details_list: Any, path: Any, position_context: Any
    ) -> Any:
        way: Way | None = parent_type.extensions.get(WAYS, {}).get(field_details_list[0].node.name.value)
        if way is not None and way.leaf is not None:
            with suppress(Exception):
                return way.leaf(way.read(source, None))
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        read = self._object(return_type, field_details_list)
        if read is not None:
            with suppress(Exception):
                return read(result)
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)

    def _object(self, kind: GraphQLObjectType, details: Any) -> Complete | None:
        """Reads all that is asked of an object of this type; None where some of it has to go the long way."""
        key = kind.name, id(details)  # kept by what collects the fields, for as long as this executor
        if key not in self._readers:
            self._readers[key] = self._compile(kind, details)
        return self._readers[key]

    def _compile(self, kind: GraphQLObjectType, details: Any) -> Complete | None:
        fields, deferred, _ = self.collect_subfields(kind, details)
        if WAYS not in kind.extensions or deferred:
            return None
        readers: list[tuple[str, Complete]] = []
        for name, its in fields.items():
            read = self._field(kind, its)
            if read is None:
                return None
            readers.append((name, read))
        classes = _classes(kind)

        def read_object(value: Any) -> dict[str, Any]:
            if type(value) not in classes:
                _refuse(value)
            return {name: read(value) for name, read in readers}

        return read_object

    def _field(self, kind: GraphQLObjectType, details: Any) -> Complete | None:
        name = details[0].node.name.value
        if name == "__typename":
            return lambda source: kind.name
        way: Way | None = kind.extensions[WAYS].get(name)
        complete = None if way is None else self._value(kind.fields[name].type, details)
        if way is None or complete is None:
            return None
        read, info = way.read, ContextAlone(self.context_value)
        return lambda source: complete(read(source, info))

    def _value(self, kind: GraphQLOutputType, details: Any) -> Complete | None:
        inner: Any = get_nullable_type(kind)
        complete: Complete | None = None
        if is_leaf_type(inner):
            complete = inner.coerce_output_value
        elif is_object_type(inner):
            complete = self._object(inner, details)
        elif is_list_type(inner):
            item = self._value(inner.of_type, details)
            complete = item and _each(item)
        return complete and (_present(complete) if is_non_null_type(kind) else _maybe(complete))


def shorten(schema: GraphQLSchema) -> None:
    """Find the fields that can be answered a shorter way. To be called when resolvers are what they are to be."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and "strawberry-definition" in kind.extensions:
            definitions = {name: field.extensions.get("strawberry-definition") for name, field in kind.fields.items()}
            known = {name: found for name, found in definitions.items() if found is not None and not found.extensions}
            ways = {name: _way(kind.fields[name], found) for name, found in known.items()}
            kind.extensions[WAYS] = {name: way for name, way in ways.items() if way is not None}


def _way(field: GraphQLField, definition: StrawberryField) -> Way | None:
    if field.args or not _untouched(field):
        return None
    if definition.is_basic_field:
        read, named = attrgetter(definition.python_name), get_nullable_type(field.type)
        leaf = named.coerce_output_value if is_leaf_type(named) else None
        around = _present if is_non_null_type(field.type) else _maybe
        return Way(lambda source, info: read(source), leaf and around(leaf))
    return _method(field, definition)


def _method(field: GraphQLField, definition: StrawberryField) -> Way | None:
    """A method is called as it is, without Strawberry's search for its arguments."""
    resolver = definition.base_resolver
    if resolver is None or resolver.is_async:
        return None
    method: Any = resolver.wrapped_func
    match list(inspect.signature(method).parameters):
        case ["self"]:
            field.resolve = lambda source, info: method(source)
            return Way(lambda source, info: method(source), None)
        case ["self", "info"]:
            field.resolve = lambda source, info: method(source, Info(_raw_info=info, _field=definition))
            return Way(method, None)
    return None


def _untouched(field: GraphQLField) -> bool:
    """Whether the resolver is still the one that Strawberry made, and nobody's that asks first."""
    return getattr(field.resolve, "__module__", "") == "strawberry.schema.schema_converter"


def _classes(kind: GraphQLObjectType) -> tuple[type, ...]:
    """Whose objects are of this type beyond doubt: its own class, and of a generic one that without arguments."""
    definition = kind.extensions["strawberry-definition"]
    general = definition.concrete_of
    return (definition.origin,) if general is None else (definition.origin, general.origin)


def _present(complete: Complete) -> Complete:
    def present(value: Any) -> Any:
        completed = None if value is None else complete(value)
        if completed is None:
            raise ValueError("null where there is to be none")
        return completed

    return present


def _maybe(complete: Complete) -> Complete:
    return lambda value: None if value is None else complete(value)


def _each(complete: Complete) -> Complete:
    def each(values: Iterable[Any]) -> list[Any]:
        if not isinstance(values, list | tuple):
            _refuse(values)
        return [complete(value) for value in values]

    return each


def _refuse(value: Any) -> NoReturn:
    if inspect.iscoroutine(value):
        value.close()  # another one is made on the long way
    raise TypeError("not what is read in one go")
