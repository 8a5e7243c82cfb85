"""What mutations answer: what was asked for, or what whoever asked can mend."""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any, Self, TypeVar, cast

import strawberry
from strawberry.types.base import StrawberryList

from domain import generations
from domain.errors import UserFault
from graph.schema.enums import UserErrorCode
from graph.schema.generations import Generation

P = TypeVar("P")
T = TypeVar("T")


@strawberry.type(description="Something in the input that whoever sent it can mend.")
class UserError:
    code: UserErrorCode = strawberry.field(description="What kind of error.")
    message: str = strawberry.field(description="What is wrong, and what would be right.")
    field: list[str] | None = strawberry.field(
        description='Path into the input, e.g. ["input", "emotions", "0", "strength"].'
    )
    retry_after_ms: int | None = strawberry.field(description="For QUEUE_FULL: when a retry is sensible.")

    @classmethod
    def from_domain(cls, fault: UserFault) -> Self:
        return cls(
            code=UserErrorCode(fault.code),
            message=fault.message,
            field=list(fault.field) or None,
            retry_after_ms=fault.retry_after_ms,
        )


def refusal(payload: Callable[..., P], fault: UserFault) -> P:
    """A payload that says nothing but why: its other fields are null or empty, as those of every payload can be."""
    values = {field.name: _nothing(field) for field in dataclasses.fields(cast(Any, payload)) if field.init}
    return payload(**values | {"user_errors": [UserError.from_domain(fault)]})


async def answered(payload: Callable[..., P], verb: Awaitable[T], **fields: Callable[[T], Any]) -> P:
    """The payload's fields, each made of what the verb answers, or the verb's UserFault as a user error."""
    try:
        answer = await verb
        values = {name: make(answer) for name, make in fields.items()}
    except UserFault as fault:
        return refusal(payload, fault)
    return payload(**values, user_errors=[])


def _nothing(field: Any) -> Any:
    return [] if isinstance(getattr(field, "type", None), StrawberryList) else None


@strawberry.type(description="A generation, or why there is none; each mutation has its own kind.")
class GenerationPayload:
    generation: Generation | None = strawberry.field(description="Null where userErrors has something.")
    user_errors: list[UserError] = strawberry.field(description="What to mend; empty where all went well.")

    @classmethod
    async def of(cls, verb: Awaitable[generations.Generation]) -> Self:
        return await answered(cls, verb, generation=Generation.from_domain)


@strawberry.type(description="What generateFace answers.")
class GenerateFacePayload(GenerationPayload):
    pass


@strawberry.type(description="What applyEmotion answers.")
class ApplyEmotionPayload(GenerationPayload):
    pass


@strawberry.type(description="What generateFaces answers.")
class GenerateFacesPayload(GenerationPayload):
    pass


@strawberry.type(description="What emotionStrip answers.")
class EmotionStripPayload(GenerationPayload):
    pass


@strawberry.type(description="What emotionGrid answers.")
class EmotionGridPayload(GenerationPayload):
    pass


@strawberry.type(description="What truncationGrid answers.")
class TruncationGridPayload(GenerationPayload):
    pass


@strawberry.type(description="What mixStyles answers.")
class MixStylesPayload(GenerationPayload):
    pass


@strawberry.type(description="What morph answers.")
class MorphPayload(GenerationPayload):
    pass


@strawberry.type(description="What cancelGeneration answers.")
class CancelGenerationPayload(GenerationPayload):
    pass
