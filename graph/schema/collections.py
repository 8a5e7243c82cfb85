"""Collections: images that somebody keeps together, each with a note."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from domain import collections
from domain.collections import CollectedFilter
from graph.context import Info
from graph.ids import global_id
from graph.schema.node import Node
from graph.schema.paging import After, Before, Connection, First, Last, page_of
from graph.schema.tags import Tag

if TYPE_CHECKING:
    from graph.schema.images import Image

ENTRIES = "collected-images"


@strawberry.type(description="An image in a collection; it may be in several, once in each.")
class CollectedImage(Node):
    entity: strawberry.Private[collections.CollectedImage]
    note: str = strawberry.field(description="Why it is kept; may be empty.")
    created_at: datetime = strawberry.field(description="When it was collected.")

    @classmethod
    def from_domain(cls, entry: collections.CollectedImage) -> Self:
        return cls(
            entity=entry,
            id=global_id("CollectedImage", entry.id),
            note=entry.note,
            created_at=entry.created_at,
        )

    @strawberry.field(description="Where it is kept.")
    async def collection(self, info: Info) -> Annotated["Collection", strawberry.lazy("graph.schema.collections")]:
        found = await info.context.loaders.collections.load(self.entity.collection_id)
        if found is None:
            raise LookupError(f"the collection of entry {self.entity.id} is not in the database")
        return Collection.from_domain(found)

    @strawberry.field(description="What is kept.")
    async def image(self, info: Info) -> Annotated["Image", strawberry.lazy("graph.schema.images")]:
        from graph.schema.images import Image

        found = await info.context.loaders.images.load(self.entity.image_id)
        if found is None:
            raise LookupError(f"the image of entry {self.entity.id} is not in the database")
        return Image.from_domain(found)

    @strawberry.field(description="The image's tags, by name; at most 50.")
    async def tags(self, info: Info) -> list[Tag]:
        return [Tag.from_domain(tag) for tag in await info.context.loaders.tags_of.load(self.entity.image_id) or ()]


@strawberry.type(description="Images that somebody keeps together; what is in a collection cannot be deleted.")
class Collection(Node):
    entity: strawberry.Private[collections.Collection]
    name: str = strawberry.field(description="As whoever made it called it; several may have the same.")
    description: str = strawberry.field(description="What it is for; may be empty.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def from_domain(cls, collection: collections.Collection) -> Self:
        return cls(
            entity=collection,
            id=global_id("Collection", collection.id),
            name=collection.name,
            description=collection.description,
            created_at=collection.created_at,
        )

    @strawberry.field(
        description="What it keeps, the latest first; to filter by tags and more, see imageHistory's collectionId."
    )
    async def images(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[CollectedImage]:
        where = CollectedFilter(collection_id=self.entity.id)
        return await collected_page(info, where, first, after, last, before)


async def collected_page(
    info: Info, where: CollectedFilter, first: First, after: After, last: Last, before: Before
) -> Connection[CollectedImage]:
    page = await info.context.loaders.collected_pages.load((page_of(ENTRIES, first, after, last, before), where))
    counts = info.context.loaders.collected_counts
    return CollectedImageConnection.from_page(page, ENTRIES, CollectedImage.from_domain, lambda: counts.load(where))


NOTE = "Up to 2000 characters, with line breaks"


@strawberry.input(description="A collection to make.")
class CreateCollectionInput:
    name: str = strawberry.field(description="1 to 200 characters; it need not be another than those of others.")
    description: str = strawberry.field(default="", description=f"{NOTE}.")


@strawberry.input(description="A collection, and what to change about it.")
class UpdateCollectionInput:
    id: strawberry.ID = strawberry.field(description="A collection's.")
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 200 characters; left out: stays as it is."
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"{NOTE}; left out: stays as it is."
    )


@strawberry.input(description="A collection to delete.")
class DeleteCollectionInput:
    id: strawberry.ID = strawberry.field(description="A collection's; its images stay.")


@strawberry.input(description="An image to keep.")
class CollectImageInput:
    collection_id: strawberry.ID = strawberry.field(description="Where to keep it.")
    image_id: strawberry.ID = strawberry.field(description="What to keep.")
    note: str | None = strawberry.field(
        default=strawberry.UNSET,
        description=f"{NOTE}; left out: none, and the note of what is kept already stays.",
    )
    tag_ids: list[strawberry.ID] = strawberry.field(default_factory=list, description="Tags to put on the image.")


@strawberry.input(description="Images to keep.")
class CollectImagesInput:
    collection_id: strawberry.ID = strawberry.field(description="Where to keep them.")
    image_ids: list[strawberry.ID] = strawberry.field(description="Images', 1 to 100; each is answered for itself.")
    note: str | None = strawberry.field(
        default=strawberry.UNSET,
        description=f"{NOTE}, for each; left out: none, and the notes of what is kept already stay.",
    )
    tag_ids: list[strawberry.ID] = strawberry.field(default_factory=list, description="Tags to put on the images.")


@strawberry.input(description="A collected image and its new note.")
class UpdateCollectedImageInput:
    id: strawberry.ID = strawberry.field(description="A collected image's.")
    note: str = strawberry.field(description=f"{NOTE}; empty: none.")


@strawberry.input(description="What to keep no longer.")
class RemoveCollectedImageInput:
    id: strawberry.ID = strawberry.field(description="A collected image's; the image stays.")


CollectionConnection = Connection[Collection]
CollectedImageConnection = Connection[CollectedImage]
