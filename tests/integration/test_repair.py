"""Repairing: whatever is missing or damaged is made again, what is whole is not touched, and nothing is lost."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.animations import AnimationFormat, NewAnimation, animation_path
from domain.generations import FinishedRender, NewGeneration, NewRender, Picture, Priority
from domain.ids import new_id
from domain.pictures import FileState, image_path, thumbnail_path
from domain.ports import EncodedPicture, UnitsOfWork
from domain.recipe import Recipe
from domain.services.animating import AnimationLedger
from domain.services.ledger import Ledger
from infrastructure.animations.making import AnimationMaking
from infrastructure.database import Database
from infrastructure.encoding import encode
from infrastructure.files import DiskPictureFiles
from infrastructure.repairing import Finding, NotRepaired, repair
from infrastructure.sweep import sweep
from infrastructure.wake_ups import InProcessWakeUps
from tests.fakes.catalogue import recipe
from tests.fakes.engines import SERVICE, colour_of
from tests.fixtures.invariants import check_files, check_invariants
from tests.integration.dispatching import remember_catalogue

LATER = "Manganace later"
"""Another version writes its name into files, so that their bytes are others."""


@dataclass
class OneColour:
    """The protocol `Rendering`, as `FakeEngines` renders; some recipes it has not got the network for."""

    service: str = SERVICE
    lacks: frozenset[int] = frozenset()
    rendered: list[int] = field(default_factory=list)

    async def check(self, recipe: Recipe) -> None:
        if recipe.seed in self.lacks:
            raise NotRepaired("it is not served any more")

    async def render(self, recipe: Recipe) -> EncodedPicture:
        await self.check(recipe)
        self.rendered.append(recipe.seed)
        return encode(colour_of(recipe), recipe, self.service)


@dataclass
class Library:
    """Pictures and animations with their rows and files."""

    database: Database
    root: Path

    @property
    def units(self) -> UnitsOfWork:
        return self.database.units

    @property
    def files(self) -> DiskPictureFiles:
        return DiskPictureFiles(self.root)

    async def make(self, *seeds: int, animation: AnimationFormat | None = None) -> str:
        """A generation of these seeds, rendered to its end."""
        recipes = [recipe(seed) for seed in seeds]
        moving = animation and NewAnimation.of(animation, 10, False, {"morph": list(seeds)}, recipes)
        renders = tuple(NewRender(one) for one in recipes)
        new = NewGeneration(new_id(), "local", "morph", "f" * 64, None, Priority.BULK, renders, animation=moving)
        async with self.units.writing() as unit:
            await unit.generations.add(new)
            await unit.commit()
        ledger = Ledger(self.units, InProcessWakeUps(), "test")
        while claims := await ledger.claim(100):
            stored = [await self.files.store(encode(colour_of(c.recipe), c.recipe, SERVICE)) for c in claims]
            await ledger.finish([FinishedRender(c, picture) for c, picture in zip(claims, stored, strict=True)])
        animations = AnimationLedger(self.units, InProcessWakeUps(), "test")
        while (claim := await animations.claim()) is not None:
            await animations.finish(claim, await AnimationMaking(self.files, SERVICE).made(claim))
        return new.id

    async def picture(self, seed: int) -> Picture:
        async with self.units.reading() as unit:
            image = await unit.images.newest_of(recipe(seed).key, None)
        assert image is not None
        return image.picture

    async def image(self, seed: int) -> Path:
        return self.root / image_path((await self.picture(seed)).sha256)

    async def thumbnail(self, seed: int) -> Path:
        return self.root / thumbnail_path((await self.picture(seed)).thumbnail_sha256)

    async def animation(self, generation_id: str) -> Path:
        async with self.units.reading() as unit:
            made = (await unit.animations.of([generation_id]))[generation_id]
        return self.root / animation_path(made.file.sha256, made.format)

    async def repaired(self, rendering: OneColour | None = None, *, dry_run: bool = False) -> list[Finding]:
        """What was found, by path."""
        by = rendering or OneColour()
        found = [one async for one in repair(self.units, self.files, by, by.service, dry_run=dry_run)]
        return sorted((finding for one in found for finding in one.findings), key=lambda finding: finding.path)

    async def check(self) -> None:
        """Every row has its files, whole, and after a sweep there are no others."""
        await sweep(self.root, self.units, grace=timedelta(seconds=-1))
        named = await check_files(self.database, self.root)
        there = {path for path in self.root.rglob("*.*") if path.is_file() and path.parent.parent.name != "animations"}
        assert there == named
        await check_invariants(self.database)


@pytest.fixture
async def library(database: Database, tmp_path: Path) -> Library:
    await remember_catalogue(database.units)
    return Library(database, tmp_path / "static")


def inodes(root: Path) -> dict[Path, tuple[int, int]]:
    """A file that was written anew, or dated anew, has others."""
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in root.rglob("*") if path.is_file()}


def damage(path: Path) -> None:
    """At one place, so that the file is as long as it was."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def states(findings: Iterable[Finding]) -> list[tuple[str, FileState, bool]]:
    return [(finding.path.split("/")[0], finding.state, finding.mended) for finding in findings]


