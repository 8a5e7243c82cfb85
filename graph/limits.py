"""How much one operation may ask for. Real clients stay far below; whoever wants more asks several times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema

from graph.measuring import (
    FIELDS,
    INTROSPECTION,
    MAX_DEPTH,
    MAX_FIELDS,
    MAX_INTROSPECTION,
    Measure,
    TooMuch,
    measured,
)

LIMIT_EXCEEDED = "LIMIT_EXCEEDED"

MAX_BODY_BYTES = 1 << 20
MAX_UPLOAD_BYTES = 16 << 20
"""Of the one file that recipeFromFile takes."""

MAX_TOKENS = 2_000
MAX_COST = 10_000
MAX_MUTATIONS = 4
MAX_VALUES = 10_000
"""In the variables: each is looked at in turn, tens of thousands would take a second."""

MAX_VALIDATION_ERRORS = 20
OPERATION_S = 130.0
"""More than MAX_MUTATIONS that wait 30 s each, one after another."""


@dataclass(frozen=True, slots=True)
class Bound:
    name: str
    most: int
    what: str


BOUNDS: Sequence[Bound] = (
    Bound("depth", MAX_DEPTH, "levels of fields"),
    Bound("fields", MAX_FIELDS, FIELDS),
    Bound("aliases", 60, "aliases"),
    Bound("directives", 60, "directives"),
    Bound("mutations", MAX_MUTATIONS, "mutations"),
    Bound("overlaps", 9_000, "pairs of fields of the same name"),
    Bound("introspection", MAX_INTROSPECTION, INTROSPECTION),
    Bound("cost", MAX_COST, "fields in the answer, if all pages are full"),
)


def cost_of(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any]
) -> tuple[int | None, GraphQLError | None]:
    """The operation's cost where it could be counted, and what is too much about it."""
    if _more_than(MAX_VALUES, variables):
        return None, _refusal(f"the variables hold more than {MAX_VALUES} values")
    try:
        measure = measured(schema, document, operation_name, variables)
    except TooMuch as error:
        return None, _refusal(str(error))
    return measure.cost, next((_too_much(bound, measure) for bound in BOUNDS if _exceeds(bound, measure)), None)


def _more_than(most: int, value: object) -> bool:
    """Whether JSON holds more than so many values; counts no further."""
    left = [value]
    for _ in range(most):
        if not left:
            return False
        match left.pop():
            case dict() as inner:
                left.extend(inner.values())
            case list() as inner:
                left.extend(inner)
    return bool(left)


def _exceeds(bound: Bound, measure: Measure) -> bool:
    return bool(getattr(measure, bound.name) > bound.most)


def _too_much(bound: Bound, measure: Measure) -> GraphQLError:
    return _refusal(f"the document asks for {getattr(measure, bound.name)} {bound.what}; {bound.most} are the most")


def _refusal(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": LIMIT_EXCEEDED})
