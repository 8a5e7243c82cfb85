"""Contact sheets of the shipped files, made as any user would: load, map, truncate, move, synthesize."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from stylegan2.demo.expression import EMOTIONS
from stylegan2.demo.faces import Faces
from stylegan2.networks import to_uint8

PSI = 0.6
GAP, LABEL = 4, 16
PEOPLE = tuple(range(1, 13))
STRENGTHS = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
PSIS = (0.0, 0.3, 0.5, 0.7, 1.0)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of pictures with a label over each column and before each row."""

    name: str
    columns: Sequence[str]
    rows: Sequence[str]
    pictures: Tensor
    """[rows * columns, 3, R, R]"""

    def save(self, folder: Path) -> Path:
        path = folder / f"demo-faces-{self.name}.png"
        self._image().save(path, optimize=True)
        return path

    def _image(self) -> Image.Image:
        side = self.pictures.shape[-1] + GAP
        margin = 72 if any(self.rows) else 0
        size = (margin + side * len(self.columns) + GAP, LABEL + side * len(self.rows) + GAP)
        image = Image.new("RGB", size, "white")
        draw = ImageDraw.Draw(image)
        for column, label in enumerate(self.columns):
            draw.text((margin + GAP + column * side + 2, 2), label, fill="black")
        for row, label in enumerate(self.rows):
            draw.text((4, LABEL + row * side + side // 2), label, fill="black")
        for i, pixels in enumerate(to_uint8(self.pictures).numpy()):
            row, column = divmod(i, len(self.columns))
            image.paste(Image.fromarray(pixels), (margin + GAP + column * side, LABEL + row * side))
        return image


def sheets(faces: Faces, sitters: Sequence[int]) -> Iterator[Sheet]:
    """`sitters`: seeds of people at rest, four at least."""
    yield _people(faces)
    yield _emotions(faces, sitters)
    yield _strengths(faces, sitters)
    yield _truncation(faces, sitters)
    yield _others(faces, sitters)


def _people(faces: Faces) -> Sheet:
    pictures = faces.pictures(faces.ws(PEOPLE, 0.7))
    return Sheet("people", [f"seed {seed}" for seed in PEOPLE[:6]], ["", ""], pictures)


def _emotions(faces: Faces, sitters: Sequence[int]) -> Sheet:
    rows = [torch.cat([ws[None], ws + _offsets(faces, EMOTIONS)]) for ws in faces.ws(sitters[:4], PSI)]
    return Sheet("emotions", ["neutral", *EMOTIONS], _names(sitters[:4]), faces.pictures(torch.cat(rows)))


def _strengths(faces: Faces, sitters: Sequence[int]) -> Sheet:
    strengths = torch.tensor(STRENGTHS)[:, None, None]
    people = faces.ws([sitters[i % 4] for i in range(len(EMOTIONS))], PSI)
    rows = [ws + strengths * faces.offset(emotion) for ws, emotion in zip(people, EMOTIONS, strict=True)]
    labels = [f"{strength:+g}" for strength in STRENGTHS]
    return Sheet("strengths", labels, EMOTIONS, faces.pictures(torch.cat(rows)))


def _truncation(faces: Faces, sitters: Sequence[int]) -> Sheet:
    rows = [torch.cat([faces.ws([seed], psi) for psi in PSIS]) for seed in sitters[:4]]
    return Sheet("truncation", [f"psi {psi:g}" for psi in PSIS], _names(sitters[:4]), faces.pictures(torch.cat(rows)))


def _others(faces: Faces, sitters: Sequence[int]) -> Sheet:
    names = [name for name in faces.directions if name not in EMOTIONS]
    ws = faces.ws(sitters[3:4], PSI)[0]
    rows = [torch.stack([ws - offset, ws, ws + offset]) for offset in _offsets(faces, names)]
    columns = torch.stack(rows, 1).flatten(0, 1)  # -1 of every direction, then 0, then +1
    return Sheet("directions", names, ["-1", "0", "+1"], faces.pictures(columns))


def _offsets(faces: Faces, names: Sequence[str]) -> Tensor:
    return torch.stack([faces.offset(name) for name in names])


def _names(seeds: Sequence[int]) -> list[str]:
    return [f"seed {seed}" for seed in seeds]
