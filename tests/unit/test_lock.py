"""What is installed is what was locked, and the lock's categories agree where they share an environment."""

import json
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOCK: dict[str, Any] = json.loads((ROOT / "Pipfile.lock").read_text())
PIPFILE: dict[str, Any] = tomllib.loads((ROOT / "Pipfile").read_text())


def test_packages_and_dev_packages_agree_on_what_both_need() -> None:
    shared = LOCK["default"].keys() & LOCK["develop"].keys()
    assert shared
    assert {name for name in shared if LOCK["default"][name]["version"] != LOCK["develop"][name]["version"]} == set()


def test_the_lock_names_no_index_and_a_hash_for_everything() -> None:
    assert LOCK["_meta"]["sources"] == []
    entries = [entry for category, entries in LOCK.items() if category != "_meta" for entry in entries.values()]
    assert all(entry["hashes"] and "index" not in entry for entry in entries)


def test_tensorflow_and_all_that_it_needs_are_pinned_for_python_3_7() -> None:
    named, locked = PIPFILE["tensorflow"], LOCK["tensorflow"]
    assert named["tensorflow-gpu"]["version"] == "==1.14.0"
    assert named.keys() == locked.keys()
    for name, entry in named.items():
        assert entry == {"version": locked[name]["version"], "markers": locked[name]["markers"]}
        assert entry["version"].startswith("==")
        assert entry["markers"] == "python_version < '3.8'"
