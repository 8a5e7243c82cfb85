"""The main function of an animation's process: a plan comes in as a line, "frame" goes out for each, then the end.

The process ends when whoever started it is gone, and lets everything else go first.
"""

import errno
import hashlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from infrastructure.animations.plan import KeptPictureFiles, NoEncoder, Pictures, Plan

NICENESS = 10
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Told:
    """Pictures, each told of as it is taken."""

    pictures: Pictures

    def __iter__(self) -> Iterator[Image.Image]:
        for picture in self.pictures:
            yield picture
            _say("frame")


def write(plan: Plan, pictures: Pictures) -> dict[str, Any]:
    """Write the plan's file, synced; what `domain.animations.AnimationFile` has. Raises OSError or ValueError."""
    target = Path(plan.target)
    width, height = _write(plan, pictures, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "sha256": digest,
        "size_bytes": target.stat().st_size,
        "width": width,
        "height": height,
        "frames": len(plan.frames),
        "duration_ms": plan.duration_ms,
    }


def _write(plan: Plan, pictures: Pictures, target: Path) -> tuple[int, int]:
    if plan.form == "webp":
        from infrastructure.animations.webp import write_webp

        with target.open("wb") as file:
            return write_webp(plan, pictures, file)
    if plan.form == "gif":
        from infrastructure.animations.gif import write_gif

        return write_gif(plan, pictures, target)
    from infrastructure.animations.mp4 import write_mp4

    return write_mp4(plan, pictures, target)


def main() -> int:
    os.nice(NICENESS)
    plan = Plan.from_line(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_owner, daemon=True).start()
    try:
        made = write(plan, Told(KeptPictureFiles(plan.frames)))
    except FileNotFoundError as error:
        return _refuse("missing", str(error))
    except NoEncoder as error:
        return _refuse("unable", str(error))
    except OSError as error:
        kind = "full" if error.errno in FULL else "storage"
        return _refuse(kind if error.errno else "damaged", str(error))  # Pillow's have no number
    _say(json.dumps({"made": made}))
    return 0


def _refuse(kind: str, message: str) -> int:
    _say(json.dumps({"refused": kind, "message": message}))
    return 0


def _end_with_owner() -> None:
    """Nothing more comes in: the owner is gone when the pipe ends."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
