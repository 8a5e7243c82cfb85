"""The one error tree. What a user can mend carries a code and a path into the input."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar


class ManganaceError(Exception):
    """The root of the product's errors."""


class UserFault(ManganaceError):
    """Something that whoever asked can mend; the message says how."""

    code: ClassVar[str] = "INVALID"

    def __init__(self, message: str, field: Sequence[str] = (), retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = tuple(field)
        self.retry_after_ms = retry_after_ms


@contextmanager
def within(*place: str) -> Iterator[None]:
    """Faults of a part of the input, said of it as if it were the whole, are said to be at its place."""
    try:
        yield
    except UserFault as fault:
        fault.field = ("input", *place, *fault.field[1:])
        raise


@contextmanager
def as_argument() -> Iterator[None]:
    """Faults said of a part of a mutation's input are said of the argument of that name, which a query takes."""
    try:
        yield
    except UserFault as fault:
        fault.field = fault.field[1:]
        raise


class Invalid(UserFault):
    """A value is out of range, malformed or does not fit the others."""


class NotFound(UserFault):
    """What was named does not exist, or is not visible to whoever asked."""

    code = "NOT_FOUND"


class Conflict(UserFault):
    """The state of things does not allow it."""

    code = "CONFLICT"


class IdempotencyConflict(UserFault):
    """The key was used before, with another mutation or another input."""

    code = "IDEMPOTENCY_CONFLICT"


class QueueFull(UserFault):
    """The queue has reached its bound; `retry_after_ms` says when to come back."""

    code = "QUEUE_FULL"


class EngineUnavailable(UserFault):
    """None of the service's engines can start."""

    code = "ENGINE_UNAVAILABLE"


class Forbidden(UserFault):
    """Whoever asked may not do this."""

    code = "FORBIDDEN"


class Unauthenticated(ManganaceError):
    """Whoever asked is not let in: there is no proof of who they are, or it has no force; the message says which."""


class StorageFailed(ManganaceError):
    """A picture or a row could not be written; `code` tells the operator why (STORAGE_FULL, STORAGE_FAILED)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class RenderFailed(ManganaceError):
    """An engine could not make one picture; `code` is what the generation's error will say."""

    def __init__(self, code: str, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.final = final


class EnginesStopped(ManganaceError):
    """The engines are closing; the render was not done and goes back to the queue."""
