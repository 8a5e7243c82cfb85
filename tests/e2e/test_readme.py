"""The README's first steps work as they are written, with the network that ships."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.server import PROJECT, RunningService, running_service

README = (PROJECT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def shape(answer: Any) -> Any:
    """An answer without its values."""
    if isinstance(answer, dict):
        return {name: shape(value) for name, value in answer.items()}
    return type(answer).__name__


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    network = PROJECT / "_pickles" / "demo-faces.safetensors"
    with running_service(
        tmp_path_factory.mktemp("shipped"), networks=f"demo-faces={network}", directions=""
    ) as service:
        yield service


def test_the_first_mutation_answers_as_the_readme_says(shipped: RunningService) -> None:
    answer = shipped.ask(blocks("graphql")[0])
    expected = json.loads(blocks("json")[0])
    assert shape(answer) == shape(expected)
    told, given = (each["data"]["generateFace"]["generation"] for each in (expected, answer))
    assert (given["status"], given["image"]["seed"], given["image"]["width"]) == (
        told["status"],
        told["image"]["seed"],
        told["image"]["width"],
    )
    assert shipped.file(given["image"]["url"]).headers["content-type"] == "image/png"


def test_the_second_mutation_makes_the_first_face_happy(shipped: RunningService) -> None:
    first = shipped.data(blocks("graphql")[0])["generateFace"]["generation"]["image"]
    written = re.search(r'imageId: "([^"]+)"', blocks("graphql")[1])
    assert written is not None
    payload = shipped.data(blocks("graphql")[1].replace(written[1], first["id"]))["applyEmotion"]
    assert payload["userErrors"] == []
    image = payload["generation"]["image"]
    assert image["emotions"] == [{"emotion": "HAPPY", "strength": 1.0}]
    assert image["source"]["url"] == first["url"] != image["url"]


def test_the_shipped_network_has_the_six_emotions(shipped: RunningService) -> None:
    directions = shipped.data("{ directions { name emotion } }")["directions"]
    emotions = {direction["emotion"] for direction in directions if direction["emotion"]}
    assert emotions == {"HAPPY", "SAD", "ANGRY", "DISGUSTED", "FEARFUL", "SURPRISED"}


@pytest.mark.parametrize("file", sorted(set(re.findall(r"\]\(([\w./-]+)\)", README))))
def test_every_file_that_the_readme_links_to_is_there(file: str) -> None:
    assert (PROJECT / file).exists()


def test_every_command_of_the_readme_exists() -> None:
    from infrastructure.commands.command_line import parser

    commands = re.findall(r"main\.py (\w+)", README)
    assert commands
    known = next(action.choices for action in parser()._actions if action.dest == "command")
    assert set(commands) <= set(known or ())


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    named = re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)", README, re.MULTILINE)
    for target in {first or second for first, second in named}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
