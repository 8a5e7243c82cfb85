"""Pictures, served for ever: their names say their content, so that they can be cached without asking again."""

import re
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from graph.signing import AddressSigner

_SERVED = re.compile(
    r"(images/(?P<a>[0-9a-f]{2})/(?P=a)[0-9a-f]{62}\.png)|(thumbnails/(?P<b>[0-9a-f]{2})/(?P=b)[0-9a-f]{62}\.webp)"
    r"|(animations/(?P<c>[0-9a-f]{2})/(?P=c)[0-9a-f]{62}\.(webp|gif|mp4))"
)

HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


class PictureFolder(StaticFiles):
    """Nothing but pictures, thumbnails and animations, whatever else lies in the folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(directory=folder)

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not _SERVED.fullmatch(path):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        return response


class SignedPictureFolder(PictureFolder):
    """The same, each under an address that was signed for it and ends: nobody else's cache may keep it."""

    def __init__(self, folder: Path, signer: AddressSigner) -> None:
        super().__init__(folder)
        self._signer = signer

    async def get_response(self, path: str, scope: Scope) -> Response:
        segment, _, rest = path.partition("/")
        left_s = self._signer.left_s(rest, segment)
        if left_s is None:
            raise HTTPException(404)
        if left_s <= 0:
            raise HTTPException(403, "this address has ended; ask for the picture again")
        response = await super().get_response(rest, scope)
        response.headers["Cache-Control"] = f"private, max-age={left_s}, immutable"
        return response
