"""Seeds and instants as clients write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from graphql import GraphQLError, parse_value
from hypothesis import given
from hypothesis import strategies as st

from graph.schema.scalars import parse_instant, parse_seed, parse_seed_literal, write_instant

MAX_SEED = 2**32 - 1


@given(st.integers(0, MAX_SEED))
def test_a_seed_is_read_as_a_number_and_as_decimal_digits(seed: int) -> None:
    assert parse_seed(seed) == seed
    assert parse_seed(str(seed)) == seed
    assert parse_seed(float(seed)) == seed
    assert parse_seed_literal(parse_value(str(seed))) == seed
    assert parse_seed_literal(parse_value(f'"{seed}"')) == seed


@given(st.integers().filter(lambda value: not 0 <= value <= MAX_SEED))
def test_a_number_outside_the_range_is_no_seed(value: int) -> None:
    for refused in (value, str(value)):
        with pytest.raises(GraphQLError, match="from 0 to 4294967295"):
            parse_seed(refused)
    with pytest.raises(GraphQLError, match="from 0 to 4294967295"):
        parse_seed_literal(parse_value(str(value)))


@pytest.mark.parametrize(
    "value", [True, False, 1.5, -0.5, float("nan"), float("inf"), "1e3", "x", "", " 1", "+1", "٣", "0x10", [], {}, None]
)
def test_what_is_no_integer_is_no_seed(value: object) -> None:
    with pytest.raises(GraphQLError, match="a seed is an integer"):
        parse_seed(value)


@pytest.mark.parametrize("literal", ["1.5", "1e3", "1e400", "true", "RED", "[1]", "{a: 1}", "-1", "9" * 6000])
def test_what_is_no_integer_literal_is_no_seed(literal: str) -> None:
    with pytest.raises(GraphQLError, match="a seed is an integer"):
        parse_seed_literal(parse_value(literal))


def test_a_number_of_thousands_of_digits_is_refused_with_a_short_message() -> None:
    with pytest.raises(GraphQLError) as caught:
        parse_seed(10**6000)
    assert len(caught.value.message) < 200


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_answered_in_utc_whatever_offset_it_came_with(moment: datetime, minutes: int) -> None:
    local = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)), microsecond=moment.microsecond // 1000 * 1000)
    assert parse_instant(local.isoformat()) == local
    assert parse_instant(write_instant(local)) == local
    assert write_instant(local).endswith("Z")


def test_an_instant_may_be_written_in_small_letters_and_with_nanoseconds() -> None:
    assert parse_instant("2026-01-31t12:00:00.5z") == datetime(2026, 1, 31, 12, 0, 0, 500_000, UTC)
    assert parse_instant("2026-01-31T12:00:00.123456789Z").microsecond == 123_456


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-13-31T12:00:00Z",
        "2026-01-31 12:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "soon",
        "",
        5,
        None,
    ],
)
def test_what_is_no_instant_with_an_offset_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError, match="RFC 3339"):
        parse_instant(value)
