"""Bringing a picture back: what its recipe means here, and what is refused before it costs anything."""

import io
import json
import struct
import tempfile
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.access import Scope
from domain.copies import CopyForm, CopyFormat
from domain.networks import Emotion
from domain.recipe import MorphSpace, NoiseMode, Recipe, RecipeEdit, RecipeMix, RecipeMorph
from graph.limits import MAX_BODY_BYTES, MAX_UPLOAD_BYTES
from infrastructure.copying import converted
from infrastructure.encoding import encode
from tests.fakes.catalogue import edit, recipe
from tests.fakes.engines import SERVICE, colour_of
from tests.integration.graphql_service import GENERATE, GraphQLService, graphql_service
from tests.integration.uploading import ASKED_FIRST, MAP, OPERATIONS, RESTORE, restored, upload

HAPPY = {"emotion": "HAPPY", "strength": 0.8}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[GraphQLService]:
    async with graphql_service(tmp_path) as running:
        yield running


def png_of(made: Recipe) -> bytes:
    return encode(colour_of(made), made, SERVICE).image


async def test_a_png_dropped_back_fills_generate_face_with_what_made_it(service: GraphQLService) -> None:
    image = await service.image(seed=42, truncationPsi=0.7, noise="NONE", truncationCutoff=3, emotions=[HAPPY])
    payload = await restored(service, (await service.client.get(image["url"])).content)
    found = payload["restored"]
    assert (found["seed"], found["truncationPsi"], found["noise"], found["width"]) == (42, 0.7, "NONE", 16)
    assert (found["network"], found["served"], found["faceIsExact"]) == ({"name": "tiny"}, True, True)
    assert found["edits"] == [{"name": "neutral->happy", "emotion": "HAPPY", "strength": 0.8, "served": True}]
    assert found["image"] == {"id": image["id"]}
    again = await service.image(**{key: value for key, value in found["face"].items() if value is not None})
    assert again["sha256"] == image["sha256"]


@pytest.mark.parametrize("form", [CopyForm(CopyFormat.WEBP), CopyForm(CopyFormat.JPEG, 50)], ids=str)
async def test_other_formats_come_back_too(service: GraphQLService, form: CopyForm) -> None:
    made = recipe(7, edit(Emotion.SAD, 1.5))
    payload = await restored(service, converted(png_of(made), made, form, SERVICE))
    assert payload["restored"]["recipe"] == made.to_json()
    assert payload["restored"]["image"] is None


async def test_a_network_that_is_not_served_is_said_to_be_none(service: GraphQLService) -> None:
    made = replace(recipe(7, edit(Emotion.SAD, 1.5)), network_sha256="b" * 64)
    found = (await restored(service, png_of(made)))["restored"]
    assert (found["network"], found["networkSha256"], found["served"]) == (None, "b" * 64, False)
    assert (found["face"], found["faceIsExact"]) == (None, False)
    assert [(one["emotion"], one["served"]) for one in found["edits"]] == [("SAD", False)]


async def test_a_direction_that_is_not_served_is_left_out_of_the_face_and_said(service: GraphQLService) -> None:
    made = recipe(7, edit(Emotion.SAD, 1.5), RecipeEdit("smile", "c" * 64, 1.0))
    found = (await restored(service, png_of(made)))["restored"]
    assert [(one["name"], one["served"]) for one in found["edits"]] == [("neutral->sad", True), ("smile", False)]
    assert (found["served"], found["faceIsExact"], found["face"]["directions"]) == (False, False, [])
    assert found["face"]["emotions"] == [{"emotion": "SAD", "strength": 1.5}]


MORPHED = replace(recipe(7), morph=RecipeMorph(8, (RecipeMix(9, 0, 2),), MorphSpace.Z, 0.25))


async def test_where_a_frame_lies_between_two_faces_comes_back(service: GraphQLService) -> None:
    found = (await restored(service, png_of(MORPHED)))["restored"]
    assert found["morph"] == {"seed": 8, "position": 0.25, "space": "Z", "mixes": [{"seed": 9}]}
    assert (await restored(service, png_of(recipe(7))))["restored"]["morph"] is None


