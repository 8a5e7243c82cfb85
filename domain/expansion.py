"""From a request for many images to the recipe of each, in their order. Raises Invalid with a path into the input."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from domain.errors import Invalid, within
from domain.explorations import (
    MAX_STEPS,
    MIN_STEPS,
    EmotionGridRequest,
    Exploration,
    FacesRequest,
    LayerRange,
    MixRequest,
    StripRequest,
    TruncationGridRequest,
    check_seeds,
    check_size,
)
from domain.networks import Direction, ServedNetwork
from domain.recipe import NoiseMode, Recipe, RecipeEdit, RecipeMix, sorted_edits
from domain.requests import MAX_EDITS, FaceRequest, check_psi, check_strength, face_recipe

Draw = Callable[[], int]
"""A fresh number from 0 to 2^32 - 1, for what is left to chance."""


def expand(request: Exploration, served: ServedNetwork, source: Recipe | None, draw: Draw) -> Sequence[Recipe]:
    """`source` is the recipe of the image that the request is about, where it is about one."""
    match request:
        case FacesRequest():
            return _faces(request.face, request.seeds.unfold(), served, draw)
        case StripRequest():
            return _strip(request, served, source or _subject(request, served, draw))
        case EmotionGridRequest():
            return _emotion_grid(request, served, source or _subject(request, served, draw))
        case TruncationGridRequest():
            return _truncation_grid(request, served, draw)
        case MixRequest():
            return _mixes(request, served, draw)


def spaced(start: float, end: float, steps: int) -> tuple[float, ...]:
    """What NumPy's ``round(linspace(start, end, steps), 5)`` gives, to the bit."""
    return tuple(map(to_five_places, evenly(start, end, steps)))


def evenly(start: float, end: float, steps: int) -> tuple[float, ...]:
    """What NumPy's ``linspace(start, end, steps)`` gives, to the bit; at least 2 steps."""
    step = (end - start) / (steps - 1)
    return (*(index * step + start for index in range(steps - 1)), end)


def to_five_places(value: float) -> float:
    """What NumPy's ``round(value, 5)`` gives, to the bit."""
    return round(value * 1e5) / 1e5


def _faces(face: FaceRequest, seeds: Sequence[int], served: ServedNetwork, draw: Draw) -> list[Recipe]:
    """Each seed has noise of its own where noise is drawn."""
    first = face_recipe(face, served, seed=seeds[0], draw=0)
    random = first.noise is NoiseMode.RANDOM
    return [replace(first, seed=seed, noise_draw=draw() if random else None) for seed in seeds]


def _subject(request: StripRequest | EmotionGridRequest, served: ServedNetwork, draw: Draw) -> Recipe:
    face = request.subject.face or FaceRequest()
    with within("face"):
        return face_recipe(face, served, seed=draw() if face.seed is None else face.seed, draw=draw())


def _strip(request: StripRequest, served: ServedNetwork, subject: Recipe) -> list[Recipe]:
    if not MIN_STEPS <= request.steps <= MAX_STEPS:
        raise Invalid(f"steps is {MIN_STEPS} to {MAX_STEPS}", ("input", "steps"))
    start = check_strength(request.start, ("input", "from"))
    end = check_strength(request.end, ("input", "to"))
    if start == end:
        raise Invalid("from and to are the same strength, and so would be all images; give two", ("input", "to"))
    direction = _only_direction(request, served)
    return [_edited(subject, direction, strength) for strength in spaced(start, end, request.steps)]


def _only_direction(request: StripRequest, served: ServedNetwork) -> Direction:
    match request.emotion, request.direction:
        case emotion, None if emotion is not None:
            return served.emotion(emotion, ("input", "emotion"))
        case None, name if name is not None:
            return served.direction(name, ("input", "direction"))
    raise Invalid("give either emotion or direction", ("input", "emotion"))


def _emotion_grid(request: EmotionGridRequest, served: ServedNetwork, subject: Recipe) -> list[Recipe]:
    rows = _rows(request, served)
    columns = [
        check_strength(strength, ("input", "strengths", str(index))) for index, strength in enumerate(request.strengths)
    ]
    _check_grid(len(rows), len(columns), "strengths")
    return [_edited(subject, direction, strength) for direction in rows for strength in columns]


def _rows(request: EmotionGridRequest, served: ServedNetwork) -> list[Direction]:
    check_size(len(request.emotions) + len(request.directions), ("input", "emotions"))
    rows: list[Direction] = []
    for path, direction in _named_rows(request, served):
        if direction in rows:
            raise Invalid(f"{direction.name!r} is given twice; give each row once", path)
        rows.append(direction)
    return rows


def _named_rows(request: EmotionGridRequest, served: ServedNetwork) -> Iterator[tuple[Sequence[str], Direction]]:
    for index, emotion in enumerate(request.emotions):
        path = ("input", "emotions", str(index))
        yield path, served.emotion(emotion, path)
    for index, name in enumerate(request.directions):
        path = ("input", "directions", str(index))
        yield path, served.direction(name, path)


def _edited(subject: Recipe, direction: Direction, strength: float) -> Recipe:
    """With this strength in place of the one it has along the direction; its other edits stay."""
    others = [edit for edit in subject.edits if edit.direction != direction.name]
    if len(others) >= MAX_EDITS:
        raise Invalid(f"the face has {len(others)} edits already, of at most {MAX_EDITS}", ("input",))
    return replace(subject, edits=sorted_edits([*others, RecipeEdit(direction.name, direction.sha256, strength)]))


def _truncation_grid(request: TruncationGridRequest, served: ServedNetwork, draw: Draw) -> list[Recipe]:
    seeds = request.seeds.unfold()
    psis = [check_psi(psi, ("input", "truncationPsis", str(index))) for index, psi in enumerate(request.psis)]
    _check_grid(len(seeds), len(psis), "truncationPsis")
    return [replace(face, psi=psi) for face in _faces(request.face, seeds, served, draw) for psi in psis]


def _mixes(request: MixRequest, served: ServedNetwork, draw: Draw) -> list[Recipe]:
    check_seeds(request.rows, "rows")
    check_seeds(request.columns, "columns")
    parents = len(request.rows) + len(request.columns) if request.with_parents else 0
    _check_grid(len(request.rows), len(request.columns), "columns", parents)
    _check_layers(request.layers, served.network.layers)
    rows = _faces(request.face, request.rows, served, draw)
    grid = [_mixed(row, seed, request.layers) for row in rows for seed in request.columns]
    return [*grid, *rows, *_faces(request.face, request.columns, served, draw)] if request.with_parents else grid


def _mixed(face: Recipe, seed: int, layers: LayerRange) -> Recipe:
    """A face mixed with itself is that face, and has its recipe."""
    return face if seed == face.seed else replace(face, mixes=(RecipeMix(seed, layers.first, layers.count),))


def _check_layers(layers: LayerRange, of_network: int) -> None:
    if not 0 <= layers.first < of_network:
        raise Invalid(f"the first layer is 0 to {of_network - 1} for this network", ("input", "layers", "first"))
    if not 1 <= layers.count <= of_network - layers.first:
        most = of_network - layers.first
        raise Invalid(f"from layer {layers.first} on, count is 1 to {most}", ("input", "layers", "count"))


def _check_grid(rows: int, columns: int, name: str, besides: int = 0) -> None:
    check_size(columns, ("input", name))
    check_size(rows * columns + besides, ("input", name))
