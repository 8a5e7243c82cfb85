"""What comes with every pack of stimuli: how to read it, and programs for jsPsych and PsychoPy that show it."""

from collections.abc import Sequence
from pathlib import Path

from domain.exports import ArchiveEntry

FILES = Path(__file__).parent / "files"


def pack_programs() -> Sequence[ArchiveEntry]:
    files = sorted(path for path in FILES.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [ArchiveEntry(file.relative_to(FILES).as_posix(), file.read_bytes()) for file in files]
