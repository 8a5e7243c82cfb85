"""Tags and stars: making and finding tags, and putting both on images."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from domain import bulk, images, tags
from graph.context import Context, Info
from graph.ids import key_of, keys_of, named
from graph.resolvers.nodes import key_or_none
from graph.schema.library_payloads import (
    CreateTagPayload,
    DeleteTagPayload,
    RenameTagPayload,
    StarImagesPayload,
    TagImagesPayload,
)
from graph.schema.paging import After, Before, First, Last, page_of
from graph.schema.tags import (
    CreateTagInput,
    DeleteTagInput,
    RenameTagInput,
    StarImagesInput,
    Tag,
    TagConnection,
    TagImagesInput,
)

TAGS = "tags"
ID, IMAGES = ("input", "id"), ("input", "imageIds")

NewTag = Annotated[CreateTagInput, strawberry.argument(description="What to call it.")]
NewName = Annotated[RenameTagInput, strawberry.argument(description="Which one, and what to call it.")]
OldTag = Annotated[DeleteTagInput, strawberry.argument(description="Which one.")]
Tagging = Annotated[TagImagesInput, strawberry.argument(description="Which images, and which tags.")]
Starring = Annotated[StarImagesInput, strawberry.argument(description="Which images.")]
TagId = Annotated[strawberry.ID, strawberry.argument(description="A tag's.")]


@strawberry.type(description="Questions about tags.")
class TagQuery:
    @strawberry.field(description="One tag; null where there is none with this id.")
    async def tag(self, info: Info, id: TagId) -> Tag | None:
        key = key_or_none("Tag", id)
        found = await info.context.loaders.tags.load(key) if key else None
        return None if found is None else Tag.from_domain(found)

    @strawberry.field(
        description="The built-in ones, then your own, oldest first; page size 1 to 100, 20 where none is given."
    )
    async def tags(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> TagConnection:
        library, caller = info.context.services.library, info.context.caller
        page = await library.tag_history(caller, page_of(TAGS, first, after, last, before))
        return TagConnection.from_page(page, TAGS, Tag.from_domain, lambda: library.tag_count(caller))


@strawberry.type(description="Requests that change tags and stars.")
class TagMutation:
    @strawberry.mutation(description="Make a tag.")
    async def create_tag(self, info: Info, input: NewTag) -> CreateTagPayload:
        return await CreateTagPayload.of(info.context.services.tags.create(info.context.caller, input.name))

    @strawberry.mutation(description="Call a tag something else, on all images that have it.")
    async def rename_tag(self, info: Info, input: NewName) -> RenameTagPayload:
        return await RenameTagPayload.of(info.context.changing(_rename(info.context, input)))

    @strawberry.mutation(
        description="Delete a tag; the images that had it stay. The same request again changes nothing."
    )
    async def delete_tag(self, info: Info, input: OldTag) -> DeleteTagPayload:
        return await DeleteTagPayload.of("Tag", info.context.changing(_delete(info.context, input)))

    @strawberry.mutation(
        description="Put tags on up to 100 images, and take others off; each is answered for itself. "
        "The same request again changes nothing."
    )
    async def tag_images(self, info: Info, input: Tagging) -> TagImagesPayload:
        return await TagImagesPayload.of(info.context.changing(_tag(info.context, input)))

    @strawberry.mutation(
        description="Star up to 100 images, or take the stars away; each is answered for itself. "
        "The same request again changes nothing."
    )
    async def star_images(self, info: Info, input: Starring) -> StarImagesPayload:
        return await StarImagesPayload.of(info.context.changing(_star(info.context, input)))


async def _rename(context: Context, sent: RenameTagInput) -> tags.Tag:
    return await context.services.tags.rename(context.caller, key_of("Tag", sent.id, ID), sent.name)


async def _delete(context: Context, sent: DeleteTagInput) -> str:
    return await context.services.tags.delete(context.caller, key_of("Tag", sent.id, ID))


async def _tag(context: Context, sent: TagImagesInput) -> Sequence[bulk.Outcome[images.Image]]:
    add, remove = keys_of("Tag", sent.add, ("input", "add")), keys_of("Tag", sent.remove, ("input", "remove"))
    return await context.services.tags.put(context.caller, named("Image", sent.image_ids, IMAGES), add, remove)


async def _star(context: Context, sent: StarImagesInput) -> Sequence[bulk.Outcome[images.Image]]:
    keys = named("Image", sent.image_ids, IMAGES)
    return await context.services.tags.star(context.caller, keys, starred=sent.starred)
