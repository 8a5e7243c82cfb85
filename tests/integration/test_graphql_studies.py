"""A study from its design to its data, asked as researchers and participants ask."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from itsdangerous import TimestampSigner

from domain.access import Scope
from domain.studies.codebook import COLUMNS
from graph.ids import parse_global_id
from infrastructure.studies.links import LASTS_S, SignedStudyLinks
from tests.integration.graphql_service import KEY
from tests.integration.laboratory import (
    CONSENT,
    DESIGN,
    ERRORS,
    RUN,
    TRIALS,
    Laboratory,
    answer,
    change,
    complete,
    laboratory_in,
)
from tests.integration.listening import listening, received, subscribe


@pytest.fixture
async def laboratory(tmp_path: Path) -> AsyncIterator[Laboratory]:
    async with laboratory_in(tmp_path) as running:
        yield running


async def test_a_whole_study_from_its_design_to_its_data(laboratory: Laboratory) -> None:
    researcher = laboratory.researcher
    estimate = "query($id: ID!) { studyEstimate(studyId: $id) { images pictures missing seconds sizeBytes } }"
    before = (await researcher.data(estimate, {"id": laboratory.study["id"]}))["studyEstimate"]
    assert (before["missing"], before["sizeBytes"]) == (before["pictures"], None)
    await laboratory.render()
    after = (await researcher.data(estimate, {"id": laboratory.study["id"]}))["studyEstimate"]
    assert (after["missing"], after["images"]) == (0, before["images"])

    _, first = await laboratory.invite("A-1")
    _, second = await laboratory.invite()
    _, third = await laboratory.invite()
    assert (await first.ask(RUN))["errors"][0]["extensions"]["code"] == "CONFLICT"  # no consent yet
    for participant in (first, second, third):
        assert (await participant.data(CONSENT))["giveConsent"]["run"] == {"status": "CONSENTED"}
    about = "mutation { describeParticipant(input: {age: 31, gender: OTHER}) { run { status } userErrors { code } } }"
    assert (await first.data(about))["describeParticipant"]["userErrors"] == []

    assert await complete(first) == TRIALS
    over = await first.data(RUN)
    assert over["studyRun"] == {"status": "COMPLETED", "trials": []}
    assert await complete(second, 5) == 5
    assert await complete(third, 3) == 3
    leave = f"mutation {{ withdrawFromStudy {{ receipt {{ id answersErased sha256 }} {ERRORS} }} }}"
    receipt = (await third.data(leave))["withdrawFromStudy"]["receipt"]
    assert receipt["answersErased"] == 3
    assert (await third.data(leave))["withdrawFromStudy"]["receipt"] == receipt
    assert await complete(second) == TRIALS - 5  # came back, to the same order

    assert (await laboratory.now())["counts"] == {
        "invited": 0, "consented": 0, "running": 0, "completed": 2, "withdrawn": 1,
    }  # fmt: skip
    results = """query($id: ID!) { studyResults(studyId: $id, by: FACE_SEX) {
        summaries { emotion group participants mean points meanInterval { low high } }
        retests { emotion pairs bias }
    } }"""
    found = (await researcher.data(results, {"id": laboratory.study["id"]}))["studyResults"]
    assert {(one["emotion"], one["group"]) for one in found["summaries"]} == {
        (emotion, sex) for emotion in ("HAPPY", "SAD") for sex in ("man", "woman")
    }
    assert {(one["mean"], one["participants"], one["meanInterval"]) for one in found["summaries"]} == {(0.5, 2, None)}
    assert found["retests"][0] == {"emotion": None, "pairs": 4, "bias": 0.0}
    plot = await researcher.data("query($id: ID!) { studyPlot(studyId: $id) }", {"id": laboratory.study["id"]})
    assert "Smiles" in plot["studyPlot"]

    address = (await laboratory.now("exportUrl"))["exportUrl"]
    frame = pd.read_csv(io.BytesIO((await laboratory.service.client.get(address)).content))
    assert list(frame.columns) == [column.name for column in COLUMNS]
    assert len(frame) == 2 * TRIALS
    assert frame.loc[frame.age.notna(), "session"].nunique() == 1
    assert set(frame[frame.kind == "attention"].attention_passed) == {True}


async def test_of_two_tabs_one_answer_is_kept_and_the_other_is_told(laboratory: Laboratory) -> None:
    _, participant = await laboratory.invite()
    await participant.data(CONSENT)
    trial = (await participant.data(RUN))["studyRun"]["trials"][0]
    given = [answer(participant, trial, step=step, idempotencyKey=f"tab {step}") for step in (0, 2)]
    codes = [payload["userErrors"] and payload["userErrors"][0]["code"] for payload in await asyncio.gather(*given)]
    assert sorted(codes, key=str) == ["CONFLICT", []]
    kept = next(step for step, code in zip((0, 2), codes, strict=True) if not code)
    again = await answer(participant, trial, step=kept, idempotencyKey=f"tab {kept}")
    assert again["answer"]["step"] == kept  # the same tab, sending it twice
    other = await answer(participant, trial, step=1, idempotencyKey=f"tab {kept}")
    assert other["userErrors"][0]["code"] == "IDEMPOTENCY_CONFLICT"


async def test_trials_are_answered_in_the_servers_order(laboratory: Laboratory) -> None:
    _, participant = await laboratory.invite()
    await participant.data(CONSENT)
    first, second = (await participant.data(RUN))["studyRun"]["trials"]
    assert (await answer(participant, second))["userErrors"][0]["code"] == "CONFLICT"
    assert (await answer(participant, first))["userErrors"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"step": 3}, "step"),
        ({"responseMs": -1}, "responseMs"),
        ({"idempotencyKey": ""}, "idempotencyKey"),
        ({"trajectory": [{"atMs": 5, "step": 0}, {"atMs": 4, "step": 0}]}, "trajectory"),
        ({"screen": {"width": 0, "height": 5}}, "screen"),
    ],
)
async def test_an_answer_that_cannot_be_is_refused_with_its_field(
    laboratory: Laboratory, changes: dict[str, Any], field: str
) -> None:
    _, participant = await laboratory.invite()
    await participant.data(CONSENT)
    trial = (await participant.data(RUN))["studyRun"]["trials"][0]
    (error,) = (await answer(participant, trial, **changes))["userErrors"]
    assert (error["code"], error["field"][:2]) == ("INVALID", ["input", field])
    assert (await participant.data(RUN))["studyRun"]["trials"][0]["id"] == trial["id"]


async def test_a_link_opens_one_session_and_nothing_else(laboratory: Laboratory) -> None:
    session, participant = await laboratory.invite()
    _, other = await laboratory.invite()
    await participant.data(CONSENT)
    await other.data(CONSENT)
    theirs = (await other.data(RUN))["studyRun"]["trials"][0]
    assert (await answer(participant, theirs))["userErrors"][0]["code"] == "NOT_FOUND"
    for query in (
        "{ imageHistory { totalCount } }",
        "{ generations { totalCount } }",
        "{ studies { totalCount } }",
        f'{{ node(id: "{session}") {{ id }} }}',
        f'{{ studySessions(studyId: "{laboratory.study["id"]}") {{ totalCount }} }}',
        f'{{ study(id: "{laboratory.study["id"]}") {{ name }} }}',
    ):
        assert (await participant.ask(query))["errors"][0]["extensions"]["code"] == "FORBIDDEN", query
    refused = await change(participant, "eraseParticipant", {"id": session}, "receipt { id }")
    assert refused["userErrors"][0]["code"] == "FORBIDDEN"
    generated = (await participant.generate(seed=1))["userErrors"]
    assert generated[0]["code"] == "FORBIDDEN"
    address = (await laboratory.now("exportUrl"))["exportUrl"].rpartition("/studies/")
    plain = f"/download/studies/{address[2]}"
    response = await laboratory.service.client.get(plain, headers={"Authorization": f"Bearer {participant.bearer}"})
    assert response.status_code == 403


async def test_a_link_that_was_changed_opens_nothing(laboratory: Laboratory) -> None:
    _, participant = await laboratory.invite()
    assert participant.bearer is not None
    forged = replace(participant, bearer=participant.bearer[:-2] + "xx")
    assert (await forged.post(RUN)).status_code == 401


async def test_a_link_ends_after_half_a_year(laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    links, now = SignedStudyLinks(KEY), time.time()
    session, _ = await laboratory.invite()
    _, key = parse_global_id(session, ())
    for age_s, status in ((LASTS_S - 60, 200), (LASTS_S + 60, 401)):
        with monkeypatch.context() as then:
            then.setattr(TimestampSigner, "get_timestamp", lambda _, age_s=age_s: int(now - age_s))
            bearer = links.bearer(key)
        assert (await replace(laboratory.service, bearer=bearer).post(RUN)).status_code == status


async def test_who_was_erased_or_deleted_is_refused_on_an_open_socket_too(laboratory: Laboratory) -> None:
    status = "{ studyRun { status } }"
    cases = (
        ("eraseParticipant", "receipt { id }", (CONSENT, status), "CONFLICT"),
        ("deleteStudySession", "deletedId", (status,), "NOT_FOUND"),
    )
    async with listening(laboratory.service.app) as server:
        for verb, answers, before, code in cases:
            session, participant = await laboratory.invite()
            async with server.socket(participant.bearer) as socket:
                for query in before:
                    await subscribe(socket, query)
                    assert "errors" not in (await received(socket))["payload"]
                    assert (await received(socket))["type"] == "complete"
                done = await change(laboratory.researcher, verb, {"id": session}, answers)
                assert done["userErrors"] == []
                await subscribe(socket, CONSENT)
                consent = (await received(socket))["payload"]["data"]["giveConsent"]
                assert [error["code"] for error in consent["userErrors"]] == [code]


async def test_another_researcher_does_not_find_the_study(laboratory: Laboratory) -> None:
    ben = await laboratory.service.of("ben", Scope.RESEARCH)
    query = f'{{ study(id: "{laboratory.study["id"]}") {{ name }} }}'
    assert (await ben.ask(query))["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert (await ben.data("{ studies { totalCount } }"))["studies"] == {"totalCount": 0}
    refused = await change(ben, "deleteStudy", {"id": laboratory.study["id"]}, "deletedId")
    assert refused["userErrors"][0]["code"] == "NOT_FOUND"


async def test_a_design_is_fixed_by_the_first_invitation_and_a_change_is_a_new_version(laboratory: Laboratory) -> None:
    study = {"id": laboratory.study["id"]}
    changed = await change(
        laboratory.researcher,
        "updateStudy",
        study | {"design": DESIGN | {"steps": 5}},
        "study { version fixed strengths }",
    )
    assert changed["study"] == {"version": 1, "fixed": False, "strengths": [0.0, 0.25, 0.5, 0.75, 1.0]}
    await change(laboratory.researcher, "updateStudy", study | {"design": DESIGN}, "study { version }")
    _, participant = await laboratory.invite()
    before = await laboratory.now()
    assert before["fixed"]
    again = await change(
        laboratory.researcher,
        "updateStudy",
        study | {"consentText": "I agree, again."},
        "study { version fixed protocolSha256 }",
    )
    assert again["study"]["version"] == 2
    assert again["study"]["protocolSha256"] != before["protocolSha256"]
    assert (await participant.data(CONSENT))["giveConsent"]["userErrors"] == []  # to the text of their version


async def test_what_somebody_is_in_is_not_deleted_and_erasing_them_is_always_allowed(laboratory: Laboratory) -> None:
    researcher, study = laboratory.researcher, {"id": laboratory.study["id"]}
    empty, _ = await laboratory.invite()
    session, participant = await laboratory.invite()
    await participant.data(CONSENT)
    refused = await change(researcher, "deleteStudy", study, "deletedId")
    assert refused["userErrors"][0]["code"] == "CONFLICT"
    assert (await change(researcher, "deleteStudySession", {"id": empty}, "deletedId"))["deletedId"] == empty
    refused = await change(researcher, "deleteStudySession", {"id": session}, "deletedId")
    assert refused["userErrors"][0]["code"] == "CONFLICT"
    erased = await change(researcher, "eraseParticipant", {"id": session}, "receipt { answersErased }")
    assert erased["receipt"] == {"answersErased": 0}
    listed = "query($id: ID!) { studySessions(studyId: $id) { nodes { status label answered trials } } }"
    nodes = (await researcher.data(listed, study))["studySessions"]["nodes"]
    assert nodes == [{"status": "WITHDRAWN", "label": None, "answered": 0, "trials": 0}]


async def test_rendering_stops_and_goes_on_where_it_was(laboratory: Laboratory) -> None:
    study = {"id": laboratory.study["id"]}
    started = await change(laboratory.researcher, "renderStudy", study, "generation { id total }")
    same = await change(laboratory.researcher, "renderStudy", study, "generation { id }")
    assert same["generation"]["id"] == started["generation"]["id"]
    stopped = await change(laboratory.researcher, "cancelStudyRendering", study, "generation { status }")
    assert stopped["generation"]["status"] == "CANCELED"
    await laboratory.render()
    assert (await laboratory.now("rendering { status done total }"))["rendering"] == {
        "status": "SUCCEEDED", "done": started["generation"]["total"], "total": started["generation"]["total"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"faces": 0}, "faces"),
        ({"faces": 3}, "faces"),
        ({"faces": 40}, "faces"),
        ({"overlap": 5}, "overlap"),
        ({"steps": 1}, "steps"),
        ({"globalStrength": 0}, "globalStrength"),
        ({"emotions": []}, "emotions"),
        ({"repeatedShare": 1.5}, "repeatedShare"),
        ({"network": "nobody's"}, "network"),
    ],
)
async def test_a_design_that_cannot_be_is_refused_with_its_field(
    laboratory: Laboratory, changes: dict[str, Any], field: str
) -> None:
    given = {"name": "Bad", "consentText": "I agree.", "design": DESIGN | changes}
    refused = await change(laboratory.researcher, "createStudy", given, "study { id }")
    (error,) = refused["userErrors"]
    assert error["field"][:3] == ["input", "design", field]
    assert (await laboratory.researcher.data("{ studies { totalCount } }"))["studies"]["totalCount"] == 1


async def test_pools_of_ones_own_are_drawn_from(laboratory: Laboratory) -> None:
    given = {"name": "Mine", "men": [500, 501], "women": [600, 601], "truncationPsi": 0.7}
    pool = (await change(laboratory.researcher, "createSeedPool", given, "pool { id men }"))["pool"]
    assert pool["men"] == [500, 501]
    other = Laboratory(laboratory.service, laboratory.researcher)
    await other.begin(poolId=pool["id"], overlap=4)
    manifest = (await other.now("manifest"))["manifest"]
    assert manifest["design"]["pool"]["women"] == [600, 601]
    assert manifest["design"]["psi"] == 0.7
    refused = await change(laboratory.researcher, "createSeedPool", given | {"women": [500]}, "pool { id }")
    assert refused["userErrors"][0]["field"] == ["input", "women", "0"]


async def test_exports_are_the_same_data_in_three_formats(laboratory: Laboratory) -> None:
    await laboratory.invite()
    frames = []
    readers = {
        "CSV": pd.read_csv,
        "JSON_LINES": lambda data: pd.read_json(data, lines=True),
        "PARQUET": pd.read_parquet,
    }
    for form, read in readers.items():
        address = (await laboratory.now(f"exportUrl(form: {form})"))["exportUrl"]
        response: httpx.Response = await laboratory.service.client.get(address)
        assert response.status_code == 200, response.text
        frames.append(read(io.BytesIO(response.content)))
    assert [len(frame) for frame in frames] == [TRIALS] * 3
    assert len({tuple(frame.face_seed) for frame in frames}) == 1
    codebook = (await laboratory.researcher.data("{ studyCodebook }"))["studyCodebook"]
    assert [column["name"] for column in codebook["columns"]] == list(frames[0].columns)


RECEIPT = "query($id: ID!) { withdrawalReceipt(id: $id) { id answersErased withdrawnAt sha256 } }"


async def test_a_receipt_can_be_looked_up_by_whoever_withdrew_and_the_researcher(laboratory: Laboratory) -> None:
    _, participant = await laboratory.invite()
    _, other = await laboratory.invite()
    await participant.data(CONSENT)
    trial = (await participant.data(RUN))["studyRun"]["trials"][0]
    await answer(participant, trial)
    leave = f"mutation {{ withdrawFromStudy {{ receipt {{ id answersErased withdrawnAt sha256 }} {ERRORS} }} }}"
    receipt = (await participant.data(leave))["withdrawFromStudy"]["receipt"]
    for asking in (participant, laboratory.researcher):
        assert (await asking.data(RECEIPT, {"id": receipt["id"]}))["withdrawalReceipt"] == receipt
    ben = await laboratory.service.of("ben", Scope.RESEARCH)
    reader = await laboratory.service.of("ann", Scope.READ)
    for asking in (other, ben, reader):
        assert (await asking.ask(RECEIPT, {"id": receipt["id"]}))["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    nothing = await laboratory.researcher.ask(RECEIPT, {"id": "0" * 32})
    assert nothing["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_pools_are_found_again_page_by_page(laboratory: Laboratory) -> None:
    given = {"men": [500], "women": [600], "truncationPsi": 0.7}
    for name in ("first", "second", "third"):
        await change(laboratory.researcher, "createSeedPool", given | {"name": name}, "pool { id }")
    query = """query($after: String) {
      seedPools(first: 2, after: $after) { totalCount pageInfo { endCursor } nodes { id name } }
    }"""
    page = (await laboratory.researcher.data(query))["seedPools"]
    rest = (await laboratory.researcher.data(query, {"after": page["pageInfo"]["endCursor"]}))["seedPools"]
    assert [pool["name"] for pool in (*page["nodes"], *rest["nodes"])] == ["third", "second", "first"]
    assert page["totalCount"] == 3
    one = "query($id: ID!) { seedPool(id: $id) { name men women truncationPsi network } }"
    found = (await laboratory.researcher.data(one, {"id": page["nodes"][0]["id"]}))["seedPool"]
    assert found == given | {"name": "third", "network": "tiny"}
    ben = await laboratory.service.of("ben", Scope.RESEARCH)
    assert (await ben.data(query))["seedPools"]["nodes"] == []
    assert (await ben.ask(one, {"id": page["nodes"][0]["id"]}))["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_pool_s_psi_is_checked(laboratory: Laboratory) -> None:
    given = {"name": "x", "men": [1], "women": [], "truncationPsi": 7}
    (error,) = (await change(laboratory.researcher, "createSeedPool", given, "pool { id }"))["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["input", "truncationPsi"])
