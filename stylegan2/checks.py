"""Whether a face can be rendered by a network, said in full before any engine sees it."""

import math
import reprlib
import sys
from collections.abc import Iterator

import numpy as np

from stylegan2.errors import InvalidFace
from stylegan2.face import MAX_SEED, Edit, Face, Morph, MorphSpace, Noise, NoiseMode, StyleMix
from stylegan2.network import NetworkDescription

MAX_PSI = 2.0
MAX_SHIFT = 1e6
"""How far edits may move a latent's component: w's are about 1, and float32 sums stay finite well beyond this."""


def check_face(face: Face, description: NetworkDescription) -> None:
    """Raise `InvalidFace`, with every reason in its message, unless the network can render the face."""
    reasons = [
        *_check_seed("seed", face.seed),
        *_check_truncation(face, description.num_ws),
        *_check_label(face.label, description.label_dim),
        *(reason for mix in face.mixes for reason in _check_mix(mix, description.num_ws)),
        *_check_morph(face.morph, description.num_ws),
        *_check_edits(face.edits, description),
        *_check_noise(face.noise),
    ]
    if reasons:
        raise InvalidFace("; ".join(reasons))


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= sys.float_info.max  # math.isfinite fails on 10**400


def _shown(value: object) -> str:
    """Short, and safe where repr is not: Python refuses to write out integers of thousands of digits."""
    if isinstance(value, int) and value.bit_length() > 100:
        return f"a number of {value.bit_length()} bits"
    return reprlib.repr(value)


def _check_seed(field: str, seed: object) -> Iterator[str]:
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
        yield f"{field} is {_shown(seed)}, and a seed is a whole number from 0 to {MAX_SEED}"


def _check_truncation(face: Face, num_ws: int) -> Iterator[str]:
    if not (_is_finite(face.psi) and abs(face.psi) <= MAX_PSI):
        yield f"psi is {_shown(face.psi)}, and has to be a number from {-MAX_PSI:g} to {MAX_PSI:g}"
    if face.cutoff is not None and not (_is_integer(face.cutoff) and 0 <= face.cutoff <= num_ws):
        yield f"cutoff is {_shown(face.cutoff)}, and has to be a whole number of layers from 0 to {num_ws}"


def _check_label(label: int | None, label_dim: int) -> Iterator[str]:
    if label_dim == 0 and label is not None:
        yield f"label is {_shown(label)}, and this network has no classes: leave the label out"
    if label_dim > 0 and label is None:
        yield f"label is missing, and this network needs one of its classes 0 to {label_dim - 1}"
    elif label_dim > 0 and not (_is_integer(label) and label in range(label_dim)):
        yield f"label is {_shown(label)}, and this network's classes are 0 to {label_dim - 1}"


def _check_mix(mix: StyleMix, num_ws: int) -> Iterator[str]:
    yield from _check_seed("a style mix's seed", mix.seed)
    in_order = _is_integer(mix.first) and _is_integer(mix.last) and 0 <= mix.first < mix.last <= num_ws
    if not in_order:
        yield (
            f"a style mix takes layers {_shown(mix.first)} to {_shown(mix.last)} (exclusive), "
            f"and they have to be in order within 0 to {num_ws}"
        )


def _check_morph(morph: Morph | None, num_ws: int) -> Iterator[str]:
    if morph is None:
        return
    yield from _check_seed("a morph's seed", morph.seed)
    for mix in morph.mixes:
        yield from _check_mix(mix, num_ws)
    if not (_is_finite(morph.t) and 0 <= morph.t <= 1):
        yield f"a morph's position is {_shown(morph.t)}, and has to be a number from 0 to 1"
    if not isinstance(morph.space, MorphSpace):
        yield f"a morph's space is {_shown(morph.space)}, and has to be one of MorphSpace"


def _check_edits(edits: tuple[Edit, ...], description: NetworkDescription) -> Iterator[str]:
    names = [edit.direction.name for edit in edits]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"direction {name!r} is given more than once"
    reasons = [reason for edit in edits for reason in _check_edit(edit, description)]
    yield from reasons
    if not reasons and not _largest_shift(edits) <= MAX_SHIFT:  # not: NaN is too large
        yield f"the strengths are too large: together they move the latent by more than {MAX_SHIFT:g}"


def _check_edit(edit: Edit, description: NetworkDescription) -> Iterator[str]:
    direction, shape = edit.direction, (description.num_ws, description.w_dim)
    if not _is_finite(edit.strength):
        yield f"the strength of {direction.name!r} is {_shown(edit.strength)}, and has to be a finite number"
    if direction.network_sha256 not in ("any", description.sha256):
        yield f"direction {direction.name!r} belongs to another network than {description.name!r}"
    if direction.offset.shape != shape:
        yield (
            f"direction {direction.name!r} has shape {list(direction.offset.shape)}, "
            f"and network {description.name!r} takes {list(shape)}"
        )
    elif not (math.isfinite(direction.weight) and np.isfinite(direction.offset).all()):
        yield f"direction {direction.name!r} holds values that are not finite"


def _largest_shift(edits: tuple[Edit, ...]) -> float:
    shifts = (edit.strength * edit.direction.weight * float(np.abs(edit.direction.offset).max()) for edit in edits)
    return sum(abs(shift) for shift in shifts)


def _check_noise(noise: Noise) -> Iterator[str]:
    if noise.mode is NoiseMode.RANDOM:
        yield from _check_seed("the draw of random noise", noise.draw)
    elif noise.draw is not None:
        yield f"noise mode {noise.mode.value} records no draw, and {_shown(noise.draw)} is given"
