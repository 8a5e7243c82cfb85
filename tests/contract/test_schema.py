"""The schema that clients were promised, and the one that is checked in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    print_ast,
)

from graph.build import export_sdl

HERE = Path(__file__).parent
CHECKED_IN = HERE.parents[1] / "graph" / "schema" / "schema.graphql"

Facts = dict[str, str]


@pytest.fixture(scope="module")
def exported() -> GraphQLSchema:
    return build_schema(export_sdl())


@pytest.fixture(scope="module")
def core() -> GraphQLSchema:
    return build_schema((HERE / "core.graphql").read_text())


def facts(schema: GraphQLSchema) -> Facts:
    """Every name in the schema with what is said about it: kind, type, default."""
    return dict(_facts(schema))


def _facts(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    for name, named in schema.type_map.items():
        if name.startswith("__"):
            continue
        yield name, type(named).__name__
        if isinstance(named, GraphQLEnumType):
            yield from ((f"{name}.{value}", "value") for value in named.values)
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            yield from ((f"{name} implements {interface.name}", "yes") for interface in named.interfaces)
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in named.fields.items():
                yield f"{name}.{field_name}", _typed(field)
                if isinstance(field, GraphQLField):
                    for argument_name, argument in field.args.items():
                        yield f"{name}.{field_name}({argument_name})", _typed(argument)


def _typed(thing: GraphQLField | GraphQLInputField | GraphQLArgument) -> str:
    default = None if isinstance(thing, GraphQLField) else thing.default
    if default is None:
        return str(thing.type)
    assert default.literal is not None, "schemas that are read from SDL have literal defaults"
    return f"{thing.type} = {print_ast(default.literal)}"


def test_everything_in_the_contract_is_there_as_it_was_promised(core: GraphQLSchema, exported: GraphQLSchema) -> None:
    promised, found = facts(core), facts(exported)
    assert {name: found.get(name) for name in promised} == promised


def test_an_addition_does_not_ask_more_of_clients_than_was_promised(
    core: GraphQLSchema, exported: GraphQLSchema
) -> None:
    promised = facts(core)
    added = {name: kind for name, kind in facts(exported).items() if name not in promised}
    parents = {name: name.partition("(")[0] if "(" in name else name.partition(".")[0] for name in added}
    inputs = {
        name
        for name, parent in parents.items()
        if parent in promised and ("(" in name or isinstance(core.type_map.get(parent), GraphQLInputObjectType))
    }
    assert [name for name in inputs if added[name].endswith("!")] == []


def test_the_comparison_sees_a_changed_default() -> None:
    one = facts(build_schema("type Query { a(b: Float! = 0.5): Int! }"))
    other = facts(build_schema("type Query { a(b: Float! = 0.6): Int }"))
    assert {name for name in one if one[name] != other[name]} == {"Query.a", "Query.a(b)"}


def test_every_type_field_and_argument_says_what_it_is_for(exported: GraphQLSchema) -> None:
    silent = []
    for name, named in exported.type_map.items():
        if name.startswith("__") or name in ("Int", "Float", "String", "Boolean", "ID"):
            continue
        if not named.description:
            silent.append(name)
        for field_name, field in getattr(named, "fields", {}).items():
            if not field.description:
                silent.append(f"{name}.{field_name}")
            silent += [
                f"{name}.{field_name}({argument_name})"
                for argument_name, argument in getattr(field, "args", {}).items()
                if not argument.description
            ]
    assert silent == []


def test_the_checked_in_schema_is_the_one_that_is_served() -> None:
    assert CHECKED_IN.read_text() == export_sdl(), "run `python main.py schema` and commit the result"
