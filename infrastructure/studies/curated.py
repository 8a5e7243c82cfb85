"""The seeds that were curated for a network and ship beside it: NAME.seeds.json beside NAME's file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from domain.errors import Invalid
from domain.studies.pools import Pool, check_pool
from infrastructure.catalogue import CatalogueError


def curated_pools(networks: Sequence[tuple[str, Path]]) -> Mapping[str, tuple[Pool, float]]:
    """By the network's name, with the truncation psi that they were curated at. Raises CatalogueError."""
    found: dict[str, tuple[Pool, float]] = {}
    for name, file in networks:
        seeds = file.with_name(f"{file.name.split('.')[0]}.seeds.json")
        if seeds.is_file():
            found[name] = _read(seeds)
    return found


def _read(file: Path) -> tuple[Pool, float]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        by_sex = {
            sex: [entry["seed"] for entry in document["seeds"] if entry["sex"] == sex] for sex in ("man", "woman")
        }
        return check_pool(f"{document['network']}, curated", by_sex["man"], by_sex["woman"]), float(document["psi"])
    except (OSError, ValueError, KeyError, TypeError, Invalid) as error:
        raise CatalogueError(f"{file} is not a list of curated seeds: {error}") from None
