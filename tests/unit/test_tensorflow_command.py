"""How the TensorFlow engine is found, and what is said where it is not."""

import sys
from pathlib import Path

import pytest

from stylegan2.errors import EngineUnavailable
from stylegan2.tensorflow.command import tensorflow_command
from stylegan2.tensorflow.interpreter import find_python


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any Python 3.7; the folder where things can be put."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.delenv("PYTHON37", raising=False)
    return tmp_path


def test_without_python_3_7_the_engine_says_where_it_looked_and_what_to_set(nowhere: Path) -> None:
    assert find_python() is None
    with pytest.raises(EngineUnavailable, match=r"Python 3\.7, which was not found on PATH nor.*set PYTHON37.*make"):
        tensorflow_command(nowhere / ".venv-tensorflow")


def test_with_python_3_7_only_the_environment_is_missing(nowhere: Path) -> None:
    script(nowhere / "path/python3.7", "echo 3.7")
    with pytest.raises(EngineUnavailable, match=r"\.venv-tensorflow is missing\): run make engine-tensorflow$"):
        tensorflow_command(nowhere / ".venv-tensorflow")


def test_a_shim_that_refuses_to_run_is_passed_over_for_the_version_behind_it(nowhere: Path) -> None:
    script(nowhere / "path/python3.7", "echo 'python3.7: command not found' >&2; exit 127")
    behind = script(nowhere / "pyenv/versions/3.7.16/bin/python3.7", "echo 3.7")
    script(nowhere / "pyenv/versions/3.8.18/bin/python3.8", "echo 3.8")
    assert find_python() == str(behind)


@pytest.mark.parametrize("answer", ["echo 3.8", "exit 1"])
def test_what_python37_names_has_to_be_one(nowhere: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    script(nowhere / "path/python3.7", "echo 3.7")
    monkeypatch.setenv("PYTHON37", str(script(nowhere / "other", answer)))
    assert find_python() is None
    monkeypatch.setenv("PYTHON37", str(nowhere / "absent"))
    assert find_python() is None


def test_what_python37_names_goes_first(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(nowhere / "path/python3.7", "echo 3.7")
    named = script(nowhere / "named", "echo 3.7")
    monkeypatch.setenv("PYTHON37", str(named))
    assert find_python() == str(named)


def test_an_environment_without_tensorflow_is_not_taken_for_one(nowhere: Path) -> None:
    script(nowhere / "environment/bin/python", f'exec "{sys.executable}" "$@"')
    with pytest.raises(EngineUnavailable, match="has no TensorFlow: run make engine-tensorflow"):
        tensorflow_command(nowhere / "environment")


def test_an_environment_whose_python_does_not_start_is_to_be_removed(nowhere: Path) -> None:
    python = script(nowhere / "environment/bin/python", "")
    python.write_bytes(b"\x7fELF")
    with pytest.raises(EngineUnavailable, match=r"does not start .*: remove .*environment and run make"):
        tensorflow_command(nowhere / "environment")


def test_the_command_starts_the_engine_there_and_reads_files_here(nowhere: Path) -> None:
    python = script(nowhere / "environment/bin/python", "exit 0")
    command = tensorflow_command(nowhere / "environment")
    assert (command.name, command.python, command.module) == ("tensorflow", str(python), "stylegan2.tensorflow.engine")
    assert command.arguments == ("--reader", sys.executable)
    assert command.reads_files
