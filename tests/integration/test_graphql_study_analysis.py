"""Before and after the data: estimates of designs, simulated participants, and what exclusion rules leave out."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from domain.access import Scope
from tests.integration.laboratory import (
    CONSENT,
    DESIGN,
    RUN,
    TRIALS,
    Laboratory,
    answer,
    change,
    complete,
    laboratory_in,
)

RULES = {"minResponseMs": 500, "maxFailedAttention": 0, "completeOnly": True}
ESTIMATE = "query($d: StudyDesignInput!) { estimateStudy(design: $d) { images pictures missing seconds sizeBytes } }"
RESULTS = """query($id: ID!, $apply: Boolean!, $n: Int!) {
  studyResults(studyId: $id, applyExclusions: $apply, simulated: $n) {
    simulated
    summaries { emotion participants answers points mean }
    exclusions { rule participants answers }
  }
}"""


@pytest.fixture
async def laboratory(tmp_path: Path) -> AsyncIterator[Laboratory]:
    async with laboratory_in(tmp_path) as running:
        yield running


async def results(laboratory: Laboratory, *, apply: bool = True, simulated: int = 0) -> dict[str, Any]:
    given = {"id": laboratory.study["id"], "apply": apply, "n": simulated}
    found: dict[str, Any] = (await laboratory.researcher.data(RESULTS, given))["studyResults"]
    return found


async def rows(laboratory: Laboratory, arguments: str = "") -> pd.DataFrame:
    address = (await laboratory.now(f"exportUrl{arguments}"))["exportUrl"]
    response = await laboratory.service.client.get(address)
    assert response.status_code == 200, response.text
    return pd.read_csv(io.BytesIO(response.content))


async def test_a_design_is_estimated_before_there_is_a_study_of_it(laboratory: Laboratory) -> None:
    said = (await laboratory.researcher.data(ESTIMATE, {"d": DESIGN}))["estimateStudy"]
    stored = "query($id: ID!) { studyEstimate(studyId: $id) { images pictures missing seconds sizeBytes } }"
    assert said == (await laboratory.researcher.data(stored, {"id": laboratory.study["id"]}))["studyEstimate"]
    await laboratory.render()
    assert (await laboratory.researcher.data(ESTIMATE, {"d": DESIGN}))["estimateStudy"]["missing"] == 0
    assert (await laboratory.researcher.data("{ studies { totalCount } }"))["studies"]["totalCount"] == 1
    (error,) = (await laboratory.researcher.ask(ESTIMATE, {"d": DESIGN | {"faces": 3}}))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("INVALID", ["design", "faces"])
    reader = await laboratory.service.of("ann", Scope.READ)
    assert (await reader.ask(ESTIMATE, {"d": DESIGN}))["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_rules_leave_out_what_they_say_and_every_row_stays(laboratory: Laboratory) -> None:
    ruled = await Laboratory(laboratory.service, laboratory.researcher).begin(exclusions=RULES)
    await ruled.render()
    _, careful = await ruled.invite()
    _, half = await ruled.invite()
    for participant in (careful, half):
        await participant.data(CONSENT)
    first = (await careful.data(RUN))["studyRun"]["trials"][0]
    await answer(careful, first)
    second = (await careful.data(RUN))["studyRun"]["trials"][0]
    assert second["kind"] == "MAIN"
    await answer(careful, second, responseMs=100)
    assert await complete(careful) == TRIALS - 2
    assert await complete(half, 4) == 4
    applied, everything = await results(ruled), await results(ruled, apply=False)
    assert [sum(one["answers"] for one in found["summaries"]) for found in (applied, everything)] == [7, 11]
    assert {one["participants"] for one in applied["summaries"]} == {1}
    assert applied["exclusions"] == everything["exclusions"] == [
        {"rule": "TOO_FAST", "participants": 1, "answers": 1},
        {"rule": "ATTENTION", "participants": 0, "answers": 0},
        {"rule": "INCOMPLETE", "participants": 1, "answers": 3},
    ]  # fmt: skip
    frame = await rows(ruled)
    assert len(frame) == 2 * TRIALS
    assert frame[frame.excluded].exclusion_rules.value_counts().to_dict() == {"incomplete": TRIALS, "too_fast": 1}
    assert not frame.simulated.any()
    for apply in ("true", "false"):
        plot = f'{{ studyPlot(studyId: "{ruled.study["id"]}", applyExclusions: {apply}) }}'
        assert f"(n = {4 if apply == 'true' else 6})" in (await ruled.researcher.data(plot))["studyPlot"]


async def test_rules_are_part_of_the_design(laboratory: Laboratory) -> None:
    ruled = await Laboratory(laboratory.service, laboratory.researcher).begin(exclusions=RULES)
    assert ruled.study["protocolSha256"] != laboratory.study["protocolSha256"]
    kept = (await ruled.now("manifest"))["manifest"]["design"]["exclusions"]
    assert (kept["min_response_ms"], kept["max_failed_attention"], kept["complete_only"]) == (500.0, 0, True)
    assert "exclusions" not in (await laboratory.now("manifest"))["manifest"]["design"]


@pytest.mark.parametrize(
    ("rules", "design", "field"),
    [
        ({"minResponseMs": -1}, {}, "minResponseMs"),
        ({"maxUnmovedShare": 1.5}, {}, "maxUnmovedShare"),
        ({"maxFailedAttention": 1}, {}, "maxFailedAttention"),
        ({"maxFailedAttention": 0}, {"attentionTrials": 0}, "maxFailedAttention"),
    ],
)
async def test_a_rule_that_cannot_be_is_refused_with_its_field(
    laboratory: Laboratory, rules: dict[str, Any], design: dict[str, Any], field: str
) -> None:
    given = {"name": "Bad", "consentText": "I agree.", "design": DESIGN | design | {"exclusions": rules}}
    (error,) = (await change(laboratory.researcher, "createStudy", given, "study { id }"))["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["input", "design", "exclusions", field])


async def test_an_analysis_is_tried_on_participants_who_do_not_exist_and_nothing_of_them_stays(
    laboratory: Laboratory,
) -> None:
    ruled = await Laboratory(laboratory.service, laboratory.researcher).begin(exclusions=RULES)
    tried = await results(ruled, simulated=30)
    assert tried["simulated"] == 30
    assert all(20 <= one["participants"] <= 30 for one in tried["summaries"])
    assert tried == await results(ruled, simulated=30)
    frame = await rows(ruled, "(form: CSV, simulated: 30)")
    assert (len(frame), frame.session.nunique()) == (30 * TRIALS, 30)
    assert frame.simulated.all()
    main = frame[(frame.kind == "main") & frame.answered & ~frame.excluded]
    assert len(main) == sum(one["answers"] for one in tried["summaries"])
    plot = f'{{ studyPlot(studyId: "{ruled.study["id"]}", simulated: 30) }}'
    assert "Smiles (simulated)" in (await ruled.researcher.data(plot))["studyPlot"]
    assert await results(ruled) == {"simulated": 0, "summaries": [], "exclusions": [
        {"rule": rule, "participants": 0, "answers": 0} for rule in ("TOO_FAST", "ATTENTION", "INCOMPLETE")
    ]}  # fmt: skip
    assert len(await rows(ruled)) == 0
    now = await ruled.now()
    assert not now["fixed"]
    assert set(now["counts"].values()) == {0}


@pytest.mark.parametrize("participants", [-1, 501])
async def test_a_number_of_simulated_participants_that_cannot_be_is_refused(
    laboratory: Laboratory, participants: int
) -> None:
    given = {"id": laboratory.study["id"], "apply": True, "n": participants}
    (error,) = (await laboratory.researcher.ask(RESULTS, given))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("INVALID", ["simulated"])
    address = (await laboratory.now(f"exportUrl(simulated: {participants})"))["exportUrl"]
    assert (await laboratory.service.client.get(address)).status_code == 400
