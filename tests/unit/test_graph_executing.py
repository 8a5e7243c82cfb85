"""The shorter ways of execution give the answers and the errors of the long one."""

import asyncio
from enum import Enum
from typing import Any, cast

import pytest
import strawberry
from graphql import GraphQLObjectType

from graph.executing import LEAVES, Executor, shorten


@strawberry.enum
class Colour(Enum):
    RED = "red"


@strawberry.type
class Thing:
    name: str
    maybe: str | None
    colour: Colour
    number: int
    numbers: list[int]

    @strawberry.field
    def shout(self) -> str:
        return self.name.upper()

    @strawberry.field
    def asker(self, info: strawberry.Info) -> str:
        return f"{info.field_name} {info.context} {info.path.key}"

    @strawberry.field
    def times(self, by: int) -> int:
        return self.number * by

    @strawberry.field
    def broken(self) -> str | None:
        raise ValueError("it is broken")

    @strawberry.field
    async def later(self) -> str:
        return "later"

    @strawberry.field(name="renamed")  # type: ignore[untyped-decorator]
    def other(self) -> "Thing":
        return self


@strawberry.type
class Query:
    @strawberry.field
    def thing(self, info: strawberry.Info) -> Thing:
        return cast("Thing", info.root_value)


def good(**changes: Any) -> Thing:
    values = {"name": "x", "maybe": None, "colour": Colour.RED, "number": 3, "numbers": [1, 2]}
    return Thing(**{**values, **changes})


def answers(thing: Any, query: str) -> list[tuple[Any, Any]]:
    """The long way's, and the short one's."""
    schemas = [strawberry.Schema(Query), strawberry.Schema(Query, execution_context_class=Executor)]
    shorten(schemas[1]._schema)
    found = [asyncio.run(schema.execute(query, root_value=thing, context_value="context")) for schema in schemas]
    return [(each.data, each.errors and [error.formatted for error in each.errors]) for each in found]


@pytest.mark.parametrize(
    ("thing", "query"),
    [
        (good(), "{ thing { name maybe colour number numbers } }"),
        (good(), "{ thing { a: name shout asker b: asker times(by: 2) later renamed { name renamed { shout } } } }"),
        (good(maybe="y"), "{ thing { __typename maybe ...F } } fragment F on Thing { name maybe @skip(if: true) }"),
        (good(name=None), "{ thing { name } }"),
        (good(number="three"), "{ thing { number } }"),
        (good(number=2**40), "{ thing { renamed { number } } }"),
        (good(colour="blue"), "{ thing { colour } }"),
        (good(maybe=ValueError("as a value")), "{ thing { maybe name } }"),
        (good(), "{ thing { broken name } }"),
        (good(numbers=[1, None]), "{ thing { numbers } }"),
        (good(name={"not": "a text"}), "{ thing { name } }"),
    ],
)
def test_both_ways_answer_alike(thing: Any, query: str) -> None:
    long, short = answers(thing, query)
    assert short == long


def test_an_attribute_that_is_missing_is_told_alike() -> None:
    thing = good()
    del thing.name
    long, short = answers(thing, "{ thing { name } }")
    assert short == long
    assert "name" in short[1][0]["message"]


def test_only_plain_attributes_take_the_short_way() -> None:
    schema = strawberry.Schema(Query)
    shorten(schema._schema)
    thing = cast("GraphQLObjectType", schema._schema.type_map["Thing"])
    assert set(thing.extensions[LEAVES]) == {"name", "maybe", "colour", "number"}


def test_a_resolver_that_something_was_put_around_keeps_it() -> None:
    schema = strawberry.Schema(Query, execution_context_class=Executor)
    thing = cast("GraphQLObjectType", schema._schema.type_map["Thing"])
    for name in ("name", "shout"):
        thing.fields[name].resolve = lambda source, info: "guarded"
    shorten(schema._schema)
    answer = asyncio.run(schema.execute("{ thing { name shout } }", root_value=good()))
    assert answer.data == {"thing": {"name": "guarded", "shout": "guarded"}}
