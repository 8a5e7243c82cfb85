"""What an engine in Python 3.7 imports is written in Python 3.7, and needs NumPy and TensorFlow only."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENTRY = "stylegan2.tensorflow.engine"
PACKAGES = {"numpy", "tensorflow"}


def source_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((each for each in candidates if each.exists()), None)


def imports_of(node: ast.AST) -> Iterator[str]:
    """Modules that are imported when the code runs, those of functions included."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.module
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from imports_of(child)


def imported_by(entry: str) -> tuple[dict[str, Path], set[str]]:
    """This project's modules that the entry needs, packages' own included; and the others' packages."""
    ours: dict[str, Path] = {}
    others: set[str] = set()
    waiting = [entry]
    while waiting:
        module = waiting.pop()
        if not module.startswith("stylegan2"):
            others.add(module.partition(".")[0])
        elif module not in ours and (path := source_of(module)) is not None:
            ours[module] = path
            tree = ast.parse(path.read_text(), feature_version=(3, 7))
            waiting += [*imports_of(tree), module.rpartition(".")[0]]
    return ours, others - {""}


def test_everything_that_the_engine_imports_parses_as_python_3_7() -> None:
    ours, _ = imported_by(ENTRY)
    assert {"stylegan2", "stylegan2.engine.wire", "stylegan2.engine.child", "stylegan2.latents"} < ours.keys()


def test_the_engine_needs_numpy_and_tensorflow_only() -> None:
    _, others = imported_by(ENTRY)
    assert others - PACKAGES <= set(sys.stdlib_module_names)
    assert others >= PACKAGES


def test_the_linter_knows_which_files_are_of_python_3_7() -> None:
    ours, _ = imported_by(ENTRY)
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = settings["tool"]["ruff"]["per-file-target-version"]
    assert set(patterns.values()) == {"py37"}
    named = {path for pattern in patterns for path in _matches(pattern)}
    assert named == {path for path in ours.values() if path.name != "__init__.py"}


def _matches(pattern: str) -> Iterator[Path]:
    """Braces are ruff's, not pathlib's."""
    before, brace, rest = pattern.partition("{")
    names, _, after = rest.partition("}")
    yield from (ROOT / f"{before}{name}{after}" for name in (names.split(",") if brace else [""]))


def test_newer_syntax_would_be_noticed() -> None:
    try:
        ast.parse("if (n := 1): pass", feature_version=(3, 7))
    except SyntaxError:
        return
    raise AssertionError
