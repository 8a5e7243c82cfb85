"""Making files again that are missing or damaged: pictures from their recipes, animations from their frames.

Safe beside a running service, and however it ends: a new file is recorded before its row names it, a row is changed
only from what was looked at, and what lies under a name that no row has any more is swept.
"""

from collections.abc import AsyncIterator

from domain.ports import UnitsOfWork
from infrastructure.animations.making import AnimationMaking
from infrastructure.files import DiskPictureFiles
from infrastructure.repairing.animations import AnimationRepair
from infrastructure.repairing.finding import Finding, Looked, NotRepaired
from infrastructure.repairing.pictures import PictureRepair
from infrastructure.repairing.rendering import OnDemandRendering, Rendering

__all__ = ["Finding", "Looked", "NotRepaired", "OnDemandRendering", "Rendering", "repair"]


async def repair(
    units: UnitsOfWork, files: DiskPictureFiles, rendering: Rendering, service: str, *, dry_run: bool = False
) -> AsyncIterator[Looked]:
    """Pictures first: they are what animations are made from. `service` is what files say they were made by."""
    async for looked in PictureRepair(units, files, rendering, service, dry_run).all():
        yield looked
    async for looked in AnimationRepair(units, files, AnimationMaking(files, service), dry_run).all():
        yield looked
