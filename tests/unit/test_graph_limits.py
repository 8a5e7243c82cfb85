"""What a document asks for is counted before anything else looks at it, and quickly whatever it is."""

import time
from typing import Any

import pytest
from graphql import GraphQLError, get_introspection_query, graphql_sync, parse
from hypothesis import given
from hypothesis import strategies as st

from graph.build import build_schema
from graph.limits import BOUNDS, MAX_VALUES, Bound, cost_of
from graph.measuring import Measure, measured

SCHEMA = build_schema()._schema
BOMB = (
    "{ ...a0 } "
    + " ".join(f"fragment a{i} on Query {{ ...a{i + 1} ...a{i + 1} }}" for i in range(18))
    + " fragment a18 on Query { service { name } }"
)
EVERYTHING = """
query History($first: Int) {
  imageHistory(first: $first) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      id width height seed truncationPsi truncationCutoff noise label sha256 createdAt url thumbnailUrl
      network { name } emotions { emotion strength } generation { id status } source { id }
    }
  }
}
"""


FULL = get_introspection_query(descriptions=True, input_value_deprecation=True, specified_by_url=True)
MANY_TYPES = "{ " + " ".join(f"a{i}: __schema {{ types {{ name description }} }}" for i in range(60)) + " }"
ONE_TYPE = "{ " + " ".join(f'a{i}: __type(name: "Mutation") {{ ...M }}' for i in range(50)) + " }"
ONE_TYPE += " fragment M on __Type { fields { args { type { ofType { inputFields { name } } } } } }"


def measure(query: str, operation: str | None = None, **variables: Any) -> Measure:
    return measured(SCHEMA, parse(query), operation, variables)


def refusal(query: str, **variables: Any) -> GraphQLError | None:
    return cost_of(SCHEMA, parse(query), None, variables)[1]


def test_a_field_costs_one_and_a_page_multiplies_what_is_in_it() -> None:
    assert measure("{ service { name version } }").cost == 3
    assert measure("{ imageHistory(first: 7) { nodes { id } } }").cost == 1 + 7 * 2
    assert measure("{ imageHistory(last: 7) { nodes { id } } }").cost == 1 + 7 * 2
    assert measure("{ imageHistory { nodes { id } } }").cost == 1 + 20 * 2
    nested = "{ imageHistory(first: 10) { nodes { edits(first: 5) { nodes { id } } } } }"
    assert measure(nested).cost == 1 + 10 * (1 + 1 + 5 * 2)


def test_a_page_s_size_may_come_from_a_variable_or_its_default() -> None:
    query = "query($n: Int = 3) { imageHistory(first: $n) { nodes { id } } }"
    assert measure(query, n=9).cost == 1 + 9 * 2
    assert measure(query).cost == 1 + 3 * 2
    assert measure(query, n=None).cost == 1 + 20 * 2


@given(st.one_of(st.integers(), st.text(), st.floats(), st.lists(st.integers()), st.booleans()))
def test_no_value_makes_a_page_larger_than_the_largest_or_free(size: object) -> None:
    cost = measure("query($n: Int) { imageHistory(first: $n) { nodes { id } } }", n=size).cost
    assert 3 <= cost <= 201


