"""What the domain needs from the world outside; infrastructure has the adapters, the tests have the fakes.

A `UnitOfWork` is one transaction, entered with ``async with``: left without ``commit()`` or by an exception, it changes
nothing. It is opened for one service verb, is never open across a render and never shared between tasks.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Protocol, Self

from domain.access import Caller
from domain.animation_ports import Animations
from domain.auditing import AuditEntry, AuditFilter
from domain.copies import CopyForm
from domain.exports import ArchiveEntry, Export
from domain.generations import (
    EVERY_GENERATION,
    Claimed,
    ClaimedRender,
    FailedRender,
    FinishedRender,
    Generation,
    GenerationFilter,
    NewGeneration,
    Picture,
    Priority,
)
from domain.images import Image, ImageFilter, ImageOrder
from domain.library_ports import Collections, Forgotten, Sessions, Tags
from domain.networks import Catalogue, Direction, Network
from domain.paging import Count, Key, Page, PageRequest
from domain.pictures import StoredFile, Unused
from domain.recipe import Recipe
from domain.repairs import KeptPicture
from domain.studies.ports import Studies, StudyReports, StudySessions
from domain.tokens import Token


class Generations(Protocol):
    """Generations as rows: what was asked for, and how far it is."""

    async def add(self, new: NewGeneration) -> Generation:
        """Store it with its renders, QUEUED; as it is then. One whose recipe has a picture already ends at once,
        with its image."""

    async def by_key(self, owner: str, idempotency_key: str) -> tuple[str, str] | None:
        """(generation id, fingerprint) of the generation that used this key first."""

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Generation]: ...

    async def history(self, page: PageRequest, where: GenerationFilter = EVERY_GENERATION) -> Page[Generation]:
        """Newest first."""

    async def count(self, where: GenerationFilter = EVERY_GENERATION) -> int:
        """MAX_COUNT + 1 where there are more than MAX_COUNT."""

    async def queue_positions(self, ids: Sequence[str]) -> Mapping[str, int]:
        """How many renders go before the generation's next one, plus 1; only for those with a QUEUED render."""

    async def renders_ahead(self, ids: Sequence[str]) -> Mapping[str, int]:
        """How many renders have to be made until the last of each is: those that are RUNNING, those that go before."""

    async def ended_after(
        self, ended_number: int, limit: int, where: GenerationFilter = EVERY_GENERATION
    ) -> Sequence[Generation]:
        """Terminal generations in the order they were committed."""

    async def last_ended_number(self) -> int:
        """0 before the first."""

    async def cancel(self, generation_id: str) -> bool:
        """Its QUEUED and RUNNING renders become CANCELED, fences grow; what is made stays. False if it had ended."""


class Renders(Protocol):
    """The ledger's work: claims, fences, leases. Every change moves its generation's version, state and done."""

    async def waiting(self, *, studies: bool | None = None) -> int:
        """How many renders are QUEUED: all of them, only those of perception studies, or only the others."""

    async def claim(self, worker: str, limit: int, lease_s: float, least: Priority = Priority.BULK) -> Claimed:
        """At most `limit` QUEUED renders, most urgent, then oldest first, become RUNNING: attempt + 1, fence + 1.

        None of them is less urgent than `least`.
        No recipe is claimed twice, in one call or while another claim of it is RUNNING.
        """

    async def finish(self, finished: Sequence[FinishedRender]) -> Sequence[str]:
        """Where the fence is mine and the state RUNNING: picture, image and state; the ids of the generations moved.

        A picture that exists for the recipe stays. Other QUEUED renders of the same recipe end with it.
        """

    async def fail(self, failed: Sequence[FailedRender], max_attempts: int) -> Sequence[str]:
        """Back to QUEUED, or FAILED when final or out of attempts; only where fence and state are mine."""

    async def hand_back(self, claims: Sequence[ClaimedRender]) -> Sequence[str]:
        """Back to QUEUED with the attempt returned: the work was not tried to its end."""

    async def renew(self, claims: Sequence[ClaimedRender], lease_s: float) -> Sequence[str]:
        """Lengthen the leases; the ids of the renders that are still mine."""

    async def requeue(self, *, everything: bool) -> Sequence[str]:
        """RUNNING renders whose lease ran out (or all of them) go back to QUEUED, attempts returned."""


