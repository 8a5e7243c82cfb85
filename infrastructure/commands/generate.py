"""`generate`: pictures into a folder, without a server and without a database.

The command line that NVIDIA's users know (seeds, psi, noise), with emotions.
"""

import argparse
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, as_completed, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from domain.errors import Invalid
from domain.networks import Emotion
from domain.recipe import NoiseMode, Recipe
from domain.requests import MAX_SEED, DirectionStrength, EmotionStrength, FaceRequest, face_recipe
from infrastructure.commands.composition import Composition
from infrastructure.settings import Settings

if TYPE_CHECKING:
    from infrastructure.offline import OfflineRenderer

MAX_SEEDS = 1_000_000
UNDER_WAY = 256


def add_to(commands: Any) -> None:
    parser = commands.add_parser("generate", help="write pictures into a folder; needs no server")
    parser.add_argument(
        "--network", metavar="FILE", help="a network's file or a name from the settings; by default theirs"
    )
    parser.add_argument("--seeds", required=True, type=seed_list, help="such as 0,1,42-45")
    parser.add_argument("--psi", type=float, default=0.5, help="truncation: 0 the average face, 1 untruncated")
    parser.add_argument("--cutoff", type=int, help="truncate only the first layers")
    parser.add_argument("--noise", choices=[mode.value for mode in NoiseMode], default="const")
    parser.add_argument("--label", type=int, help="the class, for conditional networks")
    parser.add_argument("--directions", type=Path, metavar="FILE", help="directions of the network")
    parser.add_argument("--emotion", type=emotion_strength, action="append", default=[], metavar="NAME=STRENGTH")
    parser.add_argument("--direction", type=direction_strength, action="append", default=[], metavar="NAME=STRENGTH")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER")
    parser.set_defaults(run=run)


def seed_list(text: str) -> tuple[int, ...]:
    """``0,1,42-45`` -> (0, 1, 42, 43, 44, 45); each seed once, in the order given."""
    seeds: dict[int, None] = {}
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not low.isdecimal() or (dash and not high.isdecimal()):
            raise argparse.ArgumentTypeError(f"{part!r} is not a seed nor a range; write them like 0,1,42-45")
        first, last = int(low), int(high or low)
        if not first <= last <= MAX_SEED:
            raise argparse.ArgumentTypeError(f"{part!r}: seeds run from 0 to {MAX_SEED}, ranges upwards")
        if last - first >= MAX_SEEDS:
            raise argparse.ArgumentTypeError(f"at most {MAX_SEEDS} seeds at once")
        seeds.update(dict.fromkeys(range(first, last + 1)))
    return tuple(seeds)


def emotion_strength(text: str) -> EmotionStrength:
    name, strength = _pair(text)
    try:
        return EmotionStrength(Emotion(name.lower()), strength)
    except ValueError:
        known = ", ".join(emotion.value for emotion in Emotion)
        raise argparse.ArgumentTypeError(f"{name!r} is not one of {known}") from None


def direction_strength(text: str) -> DirectionStrength:
    return DirectionStrength(*_pair(text))


def _pair(text: str) -> tuple[str, float]:
    name, equals, value = text.rpartition("=")
    try:
        return name, float(value) if equals else float("nan")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is not a number") from None


def requests(options: argparse.Namespace, network: str) -> Iterator[FaceRequest]:
    for seed in options.seeds:
        yield FaceRequest(
            seed=seed,
            psi=options.psi,
            cutoff=options.cutoff,
            noise=NoiseMode(options.noise),
            label=options.label,
            network=network,
            emotions=tuple(options.emotion),
            directions=tuple(options.direction),
        )


def run(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    from infrastructure.offline import OfflineRenderer

    name, path, directions = chosen_network(options, settings)
    options.out.mkdir(parents=True, exist_ok=True)
    with OfflineRenderer.opened(settings, name, path, directions, composition.name) as renderer:
        served = renderer.served
        recipes = [
            face_recipe(request, served, seed=request.seed or 0, draw=secrets.randbelow(MAX_SEED + 1))
            for request in requests(options, name)
        ]
        with tqdm(total=len(recipes), unit="face", disable=None) as progress:
            named = ((recipe, options.out / f"seed{recipe.seed:04d}.png") for recipe in recipes)
            for done in written(renderer, named):
                done.result()
                progress.update()
    return 0


def written(renderer: "OfflineRenderer", pictures: Iterable[tuple[Recipe, Path]]) -> Iterator[Future[Path]]:
    """Finished ones, while a bounded number is under way: a million seeds do not lie in memory as pictures."""
    under_way: set[Future[Path]] = set()
    for recipe, path in pictures:
        if len(under_way) >= UNDER_WAY:
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            yield from done
        under_way.add(renderer.write(recipe, path))
    yield from as_completed(under_way)


def chosen_network(options: argparse.Namespace, settings: Settings) -> tuple[str, Path, Path | None]:
    """(name, file, directions file) of the network that the options name, else of the settings' default."""
    configured = dict(settings.networks)
    named = dict(settings.directions)
    if options.network is None:
        name = settings.networks[0][0]
        path, directions = configured[name], named.get(name) or named.get("")
    elif options.network in configured:
        name = options.network
        path, directions = configured[name], named.get(name)
    else:
        path = Path(options.network)
        name, directions = path.stem, None
    if not path.is_file():
        raise Invalid(f"there is no network file {path}; give --network FILE or set MANGANACE_NETWORKS")
    return name, path, options.directions or directions
