"""The shorter ways of execution give the answers and the errors of the long one."""

import asyncio
from collections.abc import Awaitable
from enum import Enum
from typing import Any, cast

import pytest
import strawberry
from graphql import GraphQLObjectType

from graph.executing import WAYS, Executor, shorten


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
    things: list["Thing | None"] = strawberry.field(default_factory=list)

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

    @strawberry.field
    def greeting(self, info: strawberry.Info) -> str:
        return f"hello {info.context}"

    @strawberry.field(graphql_type="Thing")  # type: ignore[untyped-decorator]
    def at_hand_or_later(self) -> "Thing | Awaitable[Thing]":
        return self if self.number > 0 else fetch(self)

    @strawberry.field(name="renamed")  # type: ignore[untyped-decorator]
    def other(self) -> "Thing":
        return self


async def fetch(thing: Thing) -> Thing:
    return thing


class Stranger(Thing):
    """Not the class that the type was made from."""


@strawberry.type
class Query:
    @strawberry.field
    def thing(self, info: strawberry.Info) -> Thing:
        return cast("Thing", info.root_value)


DEEP = "{ thing { things { name maybe numbers shout things { __typename name number colour numbers } } } }"


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
        (good(things=[good(), None, good(things=[good()])]), DEEP),
        (good(things=[good(), good(things=[good(name=None)])]), DEEP),
        (good(things=[good(), good(things=[good(number="three"), good(numbers=None)])]), DEEP),
        (good(things=[good(), {"name": "no thing"}]), DEEP),
        (good(things=[good(), Stranger(**vars(good()))]), DEEP),
        (good(things=(good(),)), DEEP),
        (good(things={1: good()}.values()), DEEP),
        (good(things="no list"), DEEP),
        (good(), "{ thing { atHandOrLater { name } } }"),
        (good(number=0, things=[good(number=-1)]), "{ thing { atHandOrLater { name things { number } } } }"),
        (good(), "{ thing { greeting renamed { greeting asker } } }"),
        (good(), "{ thing { renamed { n: name n: name ...F } } } fragment F on Thing { renamed { name broken } }"),
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


def test_only_what_takes_no_arguments_and_never_waits_takes_a_short_way() -> None:
    schema = strawberry.Schema(Query)
    shorten(schema._schema)
    thing = cast("GraphQLObjectType", schema._schema.type_map["Thing"])
    assert thing.fields.keys() - thing.extensions[WAYS].keys() == {"times", "later"}


def test_an_object_of_plain_fields_is_read_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = strawberry.Schema(Query, execution_context_class=Executor)
    shorten(schema._schema)
    monkeypatch.setattr(Executor, "complete_list_value", None)  # the long way, of which there is none then
    things = [good(), None, good(things=[good()])]
    answer = asyncio.run(schema.execute(DEEP, root_value=good(things=things)))
    assert answer.errors is None
    assert answer.data is not None
    assert [thing and thing["shout"] for thing in answer.data["thing"]["things"]] == ["X", None, "X"]


def test_a_resolver_that_something_was_put_around_keeps_it() -> None:
    schema = strawberry.Schema(Query, execution_context_class=Executor)
    thing = cast("GraphQLObjectType", schema._schema.type_map["Thing"])
    for name in ("name", "shout"):
        thing.fields[name].resolve = lambda source, info: "guarded"
    shorten(schema._schema)
    answer = asyncio.run(schema.execute("{ thing { name shout } }", root_value=good()))
    assert answer.data == {"thing": {"name": "guarded", "shout": "guarded"}}
