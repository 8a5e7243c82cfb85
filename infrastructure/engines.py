"""The runner behind the domain's port `Engines`: recipes in, encoded pictures out."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace

from domain.errors import EnginesStopped, RenderFailed
from domain.generations import ClaimedRender
from domain.generations import Priority as Urgency
from domain.ports import EncodedPicture, EngineDevice, RenderedPicture
from domain.recipe import Recipe, RecipeEdit, RecipeMix, RecipeMorph
from infrastructure.catalogue import LoadedCatalogue
from infrastructure.encoding import PictureEncoder
from stylegan2.errors import EngineUnavailable, InvalidFace, OutOfDeviceMemory, RunnerClosed, RunnerFull, StyleGanError
from stylegan2.face import Edit, Face, Morph, MorphSpace, Noise, NoiseMode, StyleMix
from stylegan2.runner import Priority, Rendered, Runner

ENCODES_AHEAD = {Urgency.BULK: 4, Urgency.INTERACTIVE: 8}
"""Pictures a thread that may wait to be encoded before no more are claimed: each is megabytes of pixels."""

logger = logging.getLogger(__name__)


class RunnerEngines:
    """For the event loop's thread only. Whoever made the runner and the encoder starts and closes them."""

    def __init__(self, runner: Runner, loaded: LoadedCatalogue, encoder: PictureEncoder) -> None:
        self._runner = runner
        self._loaded = loaded
        self._encoder = encoder
        self._encoding = 0
        self._futures: dict[str, set[Future[Rendered]]] = {}
        self._when_room: Callable[[], None] = lambda: None

    def when_room(self, callback: Callable[[], None]) -> None:
        """Call this whenever there may be more room than before."""
        self._when_room = callback

    async def render(self, claim: ClaimedRender) -> RenderedPicture:
        rendered = await self._pixels(claim)
        self._when_room()
        started = time.perf_counter()
        encoded = await self._encode(rendered, claim)
        return RenderedPicture(
            encoded=encoded,
            device=rendered.device,
            queue_ms=claim.queued_ms + rendered.queue_ms,
            render_ms=rendered.render_ms,
            encode_ms=1000 * (time.perf_counter() - started),
        )

    def cancel(self, generation_id: str) -> None:
        for future in tuple(self._futures.get(generation_id, ())):
            future.cancel()

    def devices(self) -> Sequence[EngineDevice]:
        return tuple(
            EngineDevice(
                name=status.name,
                engine=status.engine.partition(" ")[0],
                ready=status.ready,
                detail=f"{status.engine}; {status.detail}" if status.ready else status.detail,
            )
            for status in self._runner.devices()
        )

    def room(self, priority: Urgency = Urgency.BULK) -> int:
        if self._encoding >= ENCODES_AHEAD[priority] * self._encoder.threads:
            return 0
        return self._runner.room(Priority(priority.value))

    def pace_s(self) -> float | None:
        return self._runner.pace_s()

    def unavailable_reason(self) -> str | None:
        return self._runner.unavailable_reason()

    async def _pixels(self, claim: ClaimedRender) -> Rendered:
        future = self._submit(claim)
        of_generation = self._futures.setdefault(claim.generation_id, set())
        of_generation.add(future)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if _is_cancelled_itself():
                raise
            raise EnginesStopped("the render was canceled before a device took it") from None
        except (EngineUnavailable, RunnerClosed) as error:
            raise EnginesStopped(str(error)) from error
        except StyleGanError as error:
            logger.warning("a render failed: %s", error, extra={"generation_id": claim.generation_id})
            raise _failure(error) from error
        finally:
            of_generation.discard(future)
            if not of_generation:
                self._futures.pop(claim.generation_id, None)

    def _submit(self, claim: ClaimedRender) -> "Future[Rendered]":
        face = face_of(claim.recipe, self._loaded)
        try:
            return self._runner.submit(face, Priority(claim.priority.value), alone=claim.attempt > 1)
        except InvalidFace as error:
            raise RenderFailed("INVALID", str(error), final=True) from error
        except (EngineUnavailable, RunnerFull, RunnerClosed) as error:
            raise EnginesStopped(str(error)) from error

    async def _encode(self, rendered: Rendered, claim: ClaimedRender) -> EncodedPicture:
        self._encoding += 1
        try:
            return await self._encoder.encode(rendered.pixels, claim.recipe, claim.priority)
        finally:
            self._encoding -= 1
            self._when_room()


def face_of(recipe: Recipe, loaded: LoadedCatalogue) -> Face:
    """The recipe in the library's words. Raises RenderFailed where its network or a direction is not served."""
    by_content = {description.sha256: name for name, description in loaded.descriptions.items()}
    name = by_content.get(recipe.network_sha256)
    if name is None:
        message = f"the network {recipe.network_sha256[:12]} is not served any more"
        raise RenderFailed("NETWORK_MISSING", message, final=True)
    return Face(
        network=name,
        seed=recipe.seed,
        psi=recipe.psi,
        cutoff=recipe.cutoff,
        label=recipe.label,
        mixes=_mixes(recipe.mixes),
        edits=tuple(_edit(edit, recipe.network_sha256, loaded) for edit in recipe.edits),
        noise=Noise(NoiseMode(recipe.noise.value), recipe.noise_draw),
        morph=None if recipe.morph is None else _morph(recipe.morph),
    )


def _mixes(mixes: Sequence[RecipeMix]) -> tuple[StyleMix, ...]:
    return tuple(StyleMix(mix.seed, mix.first, mix.first + mix.count) for mix in mixes)


def _morph(morph: RecipeMorph) -> Morph:
    return Morph(morph.seed, morph.position, MorphSpace(morph.space.value), _mixes(morph.mixes))


def _edit(edit: RecipeEdit, network_sha256: str, loaded: LoadedCatalogue) -> Edit:
    direction = loaded.directions.get((network_sha256, edit.sha256))
    if direction is None:
        message = f"the direction {edit.direction!r} with the content {edit.sha256[:12]} is not served any more"
        raise RenderFailed("DIRECTION_MISSING", message, final=True)
    if direction.name != edit.direction:
        direction = replace(direction, name=edit.direction)
    return Edit(direction, edit.strength)


def _failure(error: StyleGanError) -> RenderFailed:
    """What a client is told; the log has the rest."""
    if isinstance(error, OutOfDeviceMemory):
        return RenderFailed("OUT_OF_MEMORY", "the face does not fit into the device's memory")
    return RenderFailed("RENDER_FAILED", "the engine failed to render this face")


def _is_cancelled_itself() -> bool:
    """Whether the task, and not only the future that it awaits, was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
