"""What mutations answer: what was asked for, or what whoever asked can mend."""

from collections.abc import Awaitable
from typing import Self

import strawberry

from domain import generations
from domain.errors import UserFault
from graph.schema.enums import UserErrorCode
from graph.schema.generations import Generation


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


@strawberry.type(description="A generation, or why there is none; each mutation has its own kind.")
class GenerationPayload:
    generation: Generation | None = strawberry.field(description="Null where userErrors has something.")
    user_errors: list[UserError] = strawberry.field(description="What to mend; empty where all went well.")

    @classmethod
    async def of(cls, verb: Awaitable[generations.Generation]) -> Self:
        """The verb's generation, or its UserFault as a user error."""
        try:
            return cls(generation=Generation.from_domain(await verb), user_errors=[])
        except UserFault as fault:
            return cls(generation=None, user_errors=[UserError.from_domain(fault)])


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
