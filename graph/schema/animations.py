"""Animations: the one file that a morph's frames become."""

import json
from typing import Self

import strawberry
from strawberry.scalars import JSON

from domain import animations
from graph.context import Info
from graph.schema.enums import AnimationFormat


@strawberry.type(description="A morph's frames as one file.")
class Animation:
    entity: strawberry.Private[animations.Animation]
    format: AnimationFormat = strawberry.field(description="Of the file.")
    media_type: str = strawberry.field(description="image/webp, image/gif or video/mp4.")
    width: int = strawberry.field(description="In pixels.")
    height: int = strawberry.field(description="In pixels.")
    frames: int = strawberry.field(description="How many.")
    fps: int = strawberry.field(description="Frames a second.")
    loop: bool = strawberry.field(description="Whether it goes back to where it began.")
    duration_ms: int = strawberry.field(description="How long it lasts, played once.")
    sha256: str = strawberry.field(description="Of the file's bytes.")
    size_bytes: int = strawberry.field(description="Of the file.")

    @classmethod
    def from_domain(cls, animation: animations.Animation) -> Self:
        file = animation.file
        return cls(
            entity=animation,
            format=animation.format,
            media_type=animation.format.media_type,
            width=file.width,
            height=file.height,
            frames=file.frames,
            fps=animation.fps,
            loop=animation.loop,
            duration_ms=file.duration_ms,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
        )

    @strawberry.field(
        description="Everything that it was made from: the recipes of the stops, and how to go from one to the next. "
        "A WebP carries it as XMP, an MP4 as its comment."
    )
    def recipe(self) -> JSON:
        return JSON(json.loads(self.entity.recipe))

    @strawberry.field(description="Of the file; served in ranges; the address is as that of Image.url.")
    def url(self, info: Info) -> str:
        return info.context.services.urls.animation(self.entity)
