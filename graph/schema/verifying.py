"""Whether a picture can be made again as it is."""

from collections.abc import Awaitable
from typing import Annotated, Self

import strawberry

from domain.pictures import FileState
from domain.services import verifying
from graph.schema.payloads import UserError, answered

strawberry.enum(FileState, description="INTACT: the file's bytes have the SHA-256 that the image names.")


@strawberry.input(description="An image to verify.")
class VerifyImageInput:
    image_id: strawberry.ID = strawberry.field(description="The image's.")


@strawberry.type(description="An image, rendered again and compared with the file that is kept.")
class Verification:
    file: FileState = strawberry.field(description="How the file is that is kept.")
    identical: bool | None = strawberry.field(
        description="Whether every value of every pixel is the same; null where no picture is kept to compare with."
    )
    largest_difference: int | None = strawberry.field(description="In levels, 0 to 255.")
    differing_share: float | None = strawberry.field(description="Of all values those that differ, 0 to 1.")
    device: str = strawberry.field(description="What rendered it now.")
    render_ms: float = strawberry.field(description="How long that took, in milliseconds.")

    @classmethod
    def from_domain(cls, found: verifying.Verification) -> Self:
        apart = found.difference
        return cls(
            file=found.file,
            identical=None if apart is None else apart.largest == 0,
            largest_difference=None if apart is None else apart.largest,
            differing_share=None if apart is None else apart.share,
            device=found.device,
            render_ms=found.render_ms,
        )


@strawberry.type(description="What verifyImage answers.")
class VerifyImagePayload:
    verification: Verification | None = strawberry.field(description="Null where userErrors has something.")
    user_errors: list[UserError] = strawberry.field(description="What to mend; empty where all went well.")

    @classmethod
    async def of(cls, verb: Awaitable[verifying.Verification]) -> Self:
        return await answered(cls, verb, verification=Verification.from_domain)


VerifyInput = Annotated[VerifyImageInput, strawberry.argument(description="Which one.")]
