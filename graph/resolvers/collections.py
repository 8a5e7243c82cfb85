"""Collections: making and finding them, and what they keep."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from domain import bulk, collections
from domain.services.collections import Keeping
from graph.context import Context, Info
from graph.ids import key_of, keys_of, named
from graph.resolvers.nodes import key_or_none
from graph.schema.collections import (
    CollectImageInput,
    CollectImagesInput,
    Collection,
    CollectionConnection,
    CreateCollectionInput,
    DeleteCollectionInput,
    RemoveCollectedImageInput,
    UpdateCollectedImageInput,
    UpdateCollectionInput,
)
from graph.schema.library_payloads import (
    CollectImagePayload,
    CollectImagesPayload,
    CreateCollectionPayload,
    DeleteCollectionPayload,
    RemoveCollectedImagePayload,
    UpdateCollectedImagePayload,
    UpdateCollectionPayload,
)
from graph.schema.paging import After, Before, First, Last, given, page_of

COLLECTIONS = "collections"
ID, COLLECTION, IMAGE = ("input", "id"), ("input", "collectionId"), ("input", "imageId")

NewCollection = Annotated[CreateCollectionInput, strawberry.argument(description="What to call it.")]
Change = Annotated[UpdateCollectionInput, strawberry.argument(description="Which one, and what to change.")]
OldCollection = Annotated[DeleteCollectionInput, strawberry.argument(description="Which one.")]
One = Annotated[CollectImageInput, strawberry.argument(description="What to keep, and where.")]
Many = Annotated[CollectImagesInput, strawberry.argument(description="What to keep, and where.")]
NewNote = Annotated[UpdateCollectedImageInput, strawberry.argument(description="Which one, and the new note.")]
OldEntry = Annotated[RemoveCollectedImageInput, strawberry.argument(description="Which one.")]
CollectionId = Annotated[strawberry.ID, strawberry.argument(description="A collection's.")]


@strawberry.type(description="Questions about collections.")
class CollectionQuery:
    @strawberry.field(description="One collection; null where there is none with this id.")
    async def collection(self, info: Info, id: CollectionId) -> Collection | None:
        key = key_or_none("Collection", id)
        found = await info.context.loaders.collections.load(key) if key else None
        return None if found is None else Collection.from_domain(found)

    @strawberry.field(description="Newest first; page size 1 to 100, 20 where none is given; keyset cursors.")
    async def collections(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> CollectionConnection:
        library, caller = info.context.services.library, info.context.caller
        page = await library.collection_history(caller, page_of(COLLECTIONS, first, after, last, before))
        return CollectionConnection.from_page(
            page, COLLECTIONS, Collection.from_domain, lambda: library.collection_count(caller)
        )


@strawberry.type(description="Requests that change collections.")
class CollectionMutation:
    @strawberry.mutation(description="Make a collection.")
    async def create_collection(self, info: Info, input: NewCollection) -> CreateCollectionPayload:
        create = info.context.services.collections.create
        return await CreateCollectionPayload.of(create(info.context.caller, input.name, input.description))

    @strawberry.mutation(description="Change a collection's name or description.")
    async def update_collection(self, info: Info, input: Change) -> UpdateCollectionPayload:
        return await UpdateCollectionPayload.of(info.context.changing(_update(info.context, input)))

    @strawberry.mutation(
        description="Delete a collection with its notes; the images stay. The same request again changes nothing."
    )
    async def delete_collection(self, info: Info, input: OldCollection) -> DeleteCollectionPayload:
        return await DeleteCollectionPayload.of("Collection", info.context.changing(_delete(info.context, input)))

    @strawberry.mutation(
        description="Keep an image in a collection: from then on it cannot be deleted. One that is kept there already "
        "stays, with the new note where one is given."
    )
    async def collect_image(self, info: Info, input: One) -> CollectImagePayload:
        return await CollectImagePayload.of(info.context.changing(_collect_one(info.context, input)))

    @strawberry.mutation(description="Keep up to 100 images in a collection; each is answered for itself.")
    async def collect_images(self, info: Info, input: Many) -> CollectImagesPayload:
        return await CollectImagesPayload.of(info.context.changing(_collect(info.context, input)))

    @strawberry.mutation(description="Change the note of a collected image.")
    async def update_collected_image(self, info: Info, input: NewNote) -> UpdateCollectedImagePayload:
        return await UpdateCollectedImagePayload.of(info.context.changing(_annotate(info.context, input)))

    @strawberry.mutation(
        description="Take an image out of a collection; the image stays. The same request again changes nothing."
    )
    async def remove_collected_image(self, info: Info, input: OldEntry) -> RemoveCollectedImagePayload:
        return await RemoveCollectedImagePayload.of(
            "CollectedImage", info.context.changing(_remove(info.context, input))
        )


async def _update(context: Context, sent: UpdateCollectionInput) -> collections.Collection:
    key = key_of("Collection", sent.id, ID)
    return await context.services.collections.update(context.caller, key, given(sent.name), given(sent.description))


async def _delete(context: Context, sent: DeleteCollectionInput) -> str:
    return await context.services.collections.delete(context.caller, key_of("Collection", sent.id, ID))


async def _collect_one(context: Context, sent: CollectImageInput) -> collections.CollectedImage:
    keeping = Keeping(
        collection_id=key_of("Collection", sent.collection_id, COLLECTION),
        image_ids=[key_of("Image", sent.image_id, IMAGE)],
        note=given(sent.note),
        tag_ids=keys_of("Tag", sent.tag_ids, ("input", "tagIds")),
        path=IMAGE,
    )
    (outcome,) = await context.services.collections.collect(context.caller, keeping)
    return outcome.result()


async def _collect(context: Context, sent: CollectImagesInput) -> Sequence[bulk.Outcome[collections.CollectedImage]]:
    keeping = Keeping(
        collection_id=key_of("Collection", sent.collection_id, COLLECTION),
        image_ids=named("Image", sent.image_ids, ("input", "imageIds")),
        note=given(sent.note),
        tag_ids=keys_of("Tag", sent.tag_ids, ("input", "tagIds")),
    )
    return await context.services.collections.collect(context.caller, keeping)


async def _annotate(context: Context, sent: UpdateCollectedImageInput) -> collections.CollectedImage:
    key = key_of("CollectedImage", sent.id, ID)
    return await context.services.collections.annotate(context.caller, key, sent.note)


async def _remove(context: Context, sent: RemoveCollectedImageInput) -> str:
    return await context.services.collections.release(context.caller, key_of("CollectedImage", sent.id, ID))