async def test_what_is_whole_is_neither_touched_nor_rendered(library: Library) -> None:
    await library.make(1, 2, animation=AnimationFormat.WEBP)
    before, rendering = inodes(library.root), OneColour()
    assert await library.repaired(rendering) == []
    assert (inodes(library.root), rendering.rendered) == (before, [])


@pytest.mark.fault
@pytest.mark.parametrize("harm", [Path.unlink, damage, lambda path: path.write_bytes(b"torn")])
async def test_an_image_that_is_missing_or_damaged_is_rendered_again(
    library: Library, harm: Callable[[Path], None]
) -> None:
    await library.make(1, 2)
    content, others = (await library.image(1)).read_bytes(), inodes(library.root)
    harm(await library.image(1))
    rendering = OneColour()
    (finding,) = await library.repaired(rendering)
    assert (finding.path, finding.told) == (str((await library.image(1)).relative_to(library.root)), "rendered again")
    assert (await library.image(1)).read_bytes() == content
    assert rendering.rendered == [1]
    assert inodes(library.root)[await library.image(2)] == others[await library.image(2)]
    await library.check()
    assert await library.repaired() == []


@pytest.mark.parametrize("harm", [Path.unlink, damage])
async def test_a_thumbnail_is_made_again_from_its_image_without_rendering(
    library: Library, harm: Callable[[Path], None]
) -> None:
    await library.make(1)
    image, content = await library.image(1), (await library.thumbnail(1)).read_bytes()
    before = inodes(library.root)[image][0]
    harm(await library.thumbnail(1))
    rendering = OneColour()
    (finding,) = await library.repaired(rendering)
    assert (finding.told, finding.mended) == ("made again from its image", True)
    assert (await library.thumbnail(1)).read_bytes() == content
    assert rendering.rendered == []
    assert inodes(library.root)[image][0] == before, "the image was written, and it was whole"
    await library.check()


async def test_a_picture_whose_both_files_are_gone_is_rendered_once(library: Library) -> None:
    await library.make(1)
    (await library.image(1)).unlink()
    damage(await library.thumbnail(1))
    rendering = OneColour()
    assert states(await library.repaired(rendering)) == [
        ("images", FileState.MISSING, True),
        ("thumbnails", FileState.DAMAGED, True),
    ]
    assert rendering.rendered == [1]
    await library.check()


async def test_other_bytes_become_the_picture_of_all_images_and_the_old_ones_are_swept(library: Library) -> None:
    await library.make(1)
    await library.make(1)
    old = await library.image(1)
    damage(old)
    (finding,) = await library.repaired(OneColour(LATER))
    new = await library.image(1)
    assert new != old
    assert finding.told == f"rendered again, as {new.relative_to(library.root)}"
    assert (await library.picture(1)).size_bytes == new.stat().st_size
    assert old.exists()
    await library.check()
    assert not old.exists()