def test_lists_that_are_no_pages_multiply_too() -> None:
    assert measure('{ nodes(ids: ["a", "b", "c"]) { id } }').cost == 1 + 3
    assert measure("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["a"] * 50).cost == 1 + 50
    assert measure('{ image(id: "x") { directions { strength } } }').cost == 1 + 1 + 10


def test_a_mutation_of_many_things_is_taken_to_answer_for_as_many_as_it_takes() -> None:
    query = "mutation { starImages(input: {imageIds: []}) { results { index image { id } } userErrors { code } } }"
    assert measure(query).cost == 1 + (1 + 100 * (1 + 1 + 1)) + (1 + 10)
    assert measure("{ collections(first: 3) { nodes { images(first: 5) { nodes { id } } } } }").cost == 1 + 3 * (
        1 + 1 + 5 * 2
    )


def test_fragments_count_wherever_they_are_spread() -> None:
    query = 'query { a: image(id: "x") { ...F } b: image(id: "y") { ...F } } fragment F on Image { id url }'
    found = measure(query)
    assert (found.depth, found.fields, found.aliases, found.cost) == (2, 6, 2, 6)


def test_the_cost_is_that_of_the_operation_that_runs() -> None:
    query = "query A { service { name } } query B { imageHistory(first: 100) { nodes { id } } }"
    assert (measure(query, "A").cost, measure(query, "B").cost) == (2, 201)


def test_another_operation_s_defaults_make_no_page_cheaper() -> None:
    query = """
      query Cheap($n: Int = 1) { ...F }
      query Dear($n: Int = 100) { ...F }
      fragment F on Query { imageHistory(first: $n) { nodes { id } } }
    """
    assert (measure(query, "Cheap").cost, measure(query, "Dear").cost) == (3, 201)


def test_a_whole_number_written_as_a_float_is_a_page_s_size_too() -> None:
    assert measure("query($n: Int) { imageHistory(first: $n) { nodes { id } } }", n=100.0).cost == 201


def test_introspection_as_tools_send_it_and_a_whole_history_are_within_the_limits() -> None:
    assert refusal(FULL) is None
    assert measure(FULL).cost == 1
    assert refusal(EVERYTHING, first=100) is None


@pytest.mark.parametrize(
    "query",
    [
        FULL,
        '{ __type(name: "Node") { name possibleTypes { name interfaces { name } } enumValues { name } } }',
        'query($t: String! = "Emotion") { __type(name: $t) { enumValues { name } } }',
        "{ ...F a: __typename } fragment F on Query { __schema { directives { args { name } } ...S } } "
        "fragment S on __Schema { queryType { fields { type { ofType { name ofType { name } } } } } }",
        '{ __type(name: "Nothing") { name } __typename }',
    ],
)
def test_introspection_is_counted_field_by_field(query: str) -> None:
    answer = graphql_sync(SCHEMA, query).data
    assert answer is not None
    asked = {name: value for name, value in answer.items() if isinstance(value, dict) and name.startswith("__")}
    assert measure(query).introspection == fields_in(asked) - len(asked)


def fields_in(value: object) -> int:
    match value:
        case dict():
            return sum(1 + fields_in(inner) for inner in value.values())
        case list():
            return sum(map(fields_in, value))
    return 0


@pytest.mark.parametrize("query", [MANY_TYPES, ONE_TYPE])
def test_much_of_one_type_is_as_much_as_a_bit_of_many(query: str) -> None:
    error = refusal(query)
    assert error is not None
    assert "fields of introspection" in error.message


WITHIN_ITSELF = "{ __schema { types { ...F } } } fragment F on __Type { fields { type { ...F } } }"
EMPTY = "{ __schema { types { fields { type { fields { " + "...F " * 450 + "} } } } } } fragment F on __Field { name }"
UNKNOWN = EMPTY.replace("fragment F", "fragment G")


@pytest.mark.parametrize("query", [WITHIN_ITSELF, EMPTY, UNKNOWN], ids=["within itself", "empty", "unknown"])
def test_introspection_is_counted_at_once_however_it_is_spread(query: str) -> None:
    document = parse(query)
    began = time.process_time()
    cost_of(SCHEMA, document, None, {})
    assert time.process_time() - began < 0.1


TOO_MUCH = {
    "depth": "{ node(id: 1) { ... on Image { " + "source { " * 25 + "id" + " }" * 25 + " } } }",
    "fields": BOMB,
    "aliases": "{ " + " ".join(f"a{i}: service {{ name }}" for i in range(61)) + " }",
    "directives": "{ service { " + "name @include(if: true) " * 61 + "} }",
    "mutations": "mutation { " + " ".join(f"a{i}: cancelGeneration(input: {{id: 1}}) {{ x }}" for i in range(5)) + " }",
    "overlaps": "{ " + "service { name } " * 100 + "}",
    "introspection": MANY_TYPES,
    "cost": "{ imageHistory(first: 100) { nodes { edits(first: 100) { nodes { id } } } } }",
}


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.name)
def test_what_asks_for_too_much_is_refused_and_told_the_bound(bound: Bound) -> None:
    error = refusal(TOO_MUCH[bound.name])
    assert error is not None
    assert error.extensions == {"code": "LIMIT_EXCEEDED"}
    assert str(bound.most) in error.message
    assert bound.what in error.message


def test_selections_nested_deeper_than_can_be_counted_are_refused() -> None:
    assert refusal("{ " + "... { " * 150 + "service { name }" + " }" * 150 + " }")


@given(st.integers(0, 3), st.integers(0, 40))
def test_variables_of_too_many_values_are_refused_however_they_are_nested(levels: int, rest: int) -> None:
    values: Any = [None] * (MAX_VALUES - 2 - levels - rest)
    for _ in range(levels):
        values = {"x": values}
    assert refusal("{ service { name } }", x=values) is None
    values = [values, *([0] * (rest + 1))]
    assert refusal("{ service { name } }", x=values) is not None


def test_fragments_nested_to_explode_are_counted_at_once() -> None:
    assert 700 <= len(BOMB) <= 900
    document = parse(BOMB)
    began = time.process_time()
    assert cost_of(SCHEMA, document, None, {})[1] is not None
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize(
    "query",
    [
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A service { name } }",
        "{ ...Missing }",
        "{ nothing { more } }",
        "fragment Alone on Nowhere { id }",
        "subscription { __typename }",
        "{ image { id { id } } imageHistory { nodes } }",
        "query($n: Int = null) { imageHistory(first: $n, last: $m) { nodes { id } } }",
    ],
)
def test_what_is_wrong_otherwise_is_left_to_validation(query: str) -> None:
    assert refusal(query) is None
