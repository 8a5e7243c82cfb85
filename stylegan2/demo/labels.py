"""Keeps the table of shipped files in their README true: size and sha256 of each."""

import re
from pathlib import Path

from stylegan2.checkpoint import file_sha256

_HEADER = "| file | bytes | sha256 |\n|---|---|---|\n"
_TABLE = re.compile(re.escape(_HEADER) + r"(?:\|.*\|\n)*")


def relabel(folder: Path) -> None:
    """Write the table of `folder`/README.md anew, or the file with the table alone where there is none."""
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else _HEADER
    rows = "".join(
        f"| {path.name} | {path.stat().st_size} | {file_sha256(path)} |\n"
        for path in sorted(folder.glob("demo-*.safetensors"), key=lambda path: (len(path.name), path.name))
    )
    readme.write_text(_TABLE.sub(_HEADER + rows, text), encoding="utf-8")
