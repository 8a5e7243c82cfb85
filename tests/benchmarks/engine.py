"""The engine: pictures a second by batch size, and what the way through its process costs."""

import os

import numpy as np

from stylegan2.checkpoint import describe_network, read_network
from stylegan2.face import Face
from stylegan2.latents import z_from_seed
from stylegan2.runner import DeviceSpec, EngineCommand, Runner
from tests.benchmarks.networks import default_network
from tests.benchmarks.tables import milliseconds, print_table, seconds, times

BATCHES = (1, 2, 4, 8)


def run() -> None:
    os.environ.update(
        EngineCommand().environment
    )  # before torch is here, or its threads wait otherwise than the engine's
    import torch

    from stylegan2.networks.generator import Generator, to_uint8

    name, path = default_network()
    network = read_network(path)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    generator = Generator.from_network(network, device)

    def pictures(batch: int) -> None:
        z = np.concatenate([z_from_seed(seed, network.mapping.z_dim) for seed in range(batch)])
        w = generator.map(z)
        ws = w[:, None].repeat(1, network.synthesis.num_ws, 1)
        to_uint8(generator.synthesize(ws)).cpu()

    rows = []
    single = seconds(lambda: pictures(1))
    for batch in BATCHES:
        each = seconds(lambda batch=batch: pictures(batch)) / batch  # type: ignore[misc]
        rows.append([f"in this process, batch {batch}", milliseconds(each), f"{1 / each:.1f}", times(each / single)])
    with Runner({name: describe_network(name, path)}, [DeviceSpec(device)]) as runner:
        runner.submit(Face(name, 0, 0.5)).result()
        one = seconds(lambda: runner.submit(Face(name, 1, 0.5)).result())
        many = seconds(lambda: [f.result() for f in [runner.submit(Face(name, s, 0.5)) for s in range(16)]]) / 16
    rows.append(["through its process, one", milliseconds(one), f"{1 / one:.1f}", times(one / single)])
    rows.append(["through its process, 16 waiting", milliseconds(many), f"{1 / many:.1f}", times(many / single)])
    print_table(
        f"Engine: torch {torch.__version__} on {device}, {torch.get_num_threads()} threads, {name} "
        f"({network.synthesis.resolution} px); compared to one picture in this process",
        ["", "ms a picture", "pictures/s", "time, ratio"],
        rows,
    )
