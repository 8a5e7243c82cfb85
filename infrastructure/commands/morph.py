"""`morph`: a path through faces as one animated file, without a server and without a database."""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from domain.animations import AnimationFormat
from domain.errors import Invalid
from domain.morphing import morph_frames
from domain.morphs import Easing, MorphRequest, Stop
from domain.recipe import MorphSpace
from infrastructure.commands.composition import Composition
from infrastructure.commands.generate import (
    chosen_network,
    direction_strength,
    emotion_strength,
    seed_list,
    written,
)
from infrastructure.settings import Settings

if TYPE_CHECKING:
    from infrastructure.animations.plan import Plan


def add_to(commands: Any) -> None:
    parser = commands.add_parser("morph", help="write a path through faces as WebP, GIF or MP4; needs no server")
    parser.add_argument(
        "--network", metavar="FILE", help="a network's file or a name from the settings; by default theirs"
    )
    parser.add_argument("--seeds", required=True, type=seed_list, help="such as 1,2,3; or one, to go to an emotion")
    parser.add_argument("--psi", type=float, help="truncation: 0 the average face, 1 untruncated; 0.5 by default")
    parser.add_argument("--label", type=int, help="the class, for conditional networks")
    parser.add_argument("--directions", type=Path, metavar="FILE", help="directions of the network")
    parser.add_argument("--emotion", type=emotion_strength, action="append", default=[], metavar="NAME=STRENGTH")
    parser.add_argument("--direction", type=direction_strength, action="append", default=[], metavar="NAME=STRENGTH")
    parser.add_argument("--space", choices=[space.value for space in MorphSpace], default="w")
    parser.add_argument("--easing", choices=[easing.value for easing in Easing], default="linear")
    parser.add_argument("--loop", action="store_true", help="go back to the first face, and play on and on")
    parser.add_argument("--fps", type=int, default=24)
    parser.add_argument("--frames", type=int, help="2 to 256; by default a second from each face to the next")
    parser.add_argument("--seconds", type=float, help="in place of --frames")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help=".webp, .gif or .mp4")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    from infrastructure.offline import OfflineRenderer

    name, path, directions = chosen_network(options, settings)
    request = request_of(options, name)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with OfflineRenderer.opened(settings, name, path, directions, composition.name) as renderer:
        recipes, animation = morph_frames(request, renderer.served, {})
        with tempfile.TemporaryDirectory() as folder:
            paths = {recipe: Path(folder) / f"{recipe.key}.png" for recipe in recipes}
            with tqdm(total=len(paths), unit="face", disable=None) as progress:
                for done in written(renderer, paths.items()):
                    done.result()
                    progress.update()
            frames = tuple(str(paths[recipe]) for recipe in recipes)
            _animate(_plan(request, frames, animation.recipe, options.out, composition.name))
    return 0


def request_of(options: argparse.Namespace, network: str) -> MorphRequest:
    """One face goes from plain to its edits; several have them all the way."""
    emotions, directions = tuple(options.emotion), tuple(options.direction)
    stops = tuple(Stop(seed=seed, emotions=emotions, directions=directions) for seed in options.seeds)
    if len(stops) == 1:
        stops = (Stop(seed=options.seeds[0]), *stops)
    return MorphRequest(
        stops=stops,
        space=MorphSpace(options.space),
        easing=Easing(options.easing),
        loop=options.loop,
        format=_format(options.out),
        fps=options.fps,
        frames=options.frames,
        seconds=options.seconds,
        psi=options.psi,
        label=options.label,
        network=network,
    )


def _format(path: Path) -> AnimationFormat:
    try:
        return AnimationFormat(path.suffix.lower().removeprefix("."))
    except ValueError:
        raise Invalid(f"--out {path}: the name has to end in .webp, .gif or .mp4") from None


def _plan(request: MorphRequest, frames: tuple[str, ...], recipe: str, target: Path, service: str) -> "Plan":
    from infrastructure.animations.plan import Plan

    return Plan(request.format.value, frames, request.fps, request.loop, recipe, service, str(target))


def _animate(plan: "Plan") -> None:
    from infrastructure.animations.plan import NoEncoder, PictureFiles
    from infrastructure.animations.writing import write

    try:
        write(plan, PictureFiles(plan.frames))
    except NoEncoder as error:
        raise Invalid(str(error)) from error
