"""`backup`: the database and its pictures into a new folder, beside the running service."""

import argparse
import sys
from pathlib import Path
from typing import Any

from infrastructure.commands.composition import Composition
from infrastructure.settings import Settings


def add_to(commands: Any) -> None:
    parser = commands.add_parser("backup", help="copy the database and its pictures into a new folder")
    parser.add_argument("folder", type=Path, help="does not exist yet")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    from infrastructure.backup import back_up
    from infrastructure.commands.restore import told

    copied = back_up(settings.effective_database_url, settings.static_dir, options.folder, composition.name)
    print(f"{options.folder}: the database and {copied.files} files ({copied.bytes / 1e6:.1f} MB)")
    print(
        "not in it: networks, directions, and secret.key, without which tokens, links into studies and addresses end",
        file=sys.stderr,
    )
    return told(copied)
