"""The arithmetic between seeds and ws keeps its promises for any numbers."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylegan2.directions import Direction
from stylegan2.face import MAX_SEED, Edit, Face, Morph, MorphSpace, StyleMix
from stylegan2.latents import (
    apply_edits,
    latents_of,
    layer_seeds,
    lerp,
    noise_resolutions,
    noise_stream,
    one_hot,
    slerp,
    sources_of,
    truncate,
    z_from_seed,
    z_of,
)
from stylegan2.network import NetworkDescription, SynthesisSpec

Array = np.ndarray[Any, np.dtype[Any]]

NUM_WS, W_DIM = 6, 5
seeds = st.integers(0, MAX_SEED)
psis = st.floats(-2, 2)
strengths = st.floats(-5, 5)


def w_of(seed: int) -> Array:
    return np.random.RandomState(seed).randn(W_DIM).astype(np.float32)


def direction(seed: int) -> Direction:
    return Direction(f"direction {seed}", None, 0.5 + seed, np.random.RandomState(seed).randn(NUM_WS, W_DIM))


DESCRIPTION = NetworkDescription("tiny", "tiny.pkl", "0" * 64, 4, W_DIM, NUM_WS, 16, 3, 0, w_of(99))


MAPPING = np.random.RandomState(98).randn(4, W_DIM).astype(np.float32)


def w_of_source(source: Any) -> Array:
    """Seeds have w's of their own; a position between two is mapped by a small network that is no straight line."""
    if not isinstance(source, tuple):
        return w_of(source)
    w: Array = np.tanh(z_of(source, 4) @ MAPPING)[0].astype(np.float32)
    return w


def latents(face: Face) -> Array:
    return latents_of(face, DESCRIPTION, {source: w_of_source(source) for source in sources_of(face, NUM_WS)})


def broadcast(w: Array) -> Array:
    return np.tile(w, (NUM_WS, 1))


@given(seeds)
def test_a_seed_has_a_stream_of_its_own(seed: int) -> None:
    z = z_from_seed(seed, 7)
    assert z.shape == (1, 7)
    assert z.dtype == np.float64
    np.testing.assert_array_equal(z, np.random.RandomState(seed).randn(1, 7))


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_seeds_outside_the_range_have_no_stream(seed: int) -> None:
    with pytest.raises(ValueError, match=r"[Ss]eed"):
        z_from_seed(seed, 7)


def test_noise_goes_on_where_z_ended() -> None:
    stream = np.random.RandomState(42).randn(5 + 16 + 64)
    noise = noise_stream(42, 5, (4, 8))
    assert [each.shape for each in noise] == [(1, 1, 4, 4), (1, 1, 8, 8)]
    assert all(each.dtype == np.float32 for each in noise)
    np.testing.assert_array_equal(np.concatenate([each.ravel() for each in noise]), stream[5:].astype(np.float32))


@pytest.mark.parametrize("resolution", [4, 8, 32, 1024])
def test_every_layer_but_the_last_torgb_has_a_noise_input(resolution: int) -> None:
    sizes = noise_resolutions(resolution)
    assert len(sizes) == SynthesisSpec(resolution, 1).num_ws - 1
    assert (sizes[0], sizes[-1]) == (4, resolution)
    assert list(sizes) == sorted(sizes)


def test_a_class_is_one_hot() -> None:
    assert one_hot(2, 4).tolist() == [[0, 0, 1, 0]]


@given(seeds)
def test_psi_0_is_the_average_face_and_psi_1_the_face_itself(seed: int) -> None:
    average, itself = (latents(Face("tiny", seed, psi=psi)) for psi in (0.0, 1.0))
    np.testing.assert_array_equal(average, broadcast(DESCRIPTION.w_avg))
    np.testing.assert_array_equal(itself, broadcast(w_of(seed)))


@given(seeds, psis, st.integers(0, NUM_WS))
def test_a_cutoff_truncates_the_first_layers_only(seed: int, psi: float, cutoff: int) -> None:
    ws = latents(Face("tiny", seed, psi=psi, cutoff=cutoff))
    np.testing.assert_array_equal(ws[:cutoff], latents(Face("tiny", seed, psi=psi))[:cutoff])
    np.testing.assert_array_equal(ws[cutoff:], broadcast(w_of(seed))[cutoff:])


@given(st.lists(st.tuples(st.integers(0, 20), strengths), max_size=6, unique_by=lambda pair: pair[0]), st.randoms())
def test_the_order_of_edits_changes_no_bit(pairs: list[tuple[int, float]], random: Any) -> None:
    edits = [Edit(direction(seed), strength) for seed, strength in pairs]
    shuffled = random.sample(edits, len(edits))
    ws = broadcast(w_of(1))
    np.testing.assert_array_equal(apply_edits(ws, edits), apply_edits(ws, shuffled))


@given(seeds, psis)
def test_strength_0_is_no_edit(seed: int, psi: float) -> None:
    plain, edited = Face("tiny", seed, psi), Face("tiny", seed, psi, edits=(Edit(direction(3), 0.0),))
    np.testing.assert_array_equal(latents(plain), latents(edited))


@given(seeds, psis, strengths)
def test_an_edit_moves_by_strength_times_weight_whatever_psi_is(seed: int, psi: float, strength: float) -> None:
    moved = latents(Face("tiny", seed, psi, edits=(Edit(direction(3), strength),)))
    expected = latents(Face("tiny", seed, psi)) + strength * 3.5 * direction(3).offset
    np.testing.assert_allclose(moved, expected, rtol=1e-5, atol=1e-5)


