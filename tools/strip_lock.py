"""Take the index's address out of Pipfile.lock, so that every pip uses the index it is set up with."""

import json
from pathlib import Path

LOCK = Path("Pipfile.lock")


def main() -> None:
    lock = json.loads(LOCK.read_text())
    lock["_meta"]["sources"] = []
    for category in (name for name in lock if name != "_meta"):
        for entry in lock[category].values():
            entry.pop("index", None)
    LOCK.write_text(json.dumps(lock, indent=4) + "\n")


if __name__ == "__main__":
    main()
