"""`migrate`: bring the database to this version's form; a SQLite file is copied first."""

import argparse
from typing import Any

from infrastructure.commands.composition import Composition
from infrastructure.settings import Settings


def add_to(commands: Any) -> None:
    parser = commands.add_parser("migrate", help="migrate the database")
    parser.add_argument("--to", default="head", metavar="REVISION", help="a revision, head (default) or base")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    from infrastructure.database import migrate

    migrate(settings.effective_database_url, options.to)
    print(f"the database is at {options.to}")
    return 0