@given(seeds, seeds, psis)
def test_mixing_every_layer_gives_the_other_face(seed: int, other: int, psi: float) -> None:
    mixed = Face("tiny", seed, psi, mixes=(StyleMix(other, 0, NUM_WS),))
    np.testing.assert_array_equal(latents(mixed), latents(Face("tiny", other, psi)))


def test_a_mix_takes_its_layers_and_the_later_one_where_two_overlap() -> None:
    mixes = (StyleMix(7, 1, 4), StyleMix(8, 3, 5))
    assert layer_seeds(1, mixes, NUM_WS) == [1, 7, 7, 8, 8, 1]
    mixed = latents(Face("tiny", 1, mixes=mixes))
    np.testing.assert_array_equal(mixed, [w_of(seed) for seed in (1, 7, 7, 8, 8, 1)])


def test_each_seed_that_a_layer_takes_is_mapped_once_and_no_other() -> None:
    mixes = (StyleMix(7, 0, 1), StyleMix(5, 1, 2), StyleMix(7, 3, 4))
    assert sources_of(Face("tiny", 5, mixes=mixes), NUM_WS) == (7, 5)
    assert sources_of(Face("tiny", 5, mixes=(StyleMix(7, 0, NUM_WS),)), NUM_WS) == (7,)


START, END = Face("tiny", 1, psi=0.7, mixes=(StyleMix(7, 0, 3),)), Face("tiny", 2, psi=0.7, mixes=(StyleMix(8, 2, 6),))


def between(t: float, space: MorphSpace) -> Face:
    return replace(START, morph=Morph(END.seed, t, space, END.mixes))


@given(st.floats(0, 1))
def test_a_morph_in_w_lies_straight_between_its_ends(t: float) -> None:
    straight = (1 - t) * latents(START) + t * latents(END)
    np.testing.assert_allclose(latents(between(t, MorphSpace.W)), straight, atol=1e-6)


def test_a_morph_in_z_maps_the_great_circles_positions_layer_by_layer() -> None:
    ws = latents(replace(between(0.25, MorphSpace.Z), psi=1.0))
    ways = zip((7, 7, 7, 1, 1, 1), (2, 2, 8, 8, 8, 8), strict=True)
    np.testing.assert_array_equal(ws, [w_of_source((start, end, 0.25)) for start, end in ways])
    halfway = z_of((7, 8, 0.5), 4)
    np.testing.assert_allclose(halfway, slerp(z_from_seed(7, 4), z_from_seed(8, 4), 0.5))


def test_layers_that_both_ends_share_do_not_move() -> None:
    for space in MorphSpace:
        face = replace(between(0.3, space), mixes=(StyleMix(9, 0, 6),), psi=1.0)
        shared = replace(face, morph=Morph(1, 0.3, space, (StyleMix(9, 0, 2),)))
        np.testing.assert_array_equal(latents(shared)[:2], [w_of(9)] * 2)


@given(st.floats(0, 1), strengths)
def test_edits_are_applied_where_the_morph_has_arrived(t: float, strength: float) -> None:
    face = between(t, MorphSpace.W)
    moved = latents(replace(face, edits=(Edit(direction(3), strength),)))
    np.testing.assert_allclose(moved, latents(face) + strength * 3.5 * direction(3).offset, rtol=1e-5, atol=1e-5)


def test_nothing_that_is_handed_in_is_changed() -> None:
    ws = broadcast(w_of(1))
    before = ws.copy()
    truncate(ws, w_of(2), 0.5)
    apply_edits(ws, [Edit(direction(1), 1.0)])
    np.testing.assert_array_equal(ws, before)


@given(seeds, seeds)
def test_both_ways_begin_and_end_where_they_are_said_to(start: int, end: int) -> None:
    one, two = z_from_seed(start, 16), z_from_seed(end, 16)
    for way in (lerp, slerp):
        np.testing.assert_allclose(way(one, two, 0.0), one, atol=1e-12)
        np.testing.assert_allclose(way(one, two, 1.0), two, atol=1e-12)


@given(seeds, seeds, st.floats(0, 1))
def test_the_great_circle_keeps_the_length(start: int, end: int, t: float) -> None:
    one, two = (z / np.linalg.norm(z) for z in (z_from_seed(start, 16), z_from_seed(end, 16)))
    assert np.linalg.norm(slerp(one, two, t)) == pytest.approx(1, abs=1e-9)


def test_halfway_between_right_angles_is_45_degrees() -> None:
    halfway = slerp(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), 0.5)
    np.testing.assert_allclose(halfway, [[np.sqrt(0.5), np.sqrt(0.5)]])


def test_opposite_and_zero_latents_give_finite_ways() -> None:
    z = z_from_seed(1, 16)
    assert np.isfinite(slerp(z, -z, 0.5)).all()
    assert np.isfinite(slerp(z, np.zeros_like(z), 0.5)).all()


def test_the_module_needs_numpy_only() -> None:
    source = Path(__file__).parents[2] / "stylegan2" / "latents.py"
    program = (
        "import runpy, sys\n"
        f"runpy.run_path({str(source)!r})\n"
        "assert not any(name.split('.')[0] in ('torch', 'stylegan2') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)
