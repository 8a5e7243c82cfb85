"""Deleting images, one by one or with their session."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from domain import bulk
from graph.context import Context, Info
from graph.ids import key_of, named
from graph.schema.deletion import DeleteImageInput, DeleteImagesInput, DeleteSessionInput
from graph.schema.library_payloads import DeleteImagePayload, DeleteImagesPayload, DeleteSessionPayload

ID, IMAGES = ("input", "id"), ("input", "imageIds")

One = Annotated[DeleteImageInput, strawberry.argument(description="Which one.")]
Many = Annotated[DeleteImagesInput, strawberry.argument(description="Which ones.")]
OldSession = Annotated[DeleteSessionInput, strawberry.argument(description="Which one.")]

REFUSED = "CONFLICT while a collection keeps it, or where it belongs to a study."


@strawberry.type(description="Requests that delete images.")
class DeletionMutation:
    @strawberry.mutation(
        description="Delete an image. Its file goes when no other image has the same recipe; what was edited from it "
        "lives on with no source; its generation stays, and still says that it was made. The same recipe, asked for "
        f"again, is rendered anew. {REFUSED} The same request again changes nothing."
    )
    async def delete_image(self, info: Info, input: One) -> DeleteImagePayload:
        return await DeleteImagePayload.of("Image", info.context.changing(_delete_one(info.context, input)))

    @strawberry.mutation(
        description=f"Delete up to 100 images as deleteImage does; each is answered for itself, with {REFUSED}"
    )
    async def delete_images(self, info: Info, input: Many) -> DeleteImagesPayload:
        return await DeleteImagesPayload.of("Image", info.context.changing(_delete(info.context, input)))

    @strawberry.mutation(
        description="Delete a session with its images; what it still makes is canceled, and its generations belong "
        "to no session any more. CONFLICT while a collection keeps one of its images. The same request again changes "
        "nothing."
    )
    async def delete_session(self, info: Info, input: OldSession) -> DeleteSessionPayload:
        return await DeleteSessionPayload.of("Session", info.context.changing(_delete_session(info.context, input)))


async def _delete_one(context: Context, sent: DeleteImageInput) -> str:
    (outcome,) = await context.services.deletion.images(context.caller, [key_of("Image", sent.id, ID)], ID)
    return outcome.result()


async def _delete(context: Context, sent: DeleteImagesInput) -> Sequence[bulk.Outcome[str]]:
    return await context.services.deletion.images(context.caller, named("Image", sent.image_ids, IMAGES), IMAGES)


async def _delete_session(context: Context, sent: DeleteSessionInput) -> str:
    return await context.services.deletion.session(context.caller, key_of("Session", sent.id, ID))
