"""The portrait renderer: what it promises to the network that learns from it."""

import pytest
import torch
from torch import Tensor

from stylegan2.demo.appearance import decode
from stylegan2.demo.expression import ACTION_UNITS, EMOTIONS, prototypes, saturate
from stylegan2.demo.people import IDENTITY, SEMANTICS, calm, factors_of, semantics_of, showing
from stylegan2.demo.renderer import render

SIZE = 64


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def people(count: int) -> Tensor:
    z = torch.randn(count, 512, generator=torch.Generator().manual_seed(7))
    return semantics_of(z)


def test_a_portrait_is_finite_and_within_the_range_of_a_picture() -> None:
    picture = render(decode(people(4)), SIZE)
    assert picture.shape == (4, 3, SIZE, SIZE)
    assert torch.isfinite(picture).all()
    assert -1 <= picture.min() < -0.5
    assert 0.5 < picture.max() <= 1


def test_a_portrait_does_not_depend_on_its_neighbours_in_the_batch() -> None:
    everybody = people(3)
    together = render(decode(everybody), SIZE)
    alone = render(decode(everybody[1:2]), SIZE)
    assert torch.allclose(together[1:2], alone, atol=1e-5)


def test_two_people_look_different() -> None:
    a, b = render(decode(people(2)), SIZE)
    assert (a - b).abs().mean() > 0.05


@pytest.mark.parametrize("emotion", EMOTIONS)
@pytest.mark.parametrize("intensity", [-1.0, 2.0])
def test_no_strength_of_an_emotion_breaks_a_portrait(emotion: str, intensity: float) -> None:
    at_rest = people(2)
    calm_picture = render(decode(calm(at_rest)), SIZE)
    picture = render(decode(showing(at_rest, emotion, intensity)), SIZE)
    assert torch.isfinite(picture).all()
    changed = (picture - calm_picture).abs().mean()
    assert changed < 0.12, "the background and the hair have to stay"


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_an_emotion_moves_the_face_and_leaves_the_corners_of_the_picture(emotion: str) -> None:
    at_rest = people(2)
    moved = (render(decode(showing(at_rest, emotion)), SIZE) - render(decode(calm(at_rest)), SIZE)).abs().amax(1)
    assert moved[:, 16:56, 16:48].amax((1, 2)).min() > 0.2
    assert moved[:, :8, :8].max() < 1e-4


def test_a_smile_brightens_the_mouth_where_the_teeth_are() -> None:
    bald_woman = torch.zeros(1, len(SEMANTICS))
    happy = render(decode(showing(bald_woman, "happy")), SIZE).mean(1)
    rest = render(decode(bald_woman), SIZE).mean(1)
    mouth = (slice(None), slice(42, 48), slice(28, 36))
    assert (happy[mouth].amax() - rest[mouth].amax()) > 0.2


def test_supersampling_changes_edges_only() -> None:
    parameters = decode(people(1))
    plain, smooth = render(parameters, SIZE), render(parameters, SIZE, supersampling=2)
    assert plain.shape == smooth.shape
    assert (plain - smooth).abs().mean() < 0.03


def test_action_units_flatten_out_beyond_what_a_face_can_do() -> None:
    intensity = torch.linspace(-3, 4, 200)
    for unit in ACTION_UNITS:
        values = saturate(unit, intensity)
        assert (values.diff() >= -1e-6).all(), "more is never less"
        assert values.min() > -0.4
        assert values.max() < 1.35
    assert torch.allclose(saturate("au12", torch.tensor([0.0, 0.3, 1.0])), torch.tensor([0.0, 0.3, 1.0]))


def test_most_people_are_nearly_calm() -> None:
    units = people(2000)[:, len(IDENTITY) :] * 0.5
    assert (units.amax(1) < 0.35).float().mean() > 0.8
    assert units.min() >= 0


def test_every_emotion_has_action_units_of_its_own() -> None:
    rows = torch.nn.functional.normalize(prototypes(), dim=1)
    likeness = rows @ rows.t()
    assert likeness.fill_diagonal_(0).max() < 0.9


def test_factors_of_latents_are_standard_normal_and_independent() -> None:
    factors = factors_of(torch.randn(20_000, 512, generator=torch.Generator().manual_seed(0)))
    assert factors.mean(0).abs().max() < 0.05
    covariance = factors.t().cov()
    assert (covariance - torch.eye(len(covariance))).abs().max() < 0.08
