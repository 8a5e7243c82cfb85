"""What the mutations answer that put things in order; those of many things answer for each."""

from collections.abc import Awaitable, Sequence
from typing import Self

import strawberry

from domain import bulk, collections, images, sessions, tags
from domain.errors import UserFault
from graph.ids import global_id
from graph.schema.collections import CollectedImage, Collection
from graph.schema.images import Image
from graph.schema.payloads import UserError
from graph.schema.sessions import Session
from graph.schema.tags import Tag

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
        """The verb's session, or its UserFault as a user error."""
        try:
            return cls(session=Session.from_domain(await verb), user_errors=[])
        except UserFault as fault:
            return cls(session=None, user_errors=[UserError.from_domain(fault)])


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
        try:
            return cls(tag=Tag.from_domain(await verb), user_errors=[])
        except UserFault as fault:
            return cls(tag=None, user_errors=[UserError.from_domain(fault)])


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
        try:
            return cls(collection=Collection.from_domain(await verb), user_errors=[])
        except UserFault as fault:
            return cls(collection=None, user_errors=[UserError.from_domain(fault)])


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
        try:
            return cls(collected_image=CollectedImage.from_domain(await verb), user_errors=[])
        except UserFault as fault:
            return cls(collected_image=None, user_errors=[UserError.from_domain(fault)])


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
        try:
            return cls(deleted_id=global_id(type_name, await verb), user_errors=[])
        except UserFault as fault:
            return cls(deleted_id=None, user_errors=[UserError.from_domain(fault)])


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
        try:
            outcomes = await verb
        except UserFault as fault:
            return cls(results=[], user_errors=[UserError.from_domain(fault)])
        results = [
            ImageResult(
                index=index,
                image=None if outcome.value is None else Image.from_domain(outcome.value),
                user_errors=_errors(outcome.fault),
            )
            for index, outcome in enumerate(outcomes)
        ]
        return cls(results=results, user_errors=[])


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
        try:
            outcomes = await verb
        except UserFault as fault:
            return cls(results=[], user_errors=[UserError.from_domain(fault)])
        results = [
            CollectResult(
                index=index,
                collected_image=None if outcome.value is None else CollectedImage.from_domain(outcome.value),
                user_errors=_errors(outcome.fault),
            )
            for index, outcome in enumerate(outcomes)
        ]
        return cls(results=results, user_errors=[])


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
        try:
            outcomes = await verb
        except UserFault as fault:
            return cls(results=[], user_errors=[UserError.from_domain(fault)])
        results = [
            DeleteResult(
                index=index,
                deleted_id=None if outcome.value is None else global_id(type_name, outcome.value),
                user_errors=_errors(outcome.fault),
            )
            for index, outcome in enumerate(outcomes)
        ]
        return cls(results=results, user_errors=[])


def _errors(fault: UserFault | None) -> list[UserError]:
    return [] if fault is None else [UserError.from_domain(fault)]
