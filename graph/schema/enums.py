"""Enumerations; those of the domain are the domain's own."""

from enum import Enum

import strawberry

from domain.animations import AnimationFormat
from domain.copies import CopyFormat
from domain.generations import GenerationStatus
from domain.morphs import Easing as MorphEasing
from domain.networks import Emotion
from domain.recipe import MorphSpace, NoiseMode

__all__ = [
    "AnimationFormat",
    "CopyFormat",
    "Emotion",
    "GenerationStatus",
    "ImageOrderField",
    "MorphEasing",
    "MorphSpace",
    "NoiseMode",
    "SortDirection",
    "UserErrorCode",
]

strawberry.enum(Emotion, description="The six basic emotions (Ekman 1992).")
strawberry.enum(
    GenerationStatus,
    description="How far a generation is; SUCCEEDED, FAILED and CANCELED are terminal: nothing changes after them.",
)
strawberry.enum(CopyFormat, name="PictureFormat", description="The formats in which a picture can be taken along.")
strawberry.enum(
    NoiseMode,
    description="Noise inputs: the file's constants; drawn from the seed as NVIDIA's command line does; "
    "drawn anew (the draw is recorded); none.",
)
strawberry.enum(
    AnimationFormat,
    description="WEBP: small, plays in browsers as a picture; GIF: plays everywhere, in 256 colours and "
    "two or three times the bytes; MP4: H.264 video, the smallest.",
)
strawberry.enum(
    MorphEasing,
    name="MorphEasing",
    description="How time passes between two stops: evenly; slow at first; slow at last; slow at both, so that the "
    "morph rests a little at every face.",
)
strawberry.enum(
    MorphSpace,
    description="Where the way between two faces lies: Z on the great circle between what was drawn from the seeds, "
    "so that every frame is as likely as its ends; W straight between the mapped latents, which changes more evenly.",
)


@strawberry.enum(description="What images are sorted by; ties are broken by id.")
class ImageOrderField(Enum):
    CREATED_AT = "created_at"
    SEED = "seed"


@strawberry.enum(description="Upwards or downwards.")
class SortDirection(Enum):
    ASC = "asc"
    DESC = "desc"


@strawberry.enum(description="What is wrong with a request, for programs.")
class UserErrorCode(Enum):
    INVALID = strawberry.enum_value("INVALID", description="A value is out of range, malformed or unknown.")
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="What an id or a name stands for does not exist.")
    CONFLICT = strawberry.enum_value("CONFLICT", description="The state of things does not allow it.")
    IDEMPOTENCY_CONFLICT = strawberry.enum_value(
        "IDEMPOTENCY_CONFLICT", description="The idempotency key was used with another mutation or input."
    )
    QUEUE_FULL = strawberry.enum_value("QUEUE_FULL", description="Too much is waiting; retryAfterMs says how long.")
    ENGINE_UNAVAILABLE = strawberry.enum_value("ENGINE_UNAVAILABLE", description="No engine of the service can start.")
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="Whoever asked may not do this.")