class Images(Protocol):
    """The history."""

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Image]: ...

    async def history(self, page: PageRequest, where: ImageFilter, order: ImageOrder) -> Page[Image]: ...

    async def histories(
        self, pages: Sequence[tuple[PageRequest, ImageFilter]], order: ImageOrder
    ) -> Sequence[Page[Image]]:
        """Many small lists at once, e.g. the edits of each of 100 images, in a bounded number of statements.

        The filters differ in `generation_id` or in `source_id` only, the page requests not at all.
        """

    async def count(self, where: ImageFilter) -> Count:
        """Looks at MAX_COUNT images at most, or at a quarter of that where the filter has several conditions, along the
        index that it reads, whether or not they fulfil the rest of the filter. Where there are others it says how many
        it found among these, and that this is not exact."""

    async def counts(self, where: Sequence[ImageFilter]) -> Sequence[Count]:
        """As `histories`."""

    async def first_of(self, generation_ids: Sequence[str]) -> Mapping[str, Image]:
        """The first image, by index, of each generation that has one."""

    async def delete(self, ids: Sequence[str]) -> Unused:
        """With their edits and tags; what was edited from them lives on without a source. None of them is kept.

        Pictures that no image refers to go too; the answer says whose files nobody needs then.
        """

    async def star(self, ids: Sequence[str], *, starred: bool) -> None: ...

    async def newest_of(self, recipe_key: str, owner: str | None) -> Image | None:
        """The newest image of this recipe; of anybody's where no owner is given."""

    async def known_files(self, sha256s: Sequence[str]) -> set[str]:
        """Those among the names that a picture's, a thumbnail's or an animation's row refers to."""


class Pictures(Protocol):
    """The renderings that images refer to, one a recipe."""

    async def following(self, recipe_key: str, limit: int) -> Sequence[KeptPicture]:
        """In the order of their keys, from the one after this on; after "" the first."""

    async def replace(self, old: KeptPicture, new: Picture) -> bool:
        """For all images of the recipe; False: the rendering is another by now, or gone."""


class Networks(Protocol):
    """Networks and directions as they were when images were made with them."""

    async def remember(self, catalogue: Catalogue) -> None:
        """Add or rename what is served now; nothing is forgotten."""

    async def get_many(self, sha256s: Sequence[str]) -> Mapping[str, Network]: ...

    async def named(self, name: str) -> bool:
        """Whether any is called so."""

    async def directions(self, ids: Sequence[str]) -> Mapping[str, Direction]:
        """By `Direction.id`."""


class Tokens(Protocol):
    """Tokens with the keyed hashes of their texts."""

    async def add(self, token: Token, digest: str) -> None: ...

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, tuple[Token, str]]:
        """By id, each with its digest."""

    async def all(self) -> Sequence[Token]:
        """The oldest first; as many as somebody made by hand."""

    async def revoke(self, token_id: str, now: datetime) -> bool:
        """False if there is none, or if it was revoked before."""

    async def used(self, ids: Sequence[str], now: datetime) -> None: ...


class AuditLog(Protocol):
    """Who did what, in the order of time; written once, never changed."""

    async def add(self, entry: AuditEntry) -> None: ...

    async def history(self, page: PageRequest, where: AuditFilter) -> Page[AuditEntry]:
        """Newest first."""

    async def count(self, where: AuditFilter) -> int: ...

    async def following(self, after: Key | None, limit: int, where: AuditFilter) -> Sequence[tuple[AuditEntry, Key]]:
        """Oldest first, from the entry after this one on, each with its key."""

    async def forget(self, before: datetime) -> int:
        """Remove what is older; how many entries that were."""


class Exports(Protocol):
    """Selections of images, kept for a while."""

    async def add_found(self, export_id: str, owner: str, where: ImageFilter, limit: int) -> Export:
        """The oldest images that the filter finds, at most `limit`, in the order in which they were made."""

    async def add_images(self, export_id: str, owner: str, image_ids: Sequence[str]) -> Export:
        """These, in this order."""

    async def get(self, export_id: str, younger_than: timedelta) -> Export | None: ...

    async def places(self, export_id: str, start: int, count: int) -> Sequence[tuple[int, str]]:
        """The ids of its images from a place on, each with its place, from 0."""

    async def forget(self, older_than: timedelta) -> int:
        """How many there were; nothing of them is left."""


class UnitOfWork(Protocol):
    @property
    def generations(self) -> Generations: ...

    @property
    def renders(self) -> Renders: ...

    @property
    def animations(self) -> Animations: ...

    @property
    def images(self) -> Images: ...

    @property
    def pictures(self) -> Pictures: ...

    @property
    def networks(self) -> Networks: ...

    @property
    def exports(self) -> Exports: ...

    @property
    def tokens(self) -> Tokens: ...

    @property
    def audit(self) -> AuditLog: ...

    @property
    def sessions(self) -> Sessions: ...

    @property
    def tags(self) -> Tags: ...

    @property
    def collections(self) -> Collections: ...

    @property
    def forgotten(self) -> Forgotten: ...

    @property
    def studies(self) -> Studies: ...

    @property
    def study_sessions(self) -> StudySessions: ...

    @property
    def reports(self) -> StudyReports: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc_info: object) -> None: ...

    async def commit(self) -> None: ...


