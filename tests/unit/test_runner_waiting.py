"""The queue between those who want faces and the devices."""

import threading
import time
from concurrent.futures import Future

import pytest

from stylegan2.engine.terms import Priority
from stylegan2.engine.waiting import NO_BOUND, Submission, WaitingFaces
from stylegan2.errors import RunnerClosed, RunnerFull
from stylegan2.face import Face


def wanted(
    seed: int, priority: Priority = Priority.INTERACTIVE, network: str = "one", company: int = NO_BOUND
) -> Submission:
    return Submission(Face(network, seed), priority, Future(), company)


def waiting(*submissions: Submission, limit: int = 100) -> WaitingFaces:
    faces = WaitingFaces(limit)
    for submission in submissions:
        faces.put(submission)
    return faces


def taken(faces: WaitingFaces, limit: int = 8) -> list[int] | None:
    batch = faces.take(lambda: limit, 0)
    return None if batch is None else [each.face.seed for each in batch]


def test_a_batch_is_whatever_waits_up_to_the_limit() -> None:
    faces = waiting(*map(wanted, range(5)))
    assert taken(faces, 3) == [0, 1, 2]
    assert taken(faces, 3) == [3, 4]
    assert taken(faces, 3) == []


def test_interactive_faces_go_before_bulk_and_never_with_it() -> None:
    faces = waiting(wanted(1, Priority.BULK), wanted(2), wanted(3, Priority.BULK), wanted(4))
    assert taken(faces) == [2, 4]
    assert taken(faces) == [1, 3]


def test_what_goes_before_a_face_is_what_waits_in_its_lane_and_in_more_urgent_ones() -> None:
    faces = waiting(wanted(1, Priority.BULK), wanted(2), wanted(3, Priority.BULK))
    assert (faces.ahead_of(Priority.INTERACTIVE), faces.ahead_of(Priority.BULK)) == (1, 3)


def test_a_batch_is_of_one_network() -> None:
    faces = waiting(wanted(1), wanted(2, network="other"), wanted(3))
    assert taken(faces) == [1, 3]
    assert taken(faces) == [2]


def test_a_face_is_in_no_larger_company_than_it_may() -> None:
    faces = waiting(wanted(1, company=2), wanted(2, company=2), wanted(3, company=1), wanted(4))
    assert taken(faces) == [1, 2]
    assert taken(faces) == [3]
    assert taken(faces) == [4]


def test_a_suspect_does_not_join_a_larger_batch() -> None:
    faces = waiting(wanted(1), wanted(2, company=1), wanted(3))
    assert taken(faces) == [1, 3]
    assert taken(faces) == [2]


def test_what_is_put_back_goes_first_in_its_lane() -> None:
    first, second = wanted(1), wanted(2)
    faces = waiting(first, second, wanted(3))
    faces.take(lambda: 2, 0)
    assert faces.put_back([first, second])
    assert taken(faces) == [1, 2, 3]


def test_the_queue_is_bounded_but_takes_back_what_it_gave() -> None:
    first = wanted(1)
    faces = waiting(first, limit=1)
    with pytest.raises(RunnerFull, match="1 faces are waiting"):
        faces.put(wanted(2))
    faces.take(lambda: 1, 0)
    faces.put(wanted(2))
    assert faces.put_back([first])
    assert len(faces) == 2


def test_a_cancelled_face_leaves_at_once() -> None:
    first, second = wanted(1), wanted(2)
    faces = waiting(first, second)
    assert first.future.cancel()
    assert len(faces) == 1
    assert taken(faces) == [2]


def test_a_face_that_was_taken_cannot_be_cancelled() -> None:
    first = wanted(1)
    faces = waiting(first)
    taken(faces)
    assert not first.future.cancel()
    assert faces.put_back([first])
    assert not first.future.cancel()


def test_a_closed_queue_gives_what_is_left_and_takes_nothing() -> None:
    first, second = wanted(1), wanted(2)
    faces = waiting(first, second)
    faces.take(lambda: 1, 0)
    assert faces.close() == [second]
    assert taken(faces) is None
    assert not faces.put_back([first])
    with pytest.raises(RunnerClosed):
        faces.put(wanted(3))


def test_a_device_that_waits_is_woken_by_a_face_and_by_the_end() -> None:
    faces = waiting()
    batches: list[list[Submission] | None] = []
    device = threading.Thread(target=lambda: batches.extend(faces.take(lambda: 8, 60) for _ in range(2)))
    started = time.monotonic()
    device.start()
    face = wanted(1)
    faces.put(face)
    while not batches:
        time.sleep(0.001)
    faces.close()
    device.join(20)
    assert time.monotonic() - started < 20
    assert batches == [[face], None]


def test_no_face_is_lost_or_doubled_between_many_threads() -> None:
    faces, seen, lock = WaitingFaces(10_000), list[int](), threading.Lock()

    def take_all() -> None:
        while (batch := faces.take(lambda: 5, 20)) is not None:
            with lock:
                seen.extend(each.face.seed for each in batch)

    def put_some(start: int) -> None:
        for seed in range(start, start + 100):
            faces.put(wanted(seed, Priority.BULK if seed % 3 else Priority.INTERACTIVE))

    takers = [threading.Thread(target=take_all) for _ in range(4)]
    putters = [threading.Thread(target=put_some, args=(start,)) for start in range(0, 1000, 100)]
    for thread in (*takers, *putters):
        thread.start()
    for putter in putters:
        putter.join()
    while len(faces):
        time.sleep(0.001)
    faces.close()
    for taker in takers:
        taker.join()
    assert sorted(seen) == list(range(1000))
