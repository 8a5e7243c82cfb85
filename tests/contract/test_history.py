"""The history on every database: pages that hold still, filters, counts, many small lists at once."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from domain.generations import GenerationFilter, GenerationStatus
from domain.ids import new_id
from domain.images import AppliedDirection, Image, ImageFilter, ImageOrder, ImageOrderField
from domain.networks import Direction, Emotion
from domain.paging import Count, Key, Page, PageRequest
from infrastructure.database import image_queries
from tests.fixtures.ledger import AGE, CATALOGUE, HAPPY, NETWORK, OTHER_NETWORK, SAD, Ledger, picture, recipe

SEEDS = (5, 3, 8, 3, 4_294_967_295, 0, 3)
ORDERS = [ImageOrder(field, descending=down) for field in ImageOrderField for down in (True, False)]
SORTS: dict[ImageOrderField, Callable[[Image], Key]] = {
    ImageOrderField.CREATED_AT: lambda image: (round(image.created_at.timestamp() * 1_000_000), image.id),
    ImageOrderField.SEED: lambda image: (image.recipe.seed, image.id),
}


async def _history(
    ledger: Ledger, page: PageRequest, where: ImageFilter | None = None, order: ImageOrder | None = None
) -> Page[Image]:
    async with ledger.units.reading() as unit:
        return await unit.images.history(page, where or ImageFilter(), order or ImageOrder())


async def _ids(ledger: Ledger, where: ImageFilter) -> set[str]:
    async with ledger.units.reading() as unit:
        page = await unit.images.history(PageRequest("", 100), where, ImageOrder())
        assert await unit.images.count(where) == Count(len(page.entries))
    return {image.id for image in page.items}


async def _walk(turn: Callable[[Key | None], Awaitable[Page[Image]]], *, backward: bool) -> list[Page[Image]]:
    pages = [await turn(None)]
    while pages[-1].has_previous if backward else pages[-1].has_next:
        edge = pages[-1].entries[0] if backward else pages[-1].entries[-1]
        pages.append(await turn(edge[1]))
    return pages


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: f"{order.field.value}-{order.descending}")
async def test_walking_either_way_meets_every_image_once_in_order(ledger: Ledger, order: ImageOrder) -> None:
    made = await ledger.make(*(recipe(seed, (AGE, place + 1.0)) for place, seed in enumerate(SEEDS)))
    by_place: Callable[[Image], Key] = lambda image: (made.index(image), image.id)  # noqa: E731
    sort = SORTS.get(order.field, by_place)
    expected = sorted(made, key=sort, reverse=order.descending)
    onward = await _walk(lambda key: _history(ledger, PageRequest("", 3, after=key), order=order), backward=False)
    assert [image for page in onward for image in page.items] == expected
    assert [page.has_previous for page in onward] == [False, True, True]
    assert [page.has_next for page in onward] == [True, True, False]
    back = await _walk(
        lambda key: _history(ledger, PageRequest("", 3, backward=True, before=key), order=order), backward=True
    )
    assert [image for page in reversed(back) for image in page.items] == expected
    assert [page.has_next for page in back] == [False, True, True]
    assert [page.has_previous for page in back] == [True, True, False]
    assert [key for page in onward for _, key in page.entries] == [sort(image) for image in expected]


async def test_pages_hold_still_while_images_are_added(ledger: Ledger) -> None:
    old = [(await ledger.make(recipe(seed)))[0].id for seed in range(6)]
    first = await _history(ledger, PageRequest("", 3))
    [new] = await ledger.make(recipe(100))
    second = await _history(ledger, PageRequest("", 3, after=first.entries[-1][1]))
    assert [image.id for image in (*first.items, *second.items)] == old[::-1]
    assert (second.has_next, second.has_previous) == (False, True)
    above = await _history(ledger, PageRequest("", 3, backward=True, before=first.entries[0][1]))
    assert [image.id for image in above.items] == [new.id]
    assert (above.has_next, above.has_previous) == (True, False)


async def test_a_page_between_two_cursors_knows_what_lies_on_both_sides(ledger: Ledger) -> None:
    for seed in range(5):
        await ledger.make(recipe(seed))
    keys = [key for _, key in (await _history(ledger, PageRequest("", 5))).entries]
    for backward in (False, True):
        page = await _history(ledger, PageRequest("", 5, backward=backward, after=keys[0], before=keys[4]))
        assert [key for _, key in page.entries] == keys[1:4]
        assert (page.has_next, page.has_previous) == (True, True)


async def test_an_empty_history_is_an_empty_page(ledger: Ledger) -> None:
    assert await _history(ledger, PageRequest("", 3)) == Page((), has_next=False, has_previous=False)
    beyond = await _history(ledger, PageRequest("", 3, after=(0, "0" * 32)))
    assert beyond == Page((), has_next=False, has_previous=False)


async def test_filters_choose_by_every_property_of_an_image(ledger: Ledger) -> None:
    session = new_id()
    [plain] = await ledger.make(recipe(1))
    [happy] = await ledger.make(recipe(1, (HAPPY, 0.8)), session_id=session, source_id=plain.id)
    [mixed] = await ledger.make(recipe(2, (HAPPY, 0.5), (SAD, -0.5), (AGE, 1.0)))
    [other] = await ledger.make(recipe(3, network=OTHER_NETWORK))
    assert await _ids(ledger, ImageFilter()) == {plain.id, happy.id, mixed.id, other.id}
    assert await _ids(ledger, ImageFilter(seed=1)) == {plain.id, happy.id}
    assert await _ids(ledger, ImageFilter(session_id=session)) == {happy.id}
    assert await _ids(ledger, ImageFilter(network="others")) == {other.id}
    assert await _ids(ledger, ImageFilter(network="nobody's")) == set()
    assert await _ids(ledger, ImageFilter(network="faces\x00")) == set()
    assert await _ids(ledger, ImageFilter(network="\ud800")) == set()
    assert await _ids(ledger, ImageFilter(emotions=(Emotion.HAPPY,))) == {happy.id, mixed.id}
    assert await _ids(ledger, ImageFilter(emotions=(Emotion.SAD, Emotion.ANGRY))) == {mixed.id}
    assert await _ids(ledger, ImageFilter(source_id=plain.id)) == {happy.id}
    assert await _ids(ledger, ImageFilter(generation_id=other.generation_id)) == {other.id}
    assert await _ids(ledger, ImageFilter(seed=1, emotions=(Emotion.HAPPY,), network="faces")) == {happy.id}
    assert (happy.session_id, happy.source_id) == (session, plain.id)


async def test_the_images_of_another_generation_or_source_are_asked_for_by_the_same_statement(ledger: Ledger) -> None:
    one, two = [(await ledger.make(recipe(seed)))[0] for seed in (1, 2)]
    edits = [(await ledger.make(recipe(seed + 2, (HAPPY, 1.0)), source_id=one.id))[0] for seed in (1, 2)]
    first, second = edits
    assert await _ids(ledger, ImageFilter(generation_id=first.generation_id, source_id=one.id)) == {first.id}
    await _history(ledger, PageRequest("", 2), ImageFilter(source_id=two.id))
    await _history(ledger, PageRequest("", 2), ImageFilter(generation_id=two.generation_id))
    made = image_queries._one_list.cache_info().misses
    sources = [await _history(ledger, PageRequest("", 2), ImageFilter(source_id=image.id)) for image in (one, two)]
    generations = [
        await _history(ledger, PageRequest("", 2), ImageFilter(generation_id=image.generation_id)) for image in edits
    ]
    assert [page.items for page in sources] == [(second, first), ()]
    assert [page.items for page in generations] == [(first,), (second,)]
    assert image_queries._one_list.cache_info().misses == made
    assert await _ids(ledger, ImageFilter(generation_id=second.generation_id, source_id=two.id)) == set()


async def test_times_bound_the_history_on_both_sides_and_leave_the_bounds_out(ledger: Ledger) -> None:
    [image] = await ledger.make(recipe())
    moment = timedelta(microseconds=1)
    assert await _ids(ledger, ImageFilter(created_after=image.created_at)) == set()
    assert await _ids(ledger, ImageFilter(created_before=image.created_at)) == set()
    around = ImageFilter(created_after=image.created_at - moment, created_before=image.created_at + moment)
    assert await _ids(ledger, around) == {image.id}


async def test_many_lists_at_once_are_what_each_would_be_alone(ledger: Ledger) -> None:
    sources = await ledger.make(*(recipe(seed) for seed in range(4)))
    for number, source in enumerate(sources):
        for edit in range(number * 2):
            await ledger.make(recipe(source.recipe.seed, (AGE, edit + 1.0)), source_id=source.id)
    filters = [ImageFilter(source_id=source.id) for source in sources]
    newest = (await _history(ledger, PageRequest("", 1), filters[-1])).entries[0][1]
    for page in (PageRequest("", 3), PageRequest("", 3, after=newest), PageRequest("", 2, backward=True)):
        async with ledger.units.reading() as unit:
            together = await unit.images.histories([(page, where) for where in filters], ImageOrder())
            counts = await unit.images.counts(filters)
        assert together == [await _history(ledger, page, where) for where in filters]
        assert counts == [Count(number) for number in (0, 2, 4, 6)]


async def test_the_edits_of_an_image_carry_the_emotion_of_their_time(ledger: Ledger) -> None:
    [image] = await ledger.make(recipe(1, (SAD, -0.25), (HAPPY, 0.8)))
    [plain] = await ledger.make(recipe(2))
    assert image.applied == (AppliedDirection(HAPPY, 0.8), AppliedDirection(SAD, -0.25))
    assert plain.applied == ()


async def test_the_first_image_of_a_generation_is_the_one_with_the_least_index(ledger: Ledger) -> None:
    key, empty = await ledger.accept(recipe(1), recipe(2), recipe(3)), await ledger.accept(recipe(4))
    claims = await ledger.claim()
    await ledger.finish([claim for claim in claims if claim.recipe.seed in (2, 3)])
    async with ledger.units.reading() as unit:
        first = await unit.images.first_of([key, empty])
    assert {owner: image.recipe.seed for owner, image in first.items()} == {key: 2}


async def test_files_that_rows_refer_to_are_known(ledger: Ledger) -> None:
    made = picture((await ledger.make(recipe()))[0].recipe)
    async with ledger.units.reading() as unit:
        known = await unit.images.known_files([made.sha256, made.thumbnail_sha256, "0" * 64])
    assert known == {made.sha256, made.thumbnail_sha256}


async def test_generations_page_newest_first_by_status_and_session(ledger: Ledger) -> None:
    session = new_id()
    keys = [await ledger.accept(recipe(seed), session_id=session if seed % 2 else None) for seed in range(5)]
    await ledger.cancel(keys[1])

    async def page(request: PageRequest, *status: GenerationStatus, of: str | None = None) -> Sequence[str]:
        async with ledger.units.reading() as unit:
            where = GenerationFilter(status=status, session_id=of)
            found = await unit.generations.history(request, where)
            if request == PageRequest(""):
                assert await unit.generations.count(where) == len(found.entries)
        return [generation.id for generation in found.items]

    everything = PageRequest("")
    assert await page(everything) == keys[::-1]
    assert await page(everything, GenerationStatus.CANCELED) == [keys[1]]
    assert await page(everything, GenerationStatus.QUEUED, of=session) == [keys[3]]
    assert await page(everything, of=session) == [keys[3], keys[1]]
    async with ledger.units.reading() as unit:
        first = await unit.generations.history(PageRequest("", 2))
        second = await unit.generations.history(PageRequest("", 3, after=first.entries[-1][1]))
    assert (first.has_next, first.has_previous) == (True, False)
    assert (second.has_next, second.has_previous) == (False, True)
    assert [one.id for one in (*first.items, *second.items)] == keys[::-1]


async def test_the_catalogue_is_remembered_renamed_and_never_forgotten(ledger: Ledger) -> None:
    renamed = type(CATALOGUE)((type(CATALOGUE.served[0])(type(NETWORK)(NETWORK.sha256, "portraits", 64, 10)),))
    async with ledger.units.writing() as unit:
        await unit.networks.remember(renamed)
        await unit.commit()
    async with ledger.units.reading() as unit:
        networks = await unit.networks.get_many([NETWORK.sha256, OTHER_NETWORK.sha256, "0" * 64])
        directions = await unit.networks.directions([HAPPY.id, AGE.id, "0" * 32])
    assert {key: network.name for key, network in networks.items()} == {
        NETWORK.sha256: "portraits",
        OTHER_NETWORK.sha256: "others",
    }
    assert directions == {HAPPY.id: HAPPY, AGE.id: AGE}


async def test_questions_about_nothing_ask_the_database_nothing(ledger: Ledger) -> None:
    async with ledger.units.reading() as unit:
        assert await unit.images.get_many([]) == {}
        assert await unit.images.histories([], ImageOrder()) == []
        assert await unit.images.counts([]) == []
        assert await unit.images.first_of([]) == {}
        assert await unit.generations.queue_positions([]) == {}
        assert await unit.networks.directions([]) == {}
        assert isinstance(HAPPY, Direction)
