"""The whole road in small: train, interrupt, resume, export, calibrate, read back, measure, draw."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from stylegan2.checkpoint import read_network
from stylegan2.demo.__main__ import main
from stylegan2.demo.training import Plan, Trainer
from stylegan2.directions import EMOTIONS, read_directions

PLAN = Plan(size="tiny", minutes=0.03, replay=64, batch=4, fresh=2)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_training_brings_pictures_nearer_to_the_portraits(tmp_path: Path) -> None:
    trainer = Trainer(replace(PLAN, minutes=30.0, rate=0.015), tmp_path)
    first, second = islice(trainer.run(), 2)
    assert (first.step, second.step) == (100, 200)
    assert second.loss < 0.95 * first.loss


def test_training_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    first = Trainer(PLAN, tmp_path)
    list(first.run())
    resumed = Trainer(replace(PLAN, minutes=0.06), tmp_path)
    assert (resumed.step, resumed.seen) == (first.step, first.seen)
    for mine, theirs in zip(resumed.network.parameters(), first.network.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    list(resumed.run())
    assert resumed.step > first.step


def test_a_finished_training_is_not_trained_again(tmp_path: Path) -> None:
    first = Trainer(PLAN, tmp_path)
    list(first.run())
    again = Trainer(PLAN, tmp_path)
    list(again.run())
    assert again.step == first.step


@pytest.mark.slow
def test_one_command_makes_files_that_the_library_loads(tmp_path: Path) -> None:
    shipped, sheets = tmp_path / "shipped", tmp_path / "sheets"
    folders = ["--work", str(tmp_path / "work"), "--shipped", str(shipped), "--sheets", str(sheets)]
    small = ["--size", "tiny", "--device", "cpu", "--minutes", "0.03", "--mapping-steps", "5", "--people", "1"]
    main(["make", *folders, *small, "--workers", "2"])
    network = read_network(shipped / "demo-faces.safetensors")
    directions = read_directions(shipped / "demo-faces.directions.safetensors", 6, 512, network.sha256)
    assert [direction.emotion for direction in directions[:6]] == list(EMOTIONS)
    assert {path.name for path in sheets.iterdir()} == {
        f"demo-faces-{name}.png" for name in ("people", "emotions", "strengths", "truncation", "directions")
    }
    assert network.sha256 in (shipped / "README.md").read_text(encoding="utf-8")
    assert "missed" in (shipped / "demo-faces.report.md").read_text(encoding="utf-8")
    assert (shipped / "demo-faces.seeds.json").is_file()
