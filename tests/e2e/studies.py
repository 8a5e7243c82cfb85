"""A small study of the golden network, and somebody who is invited to it."""

from typing import Any

import httpx

from tests.e2e.server import RunningService

POOL = """
mutation { createSeedPool(input: {name: "tiny", men: [1, 2], women: [3, 4]}) { pool { id } userErrors { message } } }
"""
CREATE = """
mutation($input: CreateStudyInput!) { createStudy(input: $input) { study { id } userErrors { message field } } }
"""
INVITE = """
mutation($input: CreateStudySessionInput!) {
  createStudySession(input: $input) { session { id } bearer userErrors { message } }
}
"""
DESIGN = {"faces": 2, "overlap": 2, "steps": 3, "emotions": ["HAPPY", "SAD"], "participants": 1}


def ask(service: RunningService, bearer: str | None, query: str, **variables: object) -> httpx.Response:
    headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
    body = {"query": query, "variables": variables}
    return httpx.post(f"{service.url}/graphql", json=body, headers=headers, timeout=60)


def done(service: RunningService, bearer: str, query: str, **variables: object) -> dict[str, Any]:
    """What the document's one mutation answers."""
    answer = ask(service, bearer, query, **variables).json()
    (payload,) = answer["data"].values()
    assert not payload["userErrors"], payload
    found: dict[str, Any] = payload
    return found


def invited(service: RunningService, researcher: str, **values: object) -> tuple[str, str]:
    """The study's id, and the link of who was invited."""
    pool = done(service, researcher, POOL)["pool"]["id"]
    given = {"name": "Smiles", "consentText": "I agree.", "design": {**DESIGN, "poolId": pool}}
    study = done(service, researcher, CREATE, input=given)["study"]["id"]
    return study, done(service, researcher, INVITE, input={"studyId": study, **values})["bearer"]
