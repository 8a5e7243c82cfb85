"""What people write: names on one line, notes and descriptions on several; nothing that a database would refuse."""

from collections.abc import Sequence

from domain.errors import Invalid

LINES = "\n\r\t"


def checked_name(text: str, most: int, path: Sequence[str]) -> str:
    """Without spaces around it. Raises Invalid for one that is empty, too long or not printable."""
    name = text.strip()
    if not (0 < len(name) <= most and name.isprintable()):
        raise Invalid(f"{path[-1]} is 1 to {most} printable characters on one line", path)
    return name


def checked_text(text: str, most: int, path: Sequence[str]) -> str:
    """Without spaces around it; it may be empty. Raises Invalid for one that is too long or not printable."""
    kept = text.strip()
    if len(kept) > most or not all(letter.isprintable() or letter in LINES for letter in kept):
        raise Invalid(f"{path[-1]} is at most {most} printable characters, with line breaks", path)
    return kept


def folded(text: str) -> str:
    """Equal for texts that differ in case only."""
    return text.casefold()
