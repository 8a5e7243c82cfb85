"""What clients see of an error."""

import logging

import pytest
from graphql import GraphQLError, GraphQLSyntaxError, parse

from domain.errors import NotFound, QueueFull
from graph.errors import presentable


def located(error: Exception) -> GraphQLError:
    return GraphQLError(str(error), path=["image"], original_error=error)


def test_a_fault_of_the_user_keeps_its_words_code_and_field() -> None:
    shown = presentable(located(NotFound("there is no such image", ("id",))), "r1")
    assert shown.message == "there is no such image"
    assert shown.path == ["image"]
    assert shown.extensions == {"code": "NOT_FOUND", "field": ["id"]}


def test_a_full_queue_says_when_to_come_back() -> None:
    shown = presentable(located(QueueFull("full", retry_after_ms=1500)), "r1")
    assert shown.extensions == {"code": "QUEUE_FULL", "retryAfterMs": 1500}


def test_anything_unforeseen_is_masked_and_logged_once_under_its_id(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        shown = presentable(located(ValueError("password=hunter2")), "r1")
    assert shown.message == "internal error"
    assert shown.extensions == {"code": "INTERNAL", "requestId": "r1"}
    assert shown.original_error is None
    (record,) = caplog.records
    assert record.request_id == "r1"  # type: ignore[attr-defined]
    assert "hunter2" in caplog.text


def test_a_syntax_error_keeps_its_place_and_is_a_plain_error() -> None:
    with pytest.raises(GraphQLSyntaxError) as caught:
        parse("{ a")
    shown = presentable(caught.value, "r1")
    assert not isinstance(shown, GraphQLSyntaxError)
    assert shown.extensions == {"code": "GRAPHQL_PARSE_FAILED"}
    assert shown.locations


def test_an_error_is_made_presentable_once() -> None:
    once = presentable(located(ValueError("x")), "r1")
    assert presentable(once, "r2") is once
