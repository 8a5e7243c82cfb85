"""Pools: curated lists of seeds whose faces look frontal and neutral, men and women apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from domain.errors import Invalid
from domain.requests import check_seed
from domain.texts import checked_name

MAX_SEEDS = 2_000
MAX_NAME = 200


class Sex(Enum):
    """How a face was judged to look when the pool was curated."""

    MAN = "man"
    WOMAN = "woman"


@dataclass(frozen=True, slots=True)
class Face:
    seed: int
    sex: Sex


@dataclass(frozen=True, slots=True)
class Pool:
    """The order counts: a study's overlap is taken from the beginning."""

    name: str
    men: tuple[int, ...]
    women: tuple[int, ...]

    @property
    def faces(self) -> tuple[Face, ...]:
        """Both lists as one: a man, a woman, a man and so on; what one has more of comes last."""
        pairs = zip(self.men, self.women, strict=False)
        mixed = [face for man, woman in pairs for face in (Face(man, Sex.MAN), Face(woman, Sex.WOMAN))]
        shorter = len(mixed) // 2
        rest = [Face(seed, Sex.MAN) for seed in self.men[shorter:]]
        rest += [Face(seed, Sex.WOMAN) for seed in self.women[shorter:]]
        return (*mixed, *rest)

    def of(self, sex: Sex) -> tuple[Face, ...]:
        return tuple(Face(seed, sex) for seed in (self.men if sex is Sex.MAN else self.women))

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "men": list(self.men), "women": list(self.women)}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Pool":
        return cls(document["name"], tuple(document["men"]), tuple(document["women"]))


@dataclass(frozen=True, slots=True)
class StoredPool:
    """A pool as it is kept, for one network; `psi` is the truncation it was curated at."""

    id: str
    owner: str
    network: str
    pool: Pool
    psi: float
    created_at: datetime


def check_pool(name: str, men: Sequence[int], women: Sequence[int]) -> Pool:
    """Raises Invalid, with a path into the input, for a bad name or seed, or a seed that is there twice."""
    if not 1 <= len(men) + len(women) <= MAX_SEEDS:
        raise Invalid(f"a pool has 1 to {MAX_SEEDS} seeds, men and women together", ("input", "men"))
    seen: set[int] = set()
    for list_name, seeds in (("men", men), ("women", women)):
        for index, seed in enumerate(seeds):
            path = ("input", list_name, str(index))
            check_seed(seed, path)
            if seed in seen:
                raise Invalid(f"seed {seed} is given twice; a face belongs in one list, once", path)
            seen.add(seed)
    return Pool(checked_name(name, MAX_NAME, ("input", "name")), tuple(men), tuple(women))
