"""The runner over real engine processes: everyone gets their own face, whatever happens to an engine."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stylegan2.errors import (
    EngineError,
    EngineLost,
    EngineUnavailable,
    InvalidFace,
    OutOfDeviceMemory,
    RunnerClosed,
    RunnerFull,
)
from stylegan2.face import Face, StyleMix
from stylegan2.runner import DeviceSpec, Priority, Rendered, Runner, RunnerOptions
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
LONG_S = 60.0


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    processes, threads = children(), set(threading.enumerate())
    yield
    assert children() <= processes
    assert set(threading.enumerate()) <= threads


def runner(*devices: DeviceSpec, options: RunnerOptions = QUICK) -> Runner:
    return Runner({"fake": described(), "other": described("other")}, devices, options)


def ready(faces: Runner) -> bool:
    return all(device.ready for device in faces.devices())


def submit_all(faces: Runner, seeds: range) -> "dict[int, Future[Rendered]]":
    return {seed: faces.submit(face(seed)) for seed in seeds}


def assert_own_faces(futures: "dict[int, Future[Rendered]]") -> list[Rendered]:
    results = {seed: future.result(LONG_S) for seed, future in futures.items()}
    for seed, result in results.items():
        assert np.array_equal(result.pixels, picture_of(face(seed))), seed
    return list(results.values())


def test_64_threads_at_once_each_get_their_own_face_and_batches_form() -> None:
    with runner(fake_device(slow_s=0.01), fake_device(slow_s=0.02, device="gpu:1")) as faces:
        results: dict[int, Rendered] = {}
        barrier = threading.Barrier(64)

        def visit(visitor: int) -> None:
            barrier.wait()
            for seed in (visitor, visitor + 1000):
                results[seed] = faces.submit(face(seed)).result(LONG_S)

        threads = [threading.Thread(target=visit, args=(visitor,)) for visitor in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(results) == 128
    for seed, result in results.items():
        assert np.array_equal(result.pixels, picture_of(face(seed)))
    assert max(result.batch_size for result in results.values()) == 8


def test_a_picture_says_where_and_how_it_was_made() -> None:
    with runner(fake_device(slow_s=0.02)) as faces:
        result = faces.submit(face(1)).result(LONG_S)
        assert (result.device, result.engine, result.batch_size) == ("gpu:0", "fake 1", 1)
        assert result.render_ms >= 20
        assert result.queue_ms > 0
        assert result.pixels.base is None
        assert faces.pace_s() == pytest.approx(result.render_ms / 1000)


def test_mixes_psi_and_cutoff_reach_the_engine() -> None:
    plain, mixed = face(1), Face("fake", 1, mixes=(StyleMix(2, 0, 6),))
    average = [Face("fake", seed, psi=0.0) for seed in (1, 2)]
    with runner(fake_device()) as faces:
        pictures = [faces.submit(each).result(LONG_S).pixels for each in (plain, mixed, *average)]
    assert np.array_equal(pictures[1], picture_of(face(2)))
    assert np.array_equal(pictures[2], pictures[3])
    assert not np.array_equal(pictures[0], pictures[2])


@pytest.mark.fault
def test_a_device_that_runs_out_of_memory_gets_smaller_batches_and_no_new_process() -> None:
    with runner(fake_device(oom_above=3)) as faces:
        assert eventually(lambda: ready(faces))
        before = faces.devices()
        results = assert_own_faces(submit_all(faces, range(40)))
        assert max(result.batch_size for result in results) <= 3
        assert faces.devices() == before


def test_a_device_too_small_for_the_canary_gives_that_as_its_reason() -> None:
    with runner(fake_device(oom_above=0)) as faces, pytest.raises(EngineUnavailable, match="too large"):
        faces.submit(face(1)).result(LONG_S)


def test_a_device_lost_once_is_replaced_and_no_face_with_it(tmp_path: Path) -> None:
    changes: list[bool] = []
    specs = [fake_device(lose=[5], once=tmp_path / "lost", slow_s=0.01)]
    with Runner({"fake": described()}, specs, QUICK, lambda: changes.append(ready(faces))) as faces:
        futures = submit_all(faces, range(20))
        assert_own_faces(futures)
        assert ready(faces)
    assert (tmp_path / "lost").exists()
    assert changes[:4] == [True, False, True, False]


@pytest.mark.fault
@pytest.mark.parametrize(
    ("misfortune", "error", "reason"),
    [
        ("poison", EngineError, "cannot be rendered"),
        ("oom", OutOfDeviceMemory, "too large"),
        ("constant", EngineError, "seed 5: not a picture"),
        ("die", EngineLost, "exit status 3"),
        ("lose", EngineLost, "illegal memory access"),
    ],
)
def test_one_bad_face_in_a_batch_fails_alone(misfortune: str, error: type[Exception], reason: str) -> None:
    with runner(DeviceSpec("gpu:0", 8, command=fake_command(**{misfortune: [5]}))) as faces:
        futures = submit_all(faces, range(8))
        with pytest.raises(error, match=reason) as caught:
            futures.pop(5).result(LONG_S)
        assert type(caught.value) is error
        assert_own_faces(futures)
        assert_own_faces(submit_all(faces, range(8, 12)))


@pytest.mark.fault
def test_an_engine_that_hangs_is_replaced_and_the_others_finish(tmp_path: Path) -> None:
    options = replace(QUICK, hang_floor_s=1.5, hang_factor=1)
    with runner(fake_device(hang=[5], once=tmp_path / "hung"), options=options) as faces:
        assert_own_faces(submit_all(faces, range(8)))


def test_an_engine_that_is_stopped_is_replaced() -> None:
    options = replace(QUICK, hang_floor_s=1.5, hang_factor=1)
    with runner(fake_device(batch_size=2), options=options) as faces:
        assert eventually(lambda: ready(faces))
        process = process_of(faces.devices()[0].detail)
        os.kill(process, signal.SIGSTOP)
        assert_own_faces(submit_all(faces, range(4)))
        assert not exists(process)


def test_an_engine_that_is_killed_at_work_costs_nobody_a_face() -> None:
    with runner(fake_device(slow_s=0.2)) as faces:
        assert eventually(lambda: ready(faces))
        futures = submit_all(faces, range(16))
        assert eventually(lambda: futures[0].running())
        os.kill(process_of(faces.devices()[0].detail), signal.SIGKILL)
        assert_own_faces(futures)


def test_an_engine_that_dies_idle_is_noticed_and_replaced() -> None:
    with runner(fake_device()) as faces:
        assert eventually(lambda: ready(faces))
        first = process_of(faces.devices()[0].detail)
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: not ready(faces))
        assert eventually(lambda: ready(faces))
        assert process_of(faces.devices()[0].detail) != first


@pytest.mark.fault
def test_a_device_whose_canary_comes_out_otherwise_is_out_of_service(tmp_path: Path) -> None:
    options = replace(QUICK, canary_every_s=0.1)
    with runner(fake_device(changed=tmp_path / "changed"), options=options) as faces:
        assert eventually(lambda: ready(faces))
        (tmp_path / "changed").touch()
        assert eventually(lambda: "comes out otherwise" in faces.devices()[0].detail)
        assert eventually(lambda: faces.unavailable_reason() is not None)
        (tmp_path / "changed").unlink()
        assert eventually(lambda: ready(faces))
        assert_own_faces(submit_all(faces, range(3)))


def test_without_any_engine_a_face_is_refused_with_the_reason() -> None:
    with runner(fake_device(refuse="the driver is too old")) as faces:
        queued = faces.submit(face(1))
        with pytest.raises(EngineUnavailable, match="the driver is too old"):
            queued.result(LONG_S)
        with pytest.raises(EngineUnavailable, match="the driver is too old"):
            faces.submit(face(2))
        assert faces.room() == 0


def test_one_device_that_cannot_start_leaves_the_work_to_the_other() -> None:
    with runner(fake_device(refuse="no such device"), fake_device(device="gpu:1")) as faces:
        results = assert_own_faces(submit_all(faces, range(20)))
        assert {result.device for result in results} == {"gpu:1"}
        assert eventually(lambda: [status.ready for status in faces.devices()] == [False, True])
        assert faces.unavailable_reason() is None


def test_a_face_that_was_lost_with_a_device_that_stays_away_is_made_by_another(tmp_path: Path) -> None:
    dying = fake_device(die=list(range(100)), slow_s=0.05, device="gpu:0")
    with runner(dying, fake_device(device="gpu:1", slow_s=0.05)) as faces:
        assert eventually(lambda: ready(faces))
        futures = [faces.submit(face(seed)) for seed in range(32)]
        done = [future for future in wait(futures, LONG_S).done if future.exception() is None]
        assert len(done) >= 24  # at most a few end up alone on the device that dies of anyone


def test_auto_stands_for_every_device_that_the_first_engine_finds() -> None:
    with runner(DeviceSpec("auto", batch_size=2, command=fake_command(slow_s=0.05))) as faces:
        assert eventually(lambda: [status.name for status in faces.devices()] == ["gpu:0", "gpu:1"])
        assert eventually(lambda: ready(faces))
        assert faces.room() == 8
        results = assert_own_faces(submit_all(faces, range(20)))
        assert {result.device for result in results} == {"gpu:0", "gpu:1"}


def test_there_is_no_room_while_half_of_what_fits_waits() -> None:
    with runner(fake_device(batch_size=4, slow_s=1.0)) as faces:
        assert eventually(lambda: ready(faces))
        assert faces.room() == 8
        futures = [faces.submit(face(seed)) for seed in range(4)]
        assert eventually(lambda: faces.waiting() == 0)
        futures += [faces.submit(face(seed)) for seed in range(4, 8)]
        assert faces.room() == 4
        futures.append(faces.submit(face(8)))
        assert faces.room() == 0
        wait(futures, LONG_S)


def test_a_fast_device_is_given_more_than_two_batches() -> None:
    with runner(fake_device(batch_size=1)) as faces:
        assert_own_faces(submit_all(faces, range(20)))
        assert faces.room() > 2


def test_interactive_faces_overtake_bulk_work() -> None:
    with runner(fake_device(batch_size=1, slow_s=0.02)) as faces:
        bulk = [faces.submit(face(seed), Priority.BULK) for seed in range(50)]
        faces.submit(face(100)).result(LONG_S)
        assert sum(future.done() for future in bulk) < 25
        assert wait(bulk, LONG_S).not_done == set()


def test_a_face_that_may_not_have_company_has_none() -> None:
    with runner(fake_device(slow_s=0.02)) as faces:
        futures = [faces.submit(face(seed), alone=seed == 4) for seed in range(10)]
        assert futures[4].result(LONG_S).batch_size == 1
        assert max(future.result(LONG_S).batch_size for future in futures) > 1


def test_a_cancelled_face_is_dropped_and_no_other() -> None:
    with runner(fake_device(batch_size=1, slow_s=0.02)) as faces:
        futures = submit_all(faces, range(30))
        dropped = {seed for seed, future in futures.items() if seed % 3 and future.cancel()}
        assert len(dropped) >= 15
        assert_own_faces({seed: future for seed, future in futures.items() if seed not in dropped})
        assert faces.waiting() == 0


def test_the_queue_is_bounded() -> None:
    with runner(fake_device(hang=[0]), options=replace(QUICK, queue_limit=3)) as faces:
        stuck = faces.submit(face(0))
        assert eventually(stuck.running)
        queued = [faces.submit(face(seed)) for seed in (1, 2, 3)]
        with pytest.raises(RunnerFull, match="3 faces are waiting"):
            faces.submit(face(4))
        assert queued[0].cancel()
        faces.submit(face(4))
        faces.close(timeout_s=0.1)


def test_a_face_that_no_network_can_render_is_refused_at_once() -> None:
    faces = runner(fake_device())
    with pytest.raises(InvalidFace, match="no network 'absent'"):
        faces.submit(face(1, network="absent"))
    with pytest.raises(InvalidFace, match="seed is -1"):
        faces.submit(face(-1))
    faces.close()


def test_closing_finishes_the_batch_in_hand_and_fails_the_rest() -> None:
    with runner(fake_device(batch_size=2, slow_s=0.5)) as faces:
        futures = submit_all(faces, range(10))
        assert eventually(lambda: futures[0].running())
        faces.close()
        ended = {seed: type(future.exception(0)) for seed, future in futures.items()}
    assert [seed for seed, kind in ended.items() if kind is type(None)] == [0, 1]
    assert set(ended.values()) == {type(None), RunnerClosed}
    with pytest.raises(RunnerClosed):
        faces.submit(face(1))


def test_closing_does_not_wait_for_an_engine_that_hangs() -> None:
    with runner(fake_device(batch_size=1, hang=[0])) as faces:
        stuck = faces.submit(face(0))
        assert eventually(stuck.running)
        started = time.monotonic()
        faces.close(timeout_s=0.5)
        assert time.monotonic() - started < 5
        with pytest.raises(RunnerClosed):
            stuck.result(0)


def test_closing_while_engines_start_and_clients_press_is_quick_and_leaves_nobody_waiting() -> None:
    faces = runner(fake_device(), fake_device(device="gpu:1"))
    faces.start()
    futures: list[Future[Rendered]] = []

    def press() -> None:
        with suppress(RunnerClosed, RunnerFull):
            futures.extend(faces.submit(face(seed)) for seed in range(100_000))

    clients = [threading.Thread(target=press) for _ in range(4)]
    for client in clients:
        client.start()
    started = time.monotonic()
    faces.close(timeout_s=3)
    assert time.monotonic() - started < 10
    for client in clients:
        client.join()
    assert all(future.done() for future in futures)


def test_faces_can_be_submitted_before_the_start() -> None:
    faces = runner(fake_device())
    future = faces.submit(face(3))
    with faces:
        assert np.array_equal(future.result(LONG_S).pixels, picture_of(face(3)))


def test_a_failed_batch_is_not_kept_alive_by_its_errors() -> None:
    with runner(fake_device(poison=[1])) as faces:
        error = faces.submit(face(1)).exception(LONG_S)
    assert isinstance(error, EngineError)
    assert not isinstance(error, OutOfDeviceMemory)
    assert error.__traceback__ is None


def test_a_picture_is_gone_when_its_reader_lets_it_go() -> None:
    gc.disable()  # a picture that waits for the collector would be one of hundreds
    try:
        with runner(fake_device()) as faces:
            futures = [faces.submit(face(seed)) for seed in range(50)]
            pictures = [weakref.ref(future.result(LONG_S).pixels) for future in futures]
            futures.clear()
            assert eventually(lambda: not any(picture() is not None for picture in pictures))
    finally:
        gc.enable()


IMPORTS = """
import sys
from stylegan2.runner import Runner
from tests.engines.fakes import QUICK, described, face, fake_device
with Runner({"fake": described()}, [fake_device()], QUICK) as faces:
    faces.submit(face(1)).result(60)
sys.exit("torch" in sys.modules)
"""


def test_the_process_that_owns_a_runner_never_imports_torch() -> None:
    subprocess.run([sys.executable, "-c", IMPORTS], cwd=ROOT, check=True, timeout=120)
