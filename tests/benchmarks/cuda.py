"""The CUDA device, where there is one: each step of our way to a picture beside what it would have to cost, and our
engine beside stylegan2-ada-pytorch at the batches that suit each."""

from collections.abc import Callable

import torch

from stylegan2.cuda.finishing import Finisher, finish, finisher_for
from stylegan2.cuda.graphs import MOST_AT_ONCE, Recorded
from stylegan2.cuda.half import HalfSynthesis
from stylegan2.engine.terms import EngineCommand
from stylegan2.network import Network
from stylegan2.networks import Generator, to_uint8
from tests.benchmarks.contenders import contenders, in_turns, peer_command
from tests.benchmarks.networks import config_f
from tests.benchmarks.roofline import measured_machine, on_device_s, work_of
from tests.benchmarks.tables import milliseconds, print_table, times

BATCHES = (1, 2, 4, 8, 16, 32)
ROUNDS = 10
HALF_BYTES = 2
Step = Callable[[torch.Tensor], object]


def run() -> None:
    if not torch.cuda.is_available():
        print("\nCUDA: left out, there is no device")
        return
    network = config_f()
    print_steps(network)
    print_engines(network)


def print_steps(network: Network) -> None:
    machine = measured_machine("cuda", half=True)
    rows = []
    for batch in (1, MOST_AT_ONCE):
        floor_s = machine.floor_s(work_of(network, batch, HALF_BYTES))
        ws = torch.randn(batch, network.synthesis.num_ws, network.synthesis.w_dim, device="cuda")
        for name, step in steps(network).items():
            step(ws)
            with torch.inference_mode():
                each = on_device_s(lambda step=step, ws=ws: step(ws)) / batch  # type: ignore[misc]
            rows.append([name, batch, milliseconds(each), milliseconds(floor_s), times(each / floor_s)])
    print_table(
        f"CUDA, {torch.cuda.get_device_name()}: config f at 1024 px, on the device; "
        f"{machine.multiply_adds_a_second / 1e12:.0f} T multiply-adds (float16) and "
        f"{machine.bytes_a_second / 1e9:.0f} GB a second",
        ["", "batch", "ms a picture", "roofline ms", "of it"],
        rows,
    )


def steps(network: Network) -> dict[str, Step]:
    device = torch.device("cuda")
    generator = Generator.from_network(network, device)
    tensors = {name: torch.tensor(array, device=device) for name, array in network.tensors.items()}
    noise = [each[None, None] for each in generator.noise_constants]

    def half(finisher: Finisher) -> Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
        with torch.inference_mode():
            made = HalfSynthesis.from_tensors(network.synthesis, tensors, finisher)

        def pictures(ws: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            with torch.inference_mode():
                image = made(ws, noise)
                return to_uint8(image), image.isfinite().all()

        return pictures

    fused = half(finisher_for(device))
    return {
        "float32": lambda ws: to_uint8(generator.synthesize(ws)),
        "float16, plain passes": half(finish),
        "float16, fused passes": fused,
        "the same, recorded": Recorded(fused, device),
    }


def print_engines(network: Network) -> None:
    peer = peer_command()
    commands = [
        EngineCommand(arguments=("--precision", "auto")),
        EngineCommand(arguments=("--precision", "float32")),
        *([peer] if peer else []),
    ]
    rows = []
    with contenders(commands, network, "cuda:0") as engines:
        for batch in BATCHES:
            in_turns(engines, batch, ROUNDS)
            paces = [1 / min(engine.seconds) for engine in engines]
            rows.append([batch, *(f"{pace:.0f}" for pace in paces), times(paces[0] / paces[-1])])
    print_table(
        f"CUDA, {torch.cuda.get_device_name()}: pictures a second through the engine's process, bytes on this side",
        ["batch", "float16", "float32", *([engines[-1].name] if peer else []), "first to last"],
        rows,
    )