@pytest.mark.parametrize(
    "made",
    [
        replace(recipe(7), mixes=(RecipeMix(8, 0, 2),)),
        replace(recipe(7), noise=NoiseMode.RANDOM, noise_draw=5),
        MORPHED,
    ],
    ids=["mixed styles", "drawn noise", "a morph"],
)
async def test_what_generate_face_cannot_ask_for_is_said_to_be_near_only(service: GraphQLService, made: Recipe) -> None:
    found = (await restored(service, png_of(made)))["restored"]
    assert (found["served"], found["faceIsExact"]) == (True, False)
    assert found["face"]["seed"] == 7
    assert found["mixes"] == [{"seed": mix.seed, "first": mix.first, "count": mix.count} for mix in made.mixes]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(*chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1 << 30, 1 << 30, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", zlib.compress(bytes(1 << 20)))


def carrying(text: str) -> bytes:
    return png_with(chunk(b"iTXt", b"manganace:recipe\0\0\0\0\0" + text.encode()))


BEYOND = RecipeMorph(8, (), MorphSpace.W, 1.5)
BOMB = zlib.compress(b"{" * (64 << 20))


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "not a PNG, WebP or JPEG"),
        (b"%PDF-1.7", "not a PNG, WebP or JPEG"),
        (png_with(), "carries no recipe"),
        (png_with()[:36], "cut short"),
        (png_with(chunk(b"iTXt", b"manganace:recipe\0\1\0\0\0" + BOMB)), "compressed"),
        (png_with(chunk(b"zTXt", b"manganace:recipe\0\0" + BOMB)), "carries no recipe"),
        (png_with(chunk(b"iTXt", b"manganace:recipe\0\0\0\0\0" + b"[" * (5 << 20))), "too long"),
        (carrying("[" * 100_000), "malformed"),
        (carrying('{"version":2}'), "version 2 is not known"),
        (carrying(replace(recipe(1), seed=2**32).canonical), "values that this service does not make"),
        (carrying(replace(recipe(1), width=2**40).canonical), "values that this service does not make"),
        (carrying(replace(recipe(1), psi=1e300).canonical), "values that this service does not make"),
        (carrying(replace(recipe(1), cutoff=-1).canonical), "values that this service does not make"),
        (carrying(recipe(1, RecipeEdit("\ud800", "c" * 64, 1.0)).canonical), "values that this service does not make"),
        (carrying(recipe(1, RecipeEdit("smile", "c" * 64, 6.0)).canonical), "values that this service does not make"),
        (carrying(replace(recipe(1), network_sha256="../etc").canonical), "values that this service does not make"),
        (carrying('{"version":1,"morph":[{}]}'), "a whole morph and not one of its images"),
        (carrying(replace(recipe(1), morph=BEYOND).canonical), "values that this service does not make"),
    ],
    ids=range(18),
)
async def test_a_file_without_a_recipe_of_ours_gets_a_user_error(
    service: GraphQLService, file: bytes, says: str
) -> None:
    payload = await restored(service, file)
    assert payload["restored"] is None
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["input", "file"])
    assert says in error["message"]


@pytest.mark.parametrize("headers", [{}, {"GraphQL-Require-Preflight": ""}, {"X-Requested-With": "XMLHttpRequest"}])
async def test_a_form_that_any_page_could_send_is_refused(service: GraphQLService, headers: dict[str, str]) -> None:
    response = await upload(service, png_of(recipe(1)), headers=headers)
    assert response.status_code == 415
    assert "GraphQL-Require-Preflight" in response.json()["errors"][0]["message"]


async def test_apollo_s_header_does_as_well(service: GraphQLService) -> None:
    response = await upload(service, png_of(recipe(1)), headers={"Apollo-Require-Preflight": "true"})
    assert response.json()["data"]["recipeFromFile"]["restored"]["seed"] == 1


BIG = b"\x89PNG\r\n\x1a\n" + bytes(MAX_UPLOAD_BYTES)


async def test_a_file_that_is_too_big_is_refused_while_it_comes(service: GraphQLService) -> None:
    sent = 0
    boundary = "manganace"
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{json.dumps(value)}\r\n'
        for name, value in (("operations", OPERATIONS), ("map", MAP))
    )
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="0"; filename="face.png"\r\n\r\n'

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        yield head.encode()
        for _ in range(10_000):
            sent += 1 << 16
            yield bytes(1 << 16)

    headers = ASKED_FIRST | {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    response = await service.client.post("/graphql", content=body(), headers=headers)
    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}
    assert sent < 2 * MAX_UPLOAD_BYTES


async def test_the_other_operations_keep_their_mebibyte(service: GraphQLService) -> None:
    body = json.dumps({"query": "{ service { name } }", "extensions": {"x": "y" * MAX_BODY_BYTES}})
    headers = ASKED_FIRST | {"Content-Type": "application/json"}
    assert (await service.client.post("/graphql", content=body, headers=headers)).status_code == 413


TWO = RESTORE.replace("mutation Restore($input", "mutation Two($more: RecipeFromFileInput!, $input").replace(
    "  recipeFromFile", "  more: recipeFromFile(input: $more) { userErrors { code } }\n  recipeFromFile", 1
)


