"""What belongs to one caller does not exist for another."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from domain.access import LOCAL, STUDIES, Caller, Scope
from domain.errors import Forbidden, NotFound
from domain.generations import Generation, GenerationFilter
from domain.images import ImageFilter, ImageOrder
from domain.paging import Count, PageRequest
from domain.requests import EmotionRequest, FaceRequest
from domain.services.accepting import Acceptance
from domain.services.faces import Faces
from domain.services.library import Library
from domain.services.watching import Watching
from tests.fakes.catalogue import CATALOGUE
from tests.integration.graphql_service import GraphQLService, graphql_service

EVERYTHING = frozenset(Scope) - {Scope.ADMIN}
ANN, BEN = Caller("ann", EVERYTHING - {Scope.RESEARCH}), Caller("ben", EVERYTHING)
PAGE = PageRequest("")


class Verbs:
    """The services, for callers of every kind."""

    def __init__(self, service: GraphQLService) -> None:
        units = service.database.units
        self.service = service
        self.faces = Faces(Acceptance(units, service.engines, service.wake_ups), CATALOGUE)
        self.library = Library(units)
        self.watching = Watching(units, service.wake_ups)

    async def make(self, caller: Caller, seed: int, **values: Any) -> tuple[Generation, str]:
        """The generation and its image's id."""
        generation = await self.faces.generate(caller, FaceRequest(seed=seed, **values))
        await self.service.render()
        return generation, (await self.library.first_images([generation.id]))[generation.id].id

    async def listed(self, caller: Caller) -> Sequence[int]:
        page = await self.library.history(caller, PAGE, ImageFilter(), ImageOrder())
        assert await self.library.count(caller, ImageFilter()) == Count(len(page.items))
        generations = await self.library.generation_history(caller, PAGE, GenerationFilter())
        assert await self.library.generation_count(caller, GenerationFilter()) == len(generations.items)
        assert len(generations.items) == len(page.items)
        return [image.recipe.seed for image in page.items]


async def test_lists_show_ones_own_and_everybodys_to_an_administrator(tmp_path: Path) -> None:
    async with graphql_service(tmp_path) as service:
        verbs = Verbs(service)
        await verbs.make(ANN, 1)
        await verbs.make(BEN, 2)
        assert [await verbs.listed(caller) for caller in (ANN, BEN, LOCAL)] == [[1], [2], [2, 1]]


async def test_ids_of_others_lead_nowhere(tmp_path: Path) -> None:
    async with graphql_service(tmp_path) as service:
        verbs = Verbs(service)
        generation, image = await verbs.make(ANN, 1)
        assert await verbs.library.images(BEN, [image]) == {}
        assert await verbs.library.generations(BEN, [generation.id]) == {}
        with pytest.raises(NotFound):
            await verbs.faces.apply_emotion(BEN, EmotionRequest(image_id=image))
        with pytest.raises(NotFound):
            await verbs.faces.cancel(BEN, generation.id)
        with pytest.raises(NotFound):
            await anext(verbs.watching.updates(BEN, generation.id))
        with pytest.raises(NotFound):
            await anext(verbs.watching.completions(BEN, after=generation.id))


async def test_a_key_is_its_owners(tmp_path: Path) -> None:
    async with graphql_service(tmp_path) as service:
        verbs = Verbs(service)
        first, _ = await verbs.make(ANN, 1, idempotency_key="k")
        other, _ = await verbs.make(BEN, 2, idempotency_key="k")
        again, _ = await verbs.make(ANN, 1, idempotency_key="k")
        assert (again.id == first.id, other.id == first.id) == (True, False)


async def test_completions_are_ones_own(tmp_path: Path) -> None:
    async with graphql_service(tmp_path) as service:
        verbs = Verbs(service)
        start, _ = await verbs.make(BEN, 0)
        await verbs.make(ANN, 1)
        mine, _ = await verbs.make(BEN, 2)
        assert (await anext(verbs.watching.completions(BEN, after=start.id))).id == mine.id


async def test_the_same_face_of_two_owners_shares_its_file_and_nothing_else(tmp_path: Path) -> None:
    async with graphql_service(tmp_path) as service:
        verbs = Verbs(service)
        (_, one), (_, two) = await verbs.make(ANN, 7), await verbs.make(BEN, 7)
        assert one != two
        first, second = (await verbs.library.images(LOCAL, [one, two])).values()
        assert (first.picture, {first.owner, second.owner}) == (second.picture, {"ann", "ben"})


async def test_researchers_look_up_what_studies_made_and_may_not_change_it(tmp_path: Path) -> None:
    async with graphql_service(tmp_path) as service:
        verbs = Verbs(service)
        generation, image = await verbs.make(Caller(STUDIES, EVERYTHING), 3)
        assert (await verbs.library.images(BEN, [image]))[image].owner == STUDIES
        assert await verbs.library.images(ANN, [image]) == {}
        assert await verbs.listed(BEN) == []
        with pytest.raises(NotFound):
            await verbs.faces.cancel(BEN, generation.id)


def test_a_scope_is_had_or_refused_by_name() -> None:
    BEN.require(Scope.RESEARCH)
    LOCAL.require(Scope.RESEARCH)
    with pytest.raises(Forbidden, match="'research'"):
        ANN.require(Scope.RESEARCH)
