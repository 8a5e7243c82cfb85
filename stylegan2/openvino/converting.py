"""Converts one network and checks it against its definition, in a process that ends after it.

    python -m stylegan2.openvino.converting FILE FOLDER

PyTorch and the weights, in several copies, come and go with the process; what a crash leaves is no conversion.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylegan2.checkpoint import read_network
from stylegan2.engine.pictures import same_picture
from stylegan2.errors import StyleGanError
from stylegan2.face import NoiseMode
from stylegan2.latents import one_hot, truncate, z_from_seed
from stylegan2.network import Network
from stylegan2.openvino.stored import stored

if TYPE_CHECKING:
    from stylegan2.openvino.converted import ConvertedNetwork

Array = np.ndarray[Any, np.dtype[Any]]

REFUSED = 3
TIMEOUT_S = 110
SEEDS = (0, 1)
PSI = 0.7
PROJECT = Path(__file__).resolve().parents[2]


class ConversionRefused(StyleGanError):
    """OpenVINO does not render this network as its definition does, or not at all; the message says which."""


def convert_apart(path: Path, folder: Path, threads: int | None) -> None:
    """Convert the network in file `path` into `folder`, in a process of its own. Raises ConversionRefused."""
    command = [sys.executable, "-m", "stylegan2.openvino.converting", str(path.resolve()), str(folder.resolve())]
    command += [] if threads is None else ["--threads", str(threads)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ConversionRefused(f"its conversion took longer than {TIMEOUT_S} s") from None
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"its conversion ended with {done.returncode}"])[-1]
        raise ConversionRefused(last)


def convert(path: Path, folder: Path, threads: int | None) -> None:
    """Raises StyleGanError, OSError or RuntimeError with the reason; then there is no folder."""
    from stylegan2.openvino.converted import ConvertedNetwork, write_conversion

    network = read_network(path)
    with stored(folder) as partial:
        write_conversion(network, partial)
        check(network, ConvertedNetwork(partial, threads))


def check(network: Network, converted: "ConvertedNetwork") -> None:
    """Raises ConversionRefused unless faces, from z to bytes, are those of `stylegan2.networks`."""
    from stylegan2.networks import Generator, to_uint8

    z = np.concatenate([z_from_seed(seed, network.mapping.z_dim) for seed in SEEDS])
    label_dim = network.mapping.label_dim
    labels = np.concatenate([one_hot(seed % label_dim, label_dim) for seed in SEEDS]) if label_dim else None
    generator = Generator.from_network(network)
    for index, mode in enumerate(("const", "none")):
        expected = generator.synthesize(*_face(network, generator.map(z, labels).numpy()[index : index + 1], mode))
        ws, _ = _face(network, converted.map(z, labels)[index : index + 1], mode)
        if not expected.isfinite().all():
            raise ConversionRefused("its values are not finite")
        if not same_picture(converted.synthesize(ws, [{"mode": mode}]), to_uint8(expected).numpy()):
            raise ConversionRefused("its pictures come out otherwise")


def _face(network: Network, w: Array, mode: str) -> tuple[Array, NoiseMode]:
    ws = np.repeat(w[:, None], network.synthesis.num_ws, 1)
    return truncate(ws, network.w_avg, PSI), NoiseMode(mode)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args(arguments)
    try:
        convert(options.file, options.folder, options.threads)
    except (StyleGanError, OSError, RuntimeError) as error:
        lines = str(error).strip().splitlines()
        sys.stderr.write(f"{lines[0] if lines else repr(error)}\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
