"""Sessions are named in the contract; none exists in this version."""

from collections.abc import Sequence

from domain.errors import NotFound


def refuse_session(session_id: str | None, path: Sequence[str]) -> None:
    if session_id is not None:
        raise NotFound("there is no such session", path)
