"""What putting things in order needs from the database: sessions, tags, collections, and what was deleted."""

from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.collections import CollectedFilter, CollectedImage, Collection
from domain.paging import Page, PageRequest
from domain.sessions import Session
from domain.tags import Tag


class Sessions(Protocol):
    async def add(self, session_id: str, owner: str, name: str) -> Session: ...

    async def rename(self, session_id: str, name: str) -> None: ...

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Session]: ...

    async def history(self, page: PageRequest, owner: str | None) -> Page[Session]:
        """Newest first; of everybody where no owner is given."""

    async def count(self, owner: str | None) -> int: ...

    async def unfinished(self, session_id: str) -> Sequence[str]:
        """Its generations that have not ended."""

    async def images(self, session_id: str) -> Mapping[str, str]:
        """The owners of its images, by their ids."""

    async def delete(self, session_id: str) -> None:
        """It has no images any more; its generations stay, and belong to none."""


class Tags(Protocol):
    """Tags, and which images have them."""

    async def add(self, tag_id: str, owner: str, name: str) -> bool:
        """False where the owner has one of this name."""

    async def rename(self, tag_id: str, name: str) -> None: ...

    async def delete(self, tag_id: str) -> None:
        """Off all images first."""

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Tag]: ...

    async def named(self, name: str, owners: Sequence[str]) -> Sequence[Tag]:
        """Those of the owners that have this name in any case."""

    async def history(self, page: PageRequest, owner: str | None) -> Page[Tag]:
        """The built-in ones, then the owner's, oldest first; everybody's where no owner is given."""

    async def count(self, owner: str | None) -> int: ...

    async def of_images(self, image_ids: Sequence[str]) -> Mapping[str, Sequence[Tag]]:
        """By name; those that have none are left out."""

    async def put_on(self, image_ids: Sequence[str], tag_ids: Sequence[str]) -> None: ...

    async def take_off(self, image_ids: Sequence[str], tag_ids: Sequence[str]) -> None: ...


class Collections(Protocol):
    """Collections and their entries."""

    async def add(self, collection_id: str, owner: str, name: str, description: str) -> Collection: ...

    async def change(self, collection_id: str, name: str | None, description: str | None) -> None:
        """None leaves as it is."""

    async def delete(self, collection_id: str) -> None:
        """With its entries."""

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Collection]: ...

    async def history(self, page: PageRequest, owner: str | None) -> Page[Collection]:
        """Newest first; of everybody where no owner is given."""

    async def count(self, owner: str | None) -> int: ...

    async def keep(
        self, collection_id: str, image_ids: Sequence[str], note: str | None
    ) -> Mapping[str, CollectedImage]:
        """By image. What is kept already stays, with the new note where one is given."""

    async def annotate(self, entry_id: str, note: str) -> None: ...

    async def release(self, entry_id: str) -> None: ...

    async def entries(self, ids: Sequence[str]) -> Mapping[str, CollectedImage]: ...

    async def entry_pages(self, pages: Sequence[tuple[PageRequest, CollectedFilter]]) -> Sequence[Page[CollectedImage]]:
        """Newest first, many lists at once."""

    async def entry_counts(self, where: Sequence[CollectedFilter]) -> Sequence[int]: ...

    async def keeping(self, image_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The names of the collections that keep each; those that are kept in none are left out."""

    async def keeping_session(self, session_id: str) -> Sequence[str]:
        """The names of the collections that keep an image of it, the first few."""


class Forgotten(Protocol):
    """The ids of what was deleted, and whose it was: so that a request that is sent again is known."""

    async def add(self, owners: Mapping[str, str]) -> None: ...

    async def owners(self, ids: Several[str]) -> Mapping[str, str]: ...