class UnitsOfWork(Protocol):
    def reading(self) -> UnitOfWork:
        """For questions; `commit` is not called."""

    def writing(self, *, brief: bool = False) -> UnitOfWork:
        """Takes the write lock where the database has one (SQLite: BEGIN IMMEDIATE).

        `brief`: a few short statements over few rows, for which nobody has to make way.
        """

    def deleting(self) -> UnitOfWork:
        """A writing one that overlaps with no other: what it finds unused stays so until it is committed."""


class WakeUps(Protocol):
    """Says that rows moved; carries no state, so that nobody who misses one misses anything but time."""

    def notify(self, generation_ids: Iterable[str], *, work: bool = True, ended: bool = True) -> None:
        """Never blocks; may be called from the event loop's thread only.

        `work`: there may be renders to claim that could not be claimed before. `ended`: some of these may have ended.
        """

    def listen(
        self, generation_id: str | None = None, *, ends: bool = False
    ) -> AbstractAsyncContextManager[Callable[[float], Awaitable[bool]]]:
        """Within the context, ``await wait(timeout_s)`` is True at the next wake-up of this generation (None: of any).

        `ends`: at the next that may mean an end. Wake-ups since the context was entered or since the last wait are not
        lost. After `close` it returns at once.
        """

    def listen_for_work(self) -> AbstractAsyncContextManager[Callable[[float], Awaitable[bool]]]:
        """As `listen`, for those wake-ups that may mean work."""

    @property
    def closed(self) -> bool:
        """The service is stopping: subscriptions end."""


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """The bytes of the two files of a picture."""

    image: bytes
    thumbnail: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class RenderedPicture:
    """What an engine made, encoded, with what it took."""

    encoded: EncodedPicture
    device: str
    queue_ms: float
    render_ms: float
    encode_ms: float


@dataclass(frozen=True, slots=True)
class EngineDevice:
    name: str
    engine: str
    ready: bool
    detail: str = ""


class Engines(Protocol):
    """What makes pictures out of recipes."""

    async def render(self, claim: ClaimedRender) -> RenderedPicture:
        """Raises RenderFailed when this recipe cannot be made, EnginesStopped when it was not tried to its end."""

    def cancel(self, generation_id: str) -> None:
        """Drop its renders that are not yet started; their `render` raises EnginesStopped."""

    def devices(self) -> Sequence[EngineDevice]: ...

    def room(self, priority: Priority = Priority.BULK) -> int:
        """How many more renders of this priority keep the devices busy without a queue of their own growing.

        Less urgent ones that wait take none of the room.
        """

    def pace_s(self) -> float | None:
        """Measured seconds a picture, all devices together; None before the first."""

    def unavailable_reason(self) -> str | None:
        """Set when no engine can be started."""


class PictureFiles(Protocol):
    """Files named by the SHA-256 of their bytes."""

    async def store(self, encoded: EncodedPicture) -> Picture:
        """Both files are on disk, whole and synced, when this returns. Raises StorageFailed."""

    async def exists(self, picture: Picture) -> bool: ...

    def moment(self) -> int:
        """Now, by the clock that files are dated with."""

    async def discard(self, unused: Unused, moment: int) -> None:
        """Remove the files that nobody has stored since this moment. Never raises: what stays is swept."""

    async def read(self, picture: Picture) -> StoredFile:
        """The picture itself, not its thumbnail. Raises StorageFailed."""


class Copies(Protocol):
    """Pictures in other formats, each with its recipe in it."""

    async def copy(self, png: bytes, recipe: Recipe, form: CopyForm) -> bytes:
        """Never on the event loop. Raises QueueFull where too many are being made, Invalid where it cannot be made."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`largest` is in levels, 0 to 255; `share` is that of the values that differ, 0 to 1."""

    largest: int
    share: float


class Comparing(Protocol):
    async def compare(self, kept: bytes, fresh: bytes) -> Difference | None:
        """Of two PNGs, never on the event loop; None where the first cannot be compared with the second."""


class Packing(Protocol):
    def packed(self, entries: AsyncGenerator[ArchiveEntry, None]) -> AsyncGenerator[bytes, None]:
        """An archive of the entries, in parts, while they come; `entries` is closed with it.

        The same entries make the same archive, to the byte.
        """


class RecipeReader(Protocol):
    async def read(self, file: BinaryIO) -> Recipe:
        """The recipe that a PNG, WebP or JPEG of ours carries; no more than its metadata is read.

        Raises Invalid, saying what is wrong with the file.
        """


class Authenticator(Protocol):
    """Knows callers by what they send as `Authorization: Bearer …`: a token, a link into a study session."""

    async def callers(self, bearers: Collection[str]) -> Mapping[str, Caller]:
        """Whose they are, of those that have force now; the rest is left out, whatever is wrong with it.

        Asked with one when somebody comes, and every second with those of everybody who stays: a bounded number of
        reads, however many there are.
        """
