"""`restore`: a backup put in place where there is nothing yet, or only checked."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infrastructure.commands.composition import Composition
from infrastructure.settings import Settings

if TYPE_CHECKING:
    from infrastructure.backup import Copied


def add_to(commands: Any) -> None:
    parser = commands.add_parser("restore", help="put a backup in place; overwrites nothing")
    parser.add_argument("folder", type=Path, help="what `backup` made")
    parser.add_argument("--verify", action="store_true", help="hash the backup's files and change nothing")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    from infrastructure.backup import restore, verify

    if options.verify:
        copied, done = verify(options.folder), "are whole"
    else:
        copied = restore(options.folder, settings.effective_database_url, settings.static_dir)
        done = "were restored"
    print(f"{copied.files} files ({copied.bytes / 1e6:.1f} MB) {done}")
    return told(copied)


def told(copied: "Copied") -> int:
    """Name what did not come over, a line each; the exit status: 0 where everything did."""
    for trouble, names in (("missing", copied.missing), ("damaged", copied.damaged)):
        for name in names:
            print(f"{trouble}: {name}", file=sys.stderr)
    return 0 if copied.whole else 1
