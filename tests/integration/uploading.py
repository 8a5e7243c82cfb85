"""Sending files as the GraphQL multipart request specification says."""

import json
from typing import Any

import httpx

from tests.integration.graphql_service import GraphQLService

FACE = (
    "seed truncationPsi truncationCutoff noise label network "
    "emotions { emotion strength } directions { direction strength }"
)
RESTORE = f"""
mutation Restore($input: RecipeFromFileInput!) {{
  recipeFromFile(input: $input) {{
    restored {{
      recipe seed truncationPsi noise width networkSha256 network {{ name }} served faceIsExact image {{ id }}
      mixes {{ seed first count }}
      morph {{ seed position space mixes {{ seed }} }}
      edits {{ name emotion strength served }}
      face {{ {FACE} }}
    }}
    userErrors {{ code message field }}
  }}
}}
"""
OPERATIONS = {"query": RESTORE, "variables": {"input": {"file": None}}}
MAP = {"0": ["variables.input.file"]}
ASKED_FIRST = {"GraphQL-Require-Preflight": "1"}


async def upload(
    service: GraphQLService,
    file: bytes,
    *,
    operations: object = OPERATIONS,
    places: object = MAP,
    headers: dict[str, str] = ASKED_FIRST,
) -> httpx.Response:
    form = {"operations": json.dumps(operations), "map": json.dumps(places)}
    bearer = {"Authorization": f"Bearer {service.bearer}"} if service.bearer else {}
    files = {"0": ("face.png", file, "application/octet-stream")}
    return await service.client.post("/graphql", data=form, files=files, headers=headers | bearer)


async def restored(service: GraphQLService, file: bytes) -> dict[str, Any]:
    """The payload."""
    response = await upload(service, file)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert "errors" not in answer, answer
    payload: dict[str, Any] = answer["data"]["recipeFromFile"]
    return payload
