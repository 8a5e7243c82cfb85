"""Seeds for studies: calm, frontal men and women whose sex, age and skin are known, because the factors are."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from stylegan2.demo.appearance import decode
from stylegan2.demo.mapping import Z_DIM
from stylegan2.demo.people import IDENTITY, semantics_of
from stylegan2.latents import z_from_seed

PSI = 0.6
FRONTAL = 0.8
"""Standard deviations of yaw, pitch and roll up to which a head counts as frontal."""
CALM = 0.15
"""Sum of action units up to which a face counts as calm."""
AGES = ("younger", "middle", "older")
SKINS = ("lighter", "medium", "darker")
GROUPS = 2 * len(AGES) * len(SKINS)


@dataclass(frozen=True, slots=True)
class StudySeed:
    seed: int
    sex: str
    age: str
    skin: str


def study_seeds(each: int = 3, last: int = 20_000) -> list[StudySeed]:
    """The first `each` seeds for every combination of sex, age and skin, ordered by seed."""
    found: dict[tuple[str, str, str], list[StudySeed]] = {}
    for person in _candidates(last):
        group = found.setdefault((person.sex, person.age, person.skin), [])
        if len(group) < each:
            group.append(person)
        if sum(map(len, found.values())) == each * GROUPS:
            break
    return sorted((person for group in found.values() for person in group), key=lambda person: person.seed)


def write_seeds(seeds: list[StudySeed], path: Path) -> None:
    document = {"network": "demo-faces", "psi": PSI, "seeds": [asdict(person) for person in seeds]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _candidates(last: int) -> Iterator[StudySeed]:
    for seed in range(last):
        person = classified(seed)
        if person is not None:
            yield person


def classified(seed: int) -> StudySeed | None:
    """Who the seed is at psi 0.6; None for one who is not calm and frontal, wears glasses, or is hard to class."""
    semantics = semantics_of(torch.tensor(z_from_seed(seed, Z_DIM), dtype=torch.float32)) * PSI
    pose = [float(semantics[0, IDENTITY.index(name)]) / PSI for name in ("yaw", "pitch", "roll", "gaze")]
    if float(semantics[0, len(IDENTITY) :].sum()) > CALM or max(map(abs, pose)) > FRONTAL:
        return None
    looks = {name: float(value) for name, value in decode(semantics).items()}
    if looks["glasses"] > 0.1 or 0.1 < looks["masc"] < 0.9 or looks["bald"] > 0.5:
        return None
    age = AGES[(looks["age"] > 0.2) + (looks["age"] > 0.45)]
    skin = SKINS[(looks["melanin"] > 0.33) + (looks["melanin"] > 0.55)]
    return StudySeed(seed, "man" if looks["masc"] > 0.5 else "woman", age, skin)
