"""What is made for whoever takes it along: /download/images/ID.png, .webp or .jpg, /download/exports/ID.zip,
/download/studies/ID.csv, .jsonl or .parquet, and /download/stimuli/ID.zip.

Asked for with a token, or at a signed address, which needs none and ends; both are looked at in `caller_of`.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from domain.access import Caller
from domain.access import Scope as Right
from domain.copies import CopyForm, CopyFormat
from domain.errors import Forbidden, Invalid, NotFound, QueueFull, Unauthenticated, UserFault
from domain.exports import ArchiveEntry
from domain.studies.ports import StudyFormat
from graph.bearers import bearer_in_header
from graph.context import Services
from graph.errors import request_errors
from graph.ids import global_id, key_of
from graph.refusals import unauthenticated
from graph.urls import DOWNLOADS

BY_ADDRESS = Caller("", frozenset({Right.ADMIN}))
"""Whoever has a signed address: it was given to somebody who saw what it names, and names nothing else."""

MEDIA_TYPES: Mapping[CopyFormat, str] = {
    CopyFormat.PNG: "image/png",
    CopyFormat.WEBP: "image/webp",
    CopyFormat.JPEG: "image/jpeg",
}
STUDY_MEDIA_TYPES: Mapping[StudyFormat, str] = {
    StudyFormat.CSV: "text/csv; charset=utf-8; header=present",
    StudyFormat.JSON_LINES: "application/jsonl",
    StudyFormat.PARQUET: "application/vnd.apache.parquet",
}
STATUS: Mapping[type[UserFault], int] = {Invalid: 400, NotFound: 404, Forbidden: 403, QueueFull: 503}

MOST_ARCHIVES = 4
RETRY_MS = 10_000
NOT_KEPT = {"Cache-Control": "no-store"}

Answer = Callable[[Request], Awaitable[Response]]


def download_routes(services: Services) -> list[Route]:
    downloads = Downloads(services)
    answers = {
        "images": downloads.image,
        "exports": downloads.export,
        "studies": downloads.study,
        "stimuli": downloads.stimuli,
    }
    return [
        Route(f"{DOWNLOADS}{place}/{kind}/{{name}}", _answering(answer))
        for place in ("", "/{signature}")
        for kind, answer in answers.items()
    ]


class Archive(StreamingResponse):
    """One of a few at a time; its place is free again however it ends."""

    def __init__(self, parts: AsyncGenerator[bytes, None], places: set[object], name: str) -> None:
        super().__init__(parts, headers=NOT_KEPT | attachment(name), media_type="application/zip")
        self._parts, self._places = parts, places
        places.add(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._places.discard(self)
            await self._parts.aclose()


@dataclass(frozen=True, slots=True)
class Downloads:
    services: Services
    under_way: set[object] = field(default_factory=set)
    """Archives that are being packed."""

    async def image(self, request: Request) -> Response:
        image_id, ending = _parts(request, "Image")
        form = CopyForm(_format(ending), _quality(request))
        form.check()
        image = await self.services.taking.image(await self.caller_of(request), image_id)
        tag = f'"{image.picture.sha256}.{form.format.value}{form.quality or ""}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        taken = await self.services.taking.take(image, form)
        return Response(taken.content, headers=headers | attachment(taken.name), media_type=MEDIA_TYPES[form.format])

    async def export(self, request: Request) -> Response:
        key, _, ending = str(request.path_params["name"]).rpartition(".")
        if ending != "zip":
            raise NotFound("an export can be had as .zip")
        export = await self.services.exports.find(await self.caller_of(request), key)
        name = f"manganace-{export.created_at:%Y%m%d-%H%M%S}.zip"
        return self._archive(request, name, lambda: self.services.exports.entries(export, global_id))

    async def stimuli(self, request: Request) -> Response:
        """What participants of a study see, with programs that show it."""
        version_id, ending = _parts(request, "StudyVersion")
        if ending != "zip":
            raise NotFound("a pack of stimuli can be had as .zip")
        packs, participants = self.services.stimulus_packs, _number(request, "participants")
        pack = await packs.find(await self.caller_of(request), version_id, participants)
        name = f"stimuli-{pack.version.study_id[:8]}-v{pack.version.number}.zip"
        return self._archive(request, name, lambda: packs.entries(pack))

    def _archive(
        self, request: Request, name: str, entries: Callable[[], AsyncGenerator[ArchiveEntry, None]]
    ) -> Response:
        """Raises QueueFull."""
        if request.method == "HEAD":
            return Response(headers=NOT_KEPT | attachment(name), media_type="application/zip")
        if len(self.under_way) >= MOST_ARCHIVES:
            raise QueueFull("too many archives are being packed; try again", retry_after_ms=RETRY_MS)
        return Archive(self.services.packing.packed(entries()), self.under_way, name)

    async def study(self, request: Request) -> Response:
        """The rows of all trials, sent while they are read."""
        study_id, ending = _parts(request, "Study")
        form = next((form for form in StudyFormat if form.value == ending), None)
        if form is None:
            raise NotFound(f"a study's rows come as {', '.join(form.value for form in StudyFormat)}")
        simulated = _number(request, "simulated") if "simulated" in request.query_params else 0
        pieces = await self.services.reporting.export(await self.caller_of(request), study_id, form, simulated)
        headers = {"Cache-Control": "private, no-store"} | attachment(f"study-{study_id[:8]}.{ending}")
        return StreamingResponse(pieces, headers=headers, media_type=STUDY_MEDIA_TYPES[form])

    async def caller_of(self, request: Request) -> Caller:
        """Raises Unauthenticated, or Forbidden for a signed address that is none or has ended."""
        segment = request.path_params.get("signature")
        if segment is None:
            return await self.services.admission.admit(bearer_in_header(request.headers.get("authorization")))
        signer = self.services.urls.signer
        left_s = None if signer is None else signer.left_s(_signed_path(request), segment)
        if left_s is None:
            raise NotFound("there is nothing at this address")
        if left_s <= 0:
            raise Forbidden("this address has ended; ask for it again")
        return BY_ADDRESS


def attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename=\"{name}\"; filename*=utf-8''{quote(name)}"}


def _answering(answer: Answer) -> Answer:
    """Faults as a status and JSON."""

    async def answering(request: Request) -> Response:
        try:
            return await answer(request)
        except Unauthenticated as error:
            return unauthenticated(request, error)
        except UserFault as fault:
            retry = {"Retry-After": str(-(-fault.retry_after_ms // 1000))} if fault.retry_after_ms else {}
            status = STATUS.get(type(fault), 409)
            return JSONResponse(request_errors(fault.message, fault.code), status, retry)

    return answering


def _parts(request: Request, type_name: str) -> tuple[str, str]:
    """The key and the ending of ``GLOBALID.ENDING``."""
    global_id, _, ending = str(request.path_params["name"]).rpartition(".")
    return key_of(type_name, global_id, ("id",)), ending


def _format(ending: str) -> CopyFormat:
    try:
        return CopyFormat(ending)
    except ValueError:
        raise NotFound("a picture can be had as .png, .webp or .jpg") from None


def _quality(request: Request) -> int | None:
    return _number(request, "quality") if "quality" in request.query_params else None


def _number(request: Request, name: str) -> int:
    """A number of the query, of at most four digits. Raises Invalid."""
    text = request.query_params.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise Invalid(f"{name} is a number of one to four digits", (name,))
    return int(text)


def _signed_path(request: Request) -> str:
    """As `PictureUrls.download` was given it."""
    kind = request.url.path.rsplit("/", 2)[1]
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{kind}/{request.path_params['name']}{query}"
