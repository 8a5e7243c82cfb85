"""Whatever a history is filtered by, the answer is what looking at every image would give."""

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from domain.ids import new_id
from domain.images import Image, ImageFilter, ImageOrder, ImageOrderField
from domain.networks import Direction, Emotion
from domain.paging import MAX_COUNT, Count, PageRequest
from tests.fixtures.ledger import AGE, HAPPY, NETWORK, OTHER_NETWORK, SAD, Ledger, recipe

EDITS: list[tuple[tuple[Direction, float], ...]] = [
    (),
    ((HAPPY, 1.0),),
    ((SAD, 1.0),),
    ((HAPPY, 0.5), (SAD, 0.5)),
    ((AGE, 1.0),),
]
NOTES = ("", "A Broad Smile", "no smile at all", "100% _sure_")
TEXTS = ("smile", "broad s", "%", "_", "nothing of it")
EMOTIONS = {HAPPY: Emotion.HAPPY, SAD: Emotion.SAD}


@dataclass
class World:
    """What was made, with everything that it can be found by."""

    images: list[Image] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    collections: list[str] = field(default_factory=list)
    tagged: dict[str, set[str]] = field(default_factory=dict)
    notes: dict[tuple[str, str], str] = field(default_factory=dict)
    """By image and collection."""
    emotions: dict[str, set[Emotion]] = field(default_factory=dict)

    def fits(self, image: Image, where: ImageFilter) -> bool:
        kept = {collection: note for (key, collection), note in self.notes.items() if key == image.id}
        said = [note for key, note in kept.items() if where.collection_id in (None, key)]
        tags = self.tagged.get(image.id, set())
        name = {NETWORK.sha256: "faces", OTHER_NETWORK.sha256: "others"}[image.recipe.network_sha256]
        return all(
            (
                where.owner in (None, image.owner),
                where.session_id in (None, image.session_id),
                where.seed in (None, image.recipe.seed),
                where.network in (None, name),
                not where.emotions or bool(self.emotions[image.id] & set(where.emotions)),
                where.created_after is None or image.created_at > where.created_after,
                where.created_before is None or image.created_at < where.created_before,
                where.collection_id is None or where.collection_id in kept,
                set(where.all_tags) <= tags,
                not where.any_tags or bool(tags & set(where.any_tags)),
                where.starred in (None, image.starred),
                where.text is None or any(where.text in note.casefold() for note in said),
            )
        )


@pytest.fixture
async def world(ledger: Ledger) -> World:
    chance, made = random.Random(4), World()
    async with ledger.units.writing() as unit:
        for number in range(3):
            made.sessions.append((await unit.sessions.add(new_id(), "local", f"session {number}")).id)
            made.collections.append((await unit.collections.add(new_id(), "local", f"collection {number}", "")).id)
            made.tags.append(new_id())
            assert await unit.tags.add(made.tags[-1], "local", f"tag {number}")
        await unit.commit()
    for number in range(36):
        edits, session = chance.choice(EDITS), chance.choice([None, *made.sessions])
        network = chance.choice([NETWORK, NETWORK, OTHER_NETWORK])
        (image,) = await ledger.make(
            recipe(chance.randrange(4), (AGE, number + 2.0))
            if not edits
            else recipe(chance.randrange(4), *edits, network=network),
            session_id=session,
        )
        made.images.append(image)
        made.emotions[image.id] = {EMOTIONS[direction] for direction, _ in edits if direction in EMOTIONS}
    await _put_in_order(ledger, made, chance)
    async with ledger.units.reading() as unit:
        found = await unit.images.get_many([image.id for image in made.images])
    made.images = [found[image.id] for image in made.images]
    return made


async def _put_in_order(ledger: Ledger, made: World, chance: random.Random) -> None:
    async with ledger.units.writing() as unit:
        for image in made.images:
            tags = {tag for tag in made.tags if chance.random() < 0.4}
            await unit.tags.put_on([image.id], sorted(tags))
            made.tagged[image.id] = tags
            for collection in made.collections:
                if chance.random() < 0.3:
                    note = chance.choice(NOTES)
                    await unit.collections.keep(collection, [image.id], note)
                    made.notes[image.id, collection] = note
        await unit.images.star([image.id for image in made.images if chance.random() < 0.3], starred=True)
        await unit.commit()


