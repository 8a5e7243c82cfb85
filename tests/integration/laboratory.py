"""A study over GraphQL, and those who take part in it: what the tests of studies begin with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.access import Scope
from tests.integration.graphql_service import GraphQLService, graphql_service

DESIGN: dict[str, Any] = {
    "faces": 4,
    "overlap": 2,
    "steps": 3,
    "emotions": ["HAPPY", "SAD"],
    "practiceTrials": 1,
    "repeatedShare": 0.25,
    "attentionTrials": 1,
    "participants": 2,
    "randomisationSeed": "5eed",
}
TRIALS = 1 + 8 + 1 + 2
STUDY = "id name version fixed trials strengths protocolSha256 counts { invited consented running completed withdrawn }"
ERRORS = "userErrors { code message field }"
RUN = "{ studyRun { status trials(ahead: 2) { id number kind startStep targetStep ready urls } } }"
ANSWER = (
    f"mutation($input: AnswerTrialInput!) {{ answerTrial(input: $input) {{ answer {{ step strength }} {ERRORS} }} }}"
)
CONSENT = f"mutation {{ giveConsent(input: {{consentVersion: 1}}) {{ run {{ status }} {ERRORS} }} }}"


async def change(service: GraphQLService, name: str, given: dict[str, Any], selection: str) -> dict[str, Any]:
    kind = name[0].upper() + name[1:]
    kinds = {"deleteStudy": "Study", "renderStudy": "Study", "cancelStudyRendering": "Study"}
    kinds |= {"deleteStudySession": "StudySession", "repairStudySession": "StudySession"}
    kinds |= {"eraseParticipant": "StudySession", "renewStudyLink": "StudySession"}
    document = f"mutation($input: {kinds.get(name, kind)}Input!) {{ {name}(input: $input) {{ {selection} {ERRORS} }} }}"
    answer: dict[str, Any] = (await service.data(document, {"input": given}))[name]
    return answer


class Laboratory:
    def __init__(self, service: GraphQLService, researcher: GraphQLService) -> None:
        self.service, self.researcher = service, researcher
        self.study: dict[str, Any] = {}

    async def begin(self, **changes: Any) -> "Laboratory":
        given = {"name": "Smiles", "consentText": "I agree.", "design": DESIGN | changes}
        made = await change(self.researcher, "createStudy", given, f"study {{ {STUDY} }}")
        assert made["userErrors"] == []
        self.study = made["study"]
        return self

    async def now(self, selection: str = STUDY) -> dict[str, Any]:
        query = f"query($id: ID!) {{ study(id: $id) {{ {selection} }} }}"
        found: dict[str, Any] = (await self.researcher.data(query, {"id": self.study["id"]}))["study"]
        return found

    async def invite(self, label: str | None = None) -> tuple[str, GraphQLService]:
        given = {"studyId": self.study["id"], "label": label}
        made = await change(self.researcher, "createStudySession", given, "session { id slot trials } bearer")
        assert made["userErrors"] == []
        assert made["session"]["trials"] == TRIALS
        return made["session"]["id"], replace(self.service, bearer=made["bearer"])

    async def render(self) -> None:
        await change(self.researcher, "renderStudy", {"id": self.study["id"]}, "generation { id status }")
        await self.service.render()


async def answer(participant: GraphQLService, trial: dict[str, Any], **changes: Any) -> dict[str, Any]:
    wanted = trial["targetStep"] if trial["targetStep"] is not None else 1
    given = {
        "trialId": trial["id"],
        "step": wanted,
        "responseMs": 900.5,
        "moved": True,
        "idempotencyKey": trial["id"],
        "trajectory": [{"atMs": 10, "step": 0}, {"atMs": 350.5, "step": wanted}],
        "inputDevice": "MOUSE",
        "screen": {"width": 1280, "height": 800},
        **changes,
    }
    payload: dict[str, Any] = (await participant.data(ANSWER, {"input": given}))["answerTrial"]
    return payload


async def complete(participant: GraphQLService, most: int = TRIALS) -> int:
    """Answers what comes, one after another; how many those were."""
    for count in range(most):
        run = (await participant.ask(RUN))["data"]
        if run is None or not run["studyRun"]["trials"]:
            return count
        trial = run["studyRun"]["trials"][0]
        assert trial["ready"]
        assert all(trial["urls"])
        assert (await answer(participant, trial))["userErrors"] == []
    return most


@asynccontextmanager
async def laboratory_in(folder: Path) -> AsyncIterator[Laboratory]:
    """Ann's, with a study of DESIGN, in a service that asks everybody who they are."""
    async with graphql_service(folder, access=True) as service:
        yield await Laboratory(service, await service.of("ann", Scope.RESEARCH, Scope.READ)).begin()
