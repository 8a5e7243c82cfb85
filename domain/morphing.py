"""From a morph to the recipe of each of its frames. Raises Invalid with a path into the input."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.animations import NewAnimation
from domain.errors import Invalid, within
from domain.morphs import DECIMALS, MorphRequest, Stop, check_stops, frame_count, places
from domain.networks import ServedNetwork
from domain.recipe import MorphSpace, Recipe, RecipeEdit, RecipeMorph, plain_float, sorted_edits
from domain.requests import MAX_EDITS, FaceRequest, check_seed, face_recipe, recipe_edits

DEFAULT_PSI = 0.5


def morph_frames(
    request: MorphRequest, served: ServedNetwork, images: Mapping[str, Recipe]
) -> tuple[Sequence[Recipe], NewAnimation]:
    """One recipe a frame, and what they become. `images` has the recipe of each image among the stops."""
    check_stops(request)
    count = frame_count(request)
    shared = _shared(request, served, images)
    stops = [_stop(index, stop, shared, served, images) for index, stop in enumerate(request.stops)]
    _check_edits(stops)
    path = places(count, len(stops), request.easing, loop=request.loop)
    frames = [between(stops[at.start], stops[at.end], request.space, at.position) for at in path]
    told = {
        "morph": [stop.to_json() for stop in stops],
        "space": request.space.value,
        "easing": request.easing.value,
        "frames": count,
    }
    return frames, NewAnimation.of(request.format, request.fps, request.loop, told, frames)


def between(start: Recipe, end: Recipe, space: MorphSpace, position: float) -> Recipe:
    """The nearer of the two is the recipe's own face, so that the way back has the recipes of the way there."""
    if position in (0, 1):
        return end if position else start
    one, other = (start.seed, start.mixes), (end.seed, end.mixes)
    if position > 0.5 or (position == 0.5 and other < one):
        start, end, position = end, start, round(1 - position, DECIMALS)
    edits = _blended(start.edits, end.edits, position)
    morph = None if one == other else RecipeMorph(end.seed, end.mixes, space, position)
    return replace(start, edits=edits, morph=morph)


def _blended(start: Sequence[RecipeEdit], end: Sequence[RecipeEdit], position: float) -> tuple[RecipeEdit, ...]:
    """An edit that one end does not have is 0 there."""
    one, other = ({(edit.direction, edit.sha256): edit.strength for edit in edits} for edits in (start, end))
    strengths = {key: (1 - position) * one.get(key, 0) + position * other.get(key, 0) for key in {**one, **other}}
    return sorted_edits([RecipeEdit(*key, plain_float(round(value, DECIMALS))) for key, value in strengths.items()])


def _shared(request: MorphRequest, served: ServedNetwork, images: Mapping[str, Recipe]) -> Recipe:
    """What all frames have in common, as the recipe of some seed."""
    first = next((images[stop.image_id] for stop in request.stops if stop.image_id is not None), None)
    psi, cutoff, label = request.psi, request.cutoff, request.label
    if first is not None:
        label = first.label if label is None else label
        cutoff = first.cutoff if psi is None and cutoff is None else cutoff
        psi = first.psi if psi is None else psi
    face = FaceRequest(psi=DEFAULT_PSI if psi is None else psi, cutoff=cutoff, label=label)
    return face_recipe(face, served, seed=0, draw=0)


def _stop(index: int, stop: Stop, shared: Recipe, served: ServedNetwork, images: Mapping[str, Recipe]) -> Recipe:
    with within("stops", str(index)):
        face = shared
        if stop.seed is not None:
            check_seed(stop.seed, ("input", "seed"))
            face = replace(shared, seed=stop.seed)
        if stop.image_id is not None:
            face = _of_image(images[stop.image_id], shared)
        if stop.keeps_edits:
            return face
        return replace(face, edits=recipe_edits(served, stop.emotions or (), stop.directions or ()))


def _of_image(image: Recipe, shared: Recipe) -> Recipe:
    if image.network_sha256 != shared.network_sha256:
        raise Invalid("this image is of another network than the rest of the morph", ("input", "imageId"))
    if image.morph is not None:
        raise Invalid(
            "this image lies between two faces of a morph itself; give those faces instead", ("input", "imageId")
        )
    return replace(shared, seed=image.seed, mixes=image.mixes, edits=image.edits)


def _check_edits(stops: Sequence[Recipe]) -> None:
    """Of the frames between any two stops."""
    known: dict[str, str] = {}
    for index, stop in enumerate(stops):
        path = ("input", "stops", str(index))
        for edit in stop.edits:
            if known.setdefault(edit.direction, edit.sha256) != edit.sha256:
                raise Invalid(f"another stop has another direction that is called {edit.direction!r}", path)
        either = {edit.direction for edit in (*stop.edits, *stops[index - 1].edits)}
        if len(either) > MAX_EDITS:
            raise Invalid(f"with the stop before it has {len(either)} edits, of at most {MAX_EDITS}", path)