def filters(made: World, chance: random.Random, count: int) -> list[ImageFilter]:
    """Each condition alone, then several at once."""
    middle = made.images[len(made.images) // 2].created_at
    parts: list[dict[str, object]] = [
        {},
        {"session_id": made.sessions[0]},
        {"seed": 2},
        {"network": "others"},
        {"network": "faces"},
        {"emotions": (Emotion.HAPPY,)},
        {"emotions": (Emotion.HAPPY, Emotion.SAD, Emotion.HAPPY)},
        {"emotions": (Emotion.ANGRY,)},
        {"created_after": middle},
        {"created_before": middle + timedelta(microseconds=1)},
        {"collection_id": made.collections[1]},
        {"all_tags": (made.tags[0],)},
        {"all_tags": (made.tags[0], made.tags[2])},
        {"any_tags": (made.tags[1], made.tags[2])},
        {"starred": True},
        {"starred": False},
        *(dict[str, object](text=text) for text in TEXTS),
    ]
    alone = [ImageFilter(**part) for part in parts]  # type: ignore[arg-type]
    mixed = []
    for _ in range(count):
        chosen: dict[str, object] = {}
        for part in chance.sample(parts, chance.randint(2, 4)):
            chosen |= part
        mixed.append(ImageFilter(**chosen))  # type: ignore[arg-type]
    owners = [replace(where, owner=chance.choice(["local", "local", "somebody"])) for where in (*alone, *mixed)]
    return [*alone, *mixed, *owners]


async def test_every_filter_finds_what_looking_at_every_image_finds(ledger: Ledger, world: World) -> None:
    for where in filters(world, random.Random(5), 60):
        expected = [image for image in reversed(world.images) if world.fits(image, where)]
        async with ledger.units.reading() as unit:
            page = await unit.images.history(PageRequest("", 100), where, ImageOrder())
            assert [image.id for image in page.items] == [image.id for image in expected], where
            assert await unit.images.count(where) == Count(len(expected)), where


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("by", [ImageOrderField.CREATED_AT, ImageOrderField.SEED])
async def test_a_filtered_history_is_walked_either_way_without_gaps(
    ledger: Ledger, world: World, by: ImageOrderField, *, descending: bool
) -> None:
    order = ImageOrder(by, descending=descending)
    for where in filters(world, random.Random(6), 12):
        onward, back = [], []
        async with ledger.units.reading() as unit:
            page = await unit.images.history(PageRequest("", 5), where, order)
            onward.append(page)
            while page.has_next:
                page = await unit.images.history(PageRequest("", 5, after=page.entries[-1][1]), where, order)
                assert page.has_previous, where
                onward.append(page)
            page = await unit.images.history(PageRequest("", 5, backward=True), where, order)
            back.append(page)
            while page.has_previous:
                first = page.entries[0][1]
                page = await unit.images.history(PageRequest("", 5, backward=True, before=first), where, order)
                assert page.has_next, where
                back.append(page)
        seen = [image.id for one in onward for image in one.items]
        assert seen == [image.id for one in reversed(back) for image in one.items], where
        assert set(seen) == {image.id for image in world.images if world.fits(image, where)}, where
        keys = [key for one in onward for _, key in one.entries]
        assert all((one > two) == descending for one, two in pairwise(keys)), where


async def _count(ledger: Ledger, where: ImageFilter) -> Count:
    async with ledger.units.reading() as unit:
        return await unit.images.count(where)


def _look_at(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr("infrastructure.database.images.MAX_COUNT", most)


async def test_a_count_stops_after_the_most_that_is_looked_at_and_says_that_it_is_not_exact(
    ledger: Ledger, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_COUNT == 10_000
    noted = sum(note != "" for note in world.notes.values())
    for most, exact in ((noted, True), (noted - 1, False)):
        _look_at(monkeypatch, most)
        assert await _count(ledger, ImageFilter(text="nothing of it")) == Count(0, exact)
    for most in (3, 6, 12):
        _look_at(monkeypatch, most)
        assert await _count(ledger, ImageFilter()) == Count(most, exact=False)
        seen = set()
        for where in filters(world, random.Random(7), 40):
            counted, there = await _count(ledger, where), sum(world.fits(image, where) for image in world.images)
            assert counted.number <= min(there, most), where
            assert counted.number == there or not counted.exact, where
            seen.add(counted.exact)
        assert seen == {True, False}


async def test_a_list_of_several_tags_is_entered_by_the_rarest_however_they_are_given(
    ledger: Ledger, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only along the rare tag a count ends before the most that is looked at."""
    rare, often = new_id(), world.tags[0]
    async with ledger.units.writing() as unit:
        assert await unit.tags.add(rare, "local", "rare")
        await unit.tags.put_on([image.id for image in world.images[:2]], [rare, often])
        await unit.commit()
    _look_at(monkeypatch, 8)  # and at a quarter of that for several conditions
    for tags in ((rare, often), (often, rare), (often, rare, often)):
        for owner in (None, "local"):
            assert await _count(ledger, ImageFilter(all_tags=tags, owner=owner)) == Count(2), tags
    assert await _count(ledger, ImageFilter(all_tags=(often, rare), owner="somebody")) == Count(0)
    assert not (await _count(ledger, ImageFilter(all_tags=(often,)))).exact


async def test_a_list_is_entered_by_whichever_of_its_conditions_the_fewest_images_fulfil(
    ledger: Ledger, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only along the rare tag a count ends before the most that is looked at."""
    rare, made = new_id(), []
    for number in range(9):
        made += await ledger.make(recipe(2, (HAPPY, number + 3.0)), session_id=world.sessions[0])
    async with ledger.units.writing() as unit:
        ids = [image.id for image in made]
        assert await unit.tags.add(rare, "local", "rare")
        await unit.tags.put_on([ids[0], ids[-1]], [rare])
        await unit.tags.put_on(ids, world.tags)
        await unit.collections.keep(world.collections[1], ids, "a broad smile")
        await unit.images.star(ids, starred=True)
        await unit.commit()
    _look_at(monkeypatch, 8)  # and at a quarter of that for several conditions
    often: list[dict[str, Any]] = [
        {"starred": True},
        {"seed": 2},
        {"session_id": world.sessions[0]},
        {"network": "faces"},
        {"emotions": (Emotion.HAPPY,)},
        {"emotions": (Emotion.HAPPY, Emotion.SAD)},
        {"all_tags": (world.tags[0],)},
        {"any_tags": (world.tags[0], world.tags[1])},
        {"collection_id": world.collections[1]},
        {"text": "smile"},
    ]
    for conditions in often:
        for owner in (None, "local"):
            assert not (await _count(ledger, ImageFilter(**conditions, owner=owner))).exact, conditions
            tags = (*conditions.get("all_tags", ()), rare)
            where = ImageFilter(**conditions | {"all_tags": tags, "owner": owner})
            assert await _count(ledger, where) == Count(2), conditions


async def test_a_list_is_read_in_the_time_only_in_which_all_its_conditions_have_images(
    ledger: Ledger, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, late, never = new_id(), new_id(), new_id()
    async with ledger.units.writing() as unit:
        for key, name in ((early, "early"), (late, "late"), (never, "never")):
            assert await unit.tags.add(key, "local", name)
        await unit.tags.put_on([image.id for image in world.images[:20]], [early])
        await unit.tags.put_on([image.id for image in world.images[18:]], [late])
        await unit.commit()
    _look_at(monkeypatch, 8)  # and at a quarter of that for several conditions
    for tags, number in (((early, late), 2), ((late, early), 2), ((early, never), 0), ((never, never), 0)):
        for owner in (None, "local"):
            where = ImageFilter(all_tags=tags, owner=owner)
            assert await _count(ledger, where) == Count(number), where
            async with ledger.units.reading() as unit:
                page = await unit.images.history(PageRequest("", 9), where, ImageOrder())
            assert [image.id for image in page.items] == [image.id for image in world.images[19:17:-1][:number]]
            limited = replace(where, created_after=world.images[18].created_at)
            assert await _count(ledger, limited) == Count(min(number, 1)), limited


async def test_a_count_looks_at_a_quarter_of_the_images_where_a_filter_has_several_conditions(
    ledger: Ledger, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = [image.id for image in world.images]
    async with ledger.units.writing() as unit:
        await unit.images.star(everything, starred=True)
        await unit.tags.put_on(everything, world.tags)
        await unit.commit()
    _look_at(monkeypatch, 8)
    early = world.images[0].created_at - timedelta(seconds=1)
    for one in (ImageFilter(starred=True), ImageFilter(all_tags=(world.tags[0],) * 2)):
        for where in (one, replace(one, owner="local", created_after=early)):
            assert await _count(ledger, where) == Count(8, exact=False), where
    for where in (ImageFilter(starred=True, all_tags=(world.tags[0],)), ImageFilter(all_tags=tuple(world.tags))):
        assert await _count(ledger, where) == Count(2, exact=False), where
