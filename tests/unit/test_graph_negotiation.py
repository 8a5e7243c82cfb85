"""Accept headers, those of real clients among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.event_stream import EventStream
from graph.negotiation import EVENT_STREAM, GRAPHQL_RESPONSE, HTML, JSON, preferred

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (BROWSER, HTML),
        ("text/html;q=0.5, application/json", JSON),
        ("application/json;q=0.1, */*", GRAPHQL_RESPONSE),
        ("text/event-stream, application/json", EVENT_STREAM),
        ("application/json, text/event-stream", JSON),
        ("application/json;q=0, text/event-stream;q=0.2", EVENT_STREAM),
        ("TEXT/Event-Stream", EVENT_STREAM),
        (URQL, GRAPHQL_RESPONSE),
        ("image/png", None),
        ("application/json;q=nonsense", None),
    ],
)
def test_the_best_liked_form_is_chosen(accept: str, chosen: str | None) -> None:
    assert preferred(accept, (JSON, GRAPHQL_RESPONSE, EVENT_STREAM, HTML)) == chosen


@given(st.text())
def test_no_header_is_too_odd_to_be_read(accept: str) -> None:
    assert preferred(accept, (JSON, HTML)) in (JSON, HTML, None)


def test_a_client_that_only_mentions_event_streams_is_not_streamed_to() -> None:
    assert not EventStream().accepts(URQL)
    assert not EventStream().accepts("*/*")
    assert EventStream().accepts("text/event-stream, multipart/mixed")


def test_events_are_framed_with_line_feeds_alone() -> None:
    stream = EventStream()
    assert stream.encode_event("next", "{}") == "event: next\ndata: {}\n\n"
    assert stream.encode_complete() == "event: complete\ndata: \n\n"
    assert stream.encode_comment("ping") == ": ping\n\n"
