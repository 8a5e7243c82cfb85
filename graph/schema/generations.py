"""Generations: what was asked for, and how far it is."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Self

import strawberry

from domain import generations
from domain.images import ImageFilter
from domain.paging import Page
from graph.context import Info
from graph.ids import global_id
from graph.schema.animations import Animation
from graph.schema.enums import GenerationStatus
from graph.schema.images import Image, ImageConnection
from graph.schema.node import Node
from graph.schema.paging import After, Before, Connection, First, Last, page_of
from graph.schema.sessions import Session, session_of

IMAGES = "generation-images"


@strawberry.type(description="Why a generation failed.")
class GenerationError:
    code: str = strawberry.field(description="For programs, e.g. RENDER_FAILED.")
    message: str = strawberry.field(description="For people.")


@strawberry.type(description="One request for images, from being accepted to its end.")
class Generation(Node):
    entity: strawberry.Private[generations.Generation]
    status: GenerationStatus = strawberry.field(description="How far it is.")
    total: int = strawberry.field(description="How many images it makes.")
    done: int = strawberry.field(description="How many images it has made, those included that were deleted since.")
    error: GenerationError | None = strawberry.field(description="Set once it FAILED.")
    created_at: datetime = strawberry.field(description="When it was accepted.")
    started_at: datetime | None = strawberry.field(description="When its first image began to be rendered.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")

    @classmethod
    def from_domain(cls, generation: generations.Generation) -> Self:
        failure = generation.failure
        return cls(
            entity=generation,
            id=global_id("Generation", generation.id),
            status=generation.status,
            total=generation.total,
            done=generation.done,
            error=None if failure is None else GenerationError(code=failure.code, message=failure.message),
            created_at=generation.created_at,
            started_at=generation.started_at,
            finished_at=generation.finished_at,
        )

    @strawberry.field(description="The session that it was asked for in.")
    async def session(self, info: Info) -> Session | None:
        return await session_of(info.context, self.entity.session_id)

    @strawberry.field(description="How many renders go before its next one, plus 1; null once none of it waits.")
    async def queue_position(self, info: Info) -> int | None:
        if self.entity.status.terminal:
            return None
        return await info.context.loaders.queue_positions.load(self.entity.id)

    @strawberry.field(
        description="About how many seconds it takes until it has ended: the renders that go before its last one, "
        "that one and those in hand, and for a morph the writing of its file, all at the measured pace. Null before "
        "anything of the kind was measured, and once it has ended."
    )
    async def estimated_seconds(self, info: Info) -> float | None:
        pace_s = info.context.services.engines.pace_s()
        if pace_s is None or self.entity.status.terminal:
            return None
        ahead = await info.context.loaders.renders_ahead.load(self.entity.id)
        writing = await info.context.loaders.frames_ahead.load(self.entity.id) or {}
        writing_s = info.context.services.animation_pace.seconds(writing)
        return None if ahead is None or writing_s is None else round(pace_s * ahead + writing_s, 3)

    @strawberry.field(description="The image of a single-face generation, once it exists and until it is deleted.")
    async def image(self, info: Info) -> Image | None:
        if self.entity.total != 1 or self.entity.done == 0:
            return None
        found = await info.context.loaders.first_images.load(self.entity.id)
        return None if found is None else Image.from_domain(found)

    @strawberry.field(
        description="A morph's file, once all frames are there and it is made; null for everything else. "
        "It goes when the last of its images is deleted."
    )
    async def animation(self, info: Info) -> Animation | None:
        found = await info.context.loaders.animations.load(self.entity.id)
        return None if found is None else Animation.from_domain(found)

    @strawberry.field(
        description="The images it has made, in the order they were asked for; deleted ones are left out."
    )
    async def images(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> ImageConnection:
        where = ImageFilter(generation_id=self.entity.id)
        page = await info.context.loaders.images_of.load((page_of(IMAGES, first, after, last, before), where))
        return ImageConnection.of(page, IMAGES, lambda: info.context.loaders.image_counts.load(where))


@strawberry.type(description="A page of a list of generations.")
class GenerationConnection(Connection[Generation]):
    @classmethod
    def of(cls, page: Page[generations.Generation], order: str, count: Callable[[], Awaitable[int]]) -> Self:
        return cls.from_page(page, order, Generation.from_domain, count)
