"""Taking things along, and bringing them back."""

from collections.abc import Iterator
from contextlib import contextmanager

import strawberry

from domain import exports, restoring
from domain.errors import Invalid, UserFault
from domain.images import ImageFilter
from domain.services import verifying
from graph.context import Context, Info
from graph.ids import key_of
from graph.resolvers.finding import check_filter
from graph.schema.exports import ExportImagesInput, ExportImagesPayload, SelectionInput
from graph.schema.paging import given
from graph.schema.restoring import FileInput, RecipeFromFileInput, RecipeFromFilePayload
from graph.schema.verifying import VerifyImageInput, VerifyImagePayload, VerifyInput


@strawberry.type(description="Taking things along, and bringing them back.")
class TakingMutation:
    @strawberry.mutation(
        description="Read the recipe that a picture of this service carries, to make the face again. "
        "Nothing is stored. Alone in its operation, sent as a multipart request (see the type Upload)."
    )
    async def recipe_from_file(self, info: Info, input: FileInput) -> RecipeFromFilePayload:
        return await RecipeFromFilePayload.of(_restore(info.context, input))

    @strawberry.mutation(description="Select images to take along in one ZIP, and say where it is had, for a day.")
    async def export_images(self, info: Info, input: SelectionInput) -> ExportImagesPayload:
        urls = info.context.services.urls
        verb = _export(info.context, input)
        return await ExportImagesPayload.of(verb, lambda key: urls.download(f"exports/{key}.zip"))

    @strawberry.mutation(
        description="Render an image again from its recipe and compare it with the file that is kept; store nothing."
    )
    async def verify_image(self, info: Info, input: VerifyInput) -> VerifyImagePayload:
        return await VerifyImagePayload.of(_verify(info.context, input))


async def _verify(context: Context, sent: VerifyImageInput) -> verifying.Verification:
    key = key_of("Image", sent.image_id, ("input", "imageId"))
    return await context.services.verifying.verify(context.caller, key)


async def _export(context: Context, sent: ExportImagesInput) -> exports.Export:
    ids, where = given(sent.image_ids), given(sent.filter)
    if (ids is None) == (where is None):
        raise Invalid("give either imageIds or a filter", ("input",))
    if ids is not None:
        keys = [key_of("Image", key, ("input", "imageIds", str(index))) for index, key in enumerate(ids)]
        return await context.services.exports.of_images(context.caller, keys)
    with _within_input():
        found = where.to_domain() if where else ImageFilter()
        await check_filter(context, found)
    return await context.services.exports.of_filter(context.caller, found)


@contextmanager
def _within_input() -> Iterator[None]:
    """Faults of the filter are said to be in the input's field `filter`."""
    try:
        yield
    except UserFault as fault:
        fault.field = ("input", *fault.field)
        raise


async def _restore(context: Context, sent: RecipeFromFileInput) -> restoring.RestoredRecipe:
    return await context.services.restoring.recipe_from_file(context.caller, sent.opened())
