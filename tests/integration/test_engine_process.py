"""One engine's process: how it starts, answers, fails, and how nothing of it is ever left behind."""

import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylegan2.checkpoint import read_network
from stylegan2.engine.device import Device
from stylegan2.engine.process import EngineProcess
from stylegan2.engine.terms import DeviceSpec, DeviceStatus, EngineCommand
from stylegan2.errors import EngineError, EngineLost, OutOfDeviceMemory
from tests.engines.fakes import (
    QUICK,
    children,
    described,
    eventually,
    exists,
    face,
    fake_command,
    fake_device,
    picture_of,
    process_of,
)

ROOT = Path(__file__).parents[2]
START_S = 60.0

Start = Callable[..., EngineProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start fake engines with orders; they are closed at the end, and no child may be left."""
    before, processes = children(), list[EngineProcess]()

    def start_one(memory_bytes: int = 0, **orders: Any) -> EngineProcess:
        process = EngineProcess(fake_device(**orders), memory_bytes)
        processes.append(process)
        return process

    yield start_one
    for process in processes:
        process.close()
    assert children() <= before


def hello(process: EngineProcess) -> dict[str, Any]:
    answer, _ = process.call({"command": "hello"}, timeout_s=START_S)
    return answer


def synthesize(process: EngineProcess, *seeds: int, timeout_s: float = START_S) -> Any:
    """Map and synthesize, as the runner does it for psi 1."""
    z = np.concatenate([np.random.RandomState(seed).randn(1, 8) for seed in seeds])
    _, mapped = process.call({"command": "map", "network": "fake"}, {"z": z}, timeout_s=timeout_s)
    ws = np.repeat(mapped["w"][:, None], 6, axis=1)
    command = {"command": "synthesize", "network": "fake", "noises": [{"mode": "const"}] * len(seeds)}
    _, results = process.call(command, {"ws": ws}, timeout_s=timeout_s)
    return results["pictures"]


@pytest.mark.parametrize("memory_bytes", [0, 1000, 10_000])
def test_pictures_come_back_with_shared_memory_or_without(start: Start, memory_bytes: int) -> None:
    pictures = synthesize(start(memory_bytes), 1, 2)
    assert np.array_equal(pictures, [picture_of(face(1)), picture_of(face(2))])


def test_an_engine_says_what_it_is(start: Start) -> None:
    process = start()
    told = hello(process)
    assert (told["engine"], told["device"]) == ("fake", "gpu:0")
    assert process_of(told["device_name"]) == process.process_id


def test_an_engine_that_fails_at_one_thing_goes_on_with_the_next(start: Start) -> None:
    process = start(poison=[7], oom_above=2)
    with pytest.raises(EngineError, match="this latent cannot be rendered"):
        synthesize(process, 7)
    with pytest.raises(OutOfDeviceMemory):
        synthesize(process, 1, 2, 3)
    with pytest.raises(EngineError, match="unknown command 'dance'"):
        process.call({"command": "dance"}, timeout_s=START_S)
    assert len(synthesize(process, 1, 2)) == 2


def test_an_engine_that_cannot_be_made_gives_its_reason(start: Start) -> None:
    with pytest.raises(EngineError, match="the driver is too old"):
        hello(start(refuse="the driver is too old"))


def test_a_lost_device_ends_the_process_and_says_so(start: Start) -> None:
    process = start(lose=[7])
    with pytest.raises(EngineLost, match="an illegal memory access was encountered"):
        synthesize(process, 7)
    assert not process.alive


def test_a_killed_engine_is_told_by_its_signal(start: Start) -> None:
    process = start()
    hello(process)
    os.kill(process.process_id, signal.SIGKILL)
    with pytest.raises(EngineLost, match="SIGKILL"):
        hello(process)


def test_an_engine_that_dies_at_work_is_told_by_its_exit_status(start: Start) -> None:
    with pytest.raises(EngineLost, match="exit status 3"):
        synthesize(start(die=[7]), 7)


def test_an_engine_that_is_stopped_is_killed_when_its_time_is_up(start: Start) -> None:
    process = start()
    hello(process)
    os.kill(process.process_id, signal.SIGSTOP)
    with pytest.raises(EngineLost, match="gave no answer to hello in 0 s"):
        process.call({"command": "hello"}, timeout_s=0.3)
    assert not process.alive


def test_signals_of_a_terminal_and_of_a_service_manager_are_left_to_the_owner(start: Start) -> None:
    process = start()
    hello(process)
    os.kill(process.process_id, signal.SIGINT)
    os.kill(process.process_id, signal.SIGTERM)
    assert len(synthesize(process, 1)) == 1
    assert os.getsid(process.process_id) != os.getsid(0)


def test_an_engine_can_be_killed_from_another_thread_while_it_works(start: Start) -> None:
    process = start(hang=[7])
    hello(process)
    killer = threading.Timer(0.3, process.kill)
    killer.start()
    with pytest.raises(EngineLost, match="SIGKILL"):
        synthesize(process, 7)
    killer.join()


def test_closing_ends_an_engine_at_once(start: Start) -> None:
    process = start()
    hello(process)
    started = time.monotonic()
    process.close(patience_s=20)
    assert time.monotonic() - started < 10
    assert not exists(process.process_id)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (EngineCommand("absent", python="/no/such/python"), "cannot be started.*No such file"),
        (EngineCommand("absent", module="no.such.module"), "exit status 1.*No module named"),
    ],
)
def test_a_command_that_cannot_run_gives_its_reason(command: EngineCommand, reason: str) -> None:
    reasons: list[DeviceStatus] = []

    def note_and_stop() -> None:
        reasons.append(device.status)
        device.stop()

    device = Device(DeviceSpec("cpu", command=command), {"fake": described()}, QUICK, note_and_stop)
    assert not device.bring_up()
    assert not reasons[0].ready
    assert re.search(reason, reasons[0].detail)


OWNER = """
import sys, time
from stylegan2.engine.process import EngineProcess
from tests.engines.fakes import fake_device, process_of
process = EngineProcess(fake_device(hang=[7]), 10_000)
told, _ = process.call({"command": "hello"}, timeout_s=60)
print(process_of(told["device_name"]), flush=True)
from tests.integration.test_engine_process import synthesize
synthesize(process, *map(int, sys.argv[1:]), timeout_s=600) if sys.argv[1:] else time.sleep(600)
"""


@pytest.mark.parametrize("seeds", [[], ["7"]], ids=["idle", "at work"])
def test_an_engine_ends_with_its_owner(seeds: list[str]) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, *seeds], cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        process_id = int(owner.stdout.readline())
        assert exists(process_id)
        owner.kill()
        owner.wait()
        assert eventually(lambda: not exists(process_id), timeout_s=10)


def python37() -> str:
    check = "import sys, numpy; sys.exit(sys.version_info[:2] != (3, 7))"
    for name in (os.environ.get("PYTHON37", "python3.7"), "python3.7", str(ROOT / ".venv-tensorflow/bin/python")):
        python = shutil.which(name)
        if python and subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0:
            return python
    pytest.skip("no Python 3.7 with NumPy is found (PYTHON37=, PATH, .venv-tensorflow)")


def test_an_interpreter_of_python_3_7_serves_the_same_protocol() -> None:
    command = EngineCommand("fake", python37(), "tests.engines.fake_engine", fake_command(poison=[7]).arguments)
    process = EngineProcess(DeviceSpec("cpu", command=command), memory_bytes=10_000)
    try:
        assert np.array_equal(synthesize(process, 1)[0], picture_of(face(1)))
        with pytest.raises(EngineError, match="this latent cannot be rendered"):
            synthesize(process, 7)
    finally:
        process.close()
    assert not exists(process.process_id)


def test_a_network_that_the_engine_cannot_read_is_sent_as_arrays() -> None:
    path = ROOT / "tests/golden/skip32.pkl"
    network = dataclasses.replace(described(), path=str(path), sha256=read_network(path).sha256)
    spec = fake_device()
    spec = dataclasses.replace(spec, command=dataclasses.replace(spec.command, reads_files=False))
    device = Device(spec, {"fake": network}, QUICK, lambda: None)
    assert device.bring_up(), device.status.detail
    device.close()


def test_a_file_that_has_changed_is_not_rendered_with() -> None:
    reasons: list[str] = []

    def note_and_stop() -> None:
        reasons.append(device.status.detail)
        device.stop()

    network = dataclasses.replace(described(), sha256="of-another-file")
    device = Device(fake_device(), {"fake": network}, QUICK, note_and_stop)
    assert not device.bring_up()
    assert "fake.pkl has changed" in reasons[0]
