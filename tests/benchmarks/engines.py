"""Every engine on the same network and device, in one run, through the same runner."""

import tempfile
from pathlib import Path

from stylegan2.checkpoint import describe_network
from stylegan2.errors import EngineUnavailable
from stylegan2.face import Face
from stylegan2.network import NetworkDescription
from stylegan2.openvino.command import openvino_command
from stylegan2.runner import DeviceSpec, EngineCommand, Runner
from stylegan2.tensorflow.command import tensorflow_command
from tests.benchmarks.networks import default_network
from tests.benchmarks.tables import milliseconds, print_table, seconds, times

FACES = 16


def run() -> None:
    with tempfile.TemporaryDirectory() as cache:
        _run(Path(cache))


def _run(cache: Path) -> None:
    name, path = default_network()
    network = describe_network(name, path)
    rows: list[list[str]] = []
    first: tuple[float, float] | None = None
    for command in (openvino_command(cache), EngineCommand(), _tensorflow()):
        if isinstance(command, EngineUnavailable):
            rows.append([str(command), "-", "-", "-", "-"])
            continue
        engine, one, many = _measure(network, command)
        first = first or (one, many)
        rows.append([engine, milliseconds(one), times(one / first[0]), milliseconds(many), times(many / first[1])])
    print_table(
        f"Engines: {name} ({network.resolution} px), ms a picture; compared to the first engine",
        ["", "one alone", "ratio", f"{FACES} waiting", "ratio"],
        rows,
    )


def _tensorflow() -> EngineCommand | EngineUnavailable:
    try:
        return tensorflow_command()
    except EngineUnavailable as error:
        return error


def _measure(network: NetworkDescription, command: EngineCommand) -> tuple[str, float, float]:
    """The engine and its device, the seconds of a picture asked for alone, and of one of many that wait."""
    with Runner({network.name: network}, [DeviceSpec("auto", command=command)]) as runner:

        def render(count: int) -> None:
            for future in [runner.submit(Face(network.name, seed, 0.5)) for seed in range(count)]:
                future.result()

        one = seconds(lambda: render(1), repeats=15)
        many = seconds(lambda: render(FACES)) / FACES
        device = runner.devices()[0]
        return f"{device.engine} on {device.name}", one, many