async def test_a_thumbnail_of_a_later_version_gets_a_row_of_its_own_and_the_image_keeps_its(library: Library) -> None:
    await library.make(1)
    before = await library.picture(1)
    (await library.thumbnail(1)).unlink()
    await library.repaired(OneColour(LATER))
    after = await library.picture(1)
    assert after == replace(before, thumbnail_sha256=after.thumbnail_sha256)
    assert after != before
    await library.check()


async def test_what_cannot_be_rendered_is_named_with_its_network_and_the_rest_is_repaired(library: Library) -> None:
    await library.make(1, 2, 3)
    for seed in (1, 2):
        (await library.image(seed)).unlink()
    (await library.thumbnail(3)).unlink()
    lost, kept = await library.picture(1), await library.thumbnail(1)
    found = await library.repaired(OneColour(lacks=frozenset({1})))
    assert sorted(states(found)) == sorted(
        [
            ("images", FileState.MISSING, False),
            ("images", FileState.MISSING, True),
            ("thumbnails", FileState.MISSING, True),
        ]
    )
    (reason,) = [finding.told for finding in found if not finding.mended]
    assert reason == "network 'tiny': it is not served any more"
    assert (await library.picture(1), kept.exists()) == (lost, True)
    assert [finding.path for finding in await library.repaired()] == [image_path(lost.sha256)]
    await library.check()


async def test_a_thumbnail_of_a_network_that_is_gone_is_made_from_its_image(library: Library) -> None:
    await library.make(1)
    (await library.thumbnail(1)).unlink()
    assert [finding.mended for finding in await library.repaired(OneColour(lacks=frozenset({1})))] == [True]
    await library.check()


async def test_a_dry_run_says_what_would_be_done_and_changes_nothing(library: Library) -> None:
    generation_id = await library.make(1, 2, 3, animation=AnimationFormat.GIF)
    damage(await library.image(1))
    (await library.image(2)).unlink()
    (await library.thumbnail(3)).unlink()
    (await library.animation(generation_id)).unlink()
    before = inodes(library.root)
    rendering = OneColour(lacks=frozenset({2}))
    told = {finding.told: finding.mended for finding in await library.repaired(rendering, dry_run=True)}
    assert told == {
        "would be rendered again": True,
        "network 'tiny': it is not served any more": False,
        "would be made again from its image": True,
        "would be written again from its frames": True,
    }
    assert (inodes(library.root), rendering.rendered) == (before, [])


