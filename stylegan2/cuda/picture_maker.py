"""One network's pictures in float16, once they were seen to be those of float32."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stylegan2.cuda.finishing import Finisher, finisher_for
from stylegan2.cuda.graphs import Recorded, Transfer
from stylegan2.cuda.half import HALF_FROM, HalfSynthesis
from stylegan2.errors import StyleGanError, UnsupportedNetwork
from stylegan2.face import NoiseMode
from stylegan2.latents import one_hot, truncate, z_from_seed
from stylegan2.network import Network
from stylegan2.networks import Generator, ItemNoise, to_uint8
from stylegan2.networks.noise import noise_inputs

Array = np.ndarray[Any, np.dtype[Any]]

MEAN_LEVELS = 0.25
"""How far float16's pictures may lie from float32's, on average over their values, of 255 levels."""
SEEDS = (0, 1)
PSI = 0.7

logger = logging.getLogger(__name__)


class DiffersTooMuch(StyleGanError):
    """Float16's pictures are not float32's."""


class PictureMaker:
    """ws and noise in, bytes out. `generator` is the same network in float32, on the same device."""

    def __init__(
        self,
        network: Network,
        generator: Generator,
        finisher: Finisher | None = None,
        half_from: int = HALF_FROM,
    ) -> None:
        """Raises UnsupportedNetwork and DiffersTooMuch."""
        self._device = generator.synthesis.const.device
        self._constants = generator.noise_constants
        tensors = {name: torch.tensor(array, device=self._device) for name, array in network.tensors.items()}
        with torch.inference_mode():
            finisher = finisher or finisher_for(self._device)
            self._synthesis = HalfSynthesis.from_tensors(network.synthesis, tensors, finisher, half_from)
        self._transfer = Transfer(self._device)
        self._const_noise = [noise[None, None] for noise in self._constants]
        self._with_const_noise = Recorded(self._make, self._device) if self._device.type == "cuda" else self._make
        self._check(network, generator)

    def pictures(self, ws: Array, noise: Sequence[ItemNoise]) -> Array:
        """ws [N, num_ws, w_dim] -> uint8 [N, H, W, C], overwritten by the next call. Raises ArithmeticError."""
        with torch.inference_mode():
            on_device = torch.tensor(ws, dtype=torch.float32).to(self._device)
            if all(item is NoiseMode.CONST for item in noise):
                return self._transfer.pictures(self._with_const_noise, on_device)
            inputs = noise_inputs(self._constants, noise, len(ws))
            picture, finite = self._finished(self._synthesis(on_device, inputs))
            if not finite:
                raise ArithmeticError("not a picture: the network gives values that are not finite")
            return picture.cpu().numpy()

    def _make(self, ws: Tensor) -> tuple[Tensor, Tensor]:
        return self._finished(self._synthesis(ws, self._const_noise))

    def _finished(self, image: Tensor) -> tuple[Tensor, Tensor]:
        return to_uint8(image).contiguous(), image.isfinite().all()

    def _check(self, network: Network, generator: Generator) -> None:
        z = np.concatenate([z_from_seed(seed, network.mapping.z_dim) for seed in SEEDS])
        label_dim = network.mapping.label_dim
        labels = np.concatenate([one_hot(seed % label_dim, label_dim) for seed in SEEDS]) if label_dim else None
        w = generator.map(z, labels).cpu().numpy()
        ws = truncate(np.repeat(w[:, None], network.synthesis.num_ws, 1), network.w_avg, PSI)
        for index in range(len(SEEDS)):
            face = ws[index : index + 1]
            expected = to_uint8(generator.synthesize(face)).cpu().numpy()
            made = self.pictures(face, [NoiseMode.CONST])
            levels = float(np.abs(made.astype(np.int16) - expected).mean())
            if not levels <= MEAN_LEVELS:
                raise DiffersTooMuch(f"float16 lies {levels:.2f} levels from float32")


def picture_maker(name: str, network: Network, generator: Generator) -> PictureMaker | None:
    """None, and a line in the log, where float32 has to serve."""
    try:
        return PictureMaker(network, generator)
    except (UnsupportedNetwork, DiffersTooMuch, ArithmeticError) as refusal:
        logger.warning("%s is rendered in float32: %s", name, refusal)
        return None
