"""Pictures of any network that the settings name, rendered without a service; nothing is started before the first."""

import asyncio
from contextlib import ExitStack
from functools import partial
from typing import Protocol, Self

from domain.errors import RenderFailed
from domain.ports import EncodedPicture
from domain.recipe import Recipe
from infrastructure.catalogue import CatalogueError, LoadedCatalogue, load_catalogue
from infrastructure.engines import face_of
from infrastructure.offline import OfflineRenderer
from infrastructure.repairing.finding import NotRepaired
from infrastructure.settings import Settings
from stylegan2.errors import StyleGanError


class Rendering(Protocol):
    async def check(self, recipe: Recipe) -> None:
        """Whether its network and directions are there. Raises NotRepaired."""

    async def render(self, recipe: Recipe) -> EncodedPicture:
        """Raises NotRepaired."""


class OnDemandRendering:
    """The protocol `Rendering`, within ``async with``; `service` is what pictures say they were made by."""

    def __init__(self, settings: Settings, service: str) -> None:
        self._settings = settings
        self._service = service
        self._stack = ExitStack()
        self._loading: asyncio.Task[LoadedCatalogue] | None = None
        self._opening: asyncio.Task[OfflineRenderer] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        begun = [task for task in (self._loading, self._opening) if task is not None]
        await asyncio.gather(*begun, return_exceptions=True)
        await asyncio.to_thread(self._stack.close)

    async def check(self, recipe: Recipe) -> None:
        try:
            face_of(recipe, await self._catalogue())
        except (RenderFailed, CatalogueError) as error:
            raise NotRepaired(str(error)) from error

    async def render(self, recipe: Recipe) -> EncodedPicture:
        await self.check(recipe)
        try:
            return await asyncio.wrap_future((await self._renderer()).encoded(recipe))
        except StyleGanError as error:
            raise NotRepaired(str(error)) from error

    async def _catalogue(self) -> LoadedCatalogue:
        if self._loading is None:
            named = (self._settings.networks, self._settings.directions, self._settings.network_sha256)
            self._loading = asyncio.create_task(asyncio.to_thread(load_catalogue, *named))
        return await asyncio.shield(self._loading)

    async def _renderer(self) -> OfflineRenderer:
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    async def _open(self) -> OfflineRenderer:
        opened = OfflineRenderer.of(self._settings, await self._catalogue(), self._service)
        return await asyncio.to_thread(partial(self._stack.enter_context, opened))
