"""A face that its network cannot render is refused with every reason, and no other is."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylegan2.checks import check_face
from stylegan2.directions import Direction
from stylegan2.errors import InvalidFace
from stylegan2.face import MAX_SEED, Edit, Face, Morph, MorphSpace, Noise, NoiseMode, StyleMix
from stylegan2.latents import latents_of
from stylegan2.network import NetworkDescription

SHA256 = "ab" * 32
W_AVG = np.zeros(5, np.float32)
DESCRIPTION = NetworkDescription("tiny", "tiny.pkl", SHA256, 4, 5, 6, 16, 3, 0, W_AVG)
CONDITIONAL = replace(DESCRIPTION, label_dim=3)
FACE = Face("tiny", 42)


def edit(strength: Any = 1.0, **choices: Any) -> Edit:
    values = {"name": "happy", "emotion": "happy", "weight": 1.0, "offset": np.ones((6, 5)), **choices}
    return Edit(Direction(**values), strength)


ACCEPTED = {
    "the first seed": replace(FACE, seed=0),
    "the last seed": replace(FACE, seed=MAX_SEED),
    "psi -2": replace(FACE, psi=-2),
    "psi 2": replace(FACE, psi=2.0),
    "no truncated layer": replace(FACE, cutoff=0),
    "every layer truncated": replace(FACE, cutoff=6),
    "a mix of every layer": replace(FACE, mixes=(StyleMix(MAX_SEED, 0, 6),)),
    "halfway to another face": replace(FACE, morph=Morph(MAX_SEED, 0.5)),
    "the end of a way through z": replace(FACE, morph=Morph(7, 1, MorphSpace.Z, (StyleMix(8, 0, 6),))),
    "an edit of this network": replace(FACE, edits=(edit(network_sha256=SHA256),)),
    "two edits": replace(FACE, edits=(edit(-5), edit(name="old", emotion=None))),
    "random noise": replace(FACE, noise=Noise(NoiseMode.RANDOM, draw=MAX_SEED)),
    "noise of the seed": replace(FACE, noise=Noise(NoiseMode.SEED)),
}

REFUSED = {
    "seed is -1": replace(FACE, seed=-1),
    "seed is 4294967296": replace(FACE, seed=MAX_SEED + 1),
    "seed is 1.5": replace(FACE, seed=1.5),  # type: ignore[arg-type]
    "seed is True": replace(FACE, seed=True),
    "seed is 'x'": replace(FACE, seed="x"),  # type: ignore[arg-type]
    "psi is nan": replace(FACE, psi=float("nan")),
    "psi is inf": replace(FACE, psi=float("inf")),
    "psi is 2.01": replace(FACE, psi=2.01),
    "cutoff is 7": replace(FACE, cutoff=7),
    "cutoff is -1": replace(FACE, cutoff=-1),
    "cutoff is 1.0": replace(FACE, cutoff=1.0),  # type: ignore[arg-type]
    "label is 0, and this network has no classes": replace(FACE, label=0),
    "layers 3 to 3": replace(FACE, mixes=(StyleMix(1, 3, 3),)),
    "layers 4 to 7": replace(FACE, mixes=(StyleMix(1, 4, 7),)),
    "a morph's seed is -1": replace(FACE, morph=Morph(-1, 0.5)),
    "layers 5 to 8": replace(FACE, morph=Morph(1, 0.5, mixes=(StyleMix(1, 5, 8),))),
    "a morph's position is 1.5": replace(FACE, morph=Morph(1, 1.5)),
    "a morph's position is nan": replace(FACE, morph=Morph(1, float("nan"))),
    "a morph's space is 'z'": replace(FACE, morph=Morph(1, 0.5, "z")),  # type: ignore[arg-type]
    "layers -1 to 2": replace(FACE, mixes=(StyleMix(1, -1, 2),)),
    "a style mix's seed is -1": replace(FACE, mixes=(StyleMix(-1, 0, 2),)),
    "strength of 'happy' is nan": replace(FACE, edits=(edit(float("nan")),)),
    "strength of 'happy' is inf": replace(FACE, edits=(edit(float("inf")),)),
    "strength of 'happy' is a number of 1329 bits": replace(FACE, edits=(edit(10**400),)),
    "seed is a number of 16610 bits": replace(FACE, seed=10**5000),
    "seed is 'xxxxxxxx.*x', and": replace(FACE, seed="x" * 10**6),  # type: ignore[arg-type]
    "strengths are too large": replace(FACE, edits=(edit(1e300, weight=1e300),)),
    "move the latent by more than 1e.06": replace(FACE, edits=(edit(6e5), edit(-6e5, name="old", emotion=None))),
    "has shape .5, 6., and network 'tiny' takes .6, 5.": replace(FACE, edits=(edit(offset=np.ones((5, 6))),)),
    "'happy' belongs to another network than 'tiny'": replace(FACE, edits=(edit(network_sha256="cd" * 32),)),
    "'happy' is given more than once": replace(FACE, edits=(edit(0.5), edit(0.7))),
    "the draw of random noise is None": replace(FACE, noise=Noise(NoiseMode.RANDOM)),
    "the draw of random noise is -1": replace(FACE, noise=Noise(NoiseMode.RANDOM, draw=-1)),
    "noise mode const records no draw": replace(FACE, noise=Noise(NoiseMode.CONST, draw=1)),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_face_within_its_ranges_passes(name: str) -> None:
    check_face(ACCEPTED[name], DESCRIPTION)


@pytest.mark.parametrize("reason", REFUSED)
def test_a_face_outside_its_ranges_is_refused_with_the_reason(reason: str) -> None:
    with pytest.raises(InvalidFace, match=reason):
        check_face(REFUSED[reason], DESCRIPTION)


@pytest.mark.parametrize("label", [0, 2])
def test_a_conditional_network_takes_its_classes(label: int) -> None:
    check_face(replace(FACE, label=label), CONDITIONAL)


@pytest.mark.parametrize(("label", "reason"), [(None, "label is missing"), (3, "classes are 0 to 2"), (-1, "0 to 2")])
def test_a_conditional_network_refuses_any_other_label(label: int | None, reason: str) -> None:
    with pytest.raises(InvalidFace, match=reason):
        check_face(replace(FACE, label=label), CONDITIONAL)


def test_every_reason_is_named_at_once() -> None:
    with pytest.raises(InvalidFace, match=r"seed is -1.*; psi is 3.*; cutoff is 9"):
        check_face(Face("tiny", -1, psi=3.0, cutoff=9), DESCRIPTION)


numbers = st.one_of(st.integers(), st.floats(), st.booleans())


@given(seed=numbers, psi=numbers, cutoff=st.none() | numbers, strength=numbers)
def test_whatever_passes_has_finite_latents(seed: Any, psi: Any, cutoff: Any, strength: Any) -> None:
    face = Face("tiny", seed, psi, cutoff, edits=(edit(strength),))
    with suppress(InvalidFace):
        check_face(face, DESCRIPTION)
        assert np.isfinite(latents_of(face, DESCRIPTION, {seed: np.ones(5, np.float32)})).all()
