"""What a repair tells of each file that is not what its name says."""

from dataclasses import dataclass

from domain.pictures import FileState


class NotRepaired(Exception):
    """Why a file cannot be made again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`path` is within static/; `told` is what was done, would be done, or why nothing can be."""

    path: str
    state: FileState
    told: str
    mended: bool = True


@dataclass(frozen=True, slots=True)
class Looked:
    """So many files were looked at, and this was found."""

    files: int = 0
    findings: tuple[Finding, ...] = ()
