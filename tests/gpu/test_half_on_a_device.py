"""Float16 on a CUDA device: kernels, recordings, transfers and batch sizes, none of which a CPU can run."""

import numpy as np
import pytest
import torch

from stylegan2.checkpoint import read_network
from stylegan2.cuda.finishing import finish, finisher_for
from stylegan2.cuda.picture_maker import MEAN_LEVELS, PictureMaker
from stylegan2.engine.torch_engine import MOST_A_BATCH, TorchEngine
from stylegan2.face import NoiseMode
from stylegan2.networks import Generator
from tests.unit.network_files import GOLDEN

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
CONST = {"mode": "const"}


def engine(precision: str) -> TorchEngine:
    made = TorchEngine("cuda", threads=1, precision=precision)
    made.load("skip32", {"path": str(GOLDEN / "skip32.pkl")}, {})
    return made


def test_the_kernel_compiles_and_agrees() -> None:
    assert finisher_for(torch.device("cuda")) is not finish


@pytest.mark.parametrize("mode", ["const", "none"])
def test_float16_lies_close_to_float32_and_is_the_same_each_time(mode: str) -> None:
    half, full = engine("auto"), engine("float32")
    ws = np.load(GOLDEN / "skip32.npz")["w_emotion"]
    noises = [{"mode": mode}] * len(ws)
    made = half.synthesize("skip32", ws, noises).copy()
    assert np.abs(made.astype(int) - full.synthesize("skip32", ws, noises)).mean() <= MEAN_LEVELS
    assert np.array_equal(made, half.synthesize("skip32", ws, noises))


def test_all_in_float16_recorded_batches_give_what_single_pictures_give() -> None:
    network = read_network(GOLDEN / "skip32.pkl")
    maker = PictureMaker(network, Generator.from_network(network, "cuda"), half_from=4)
    ws = np.random.RandomState(1).randn(13, 8, 48).astype(np.float32)
    together = maker.pictures(ws, [NoiseMode.CONST] * 13).copy()
    for index in range(13):
        alone = maker.pictures(ws[index : index + 1], [NoiseMode.CONST])
        assert np.abs(together[index].astype(int) - alone[0]).mean() <= MEAN_LEVELS


def test_the_engine_tells_how_many_faces_fit() -> None:
    assert 1 <= engine("auto").describe()["batch_size"] <= MOST_A_BATCH
