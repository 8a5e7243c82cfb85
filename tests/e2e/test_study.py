"""A whole study with the demo network: rendered through a cancel and a kill, answered, paused, withdrawn, exported."""

import importlib.util
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from domain.studies.codebook import COLUMNS
from tests.e2e.server import PROJECT, RunningService, running_service

NETWORKS = f"demo-faces={PROJECT / '_pickles' / 'demo-faces.safetensors'}"
DESIGN = {"faces": 4, "overlap": 2, "attentionTrials": 1, "practiceTrials": 1, "repeatedShare": 0.25, "participants": 2}
TRIALS = 4 * 6 + 1 + 1 + 6
CANCEL = """
mutation($input: StudyInput!) { cancelStudyRendering(input: $input) { generation { status done } } }
"""


@pytest.fixture
def example() -> ModuleType:
    specification = importlib.util.spec_from_file_location("study", PROJECT / "docs" / "examples" / "study.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def rendering(service: RunningService, example: ModuleType, study_id: str) -> dict[str, Any]:
    found: dict[str, Any] = service.data(example.PROGRESS, {"id": study_id})["study"]["rendering"]
    return found


def until(condition: Callable[[], bool], timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def read(file: Path) -> "pd.DataFrame":
    return pd.read_csv(file)


def check_rows(rows: Mapping[str, Any], trials: int) -> None:
    assert list(rows) == [column.name for column in COLUMNS]
    assert len(rows["trial"]) == trials
    assert sorted(rows["trial"]) == list(range(1, trials + 1)), "one row a trial"


@pytest.mark.slow
def test_a_study_from_its_design_to_its_data(
    tmp_path: Path, example: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_service(tmp_path, networks=NETWORKS, directions="") as service:
        monkeypatch.setattr(example, "DESIGN", DESIGN)
        study_id = example.create(service.url, None)
        service.data(example.RENDER, {"input": {"id": study_id}})
        until(lambda: rendering(service, example, study_id)["done"] >= 5)
        canceled = service.data(CANCEL, {"input": {"id": study_id}})["cancelStudyRendering"]["generation"]
        assert canceled["status"] == "CANCELED"
        again = service.data(example.RENDER, {"input": {"id": study_id}})["renderStudy"]["generation"]
        assert again["done"] >= canceled["done"], "what was made stays"
        until(lambda: rendering(service, example, study_id)["done"] > again["done"] + 5)
        os.killpg(service.process.pid, signal.SIGKILL)
        service.process.wait(10)
    with running_service(tmp_path, networks=NETWORKS, directions="") as service:
        until(lambda: rendering(service, example, study_id)["status"] == "SUCCEEDED")
        one, other = (example.invite(service.url, None, study_id) for _ in range(2))
        example.begin(service.url, one, 34, "FEMALE")
        example.begin(service.url, other, 51, "OTHER")
        assert example.answer_trials(service.url, one, 3) == 3
        assert example.answer_trials(service.url, other, 2) == 2
        receipt = example.ask(service.url, other, example.WITHDRAW)["withdrawFromStudy"]["receipt"]
        assert receipt["answersErased"] == 2
        assert example.answer_trials(service.url, one) == TRIALS - 3, "who returns goes on where they were"
        example.report(service.url, None, study_id, tmp_path / "study.csv")
        found = service.data(example.RESULTS, {"id": study_id})
    rows = read(tmp_path / "study.csv")
    check_rows(rows, TRIALS)
    assert rows["answered"].all()
    assert set(rows["age"]) == {34}
    assert rows["kind"].value_counts().to_dict() == {"main": 24, "repeated": 6, "practice": 1, "attention": 1}
    assert found["study"]["counts"] == {"completed": 1, "dropped_out": 0, "withdrawn": 1, "answers": TRIALS}
    summaries = found["studyResults"]["summaries"]
    assert [len(summary["points"]) for summary in summaries] == [4] * 6
    assert {summary["mean"] for summary in summaries} == {0.15}
    assert found["studyResults"]["retests"][0]["pairs"] == 6
