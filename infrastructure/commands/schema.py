"""`schema`: export the SDL that is checked in, or say how it differs."""

import argparse
import difflib
import sys
from typing import Any

from infrastructure.commands.composition import Composition
from infrastructure.settings import PROJECT, Settings

EXPORTED = PROJECT / "graph" / "schema" / "schema.graphql"


def add_to(commands: Any) -> None:
    parser = commands.add_parser("schema", help="export graph/schema/schema.graphql")
    parser.add_argument("--check", action="store_true", help="change nothing; fail when it differs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    fresh = composition.export_sdl()
    if not options.check:
        EXPORTED.write_text(fresh)
        return 0
    kept = EXPORTED.read_text() if EXPORTED.exists() else ""
    if kept == fresh:
        return 0
    sys.stderr.writelines(difflib.unified_diff(kept.splitlines(True), fresh.splitlines(True), "checked in", "now"))
    print("the schema has changed: run `make schema` and commit it", file=sys.stderr)
    return 1
