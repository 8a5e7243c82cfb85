"""What the mutations answer that put things in order; those of many things answer for each."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Self, TypeVar

import strawberry

from domain import bulk, collections, images, sessions, tags
from graph.ids import global_id
from graph.schema.collections import CollectedImage, Collection
from graph.schema.images import Image
from graph.schema.payloads import UserError, answered
from graph.schema.sessions import Session
from graph.schema.tags import Tag

R = TypeVar("R")
V = TypeVar("V")

NULL = "Null where userErrors has something."
ERRORS = "What to mend; empty where all went well."
WHOLE = "What is wrong with the request as a whole; then nothing was changed. What is wrong with one: see results."
INDEX = "Which of imageIds this is about, from 0."


@strawberry.type(description="A session, or why there is none; each mutation has its own kind.")
class SessionPayload:
    session: Session | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)

    @classmethod
    async def of(cls, verb: Awaitable[sessions.Session]) -> Self:
        return await answered(cls, verb, session=Session.from_domain)


@strawberry.type(description="What createSession answers.")
class CreateSessionPayload(SessionPayload):
    pass


@strawberry.type(description="What renameSession answers.")
class RenameSessionPayload(SessionPayload):
    pass


@strawberry.type(description="A tag, or why there is none; each mutation has its own kind.")
class TagPayload:
    tag: Tag | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)

    @classmethod
    async def of(cls, verb: Awaitable[tags.Tag]) -> Self:
        return await answered(cls, verb, tag=Tag.from_domain)


@strawberry.type(description="What createTag answers.")
class CreateTagPayload(TagPayload):
    pass


@strawberry.type(description="What renameTag answers.")
class RenameTagPayload(TagPayload):
    pass


@strawberry.type(description="A collection, or why there is none; each mutation has its own kind.")
class CollectionPayload:
    collection: Collection | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)

    @classmethod
    async def of(cls, verb: Awaitable[collections.Collection]) -> Self:
        return await answered(cls, verb, collection=Collection.from_domain)


@strawberry.type(description="What createCollection answers.")
class CreateCollectionPayload(CollectionPayload):
    pass


@strawberry.type(description="What updateCollection answers.")
class UpdateCollectionPayload(CollectionPayload):
    pass


@strawberry.type(description="A collected image, or why there is none; each mutation has its own kind.")
class CollectedImagePayload:
    collected_image: CollectedImage | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)

    @classmethod
    async def of(cls, verb: Awaitable[collections.CollectedImage]) -> Self:
        return await answered(cls, verb, collected_image=CollectedImage.from_domain)


@strawberry.type(description="What collectImage answers.")
class CollectImagePayload(CollectedImagePayload):
    pass


@strawberry.type(description="What updateCollectedImage answers.")
class UpdateCollectedImagePayload(CollectedImagePayload):
    pass


@strawberry.type(description="That something is gone, or why it is not; each mutation has its own kind.")
class DeletedPayload:
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of what is gone, now or since an earlier request; null where userErrors has something."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)

    @classmethod
    async def of(cls, type_name: str, verb: Awaitable[str]) -> Self:
        return await answered(cls, verb, deleted_id=partial(global_id, type_name))


@strawberry.type(description="What deleteImage answers.")
class DeleteImagePayload(DeletedPayload):
    pass


@strawberry.type(description="What deleteSession answers.")
class DeleteSessionPayload(DeletedPayload):
    pass


@strawberry.type(description="What deleteTag answers.")
class DeleteTagPayload(DeletedPayload):
    pass


@strawberry.type(description="What deleteCollection answers.")
class DeleteCollectionPayload(DeletedPayload):
    pass


@strawberry.type(description="What removeCollectedImage answers.")
class RemoveCollectedImagePayload(DeletedPayload):
    pass


@strawberry.type(description="What became of one of several images.")
class ImageResult:
    index: int = strawberry.field(description=INDEX)
    image: Image | None = strawberry.field(description="As it is now; null where userErrors has something.")
    user_errors: list[UserError] = strawberry.field(description="Why this one was left as it is.")


@strawberry.type(description="What became of each image.")
class ImagesPayload:
    results: list[ImageResult] = strawberry.field(description="One for each of imageIds, in their order.")
    user_errors: list[UserError] = strawberry.field(description=WHOLE)

    @classmethod
    async def of(cls, verb: Awaitable[Sequence[bulk.Outcome[images.Image]]]) -> Self:
        return await answered(cls, verb, results=_each(ImageResult, image=Image.from_domain))


@strawberry.type(description="What tagImages answers.")
class TagImagesPayload(ImagesPayload):
    pass


@strawberry.type(description="What starImages answers.")
class StarImagesPayload(ImagesPayload):
    pass


@strawberry.type(description="What became of one of several images that were to be kept.")
class CollectResult:
    index: int = strawberry.field(description=INDEX)
    collected_image: CollectedImage | None = strawberry.field(description=NULL)
    user_errors: list[UserError] = strawberry.field(description="Why this one is not kept.")


@strawberry.type(description="What collectImages answers.")
class CollectImagesPayload:
    results: list[CollectResult] = strawberry.field(description="One for each of imageIds, in their order.")
    user_errors: list[UserError] = strawberry.field(description=WHOLE)

    @classmethod
    async def of(cls, verb: Awaitable[Sequence[bulk.Outcome[collections.CollectedImage]]]) -> Self:
        return await answered(cls, verb, results=_each(CollectResult, collected_image=CollectedImage.from_domain))


@strawberry.type(description="What became of one of several things that were to be deleted.")
class DeleteResult:
    index: int = strawberry.field(description=INDEX)
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of what is gone, now or since an earlier request; null where userErrors has something."
    )
    user_errors: list[UserError] = strawberry.field(description="Why this one is still there.")


@strawberry.type(description="What deleteImages answers.")
class DeleteImagesPayload:
    results: list[DeleteResult] = strawberry.field(description="One for each of imageIds, in their order.")
    user_errors: list[UserError] = strawberry.field(description=WHOLE)

    @classmethod
    async def of(cls, type_name: str, verb: Awaitable[Sequence[bulk.Outcome[str]]]) -> Self:
        return await answered(cls, verb, results=_each(DeleteResult, deleted_id=partial(global_id, type_name)))


def _each(result: Callable[..., R], **fields: Callable[[V], Any]) -> Callable[[Sequence[bulk.Outcome[V]]], list[R]]:
    """What makes a result of each outcome: its field of what there is, or why there is nothing."""

    def results(outcomes: Sequence[bulk.Outcome[V]]) -> list[R]:
        return [
            result(
                index=index,
                **{name: None if one.value is None else make(one.value) for name, make in fields.items()},
                user_errors=[] if one.fault is None else [UserError.from_domain(one.fault)],
            )
            for index, one in enumerate(outcomes)
        ]

    return results
