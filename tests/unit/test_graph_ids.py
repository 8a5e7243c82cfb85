"""Global ids: what was made can be read, what was not made is refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid, NotFound
from graph.ids import TYPES, global_id, key_of, parse_global_id

KEYS = st.text("0123456789abcdef", min_size=1, max_size=64)


@given(st.sampled_from(TYPES), KEYS)
def test_an_id_says_type_and_key(type_name: str, key: str) -> None:
    assert parse_global_id(global_id(type_name, key), ("id",)) == (type_name, key)
    assert key_of(type_name, global_id(type_name, key), ("id",)) == key


@given(st.text())
def test_any_other_text_is_invalid_and_the_field_is_named(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_global_id(text, ("input", "imageId"))
    assert caught.value.field == ("input", "imageId")


@pytest.mark.parametrize(
    "inside",
    ["Image:", "Image", ":1", "Image:é", "Image:1\n", "Image:1:2", "Sitting:1", "image:1", "Image:\0", "Image:G"],
)
def test_an_id_with_something_else_inside_is_invalid(inside: str) -> None:
    with pytest.raises(Invalid):
        parse_global_id(base64.b64encode(inside.encode()).decode(), ("id",))


def test_the_id_of_something_else_is_not_found() -> None:
    with pytest.raises(NotFound, match="the id of a generation, not of an image"):
        key_of("Image", global_id("Generation", "1"), ("id",))
