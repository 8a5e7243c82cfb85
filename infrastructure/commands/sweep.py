"""`sweep`: remove files that no row refers to, and with --repair make those again that rows miss.

The images of studies that were being deleted when the service died go first, and exports that have expired.
"""

import argparse
import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from domain.errors import Conflict
from infrastructure.commands.composition import Composition
from infrastructure.settings import Settings

if TYPE_CHECKING:
    from infrastructure.database import Database
    from infrastructure.repairing import Finding

LEAST_GRACE_S = 60
"""Beside a running service: a file is written before its row is."""


def add_to(commands: Any) -> None:
    parser = commands.add_parser("sweep", help="remove files without rows; make missing and damaged ones again")
    parser.add_argument(
        "--grace", type=float, default=3600.0, metavar="SECONDS", help="leave younger files (default 1 h)"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    parser.add_argument(
        "--repair", action="store_true", help="read every file, and make those again that are missing or damaged"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    return asyncio.run(_sweep(options, settings, composition))


async def _sweep(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    from domain.services.exports import forget_expired
    from domain.services.studies.deleting import LeftImages
    from infrastructure.database import open_database, present
    from infrastructure.files import DiskPictureFiles

    async with present(settings.effective_database_url) as alone:
        if options.grace < LEAST_GRACE_S and not alone:
            raise Conflict(
                f"the service is running: its newest files have no rows yet; --grace is {LEAST_GRACE_S} or more"
            )
        database = await open_database(settings.effective_database_url)
        try:
            if not options.dry_run:
                await LeftImages(database.units, DiskPictureFiles(settings.static_dir)).forget()
                await forget_expired(database.units)
            whole = not options.repair or await _repair(options, settings, composition, database)
            await _remove(options, settings, database)
        finally:
            await database.close()
    return 0 if whole else 1


async def _remove(options: argparse.Namespace, settings: Settings, database: "Database") -> None:
    from infrastructure.sweep import sweep

    grace = timedelta(seconds=options.grace)
    swept = await sweep(settings.static_dir, database.units, grace=grace, dry_run=options.dry_run)
    verb = "would remove" if options.dry_run else "removed"
    print(f"looked at {swept.seen} files, {verb} {swept.removed} ({swept.bytes / 1e6:.1f} MB)")


async def _repair(
    options: argparse.Namespace, settings: Settings, composition: Composition, database: "Database"
) -> bool:
    """Whether everything is there and whole now, or would be."""
    from infrastructure.files import DiskPictureFiles
    from infrastructure.repairing import OnDemandRendering, repair

    files, found, mended = 0, 0, 0
    stored = DiskPictureFiles(settings.static_dir)
    async with OnDemandRendering(settings, composition.name) as rendering:
        with tqdm(unit="file", disable=None, leave=False) as progress:
            async for looked in repair(database.units, stored, rendering, composition.name, dry_run=options.dry_run):
                for finding in looked.findings:
                    progress.write(_line(finding))
                files, found = files + looked.files, found + len(looked.findings)
                mended += sum(finding.mended for finding in looked.findings)
                progress.update(looked.files)
    verb = "could be made" if options.dry_run else "made"
    print(f"read {files} files: {found} missing or damaged, {mended} {verb} again, {found - mended} not")
    return found == mended


def _line(finding: "Finding") -> str:
    return f"{finding.path}: {finding.state.value}; {'' if finding.mended else 'not repaired: '}{finding.told}"
