"""A study's stimuli to take along."""

from typing import Self

import strawberry

from domain.studies.packs import Pack
from graph.schema.library_payloads import ERRORS, NULL
from graph.schema.payloads import UserError


@strawberry.input(description="Whose stimuli to take along.")
class PackStimuliInput:
    study_id: strawberry.ID = strawberry.field(description="A study's.")
    participants: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="What the first so many see, 1 to 1000; left out: as many as the design plans.",
    )


@strawberry.type(description="Everything that some participants see, for an experiment program of one's own.")
class StimulusPack:
    url: str = strawberry.field(
        description="A ZIP, sent while it is packed: the pictures, stimuli.csv and trials.csv, the protocol, and "
        "examples for jsPsych and PsychoPy. Absolute where the public address is configured, else relative to the "
        "server root."
    )
    version: int = strawberry.field(description="Number of the design that it is of.")
    participants: int = strawberry.field(description="How many participants' trials it has.")
    images: int = strawberry.field(description="How many pictures; the plain face is there for each emotion.")
    size_bytes: float = strawberry.field(description="Of the pictures together.")

    @classmethod
    def from_domain(cls, pack: Pack, url: str) -> Self:
        return cls(
            url=url,
            version=pack.version.number,
            participants=pack.participants,
            images=pack.images,
            size_bytes=float(pack.size_bytes),
        )


@strawberry.type(description="What packStimuli answers.")
class PackStimuliPayload:
    pack: StimulusPack | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)
