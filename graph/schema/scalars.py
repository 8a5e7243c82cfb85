"""Seed, DateTime and JSON: what goes over the wire, and what is refused with which words."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode, ValueNode, print_ast
from strawberry.types.scalar import ScalarDefinition

from domain.requests import MAX_SEED

Seed = NewType("Seed", int)
Upload = NewType("Upload", object)
"""A file where the request was a multipart one, else whatever was sent in its place."""

_DECIMAL = re.compile(r"[0-9]{1,10}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def parse_seed(value: object) -> Seed:
    """Raises GraphQLError for anything but an integer from 0 to 2^32 - 1, or its decimal digits."""
    number = -1
    match value:
        case bool():
            pass
        case int():
            number = value
        case float() if value.is_integer():  # JSON does not tell 42.0 from 42
            number = int(value)
        case str() if _DECIMAL.fullmatch(value):
            number = int(value)
    if not 0 <= number <= MAX_SEED:
        raise GraphQLError(f"a seed is an integer from 0 to {MAX_SEED}, not {shortened(value)}")
    return Seed(number)


def parse_seed_literal(node: ValueNode, variables: Mapping[str, Any] | None = None) -> Seed:
    match node:
        case IntValueNode() if len(node.value) <= 11:
            return parse_seed(int(node.value))
        case StringValueNode():
            return parse_seed(node.value)
        case IntValueNode() | FloatValueNode():
            raise GraphQLError(f"a seed is an integer from 0 to {MAX_SEED}, not {node.value[:40]}", node)
    raise GraphQLError(f"a seed is an integer from 0 to {MAX_SEED}, not {print_ast(node)[:40]}", node)


def _no_file(node: ValueNode, variables: Mapping[str, Any] | None = None) -> None:
    """Nothing that is written in a document is a file."""


def parse_instant(value: object) -> datetime:
    """Raises GraphQLError for anything but RFC 3339 with an offset; the answer is in UTC."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise GraphQLError(f"an instant is written as 2026-01-31T12:00:00Z (RFC 3339), not {shortened(value)}")


def write_instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shortened(value: object) -> str:
    """The value for a message; numbers of thousands of digits cannot be printed, and nobody would read them."""
    if isinstance(value, int) and not -(10**40) < value < 10**40:
        return "a number of more than 40 digits"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


SCALARS: dict[object, ScalarDefinition] = {
    Seed: strawberry.scalar(
        name="Seed",
        description="An integer from 0 to 4294967295 (2^32 - 1). Answered as a JSON number; "
        "accepted as a number or a decimal string.",
        parse_value=parse_seed,
        parse_literal=parse_seed_literal,
    ),
    Upload: strawberry.scalar(
        name="Upload",
        description="A file, sent as the GraphQL multipart request specification says: a form with `operations`, "
        "`map` and the file, and a header GraphQL-Require-Preflight or Apollo-Require-Preflight.",
        specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
        serialize=str,
        parse_value=lambda value: value,
        parse_literal=_no_file,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339 instant in UTC.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=write_instant,
        parse_value=parse_instant,
    ),
}
