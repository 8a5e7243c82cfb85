"""The demo network trains on a CUDA device as it does on the CPU: painting, learning, resuming, export."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from stylegan2.demo.expression import EMOTIONS
from stylegan2.demo.people import SEMANTICS, showing
from stylegan2.demo.teacher import paint
from stylegan2.demo.training import Plan, Trainer

NO_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
DEVICES = ["cpu", pytest.param("cuda", marks=[pytest.mark.gpu, NO_CUDA])]
PLANS = {"cpu": Plan(), "cuda": Plan().on_gpu()}


@pytest.mark.parametrize("device", DEVICES)
def test_a_device_trains_and_resumes(device: str, tmp_path: Path) -> None:
    plan = replace(PLANS[device], size="tiny", minutes=30.0, batch=8, fresh=8)
    trainer = Trainer(plan, tmp_path)
    progress = next(islice(trainer.run(), 1))
    trainer.save()
    assert progress.step == 100
    resumed = Trainer(plan, tmp_path)
    assert resumed.step == 100
    assert next(resumed.network.parameters()).device.type == device


@pytest.mark.parametrize("device", DEVICES)
def test_a_device_paints_the_portraits_that_the_cpu_paints(device: str) -> None:
    people = torch.cat([showing(torch.zeros(1, len(SEMANTICS)), emotion) for emotion in EMOTIONS])
    painted = paint(people.to(device), 64).cpu()
    difference = (painted - paint(people, 64)).abs()
    assert difference.mean() < 1e-4
    assert difference.max() < 0.05
