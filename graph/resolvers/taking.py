"""Taking things along, and bringing them back."""

import strawberry

from domain import restoring
from graph.context import Context, Info
from graph.schema.restoring import FileInput, RecipeFromFileInput, RecipeFromFilePayload


@strawberry.type(description="Taking things along, and bringing them back.")
class TakingMutation:
    @strawberry.mutation(
        description="Read the recipe that a picture of this service carries, to make the face again. "
        "Nothing is stored. Alone in its operation, sent as a multipart request (see the type Upload)."
    )
    async def recipe_from_file(self, info: Info, input: FileInput) -> RecipeFromFilePayload:
        return await RecipeFromFilePayload.of(_restore(info.context, input))


async def _restore(context: Context, sent: RecipeFromFileInput) -> restoring.RestoredRecipe:
    return await context.services.restoring.recipe_from_file(context.caller, sent.opened())