@pytest.mark.parametrize(
    ("operations", "places"),
    [
        (
            {"query": GENERATE, "variables": {"input": {"idempotencyKey": None}}},
            {"0": ["variables.input.idempotencyKey"]},
        ),
        ({"query": "{ service { name } }", "variables": {"x": None}}, {"0": ["variables.x"]}),
        ({"query": TWO, "variables": {"input": {"file": None}, "more": {"file": None}}}, MAP),
        ([OPERATIONS], MAP),
        (OPERATIONS, {}),
        (OPERATIONS, {"0": ["variables.input.file"], "1": ["variables.input.file"]}),
        (OPERATIONS, {"0": ["variables.input.file", "variables.input.file"]}),
        (OPERATIONS, {"0": ["variables.input.other"]}),
        (OPERATIONS, {"0": ["query"]}),
        (OPERATIONS, {"0": ["variables"]}),
        (OPERATIONS, {"0": ["variables.input.file.x"]}),
        (OPERATIONS, {"0": [5]}),
        (OPERATIONS, {"0": 5}),
        (OPERATIONS, {"operations": ["variables.input.file"]}),
        (OPERATIONS, {"map": ["variables.input.file"]}),
        (OPERATIONS, []),
        (OPERATIONS, "x"),
        ({}, MAP),
        ("x", MAP),
        ({"query": RESTORE, "variables": []}, MAP),
        ({"query": 5, "variables": {"input": {"file": None}}}, MAP),
    ],
    ids=range(21),
)
async def test_a_form_that_is_no_upload_is_a_400(service: GraphQLService, operations: Any, places: Any) -> None:
    response = await upload(service, png_of(recipe(1)), operations=operations, places=places)
    assert response.status_code == 400, response.text
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"--x\r\n",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n{}\r\n--x--",
        b'--x\r\nContent-Disposition: form-data; name="operations"; filename="o"\r\n\r\n{}\r\n--x--',
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="%d"; filename="f"\r\n\r\nf\r\n' % number
            for number in range(3)
        )
        + b"--x--",
        b"".join(b'--x\r\nContent-Disposition: form-data; name="%d"\r\n\r\nf\r\n' % number for number in range(3)),
        b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n' + bytes(1 << 17) + b"\r\n--x--",
    ],
    ids=range(8),
)
async def test_a_body_that_is_no_form_is_a_400(service: GraphQLService, body: bytes) -> None:
    headers = ASKED_FIRST | {"Content-Type": "multipart/form-data; boundary=x"}
    response = await service.client.post("/graphql", content=body, headers=headers)
    assert response.status_code == 400, response.text
    assert response.json()["errors"][0]["message"]
    nameless = await service.client.post(
        "/graphql", content=body, headers=ASKED_FIRST | {"Content-Type": "multipart/form-data"}
    )
    assert nameless.status_code == 400


async def test_a_faulty_document_is_told_why_though_a_file_came_with_it(service: GraphQLService) -> None:
    for query, code in (("{", "GRAPHQL_PARSE_FAILED"), ("{ recipeFromFile }", "GRAPHQL_VALIDATION_FAILED")):
        operations = {"query": query, "variables": {"input": {"file": None}}}
        response = await upload(service, b"", operations=operations)
        assert response.json()["errors"][0]["extensions"]["code"] == code


async def test_a_text_is_no_file(service: GraphQLService) -> None:
    payload = (await service.data(RESTORE, {"input": {"file": "data:image/png;base64,"}}))["recipeFromFile"]
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("INVALID", ["input", "file"])]
    assert "multipart" in payload["userErrors"][0]["message"]
    literal = await service.data('mutation { recipeFromFile(input: {file: "x"}) { userErrors { code } } }')
    assert literal["recipeFromFile"]["userErrors"] == [{"code": "INVALID"}]


async def test_an_image_of_somebody_else_is_not_told_of(tmp_path: Path) -> None:
    async with graphql_service(tmp_path, access=True) as service:
        ann = await service.of("ann", Scope.READ, Scope.GENERATE)
        bob = await service.of("bob", Scope.READ)
        image = await ann.image(seed=5)
        file = png_of(recipe(5))
        assert (await restored(ann, file))["restored"]["image"] == {"id": image["id"]}
        assert (await restored(bob, file))["restored"]["image"] is None
        assert (await upload(service, file)).status_code == 401
        maker = await service.of("ann", Scope.GENERATE)
        assert [error["code"] for error in (await restored(maker, file))["userErrors"]] == ["FORBIDDEN"]


async def test_nothing_of_an_upload_stays_open(service: GraphQLService, monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette import formparsers

    opened: list[io.IOBase] = []
    original = tempfile.SpooledTemporaryFile

    def noting(*values: Any, **named: Any) -> Any:
        opened.append(original(*values, **named))
        return opened[-1]

    monkeypatch.setattr(formparsers, "SpooledTemporaryFile", noting)
    await restored(service, png_of(recipe(1)))
    await upload(service, BIG + BIG)
    await upload(service, b"", operations=[])
    assert len(opened) == 3
    assert all(file.closed for file in opened)
