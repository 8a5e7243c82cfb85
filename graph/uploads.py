"""Files that are sent: the GraphQL multipart request, for the one operation that takes a file and for no other.

A page of another origin can send a form without asking first; a header of one's own makes browsers ask.
"""

from collections.abc import Callable, Mapping
from typing import Any

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import DocumentNode, FieldNode, GraphQLError, OperationDefinitionNode, parse
from starlette.datastructures import UploadFile
from starlette.requests import Request
from strawberry.http.parse_content_type import parse_content_type

from graph.limits import MAX_BODY_BYTES, MAX_TOKENS, MAX_UPLOAD_BYTES

MULTIPART = "multipart/form-data"
PREFLIGHT_HEADERS = ("GraphQL-Require-Preflight", "Apollo-Require-Preflight")
OPERATION = "recipeFromFile"
NO_PREFLIGHT = f"a file is sent with the header {PREFLIGHT_HEADERS[0]} or {PREFLIGHT_HEADERS[1]}, of any value"

PART_BYTES = 1 << 16
"""Of `operations` and of `map`: room for the document and its variables."""


def is_upload(request: Request | AsyncHTTPRequestAdapter) -> bool:
    """Whether a file comes, with a header that no form can send."""
    kind = parse_content_type(request.headers.get("content-type", ""))[0]
    asked_first = any(request.headers.get(name) for name in PREFLIGHT_HEADERS)
    return request.method == "POST" and kind == MULTIPART and asked_first


def body_limit(request: Request) -> int:
    return MAX_UPLOAD_BYTES + 4 * PART_BYTES if is_upload(request) else MAX_BODY_BYTES


async def read_form(request: Request) -> None:
    """Streams the body; from a megabyte on the file goes to the disk. Raises Starlette's HTTPException 400."""
    await request.form(max_files=1, max_fields=2, max_part_size=PART_BYTES)


def request_in(form: Mapping[str, Any], parse_json: Callable[[str], Any]) -> dict[str, Any]:
    """The request with the file in its place among the variables. Raises HTTPException 400."""
    request, places = (_object(form.get(name), name, parse_json) for name in ("operations", "map"))
    if len(places) != 1:
        raise HTTPException(400, "map names one file")
    ((name, paths),) = places.items()
    file = form.get(name)
    if not isinstance(file, UploadFile):
        raise HTTPException(400, "map names no file of the form")
    if not isinstance(paths, list) or len(paths) != 1 or not isinstance(paths[0], str):
        raise HTTPException(400, "map gives one place to the file")
    _put(request, paths[0].split("."), file)
    _refuse_others(request)
    return request


def _object(text: object, name: str, parse_json: Callable[[str], Any]) -> dict[str, Any]:
    value = parse_json(text) if isinstance(text, str) else None
    if not isinstance(value, dict):
        raise HTTPException(400, f"{name} is a JSON object")
    return value


def _put(request: dict[str, Any], path: list[str], file: UploadFile) -> None:
    place: Any = request
    for key in path[:-1]:
        place = place.get(key) if isinstance(place, dict) else None
    if path[0] != "variables" or len(path) < 2 or not isinstance(place, dict) or place.get(path[-1], "") is not None:
        raise HTTPException(400, "map's place is a variable that is null, such as variables.input.file")
    place[path[-1]] = file


def _refuse_others(request: Mapping[str, Any]) -> None:
    """What does not parse is left to those who tell why."""
    query, name = request.get("query"), request.get("operationName")
    if not isinstance(query, str):
        return
    try:
        document = parse(query, no_location=True, max_tokens=MAX_TOKENS)
    except (GraphQLError, RecursionError):
        return
    if not all(_takes_a_file(node) for node in _operations(document, name)):
        raise HTTPException(400, f"only {OPERATION} takes a file")


def _operations(document: DocumentNode, name: object) -> list[OperationDefinitionNode]:
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return [node for node in found if name is None or (node.name is not None and node.name.value == name)]


def _takes_a_file(node: OperationDefinitionNode) -> bool:
    selections = node.selection_set.selections
    return len(selections) == 1 and isinstance(selections[0], FieldNode) and selections[0].name.value == OPERATION
