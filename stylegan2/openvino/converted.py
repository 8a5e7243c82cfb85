"""One network's conversion: its two models and its own noise, written to a folder and run from there."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino

from stylegan2.face import NoiseMode
from stylegan2.latents import noise_resolutions, noise_stream
from stylegan2.network import Network
from stylegan2.openvino.graph import mapping_model, synthesis_model

Array = np.ndarray[Any, np.dtype[Any]]

FACTS = "facts.json"
NOISE = "noise.npz"


def write_conversion(network: Network, folder: Path) -> None:
    """Raises UnsupportedNetwork, and RuntimeError where OpenVINO refuses the graph."""
    for name, model in (("mapping", mapping_model(network)), ("synthesis", synthesis_model(network))):
        openvino.save_model(model, folder / f"{name}.xml", compress_to_fp16=False)
    sizes = [f"synthesis.{size}.{conv}" for size in network.synthesis.block_resolutions for conv in ("conv0", "conv1")]
    noises = [network.tensors[f"{name}.noise_const"] for name in sizes[1:]]  # 4x4 has no conv0
    np.savez(folder / NOISE, *noises)
    facts = {"z_dim": network.mapping.z_dim, "resolution": network.synthesis.resolution, "sha256": network.sha256}
    (folder / FACTS).write_text(json.dumps(facts))


class ConvertedNetwork:
    """A stored conversion, compiled for this processor. Used by one thread at a time."""

    def __init__(self, folder: Path, threads: int | None) -> None:
        """Raises OSError, ValueError, KeyError or RuntimeError where the folder does not hold one."""
        facts = json.loads((folder / FACTS).read_text())
        self.sha256: str = facts["sha256"]
        self._z_dim: int = facts["z_dim"]
        self._sizes = noise_resolutions(facts["resolution"])
        with np.load(folder / NOISE) as noises:
            self._constants = [noises[name][None, None] for name in noises.files]
        self._zeros: list[Array] = []
        self._mapping = _compiled(folder / "mapping.xml", threads)
        self._synthesis = _compiled(folder / "synthesis.xml", threads)

    def map(self, z: Array, labels: Array | None) -> Array:
        """z [N, z_dim], labels [N, label_dim] (conditional networks only) -> w float32 [N, w_dim]."""
        inputs = {"z": z.astype(np.float32)}
        if labels is not None:
            inputs["labels"] = labels.astype(np.float32)
        w: Array = self._mapping.infer(inputs)[0].copy()
        return w

    def synthesize(self, ws: Array, noises: Sequence[dict[str, Any]]) -> Array:
        """As `stylegan2.engine.child.Engine.synthesize`. Raises ArithmeticError where values are not finite."""
        return np.concatenate([self._picture(ws[index], noise) for index, noise in enumerate(noises)])

    def _picture(self, ws: Array, noise: dict[str, Any]) -> Array:
        inputs = {f"noise{index}": values for index, values in enumerate(self._noise(noise))}
        picture: Array
        picture, total = self._synthesis.infer(
            {"ws": ws[None].astype(np.float32), **inputs}, share_inputs=True
        ).values()
        if not np.isfinite(total):  # bytes would hide it
            raise ArithmeticError("not a picture: the network gives values that are not finite")
        return picture

    def _noise(self, noise: dict[str, Any]) -> Sequence[Array]:
        if noise["mode"] == "stream":
            return noise_stream(noise["seed"], self._z_dim, self._sizes)
        if NoiseMode(noise["mode"]) is NoiseMode.NONE:
            self._zeros = self._zeros or [np.zeros_like(each) for each in self._constants]
            return self._zeros
        return self._constants


def _compiled(path: Path, threads: int | None) -> Any:
    """A request of a model that computes in float32, whatever the processor prefers, in threads the system may move."""
    options: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
    }
    if threads is not None:
        options["INFERENCE_NUM_THREADS"] = threads
    return openvino.Core().compile_model(path, "CPU", options).create_infer_request()
