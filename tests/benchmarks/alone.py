"""Engine, encoder and store in this process, with nothing around them: what the service is held against."""

import asyncio
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from domain.generations import ClaimedRender, Priority
from domain.ids import new_id
from domain.recipe import NoiseMode, Recipe
from infrastructure.catalogue import load_catalogue
from infrastructure.encoding import PictureEncoder
from infrastructure.engines import RunnerEngines
from infrastructure.files import DiskPictureFiles
from infrastructure.running import make_runner
from infrastructure.settings import read_settings

TOGETHER = 16


def faces_a_second(name: str, path: Path, seeds: Iterable[int]) -> float:
    return asyncio.run(_faces_a_second(name, path, list(seeds)))


async def _faces_a_second(name: str, path: Path, seeds: list[int]) -> float:
    loaded = load_catalogue(((name, path),), ())
    network = loaded.catalogue.served[0].network
    encoder, turns = PictureEncoder("benchmark"), asyncio.Semaphore(TOGETHER)
    with tempfile.TemporaryDirectory() as folder, make_runner(read_settings(), loaded) as runner:
        engines, files = RunnerEngines(runner, loaded, encoder), DiskPictureFiles(Path(folder))

        async def make(seed: int) -> None:
            sides = (network.resolution, network.resolution)
            recipe = Recipe(network.sha256, seed, 0.5, None, None, NoiseMode.CONST, None, (), *sides)
            async with turns:
                made = await engines.render(ClaimedRender(new_id(), "g", 1, 1, Priority.INTERACTIVE, recipe, 0.0))
                await files.store(made.encoded)

        await make(seeds[0])
        started = time.perf_counter()
        await asyncio.gather(*(make(seed) for seed in seeds[1:]))
        elapsed = time.perf_counter() - started
    encoder.close()
    return (len(seeds) - 1) / elapsed
