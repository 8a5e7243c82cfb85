"""Cursors come back as they went out; anything else is refused with words."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.paging import decode_cursor, encode_cursor, page_request

ID = "0" * 31 + "a"


@given(value=st.integers(-(2**63), 2**63 - 1), key=st.text("0123456789abcdef", min_size=32, max_size=32))
def test_a_cursor_comes_back_as_it_went_out(value: int, key: str) -> None:
    assert decode_cursor(encode_cursor("seed", (value, key)), "seed", "after") == (value, key)


@given(st.text())
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    with pytest.raises(Invalid, match="after is not a cursor of this list"):
        decode_cursor(text, "seed", "after")


@pytest.mark.parametrize(
    "document",
    [
        ["created_at", 1, ID],
        ["seed", 2**63, ID],
        ["seed", 1, "\x00" * 32],
        ["seed", 1, "\ud800"],
        ["seed", "1", ID],
        {},
    ],
)
def test_what_a_database_would_not_take_is_refused(document: object) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(document).encode()).decode()
    with pytest.raises(Invalid, match="is not a cursor"):
        decode_cursor(cursor, "seed", "before")


@pytest.mark.parametrize("size", [0, 101, -1])
def test_a_page_has_one_to_a_hundred_entries(size: int) -> None:
    with pytest.raises(Invalid, match="first is 1 to 100"):
        page_request("seed", first=size)
    with pytest.raises(Invalid, match="last is 1 to 100"):
        page_request("seed", last=size)


def test_a_page_is_taken_from_one_end() -> None:
    with pytest.raises(Invalid, match="not both"):
        page_request("seed", first=1, last=1)
