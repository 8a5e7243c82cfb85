"""An animation's process, seen from the side that started it: told the plan, listened to, ended."""

import asyncio
import contextlib
import json
import logging
import sys
from pathlib import Path

from domain.animations import AnimationFile
from domain.errors import RenderFailed, StorageFailed
from infrastructure.animations.plan import Plan

PROJECT = Path(__file__).resolve().parents[2]
MODULE = "infrastructure.animations.writing"
SILENCE_S = 60.0
"""A process that says nothing for so long hangs: it tells of each frame."""

logger = logging.getLogger(__name__)

REPAIR = "have the files repaired (main.py sweep --repair)"

REFUSALS = {
    "missing": RenderFailed(
        "FRAMES_MISSING",
        f"the picture of a frame is gone; ask for the morph again, and if that fails too, {REPAIR}",
        final=True,
    ),
    "damaged": RenderFailed(
        "FRAMES_MISSING", f"the picture of a frame is damaged; {REPAIR}, then ask for the morph again", final=True
    ),
    "unable": RenderFailed("ANIMATION_FAILED", "this installation cannot write H.264; ask for WEBP or GIF", final=True),
    "full": StorageFailed("STORAGE_FULL", "the animation could not be stored: the disk is full"),
    "storage": StorageFailed("STORAGE_FAILED", "the animation could not be stored"),
}


async def animate(plan: Plan) -> AnimationFile:
    """The file is at the plan's target, whole and synced. Raises RenderFailed or StorageFailed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", MODULE),
        cwd=PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C in the terminal is its owner's to act upon
    )
    try:
        return await _followed(process, plan)
    except (TimeoutError, ConnectionError) as error:
        logger.warning("an animation's process hung or died: %r", error)
        raise _failure() from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _followed(process: asyncio.subprocess.Process, plan: Plan) -> AnimationFile:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise RuntimeError("the process was started without pipes")
    process.stdin.write(plan.to_line())
    await process.stdin.drain()
    while True:
        async with asyncio.timeout(SILENCE_S):
            line = await process.stdout.readline()
        if not line:
            logger.warning("an animation failed: %s", _last((await process.stderr.read()).decode(errors="replace")))
            raise _failure()
        if line.startswith(b"{"):
            return _answer(json.loads(line))


def _answer(told: dict[str, object]) -> AnimationFile:
    if "refused" in told:
        logger.warning("an animation was refused: %s: %s", told["refused"], told["message"])
        raise REFUSALS[str(told["refused"])]
    return AnimationFile(**told["made"])  # type: ignore[arg-type]


def _failure() -> RenderFailed:
    return RenderFailed("ANIMATION_FAILED", "the animation could not be made")


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
