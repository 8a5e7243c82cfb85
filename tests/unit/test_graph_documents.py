"""Documents that were found valid are parsed and validated once, and nothing else is skipped for them."""

import asyncio
from typing import Any

import pytest
from graphql import parse

from graph.build import Openness, build_schema
from graph.documents import ValidDocuments
from graph.operations import Schema

PAGE = "query Page($first: Int) { imageHistory(first: $first) { nodes { edits(first: 100) { nodes { id seed } } } } }"


def asked(schema: Schema, query: str, **arguments: Any) -> Any:
    """Executed without a context: every resolver fails, which none of these questions gets as far as."""
    return asyncio.run(schema.execute(query, context_value=Bare(), **arguments))


class Bare:
    """A context that has nothing."""

    request_id = "-"

    def for_operation(self) -> "Bare":
        return self


def test_the_documents_that_were_used_last_are_kept() -> None:
    documents = ValidDocuments(most_characters=30)
    texts = [f"{{ a{number}xxxx }}" for number in range(4)]  # ten characters each
    for text in texts[:3]:
        documents.keep(text, parse(text))
    assert documents.get(texts[0]) is not None
    documents.keep(texts[3], parse(texts[3]))
    assert [documents.get(text) is not None for text in texts] == [True, False, True, True]


def test_a_document_that_is_too_long_is_not_kept_and_drives_out_nothing() -> None:
    documents = ValidDocuments(most_characters=30)
    documents.keep("{ short }", parse("{ short }"))
    long = "{ " + "x" * 40 + " }"
    documents.keep(long, parse(long))
    assert documents.get(long) is None
    assert documents.get("{ short }") is not None


def test_a_valid_document_is_parsed_once() -> None:
    schema = build_schema()
    assert asked(schema, "{ __typename }").data == {"__typename": "Query"}
    kept = schema.documents.get("{ __typename }")
    assert kept is not None
    assert asked(schema, "{ __typename }").data == {"__typename": "Query"}
    assert schema.documents.get("{ __typename }") is kept


@pytest.mark.parametrize("query", ["{ __typename", "{ nothing }", "{ __typename @nothing }"])
def test_what_is_invalid_is_told_every_time(query: str) -> None:
    schema = build_schema()
    first, second = asked(schema, query), asked(schema, query)
    assert [str(error) for error in first.errors] == [str(error) for error in second.errors] != []
    assert schema.documents.get(query) is None


def test_a_known_document_still_has_to_keep_within_the_limits() -> None:
    schema = build_schema()
    within = asked(schema, PAGE, variable_values={"first": 1})
    assert "LIMIT_EXCEEDED" not in str([error.extensions for error in within.errors])
    assert schema.documents.get(PAGE) is not None
    beyond = asked(schema, PAGE, variable_values={"first": 100})
    assert [error.extensions["code"] for error in beyond.errors] == ["LIMIT_EXCEEDED"]
    assert beyond.extensions["cost"]["requested"] > within.extensions["cost"]["requested"]


def test_a_known_document_of_several_operations_still_needs_a_name() -> None:
    schema = build_schema()
    query = "query a { __typename } query b { b: __typename }"
    assert asked(schema, query, operation_name="b").data == {"b": "Query"}
    assert asked(schema, query, operation_name="a").data == {"__typename": "Query"}
    assert [error.extensions["code"] for error in asked(schema, query).errors] == ["BAD_REQUEST"]


def test_schemas_do_not_share_what_they_know() -> None:
    open_one, closed = build_schema(), build_schema(Openness(introspection=False))
    query = "{ __schema { queryType { name } } }"
    assert asked(open_one, query).errors is None
    assert {error.extensions["code"] for error in asked(closed, query).errors} == {"GRAPHQL_VALIDATION_FAILED"}
