"""What the log of the running service has of whoever came in, by whichever way, and whatever came of it: no secret."""

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.e2e.server import GENERATE, RunningService, command, running_service
from tests.e2e.studies import ask, done, invited

SECRET, GENDER = "hunter2", "UNDISCLOSED"
LOST = (("answers", "participants", "pictures", "exports", "study_versions"), ("tokens", "study_sessions"))
"""Tables that are taken away one lot after the other, so that what is asked then is an internal error."""

AGE = re.compile(r"\bage\W{0,3}97\b|[(,\s]97[),\s]")
LOOK_UP = f'{{ image(id: "{SECRET}") {{ id }} }}'
IMAGE = "query($id: ID!) { image(id: $id) { thumbnailUrl downloadUrl(format: WEBP) } }"
EXPORT = "mutation { exportImages(input: {filter: {}}) { export { url } userErrors { code } } }"
STUDY = "query($id: ID!) { study(id: $id) { exportUrl name } studyResults(studyId: $id) { summaries { mean } } }"
RENDER = "mutation($id: ID!) { renderStudy(input: {id: $id}) { generation { id } userErrors { message } } }"
RENDERED = "query($id: ID!) { study(id: $id) { rendering { status } } }"
PACK = "mutation($id: ID!) { packStimuli(input: {studyId: $id}) { pack { url } userErrors { message } } }"
FOLLOW = "subscription { generationCompleted { id image { url } } }"
RUN = "{ studyRun { status consentText { text } trials(ahead: 1) { id urls } } }"
CONSENT = "mutation { giveConsent(input: {consentVersion: 1}) { run { status } userErrors { message } } }"
DESCRIBE = """
mutation($age: Int) {
  describeParticipant(input: {age: $age, gender: UNDISCLOSED, deviceKey: "hunter2"}) {
    run { status } userErrors { message }
  }
}
"""
ANSWER = """
mutation($trial: ID!) {
  answerTrial(input: {trialId: $trial, step: 1, responseMs: 97, moved: true, idempotencyKey: "hunter2",
                      trajectory: [{atMs: 97, step: 1}], inputDevice: MOUSE, screen: {width: 97, height: 97}}) {
    answer { step } userErrors { message }
  }
}
"""


