"""The engine gives NVIDIA's pictures on a CUDA device too; on the CPU the same check shows that it can be trusted."""

import numpy as np
import pytest
import torch

from stylegan2.engine.torch_engine import TorchEngine
from tests.unit.network_files import FILES, GOLDEN

NO_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
DEVICES = ["cpu", pytest.param("cuda", marks=[pytest.mark.gpu, NO_CUDA])]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", FILES)
def test_a_device_gives_the_goldens_pictures(device: str, name: str) -> None:
    expected = np.load(GOLDEN / f"{name}.npz")
    engine = TorchEngine(device, threads=1)
    engine.load("golden", {"path": str(GOLDEN / f"{name}.pkl")}, {})
    w = engine.map("golden", expected["z"], expected["labels"] if "cond" in name else None)
    np.testing.assert_allclose(w, expected["w"], rtol=0, atol=5e-5)
    for key in ("psi05", "psi07", "emotion"):
        pictures = engine.synthesize("golden", expected[f"w_{key}"], [{"mode": "const"}] * len(w))
        levels = np.abs(pictures.astype(np.int16) - expected[f"u8_{key}"])
        assert levels.max() <= 1
        assert (levels == 0).mean() >= 0.999
