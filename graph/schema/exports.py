"""Many images in one file: which ones, and where it is had."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Self

import strawberry

from domain import exports
from graph.schema.inputs import ImageFilter
from graph.schema.payloads import UserError, answered


@strawberry.input(description="Which images to take along: either their ids, or a filter.")
class ExportImagesInput:
    image_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 1000 of them; they come in this order."
    )
    filter: ImageFilter | None = strawberry.field(
        default=strawberry.UNSET, description="Your images that it finds, oldest first, at most 10000; {} finds all."
    )


@strawberry.type(description="A selection of images, fixed when it was asked for.")
class ImageExport:
    url: str = strawberry.field(
        description="A ZIP, sent while it is packed: the PNGs, and manifest.json and manifest.csv, which say how each "
        "was made and name those that are missing. Absolute where the public address is configured, "
        "else relative to the server root."
    )
    total: int = strawberry.field(description="How many images were selected.")
    expires_at: datetime = strawberry.field(description="The selection is kept until then.")


@strawberry.type(description="What exportImages answers.")
class ExportImagesPayload:
    export: ImageExport | None = strawberry.field(description="Null where userErrors has something.")
    user_errors: list[UserError] = strawberry.field(description="What to mend; empty where all went well.")

    @classmethod
    async def of(cls, verb: Awaitable[exports.Export], address: Callable[[str], str]) -> Self:
        """The verb's export, or its UserFault as a user error; `address` is made from the export's id."""

        def shown(found: exports.Export) -> ImageExport:
            return ImageExport(url=address(found.id), total=found.total, expires_at=found.expires_at)

        return await answered(cls, verb, export=shown)


SelectionInput = Annotated[ExportImagesInput, strawberry.argument(description="Which ones.")]
