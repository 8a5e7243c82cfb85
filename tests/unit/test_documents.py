"""What the documents promise is tested by what they say it is tested by."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.settings import PROJECT

PROMISES = sorted(path for path in (PROJECT / "docs").glob("*.md") if "../tests/" in path.read_text())


@pytest.mark.parametrize("document", PROMISES, ids=lambda path: path.name)
def test_every_test_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text()
    named = re.findall(r"`(test_\w+)` in \[[^\]]+\]\(([^)]+)\)", text)
    assert len(named) == len(re.findall(r"\]\(\.\./tests/", text)) > 0
    for name, path in named:
        assert re.search(rf"def {name}\(", (document.parent / path).read_text()), name


@pytest.mark.parametrize("document", PROMISES, ids=lambda path: path.name)
def test_every_promise_names_its_test(document: Path) -> None:
    """A promise is an item of a list, or a table, whose test is named right after it."""
    sections = re.split(r"^## ", document.read_text(), flags=re.MULTILINE)
    promising = [section for section in sections if not section.startswith(NO_PROMISES)]
    found = [promise for section in promising for promise in promises(section)]
    assert len(found) > 40
    assert [promise for promise in found if "](../tests/" not in promise and "`make " not in promise] == []


NO_PROMISES = "What it does not do"


def promises(section: str) -> Iterator[str]:
    blocks = re.split(r"\n\n+", section)
    for block, following in zip(blocks, [*blocks[1:], ""], strict=True):
        if re.match(r"(- |\d+\. )", block):
            yield from re.split(r"\n(?=- |\d+\. )", block)
        elif block.startswith("|"):
            yield f"{block}\n{following}"


def test_a_promise_without_a_test_is_noticed() -> None:
    text = "Words.\n\n- One.\n  `make x`\n- Two\n  goes on.\n\n1. Three.\n\n| four |\n\nFive."
    assert list(promises(text)) == ["- One.\n  `make x`", "- Two\n  goes on.", "1. Three.", "| four |\nFive."]


def test_every_fault_test_is_named_in_a_document() -> None:
    text = "".join(path.read_text() for path in PROMISES)
    unnamed = [name for name in fault_tests() if f"`{name}` in [" not in text]
    assert unnamed == []


def fault_tests() -> Iterator[str]:
    """Those with the marker, on themselves or on their module."""
    for path in (PROJECT / "tests").rglob("test_*.py"):
        source = path.read_text()
        if "mark.fault" not in source:
            continue
        body = ast.parse(source).body
        marked = any(isinstance(node, ast.Assign) and "mark.fault" in ast.unparse(node) for node in body)
        for node in body:
            decorators = " ".join(map(ast.unparse, getattr(node, "decorator_list", ())))
            name = getattr(node, "name", "")
            if name.startswith("test_") and (marked or "mark.fault" in decorators):
                yield name


def test_the_document_of_security_says_the_limits_as_they_are() -> None:
    from graph.limits import BOUNDS, MAX_COST, MAX_TOKENS, MAX_VALUES, OPERATION_S
    from graph.rates import A_MINUTE, AT_ONCE_S

    text = (PROJECT / "docs" / "security.md").read_text()
    bounds = {bound.name: bound.most for bound in BOUNDS}
    assert f"Depth {bounds['depth']}, {bounds['fields']} fields, {bounds['aliases']} aliases" in text
    assert f"{bounds['directives']} directives, {bounds['mutations']} mutations and a cost of {MAX_COST:,}" in text
    assert f"{bounds['introspection']:,} fields of introspection" in text
    assert f"{MAX_TOKENS:,} tokens a document" in text
    assert f"{MAX_VALUES:,} values in the variables" in text
    assert f"{OPERATION_S:.0f} s an operation" in text
    assert f"{A_MINUTE:,} requests and socket messages a minute for each client, {AT_ONCE_S:.0f} s' worth" in text
