"""Locks end with the process that holds them, and shared ones do not exclude each other."""

import subprocess
import sys
import threading
from pathlib import Path

from infrastructure.locks import held_alone, locked

HOLD = """
import sys
from pathlib import Path
from infrastructure.locks import held_alone
with held_alone(Path(sys.argv[1])) as alone:
    print(alone, flush=True)
    sys.stdin.read()
"""


def test_only_the_first_holds_it_alone_and_a_killed_process_does_not_any_more(tmp_path: Path) -> None:
    lock = tmp_path / "data" / "manganace.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        with held_alone(lock) as alone:
            assert not alone
        other.kill()
        other.wait()
    with held_alone(lock) as alone:
        assert alone
    with held_alone(lock) as alone:
        assert alone


def test_who_comes_while_another_is_there_is_not_alone_whoever_was_first(tmp_path: Path) -> None:
    lock = tmp_path / "manganace.lock"
    first, second = held_alone(lock), held_alone(lock)
    assert first.__enter__()
    assert not second.__enter__()
    first.__exit__(None, None, None)
    with held_alone(lock) as alone:
        assert not alone
    second.__exit__(None, None, None)
    with held_alone(lock) as alone:
        assert alone


def test_many_share_a_folder_and_one_alone_waits_for_them(tmp_path: Path) -> None:
    entered = threading.Event()

    def enter_alone() -> None:
        with locked(tmp_path, exclusive=True):
            entered.set()

    with locked(tmp_path, exclusive=False):
        with locked(tmp_path, exclusive=False):
            thread = threading.Thread(target=enter_alone)
            thread.start()
        assert not entered.wait(0.1)
    thread.join(5)
    assert entered.is_set()
