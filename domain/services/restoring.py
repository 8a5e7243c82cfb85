"""Bringing a picture back: its recipe, read from the file, and what it means here."""

from dataclasses import dataclass
from typing import BinaryIO

from domain.access import Caller, Scope
from domain.networks import Catalogue, Direction
from domain.ports import RecipeReader, UnitsOfWork
from domain.restoring import RestoredRecipe, check_restored, restored

FILE = ("input", "file")


@dataclass(frozen=True, slots=True)
class Restoring:
    units: UnitsOfWork
    catalogue: Catalogue
    reader: RecipeReader

    async def recipe_from_file(self, caller: Caller, file: BinaryIO) -> RestoredRecipe:
        """Raises Forbidden, or Invalid for a file without a recipe. Nothing is stored."""
        caller.require(Scope.READ)
        recipe = await self.reader.read(file)
        check_restored(recipe, FILE)
        keys = [Direction(edit.direction, edit.sha256).id for edit in recipe.edits]
        async with self.units.reading() as unit:
            networks = await unit.networks.get_many([recipe.network_sha256])
            directions = await unit.networks.directions(keys)
            image = await unit.images.newest_of(recipe.key, caller.lists)
        return restored(recipe, self.catalogue, (networks.get(recipe.network_sha256), dict(directions)), image)
