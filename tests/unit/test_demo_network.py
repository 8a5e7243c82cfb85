"""The network that is trained, the file it becomes, and the lessons it is taught."""

from pathlib import Path

import pytest
import torch

from stylegan2.checkpoint import read_network, write_network
from stylegan2.demo.averaging import meet
from stylegan2.demo.directions import OTHERS, emotion_units, make_directions
from stylegan2.demo.export import exported, imported, w_of
from stylegan2.demo.expression import ACTION_UNITS, EMOTIONS, prototypes
from stylegan2.demo.lessons import Replay, lessons
from stylegan2.demo.loss import importance, regression_loss
from stylegan2.demo.mapping import OFFSET, Mapping, embedding, fit, target
from stylegan2.demo.network import SIZES, Synthesis
from stylegan2.demo.people import IDENTITY, SEMANTICS
from stylegan2.demo.teacher import UNIT_SCALE, Recipes, draw, paint, scaled
from stylegan2.networks import Generator

TINY = SIZES["tiny"]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def untrained() -> Synthesis:
    """Random weights, noise and biases too, so that nothing is hidden by a zero."""
    synthesis = Synthesis(TINY).requires_grad_(False)
    for parameter in synthesis.parameters():
        parameter.add_(0.2 * torch.randn_like(parameter))
    return synthesis


def test_the_file_renders_the_same_picture_as_the_trained_network(tmp_path: Path) -> None:
    synthesis, path = untrained(), tmp_path / "tiny.safetensors"
    write_network(exported(Mapping(), synthesis), path)
    generator = Generator.from_network(read_network(path))
    styles = draw(4, torch.Generator().manual_seed(1)).styles(TINY.num_ws)
    picture = generator.synthesize(OFFSET + styles @ embedding())
    assert torch.allclose(picture, synthesis(styles), atol=2e-4)


def test_the_file_maps_seeds_as_the_trained_mapping_network_does(tmp_path: Path) -> None:
    mapping, path = Mapping(), tmp_path / "tiny.safetensors"
    write_network(exported(mapping, untrained()), path)
    z = torch.randn(3, 512)
    assert torch.allclose(Generator.from_network(read_network(path)).map(z), mapping(z), atol=1e-3)


def test_training_can_go_on_from_a_file_in_half_precision(tmp_path: Path) -> None:
    synthesis, path = untrained(), tmp_path / "tiny.safetensors"
    write_network(exported(Mapping(), synthesis), path, half=True)
    _, again = imported(read_network(path))
    styles = draw(2, torch.Generator().manual_seed(1)).styles(TINY.num_ws)
    assert again.size == TINY
    assert torch.allclose(again(styles), synthesis(styles), atol=0.05)


def test_bfloat16_arithmetic_stays_near_the_exact_one() -> None:
    synthesis = untrained()
    styles = draw(2, torch.Generator().manual_seed(1)).styles(TINY.num_ws)
    exact, fast = synthesis(styles), synthesis(styles, dtype=torch.bfloat16)
    assert fast.dtype == torch.float32
    assert (exact - fast).abs().mean() < 0.03 * exact.std()


def test_synthesis_can_stop_at_a_smaller_picture() -> None:
    styles = draw(2, torch.Generator().manual_seed(1)).styles(TINY.num_ws)
    assert untrained()(styles, resolution=8).shape == (2, 3, 8, 8)


def test_the_mapping_network_learns_to_send_z_to_the_semantics_of_z() -> None:
    mapping, z = Mapping(), torch.randn(200, 512, generator=torch.Generator().manual_seed(5))

    def unexplained() -> float:
        with torch.no_grad():
            return float((mapping(z) - target(z)).square().mean() / target(z).var(0).mean())

    before = unexplained()
    *_, last = fit(mapping, 100, torch.Generator().manual_seed(0), batch=64)
    assert last.step == 100
    assert unexplained() < min(0.95, 0.8 * before)


def test_w_tells_the_semantics_exactly() -> None:
    z = torch.randn(5, 512)
    rows = embedding()
    read = (target(z) - OFFSET) @ rows.t() / rows.square().sum(1)
    assert torch.allclose(w_of(read), target(z), atol=1e-4)


