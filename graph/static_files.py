"""Pictures, served for ever: their names say their content, so that they can be cached without asking again."""

import re
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_PICTURE = re.compile(
    r"(images/(?P<a>[0-9a-f]{2})/(?P=a)[0-9a-f]{62}\.png)|(thumbnails/(?P<b>[0-9a-f]{2})/(?P=b)[0-9a-f]{62}\.webp)"
)

HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


class PictureFolder(StaticFiles):
    """Nothing but pictures and thumbnails, whatever else lies in the folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(directory=folder)

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not _PICTURE.fullmatch(path):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        return response
