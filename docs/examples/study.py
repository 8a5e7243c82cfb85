"""A whole perception study over GraphQL: design, rendering, two participants, results, export.

Start the service (python main.py serve), then: python docs/examples/study.py [ADDRESS [TOKEN [CSV]]]
The token is a researcher's, where access is on. What the participants answer here is made up.
"""

import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

DESIGN = {
    "faces": 2,
    "overlap": 2,
    "steps": 5,
    "emotions": ["HAPPY", "SAD"],
    "practiceTrials": 1,
    "repeatedShare": 0.5,
    "attentionTrials": 1,
    "participants": 2,
    "resumeHours": 24,
}
CREATE = """
mutation($input: CreateStudyInput!) {
  createStudy(input: $input) { study { id trials strengths protocolSha256 } userErrors { message field } }
}
"""
ESTIMATE = "query($id: ID!) { studyEstimate(studyId: $id) { images pictures missing seconds sizeBytes waiting } }"
RENDER = """
mutation($input: StudyInput!) {
  renderStudy(input: $input) { generation { id status done total } userErrors { message field } }
}
"""
PROGRESS = "query($id: ID!) { study(id: $id) { rendering { status done total } } }"
INVITE = """
mutation($input: CreateStudySessionInput!) {
  createStudySession(input: $input) { session { id slot } bearer userErrors { message field } }
}
"""
RUN = "{ studyRun { status consentText { version text } } }"
CONSENT = """
mutation($input: GiveConsentInput!) { giveConsent(input: $input) { run { status } userErrors { message field } } }
"""
DESCRIBE = """
mutation($input: DescribeParticipantInput!) {
  describeParticipant(input: $input) { run { status } userErrors { message field } }
}
"""
TRIALS = "{ studyRun { status trials(ahead: 1) { id number kind emotion startStep targetStep ready urls } } }"
ANSWER = """
mutation($input: AnswerTrialInput!) {
  answerTrial(input: $input) { answer { step strength } userErrors { code message field } }
}
"""
WITHDRAW = "mutation { withdrawFromStudy { receipt { id answersErased sha256 } userErrors { message } } }"
RESULTS = """
query($id: ID!) {
  study(id: $id) {
    counts { completed dropped_out: droppedOut withdrawn answers }
    manifest
    exportUrl(form: CSV)
  }
  studyResults(studyId: $id) {
    summaries { emotion participants points mean median sd }
    retests { emotion pairs bias }
  }
}
"""


def ask(address: str, bearer: str | None, query: str, **variables: Any) -> dict[str, Any]:
    """The answer's data. Ends the program on an error, as an example may."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        answer = json.load(response)
    errors = answer.get("errors") or [
        error for field in answer["data"].values() if isinstance(field, dict) for error in field.get("userErrors", ())
    ]
    if errors:
        sys.exit(f"the service refused: {errors}")
    data: dict[str, Any] = answer["data"]
    return data


def create(address: str, token: str | None) -> str:
    values = {"name": "When does a smile look natural?", "consentText": "I agree to take part.", "design": DESIGN}
    study = ask(address, token, CREATE, input=values)["createStudy"]["study"]
    print(f"study {study['id']}: {study['trials']} trials, strengths {study['strengths']}")
    print("for preregistration:", study["protocolSha256"])
    print("estimate:", ask(address, token, ESTIMATE, id=study["id"])["studyEstimate"])
    study_id: str = study["id"]
    return study_id


def render(address: str, token: str | None, study_id: str) -> None:
    """Until everything is there. Asked for again after an interruption, it goes on with what is missing."""
    ask(address, token, RENDER, input={"id": study_id})
    while True:
        rendering = ask(address, token, PROGRESS, id=study_id)["study"]["rendering"]
        print(f"{rendering['done']} of {rendering['total']} images", rendering["status"])
        if rendering["status"] not in ("QUEUED", "RUNNING"):
            return
        time.sleep(0.5)


def invite(address: str, token: str | None, study_id: str) -> str:
    invitation = ask(address, token, INVITE, input={"studyId": study_id})["createStudySession"]
    bearer: str = invitation["bearer"]
    return bearer


def begin(address: str, link: str, age: int, gender: str) -> None:
    text = ask(address, link, RUN)["studyRun"]["consentText"]
    ask(address, link, CONSENT, input={"consentVersion": text["version"]})
    ask(address, link, DESCRIBE, input={"age": age, "gender": gender})


def answer_trials(address: str, link: str, most: int = 1000) -> int:
    """A made-up participant puts each slider a bit beyond its middle, or where an attention trial asks for it."""
    for answered in range(most):
        trials = ask(address, link, TRIALS)["studyRun"]["trials"]
        if not trials:
            return answered
        (trial,) = trials
        step = 3 if trial["targetStep"] is None else trial["targetStep"]
        given = {
            "trialId": trial["id"],
            "step": step,
            "responseMs": 1234.5,
            "moved": True,
            "trajectory": [{"atMs": 300, "step": trial["startStep"]}, {"atMs": 1200, "step": step}],
            "inputDevice": "MOUSE",
            "screen": {"width": 1920, "height": 1080},
            "idempotencyKey": f"trial {trial['number']}",
        }
        ask(address, link, ANSWER, input=given)
    return most


def report(address: str, token: str | None, study_id: str, file: Path) -> None:
    found = ask(address, token, RESULTS, id=study_id)
    print(json.dumps(found["studyResults"], indent=1))
    print("where the invited are:", found["study"]["counts"])
    url = found["study"]["exportUrl"]
    with urllib.request.urlopen(url if "://" in url else address + url, timeout=60) as response:  # noqa: S310
        file.write_bytes(response.read())
    print("one row a trial:", file)


def main(address: str = "http://127.0.0.1:8000", token: str | None = None, file: str = "study.csv") -> None:
    study_id = create(address, token)
    render(address, token, study_id)
    one, other = (invite(address, token, study_id) for _ in range(2))
    begin(address, one, 34, "FEMALE")
    begin(address, other, 51, "UNDISCLOSED")
    print("one answered", answer_trials(address, one, 3), "and pauses")
    print("the other answered", answer_trials(address, other, 2), "and withdraws:")
    print(ask(address, other, WITHDRAW)["withdrawFromStudy"]["receipt"])
    print("one returned and answered", answer_trials(address, one), "more")
    report(address, token, study_id, Path(file))


if __name__ == "__main__":
    main(*sys.argv[1:])
