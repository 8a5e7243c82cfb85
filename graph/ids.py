"""Global ids as Relay has them: base64 of `Type:id`, opaque to clients."""

import base64
import binascii
import re
from collections.abc import Sequence

import strawberry

from domain.errors import Invalid, NotFound, UserFault

TYPES = (
    *("Image", "Generation", "Network", "Direction", "Session", "Collection", "CollectedImage", "Tag"),
    *("Study", "StudySession", "StudyVersion", "SeedPool", "Trial"),
)
_READABLE = re.compile(r"([A-Z][A-Za-z]*):([0-9a-f]{1,64})")


def global_id(type_name: str, key: str) -> strawberry.ID:
    return strawberry.ID(base64.b64encode(f"{type_name}:{key}".encode()).decode())


def parse_global_id(value: str, path: Sequence[str]) -> tuple[str, str]:
    """(type, key). Raises Invalid for anything that `global_id` did not make."""
    try:
        text = base64.b64decode(value.encode("ascii"), validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        text = ""
    match = _READABLE.fullmatch(text)
    if match is None or match[1] not in TYPES:
        raise Invalid("this is not an id of this service; use one that it answered", path)
    return match[1], match[2]


def key_of(type_name: str, value: str, path: Sequence[str]) -> str:
    """Raises Invalid for a damaged id, NotFound for the id of something else."""
    found, key = parse_global_id(value, path)
    if found != type_name:
        raise NotFound(f"this is the id of {_a(found)}, not of {_a(type_name)}", path)
    return key


def named(type_name: str, values: Sequence[str], path: Sequence[str]) -> list[str | UserFault]:
    """The keys of ids, or what is wrong with each that is none: they are answered for one by one."""
    return [_key_or_fault(type_name, value, (*path, str(index))) for index, value in enumerate(values)]


def keys_of(type_name: str, values: Sequence[str], path: Sequence[str]) -> list[str]:
    """Each once. Raises what `key_of` raises."""
    return list(dict.fromkeys(key_of(type_name, value, (*path, str(index))) for index, value in enumerate(values)))


def _key_or_fault(type_name: str, value: str, path: Sequence[str]) -> str | UserFault:
    try:
        return key_of(type_name, value, path)
    except UserFault as fault:
        return fault


def session_key(value: str | None, path: Sequence[str]) -> str | None:
    """None where none is given. What is no session's id names no session: raises NotFound, and Invalid for nothing."""
    if value is None or value is strawberry.UNSET:
        return None
    if not value:
        raise Invalid(f"{path[-1]} is empty; leave it out", path)
    try:
        return key_of("Session", value, path)
    except (Invalid, NotFound):
        raise NotFound("there is no such session", path) from None


def _a(type_name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type_name).lower()
    return f"{'an' if type_name[0] in 'AEIOU' else 'a'} {words}"