async def test_many_pages_are_gone_through_in_turn(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.repairing.pictures.PAGE", 3)
    await library.make(*range(10))
    for seed in range(10):
        (await library.image(seed)).unlink()
    looked = [one async for one in repair(library.units, library.files, OneColour(), SERVICE)]
    assert [(one.files, len(one.findings)) for one in looked] == [(6, 3), (6, 3), (6, 3), (2, 1)]
    await library.check()


@pytest.mark.fault
@pytest.mark.parametrize("step", ["written", "synced", "renamed", "recorded"])
@pytest.mark.parametrize("number", [1, 2])
async def test_a_repair_that_dies_at_any_step_loses_nothing_and_the_next_one_ends_it(
    library: Library, step: str, number: int
) -> None:
    """Steps of the thumbnail, then of the image."""

    class Died(BaseException):
        pass

    seen: list[str] = []

    def die(name: str) -> None:
        seen.append(name)
        if seen.count(step) == number and name == step:
            raise Died

    await library.make(1, 2)
    old, thumbnail = await library.image(1), await library.thumbnail(1)
    damage(old)
    thumbnail.unlink()
    with pytest.raises(Died):
        async for _ in repair(library.units, DiskPictureFiles(library.root, die), OneColour(LATER), LATER):
            pass
    assert (await library.image(1), await library.thumbnail(1)) == (old, thumbnail)
    assert {finding.mended for finding in await library.repaired(OneColour(LATER))} == {True}
    assert await library.image(1) != old
    await library.check()


async def test_a_row_that_changed_meanwhile_keeps_what_it_has(library: Library) -> None:
    await library.make(1)

    class Overtaken(OneColour):
        async def render(self, recipe: Recipe) -> EncodedPicture:
            async with library.units.reading() as unit:
                (kept,) = await unit.pictures.following("", 10)
            async with library.units.writing() as unit:
                newer = await library.files.store(await OneColour("Manganace newest").render(recipe))
                await unit.pictures.replace(kept, newer)
                await unit.commit()
            return await super().render(recipe)

    (await library.image(1)).unlink()
    (finding,) = await library.repaired(Overtaken(LATER))
    assert (finding.told, finding.mended) == ("its row has changed meanwhile", True)
    assert await library.repaired() == []
    await library.check()


async def test_a_full_disk_is_told_of_each_file_that_did_not_fit(library: Library) -> None:
    await library.make(1)
    (await library.image(1)).unlink()
    (library.root / "images").rename(library.root / "elsewhere")
    (library.root / "images").write_bytes(b"a file where a folder should be")
    (finding,) = await library.repaired()
    assert (finding.told, finding.mended) == ("the picture could not be stored", False)
    (library.root / "images").unlink()
    (library.root / "elsewhere").rename(library.root / "images")
    assert [one.mended for one in await library.repaired()] == [True]
    await library.check()


@pytest.mark.fault
@pytest.mark.parametrize("form", list(AnimationFormat))
@pytest.mark.parametrize("harm", [Path.unlink, damage])
async def test_an_animation_is_written_again_from_its_frames_which_are_repaired_first(
    library: Library, form: AnimationFormat, harm: Callable[[Path], None]
) -> None:
    generation_id = await library.make(1, 2, 3, animation=form)
    path = await library.animation(generation_id)
    content = path.read_bytes()
    harm(path)
    (await library.image(2)).unlink()
    assert [finding.told for finding in await library.repaired()] == [
        "written again from its frames",
        "rendered again",
    ]
    assert path.read_bytes() == content
    assert await library.repaired() == []


async def test_other_bytes_of_an_animation_are_recorded_for_all_who_share_it(library: Library) -> None:
    first = await library.make(1, 2, animation=AnimationFormat.WEBP)
    second = await library.make(1, 2, animation=AnimationFormat.WEBP)
    old = await library.animation(first)
    assert old == await library.animation(second)
    damage(old)
    (finding,) = await library.repaired(OneColour(LATER))
    new = await library.animation(first)
    assert finding.told == f"written again from its frames, as {new.relative_to(library.root)}"
    assert new == await library.animation(second) != old
    assert await library.repaired() == []
    await library.check()
    assert [path.exists() for path in (old, new)] == [False, True]


async def test_an_animation_without_one_of_its_frames_is_not_made_up(library: Library) -> None:
    deleted = await library.make(1, 2, animation=AnimationFormat.WEBP)
    gone = await library.make(3, 4, animation=AnimationFormat.GIF)
    async with library.units.reading() as unit:
        image = await unit.images.newest_of(recipe(1).key, None)
    assert image is not None
    async with library.units.deleting() as deleting:
        await deleting.images.delete([image.id])
        await deleting.commit()
    damage(await library.image(3))
    paths = [await library.animation(deleted), await library.animation(gone)]
    for path in paths:
        path.unlink()
    found = await library.repaired(OneColour(lacks=frozenset({3})))
    assert {finding.told for finding in found} == {
        "network 'tiny': it is not served any more",
        "the image of a frame is missing or damaged",
        "the image of a frame was deleted; ask for the morph again",
    }
    assert not any(finding.mended for finding in found)
    assert [path.exists() for path in paths] == [False, False]


async def test_after_a_repair_a_morph_that_lacked_a_frame_is_made_when_it_is_asked_for_again(library: Library) -> None:
    await library.make(1, 2)
    damage(await library.image(1))
    await library.repaired()
    again = await library.make(1, 2, animation=AnimationFormat.WEBP)
    assert (await library.animation(again)).exists()
