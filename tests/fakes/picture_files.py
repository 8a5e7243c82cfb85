"""Picture files in memory, on a disk that can fill up."""

import hashlib

from domain.errors import StorageFailed
from domain.generations import Picture
from domain.pictures import FileState, StoredFile, Unused
from domain.ports import EncodedPicture


class FakePictureFiles:
    """The port `PictureFiles`, and the dispatcher's `probe`. While `trouble` is set, nothing can be written."""

    def __init__(self) -> None:
        self.trouble: StorageFailed | None = None
        self.stored: dict[str, bytes] = {}
        self.stored_at: dict[str, int] = {}
        self.stores = 0
        self.refused = 0

    def fill(self) -> None:
        self.trouble = StorageFailed("STORAGE_FULL", "the disk is full")

    def empty(self) -> None:
        self.trouble = None

    async def store(self, encoded: EncodedPicture) -> Picture:
        await self.probe(0)
        picture = Picture(
            _sha256(encoded.image), _sha256(encoded.thumbnail), len(encoded.image), encoded.width, encoded.height
        )
        self.stores += 1
        self.stored_at |= dict.fromkeys((picture.sha256, picture.thumbnail_sha256), self.stores)
        self.stored |= {picture.sha256: encoded.image, picture.thumbnail_sha256: encoded.thumbnail}
        return picture

    async def exists(self, picture: Picture) -> bool:
        return {picture.sha256, picture.thumbnail_sha256} <= self.stored.keys()

    def moment(self) -> int:
        return self.stores

    async def discard(self, unused: Unused, moment: int) -> None:
        for name in (*unused.images, *unused.thumbnails):
            if self.stored_at.get(name, 0) <= moment:
                self.stored.pop(name, None)

    async def read(self, picture: Picture) -> StoredFile:
        content = self.stored.get(picture.sha256)
        if content is None:
            return StoredFile(FileState.MISSING)
        intact = _sha256(content) == picture.sha256
        return StoredFile(FileState.INTACT if intact else FileState.DAMAGED, content)

    async def probe(self, size_bytes: int) -> None:
        if self.trouble is not None:
            self.refused += 1
            raise self.trouble


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
