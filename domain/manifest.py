"""The table of contents of an export, as JSON and as CSV: what is in it, how it was made, and what is missing.

Both are written to the disk while the images go by, so that ten thousand need no more memory than ten.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Self

from domain.exports import Export, Identify
from domain.images import Image
from domain.networks import Emotion, Network
from domain.spooling import CsvTable, parts_of, spool

EMOTIONS = tuple(emotion.value for emotion in Emotion)
COLUMNS = (
    *("place", "file", "state", "imageId", "sha256", "sizeBytes", "width", "height"),
    *("seed", "truncationPsi", "truncationCutoff", "noise", "label", "network", "networkSha256"),
    *EMOTIONS,
    *("directions", "recipe", "generationId", "sessionId", "sourceId", "createdAt"),
)


@dataclass(slots=True)
class Manifest:
    """A context, as it holds two files. `state` of a row is ok, missing, damaged or deleted."""

    export: Export
    service: str
    identify: Identify
    packed: int = 0
    left_out: int = 0
    _json: IO[bytes] = field(init=False)
    _csv: CsvTable = field(init=False)

    def __enter__(self) -> Self:
        self._json, self._csv = spool(), CsvTable(COLUMNS, spool())
        head = {"service": self.service, "createdAt": self.export.created_at.isoformat(), "total": self.export.total}
        self._json.write(json.dumps(head)[:-1].encode() + b', "images": [')
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._json.close()
        self._csv.file.close()

    def add(self, row: Mapping[str, object]) -> None:
        """A row of `row_of` or `deleted_row`."""
        before = b",\n" if self.packed or self.left_out else b"\n"
        self._json.write(before + json.dumps(row, ensure_ascii=False).encode())
        self._csv.add(_cell(row.get(column)) for column in COLUMNS)
        if row["state"] == "ok":
            self.packed += 1
        else:
            self.left_out += 1

    def as_json(self) -> Iterator[bytes]:
        """The whole; nothing is added after."""
        self._json.write(b'\n], "packed": %d, "leftOut": %d}\n' % (self.packed, self.left_out))
        return parts_of(self._json)

    def as_csv(self) -> Iterator[bytes]:
        return self._csv.parts()

    def row_of(self, place: int, image: Image, network: Network | None, state: str, file: str) -> dict[str, object]:
        recipe, applied = image.recipe, image.applied
        emotions = {one.direction.emotion.value: one.strength for one in applied if one.direction.emotion}
        return {
            "place": place,
            "file": file if state == "ok" else None,
            "state": state,
            "imageId": self.identify("Image", image.id),
            "sha256": image.picture.sha256,
            "sizeBytes": image.picture.size_bytes,
            "width": image.picture.width,
            "height": image.picture.height,
            "seed": recipe.seed,
            "truncationPsi": recipe.psi,
            "truncationCutoff": recipe.cutoff,
            "noise": recipe.noise.name,
            "label": recipe.label,
            "network": None if network is None else network.name,
            "networkSha256": recipe.network_sha256,
            **{name: emotions.get(name, 0.0) for name in EMOTIONS},
            "directions": {edit.direction: edit.strength for edit in recipe.edits},
            "recipe": recipe.to_json(),
            "generationId": self.identify("Generation", image.generation_id),
            "sessionId": image.session_id and self.identify("Session", image.session_id),
            "sourceId": image.source_id and self.identify("Image", image.source_id),
            "createdAt": image.created_at.isoformat(),
        }

    def deleted_row(self, place: int, image_id: str) -> dict[str, object]:
        """Of an image that was deleted since the export was asked for."""
        return {"place": place, "file": None, "state": "deleted", "imageId": self.identify("Image", image_id)}


def _cell(value: object) -> object:
    return json.dumps(value, sort_keys=True, separators=(",", ":")) if isinstance(value, dict) else value
