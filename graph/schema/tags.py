"""Tags: words on images, to find them by again."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from domain import tags
from domain.images import ImageFilter
from graph.context import Info
from graph.ids import global_id
from graph.schema.node import Node
from graph.schema.paging import After, Before, Connection, First, Last, page_of

if TYPE_CHECKING:
    from graph.schema.images import ImageConnection

IMAGES = "tag-images"


@strawberry.type(description="A word on images, to find them by again.")
class Tag(Node):
    entity: strawberry.Private[tags.Tag]
    name: str = strawberry.field(description="No two of one owner have the same, upper and lower case aside.")
    built_in: bool = strawberry.field(
        description="Whether everybody has it and nobody can change it: what studies choose faces by."
    )
    created_at: datetime = strawberry.field(description="When it was made; the built-in ones come first.")

    @classmethod
    def from_domain(cls, tag: tags.Tag) -> Self:
        return cls(
            entity=tag,
            id=global_id("Tag", tag.id),
            name=tag.name,
            built_in=tag.built_in,
            created_at=tag.created_at,
        )

    @strawberry.field(description="The images that have it, newest first.")
    async def images(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Annotated["ImageConnection", strawberry.lazy("graph.schema.images")]:
        from graph.schema.images import ImageConnection

        where = ImageFilter(all_tags=(self.entity.id,), owner=info.context.caller.lists)
        page = await info.context.loaders.newest_images.load((page_of(IMAGES, first, after, last, before), where))
        return ImageConnection.of(page, IMAGES, lambda: info.context.loaders.image_counts.load(where))


@strawberry.input(description="A tag to make.")
class CreateTagInput:
    name: str = strawberry.field(description="1 to 50 characters; no other tag of yours has it.")


@strawberry.input(description="A tag and its new name.")
class RenameTagInput:
    id: strawberry.ID = strawberry.field(description="A tag's that is not built in.")
    name: str = strawberry.field(description="1 to 50 characters; no other tag of yours has it.")


@strawberry.input(description="A tag to delete.")
class DeleteTagInput:
    id: strawberry.ID = strawberry.field(description="A tag's that is not built in.")


@strawberry.input(description="Which images get which tags, and lose which.")
class TagImagesInput:
    image_ids: list[strawberry.ID] = strawberry.field(description="Images', 1 to 100; each is answered for itself.")
    add: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Tags to put on; an image has at most 50."
    )
    remove: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Tags to take off; one that is in `add` too is put on."
    )


@strawberry.input(description="Which images to star, or no longer.")
class StarImagesInput:
    image_ids: list[strawberry.ID] = strawberry.field(description="Images', 1 to 100; each is answered for itself.")
    starred: bool = strawberry.field(default=True, description="False takes the stars away.")


TagConnection = Connection[Tag]