@dataclass
class Visit:
    """Everything that can be asked, with these proofs, at these addresses."""

    service: RunningService
    token: str
    link: str
    study: str
    trial: str
    addresses: list[str] = field(default_factory=list)

    def everything(self) -> None:
        self.ask_questions()
        self.take_part()
        self.take_away()
        self.listen()

    def ask_questions(self) -> None:
        for query in (
            f"{{ {SECRET}",
            LOOK_UP,
            EXPORT,
            "{ imageHistory { totalCount } }",
        ):
            ask(self.service, self.token, query)
        ask(self.service, self.token, GENERATE, input={"seed": 3, "network": SECRET, "idempotencyKey": SECRET})
        for query in (STUDY, PACK):
            ask(self.service, self.token, query, id=self.study)
        url, headers = f"{self.service.url}/graphql", {"Authorization": f"Bearer {self.token}", "Cookie": SECRET}
        httpx.get(url, params={"query": LOOK_UP, "token": self.token}, headers=headers)
        httpx.post(url, content=SECRET, headers=headers | {"Content-Type": "application/json"})
        httpx.post(url, headers={"Authorization": self.token})

    def take_part(self) -> None:
        for query in (RUN, CONSENT):
            ask(self.service, self.link, query)
        for age in (97, 9797):
            ask(self.service, self.link, DESCRIBE, age=age)
        ask(self.service, self.link, ANSWER, trial=self.trial)
        httpx.get(
            f"{self.service.url}/graphql", params={"query": RUN}, headers={"Authorization": f"Bearer {self.link}"}
        )

    def take_away(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        for address in self.addresses:
            httpx.get(self.service.url + address, timeout=30)
            httpx.get(f"{self.service.url}{address[:-8]}{SECRET}?key={self.token}", headers=headers)
            place = address.split("/")
            if place[1] == "download":
                httpx.get(f"{self.service.url}/download/{'/'.join(place[3:])}", headers=headers, timeout=30)
        for path in ("/metrics", f"/{SECRET}", f"/{self.link}"):
            httpx.get(self.service.url + path, headers=headers)

    def listen(self) -> None:
        for bearer in (self.token, self.link):
            address = f"ws://127.0.0.1:{self.service.port}/graphql?token={bearer}"
            headers = {"Authorization": f"Bearer {bearer}"}
            with connect(address, subprotocols=["graphql-transport-ws"], additional_headers=headers) as socket:  # type: ignore[list-item]
                for payload in ({"Authorization": f"Bearer {bearer}"}, {"token": bearer, "x": SECRET}):
                    try:
                        socket.send(json.dumps({"type": "connection_init", "payload": payload}))
                        socket.recv(timeout=20)
                        for number, query in enumerate((FOLLOW, LOOK_UP, DESCRIBE)):
                            asked = {"query": query, "variables": {"age": 97}}
                            socket.send(json.dumps({"id": str(number), "type": "subscribe", "payload": asked}))
                        socket.recv(timeout=20)
                    except ConnectionClosed:
                        break
            events = {"Accept": "text/event-stream", **headers}
            body = {"query": FOLLOW}
            with httpx.stream("POST", f"{self.service.url}/graphql", json=body, headers=events, timeout=20):
                pass


def begun(service: RunningService, folder: Path, level: str, form: str) -> Visit:
    """A researcher with an image and a rendered study, and somebody who takes part in it."""
    arguments = ("tokens", "create", "--owner", "ann", "--scopes", "read,generate,research,library", "--note", SECRET)
    token = command(folder, *arguments, log_level=level, log_format=form).stdout.strip()
    study, link = invited(service, token, label=SECRET)
    visit = Visit(service, token, link, study, "")
    made = done(service, token, GENERATE, input={"seed": 1, "waitMs": 30000})["generation"]["image"]
    done(service, token, RENDER, id=study)
    while ask(service, token, RENDERED, id=study).json()["data"]["study"]["rendering"]["status"] != "SUCCEEDED":
        time.sleep(0.1)
    done(service, link, CONSENT)
    done(service, link, DESCRIBE, age=97)
    (trial,) = ask(service, link, RUN).json()["data"]["studyRun"]["trials"]
    visit.trial = trial["id"]
    found: list[Any] = [
        ask(service, token, IMAGE, id=made["id"]).json()["data"]["image"],
        {"url": made["url"], "picture": trial["urls"][0]},
        done(service, token, EXPORT)["export"],
        done(service, token, PACK, id=study)["pack"],
        {"rows": ask(service, token, STUDY, id=study).json()["data"]["study"]["exportUrl"]},
    ]
    visit.addresses = [address for addresses in found for address in addresses.values()]
    assert len(visit.addresses) == 7
    for address in visit.addresses:
        assert httpx.get(service.url + address, timeout=30).status_code == 200
    return visit


def wrong(visit: Visit) -> Visit:
    """The same without any right."""
    swapped = str.maketrans("0123456789abcdef", "123456789abcdef0")
    token, link = (bearer[:-16] + bearer[-16:].translate(swapped) for bearer in (visit.token, visit.link))
    addresses = [re.sub(r"\.([\w-]{8})", r".AAAAAAAA", address, count=1) for address in visit.addresses]
    return Visit(visit.service, token, link, visit.study, visit.trial, addresses)


def secrets(visit: Visit) -> Iterator[str]:
    yield from (SECRET, GENDER, visit.token.split("_")[2], visit.link.rpartition(".")[2])
    for address in visit.addresses:
        yield address.split("/")[2].split(".")[1]


@pytest.mark.parametrize(("level", "form"), [("info", "text"), ("debug", "json")])
def test_no_line_has_a_secret_or_anything_of_a_participant_by_whichever_way_they_came(
    tmp_path: Path, level: str, form: str
) -> None:
    with running_service(tmp_path, access="required", log_level=level, log_format=form) as service:
        visit = begun(service, tmp_path, level, form)
        refused = wrong(visit)
        visit.everything()
        refused.everything()
        audit = command(tmp_path, "audit").stdout
        for tables in (
            ("answers", "participants", "pictures", "exports", "study_versions"),
            ("tokens", "study_sessions"),
        ):
            with sqlite3.connect(tmp_path / "manganace.sqlite3", timeout=20) as database:
                for table in tables:
                    database.execute(f"ALTER TABLE {table} RENAME TO lost_{table}")
            visit.everything()
            refused.everything()
        service.stop(timeout_s=30)
        log = service.log.read_text()
    for unforeseen in ("an operation failed unexpectedly", "a request failed unexpectedly", "a token was refused"):
        assert unforeseen in log
    assert "exportImages" in audit
    assert "giveConsent" not in audit
    for secret in (*secrets(visit), *secrets(refused)):
        for lines in (log, audit):
            assert [line for line in lines.splitlines() if secret in line] == []
    assert [line for line in log.splitlines() if AGE.search(re.sub(r"line \d+", "", line))] == []
