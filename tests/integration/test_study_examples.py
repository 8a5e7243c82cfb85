"""The documents about studies in docs/examples, one after another as a researcher and a participant send them."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.access import Scope
from tests.integration.graphql_service import GraphQLService, graphql_service

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
TRIALS = 2 + 4 * 3 + 2 + 3


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path, access=True) as running:
        yield running


async def sent(service: GraphQLService, name: str, **variables: Any) -> dict[str, Any]:
    answer = await service.data((FOLDER / f"{name}.graphql").read_text(encoding="utf-8"), variables)
    payloads = [value for value in answer.values() if isinstance(value, dict)]
    assert all(payload.get("userErrors", []) == [] for payload in payloads)
    return answer


async def answered(participant: GraphQLService, most: int) -> int:
    """How many trials came and were answered."""
    for count in range(most):
        run = (await sent(participant, "study-next-trials"))["studyRun"]
        if not run["trials"]:
            return count
        trial = run["trials"][0]
        assert trial["ready"]
        assert len(trial["urls"]) == 11
        step = 7 if trial["targetStep"] is None else trial["targetStep"]
        given = await sent(participant, "study-answer", trial=trial["id"], step=step, key=f"trial {trial['number']}")
        assert given["answerTrial"]["answer"]["step"] == step
    return most


@pytest.mark.slow
async def test_a_study_by_its_documents(service: GraphQLService) -> None:
    researcher = await service.of("ann", Scope.RESEARCH)
    estimate = (await sent(researcher, "study-estimate"))["estimateStudy"]
    assert estimate["missing"] == estimate["pictures"] < estimate["images"]
    made = (await sent(researcher, "study-design"))["createStudy"]["study"]
    assert (made["trials"], made["manifest"]["sha256"]) == (TRIALS, made["protocolSha256"])
    study = made["id"]
    tried = await sent(researcher, "study-dry-run", study=study)
    assert (tried["studyResults"]["simulated"], len(tried["studyResults"]["summaries"])) == (30, 3)
    started = (await sent(researcher, "study-render", study=study))["renderStudy"]["generation"]
    assert started["total"] > started["done"] == 0
    await service.render()

    links = [(await sent(researcher, "study-invite", study=study, label=label))["createStudySession"] for label in "AB"]
    assert [link["session"]["slot"] for link in links] == [0, 1]
    one, other = (replace(service, bearer=link["bearer"]) for link in links)
    for participant in (one, other):
        agreed = await sent(participant, "study-consent", age=41, gender="FEMALE")
        assert agreed["describeParticipant"]["run"] == {"status": "CONSENTED"}
    assert await answered(one, TRIALS + 1) == TRIALS
    assert await answered(other, 3) == 3
    before = await sent(researcher, "study-results", study=study)
    assert [exclusion["participants"] for exclusion in before["preregistered"]["exclusions"]] == [0, 0, 1]
    assert [found["answers"] for found in before["preregistered"]["summaries"]] == [4] * 3
    assert sum(found["answers"] for found in before["everything"]["summaries"]) == 12 + 1
    assert "<svg" in before["studyPlot"]
    receipt = (await sent(other, "study-withdraw"))["withdrawFromStudy"]["receipt"]
    assert receipt["answersErased"] == 3

    after = await sent(researcher, "study-results", study=study)
    counts = after["study"]["counts"]
    assert (counts["completed"], counts["withdrawn"], counts["answers"]) == (1, 1, TRIALS)
    export = await sent(researcher, "study-export", study=study)
    rows = list(csv.DictReader(io.StringIO((await service.client.get(export["study"]["csv"])).text)))
    assert len(rows) == TRIALS
    assert list(rows[0]) == [column["name"] for column in export["studyCodebook"]["columns"]]


async def test_study_pack(service: GraphQLService) -> None:
    researcher = await service.of("ann", Scope.RESEARCH)
    pool = (await sent(researcher, "seed-pool"))["createSeedPool"]["pool"]
    design = {"faces": 2, "steps": 2, "emotions": ["HAPPY"], "participants": 2, "poolId": pool["id"]}
    create = "mutation($i: CreateStudyInput!) { createStudy(input: $i) { study { id } } }"
    given = {"name": "Packed", "consentText": "I agree.", "design": design}
    study = (await researcher.data(create, {"i": given}))["createStudy"]["study"]["id"]
    await sent(researcher, "study-render", study=study)
    await service.render()
    pack = (await sent(researcher, "study-pack", study=study))["packStimuli"]["pack"]
    assert pack["images"] == 8
    assert (await service.client.get(pack["url"])).content.startswith(b"PK")
