"""Images: history entries, each with the recipe that made it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry
from strawberry.scalars import JSON

from domain import images
from domain.collections import CollectedFilter
from domain.copies import CopyForm
from domain.paging import Count, Page
from domain.recipe import RecipeMix, RecipeMorph
from graph.context import Context, Info
from graph.ids import global_id
from graph.schema.collections import CollectedImage, collected_page
from graph.schema.enums import CopyFormat, Emotion, MorphSpace, NoiseMode
from graph.schema.networks import Direction, Network
from graph.schema.node import Node
from graph.schema.paging import (
    After,
    Before,
    Connection,
    First,
    Last,
    given,
    page_of,
)
from graph.schema.scalars import Seed
from graph.schema.sessions import Session, session_of
from graph.schema.tags import Tag

if TYPE_CHECKING:
    from graph.schema.generations import Generation

EDITS = "edits"

DownloadFormat = Annotated[
    CopyFormat, strawberry.argument(name="format", description="A WebP loses nothing without a quality.")
]
DownloadQuality = Annotated[
    int | None, strawberry.argument(description="1 to 100, for WebP and JPEG; left out: lossless, of a JPEG 92.")
]


@strawberry.type(description="An emotion that was applied to an image.")
class EmotionStrength:
    emotion: Emotion = strawberry.field(description="Which one.")
    strength: float = strawberry.field(description="1 is the calibrated full emotion; negative moves away from it.")


@strawberry.type(description="A direction that was applied to an image.")
class DirectionStrength:
    direction: Direction = strawberry.field(description="As it was known when the image was made.")
    strength: float = strawberry.field(description="How far; negative goes the other way.")


@strawberry.type(description="Layers of the synthesis network that another seed gave.")
class StyleMix:
    seed: Seed = strawberry.field(description="Whose they are.")
    first: int = strawberry.field(description="The first of them, from 0.")
    count: int = strawberry.field(description="How many.")

    @classmethod
    def all_of(cls, mixes: Sequence[RecipeMix]) -> list[Self]:
        return [cls(seed=Seed(mix.seed), first=mix.first, count=mix.count) for mix in mixes]


@strawberry.type(description="How far an image lies from its own face towards another.")
class MorphPosition:
    seed: Seed = strawberry.field(description="The other face's.")
    mixes: list[StyleMix] = strawberry.field(description="The other face's.")
    space: MorphSpace = strawberry.field(description="Where the way lies.")
    position: float = strawberry.field(
        description="Above 0, the image's own face, and at most 0.5: the nearer is its own."
    )

    @classmethod
    def of(cls, morph: RecipeMorph | None) -> Self | None:
        """None for a recipe that is no position of a morph."""
        if morph is None:
            return None
        mixes = StyleMix.all_of(morph.mixes)
        return cls(seed=Seed(morph.seed), mixes=mixes, space=morph.space, position=morph.position)


@strawberry.type(description="A history entry: one picture, made for one request. The same recipe shares its files.")
class Image(Node):
    entity: strawberry.Private[images.Image]
    width: int = strawberry.field(description="In pixels.")
    height: int = strawberry.field(description="In pixels.")
    seed: Seed = strawberry.field(description="What the latent was drawn from.")
    truncation_psi: float = strawberry.field(description="0 is the average face, 1 the untruncated one.")
    truncation_cutoff: int | None = strawberry.field(description="Set where only the first layers were truncated.")
    noise: NoiseMode = strawberry.field(description="Which noise inputs were used.")
    label: int | None = strawberry.field(description="The class, for conditional networks.")
    mixes: list[StyleMix] = strawberry.field(description="The layers that other seeds gave; most images have none.")
    morph: MorphPosition | None = strawberry.field(description="Set for frames between two faces of a morph.")
    sha256: str = strawberry.field(description="Of the file's bytes.")
    created_at: datetime = strawberry.field(description="When it was stored.")
    index: int = strawberry.field(
        description="Its place in the order in which its generation was asked for, from 0; grids are row by row."
    )
    starred: bool = strawberry.field(description="Whether somebody starred it.")

    @classmethod
    def from_domain(cls, image: images.Image) -> Self:
        recipe = image.recipe
        return cls(
            entity=image,
            id=global_id("Image", image.id),
            width=image.picture.width,
            height=image.picture.height,
            seed=Seed(recipe.seed),
            truncation_psi=recipe.psi,
            truncation_cutoff=recipe.cutoff,
            noise=recipe.noise,
            label=recipe.label,
            mixes=StyleMix.all_of(recipe.mixes),
            morph=MorphPosition.of(recipe.morph),
            sha256=image.picture.sha256,
            created_at=image.created_at,
            index=image.index,
            starred=image.starred,
        )

    @strawberry.field(
        description="The PNG. Absolute where the public address is configured, else relative to the server root."
    )
    def url(self, info: Info) -> str:
        return info.context.services.urls.image(self.entity.picture)

    @strawberry.field(description="A small WebP; the address is as that of url.")
    def thumbnail_url(self, info: Info) -> str:
        return info.context.services.urls.thumbnail(self.entity.picture)

    @strawberry.field(
        description="The picture as a file to keep, under a name that says what it shows, its recipe in it; "
        "recipeFromFile reads it again. The address is as that of url."
    )
    def download_url(
        self, info: Info, kind: DownloadFormat = CopyFormat.PNG, quality: DownloadQuality = strawberry.UNSET
    ) -> str:
        form = CopyForm(kind, given(quality))
        form.check()
        query = "" if form.quality is None else f"?quality={form.quality}"
        return info.context.services.urls.download(f"images/{self.id}.{form.format.value}{query}")

    @strawberry.field(graphql_type=Network, description="What rendered it.")
    def network(self, info: Info) -> Network | Awaitable[Network]:
        """At hand where it is served still, which spares a page of images its way through the loader."""
        served = info.context.services.catalogue.network(self.entity.recipe.network_sha256)
        return _former_network(info.context, self.entity) if served is None else Network.from_domain(served)

    @strawberry.field(description="The basic emotions among the edits.")
    def emotions(self) -> list[EmotionStrength]:
        return [
            EmotionStrength(emotion=applied.direction.emotion, strength=applied.strength)
            for applied in self.entity.applied
            if applied.direction.emotion is not None
        ]

    @strawberry.field(description="All edits, the emotions included.")
    def directions(self) -> list[DirectionStrength]:
        return [
            DirectionStrength(direction=Direction.from_domain(applied.direction), strength=applied.strength)
            for applied in self.entity.applied
        ]

    @strawberry.field(description="Everything that decides the pixels; the same recipe makes the same picture.")
    def recipe(self) -> JSON:
        return JSON(self.entity.recipe.to_json())

    @strawberry.field(description="The request that it was made for.")
    async def generation(self, info: Info) -> Annotated["Generation", strawberry.lazy("graph.schema.generations")]:
        from graph.schema.generations import Generation

        found = await info.context.loaders.generations.load(self.entity.generation_id)
        if found is None:
            raise LookupError(f"the generation of image {self.entity.id} is not in the database")
        return Generation.from_domain(found)

    @strawberry.field(description="The session that it was made in.")
    async def session(self, info: Info) -> Session | None:
        return await session_of(info.context, self.entity.session_id)

    @strawberry.field(description="Its tags, by name; at most 50.")
    async def tags(self, info: Info) -> list[Tag]:
        return [Tag.from_domain(tag) for tag in await info.context.loaders.tags_of.load(self.entity.id) or ()]

    @strawberry.field(description="Where it is kept, the latest first; while it is, it cannot be deleted.")
    async def collected(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[CollectedImage]:
        where = CollectedFilter(image_id=self.entity.id)
        return await collected_page(info, where, first, after, last, before)

    @strawberry.field(description="The image this one was edited from.")
    async def source(self, info: Info) -> Annotated["Image", strawberry.lazy("graph.schema.images")] | None:
        if self.entity.source_id is None:
            return None
        found = await info.context.loaders.images.load(self.entity.source_id)
        return None if found is None else Image.from_domain(found)

    @strawberry.field(description="The images edited from this one, newest first.")
    async def edits(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Annotated["ImageConnection", strawberry.lazy("graph.schema.images")]:
        where = images.ImageFilter(source_id=self.entity.id, owner=info.context.caller.lists)
        page = await info.context.loaders.newest_images.load((page_of(EDITS, first, after, last, before), where))
        return ImageConnection.of(page, EDITS, lambda: info.context.loaders.image_counts.load(where))


async def _former_network(context: Context, image: images.Image) -> Network:
    found = await context.loaders.networks.load(image.recipe.network_sha256)
    if found is None:
        raise LookupError(f"the network of image {image.id} is not in the database")
    return Network.from_domain(found)


@strawberry.type(description="A page of a list of images.")
class ImageConnection(Connection[Image]):
    @classmethod
    def of(cls, page: Page[images.Image], order: str, count: Callable[[], Awaitable[Count]]) -> Self:
        return cls.from_page(page, order, Image.from_domain, count)
