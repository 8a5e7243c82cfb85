"""`sweep`: remove files that no row refers to, which a crash between file and row leaves behind."""

import argparse
import asyncio
from datetime import timedelta
from typing import Any

from domain.errors import Conflict
from infrastructure.commands.composition import Composition
from infrastructure.settings import Settings

LEAST_GRACE_S = 60
"""Beside a running service: a file is written before its row is."""


def add_to(commands: Any) -> None:
    parser = commands.add_parser("sweep", help="remove files without rows")
    parser.add_argument(
        "--grace", type=float, default=3600.0, metavar="SECONDS", help="leave younger files (default 1 h)"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be removed")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    return asyncio.run(_sweep(options, settings))


async def _sweep(options: argparse.Namespace, settings: Settings) -> int:
    from infrastructure.database import open_database, present
    from infrastructure.sweep import sweep

    async with present(settings.effective_database_url) as alone:
        if options.grace < LEAST_GRACE_S and not alone:
            raise Conflict(
                f"the service is running: its newest files have no rows yet; --grace is {LEAST_GRACE_S} or more"
            )
        database = await open_database(settings.effective_database_url)
        try:
            swept = await sweep(
                settings.static_dir, database.units, grace=timedelta(seconds=options.grace), dry_run=options.dry_run
            )
        finally:
            await database.close()
    verb = "would remove" if options.dry_run else "removed"
    print(f"looked at {swept.seen} files, {verb} {swept.removed} ({swept.bytes / 1e6:.1f} MB)")
    return 0
