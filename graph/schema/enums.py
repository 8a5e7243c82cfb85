"""Enumerations; those of the domain are the domain's own."""

from enum import Enum

import strawberry

from domain.copies import CopyFormat
from domain.generations import GenerationStatus
from domain.networks import Emotion
from domain.recipe import NoiseMode

__all__ = [
    "CopyFormat",
    "Emotion",
    "GenerationStatus",
    "ImageOrderField",
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