def test_directions_add_action_units_to_w_and_nothing_else() -> None:
    network = exported(Mapping(), untrained())
    directions = make_directions(network, emotion_units())
    assert [direction.emotion for direction in directions[:6]] == list(EMOTIONS)
    assert [direction.name for direction in directions[6:]] == list(OTHERS)
    rows = embedding()
    for direction, units in zip(directions, prototypes(), strict=False):
        read = torch.tensor(direction.offset) @ rows.t() / rows.square().sum(1)
        assert read[:, : len(IDENTITY)].abs().max() < 1e-4
        assert torch.allclose(read[:, len(IDENTITY) :] / UNIT_SCALE, units.expand(TINY.num_ws, -1), atol=1e-4)


def test_calibration_asks_for_what_is_missing_within_bounds_and_for_no_other_unit() -> None:
    wanted = prototypes()
    shown = wanted.clone()
    happy, smile, jaw = EMOTIONS.index("happy"), ACTION_UNITS.index("au12"), ACTION_UNITS.index("au26")
    shown[happy, smile], shown[happy, jaw] = 0.7, 0.4
    asked = emotion_units(shown)
    assert asked[happy, smile] == pytest.approx(1.3)
    assert asked[happy, jaw] == 0
    assert torch.equal(asked[1:], wanted[1:])
    assert emotion_units(torch.zeros_like(wanted)).max() == pytest.approx(1.5)


def test_a_style_mix_takes_each_semantic_from_the_person_whose_layers_own_it() -> None:
    first, second = torch.zeros(1, len(SEMANTICS)), torch.ones(1, len(SEMANTICS))
    recipe = Recipes(first, second, torch.tensor([[0.0, 1.0, 1.0]]))
    semantics = dict(zip(SEMANTICS, recipe.semantics()[0].tolist(), strict=True))
    assert (semantics["yaw"], semantics["au12"], semantics["bg_hue"]) == (0.0, 1.0, 1.0)
    styles = recipe.styles(12)
    assert torch.equal(styles[:, :3], scaled(first)[:, None].expand(-1, 3, -1))
    assert torch.equal(styles[:, 3:], scaled(second)[:, None].expand(-1, 9, -1))


def test_the_same_generator_draws_the_same_people() -> None:
    a, b = (draw(8, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(a.semantics(), b.semantics())


def test_half_of_the_people_show_something_and_some_too_much() -> None:
    units = draw(2000, torch.Generator().manual_seed(3)).first[:, len(IDENTITY) :]
    strongest = units.amax(1)
    assert units.shape[1] == len(ACTION_UNITS)
    assert 0.4 < (strongest > 0.4).float().mean() < 0.9
    assert strongest.max() > 1.5
    assert units.min() < -0.5


def test_lessons_pair_recipes_with_their_own_portraits_when_they_are_replayed() -> None:
    stream = lessons(4, 2, capacity=6, resolution=16, generator=torch.Generator().manual_seed(0))
    *_, (recipes, portraits) = (next(stream) for _ in range(4))
    assert portraits.shape == (4, 3, 16, 16)
    assert (paint(recipes.semantics(), 16) - portraits).abs().max() < 0.01


def test_replay_forgets_the_oldest() -> None:
    replay = Replay(3, 4, torch.device("cpu"))
    for brightness in (-1.0, 0.0, 1.0, 1.0):
        person = draw(1, torch.Generator().manual_seed(0))
        replay.keep(person, torch.full((1, 3, 4, 4), brightness))
    _, portraits = replay.some(50, torch.Generator().manual_seed(0))
    assert len(replay) == 3
    assert portraits.min() > -0.1


def test_loss_is_zero_for_the_portrait_itself_and_grows_with_blur() -> None:
    weights = importance(32, torch.device("cpu"))
    portrait = torch.rand(1, 3, 32, 32) * 2 - 1
    blurred = torch.nn.functional.avg_pool2d(portrait, 3, 1, 1)
    assert regression_loss(portrait, portrait, weights) == 0
    assert regression_loss(blurred, portrait, weights) > 0.1
    assert torch.isclose(weights.mean(), torch.tensor(1.0))


def test_trainers_that_meet_move_half_way(tmp_path: Path) -> None:
    mine, theirs = [torch.zeros(3)], [torch.ones(2), torch.ones(1)]
    meet(theirs, tmp_path / "shared.bin")
    meet(mine, tmp_path / "shared.bin")
    assert torch.allclose(mine[0], torch.full((3,), 0.5))
    meet(theirs, tmp_path / "shared.bin")
    assert torch.allclose(torch.cat(theirs), torch.full((3,), 0.75))
