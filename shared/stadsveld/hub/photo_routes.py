"""Routes by which photos are fetched: whole, in ranges, or small."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ..text import _
from .central import Central
from .devices import Device
from .thumbnails import LARGEST, SMALLEST, NoPicture
from .web import Problem, number_of, route

_MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
_HEADERS = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}


def routes(central: Central) -> list[Route]:
    """Return the routes of this part."""
    return [route(central, "/v1/photos/{sha256}", _get_photo, "GET")]


async def _get_photo(central: Central, request: Request, device: Device) -> Response:
    sha256 = request.path_params["sha256"]
    path = await run_in_threadpool(central.photo, device, sha256)
    if path is None:
        raise Problem(404, _("The photo is not here yet."), _("Synchronise the device that took it."))
    if "size" in request.query_params:
        return await _small(central, request, sha256)
    headers = {**_HEADERS, "ETag": f'"{sha256}"'}
    if _is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    try:
        media_type, facts = await run_in_threadpool(_facts, path)
    except FileNotFoundError as error:
        raise Problem(404, _("The photo is no longer here.")) from error
    return FileResponse(path, headers=headers, media_type=media_type, stat_result=facts)


async def _small(central: Central, request: Request, sha256: str) -> Response:
    size = number_of(request, "size", LARGEST)
    if not SMALLEST <= size <= LARGEST:
        text = _("“size” must be from {low} to {high}.").format(low=SMALLEST, high=LARGEST)
        raise Problem(400, text)
    headers = {**_HEADERS, "ETag": f'"{sha256}-{size}"'}
    if _is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    try:
        content = await run_in_threadpool(central.thumbnails.kept, sha256, size)
        if content is None:
            async with central.thumbnails.turn:
                content = await run_in_threadpool(central.thumbnails.make, sha256, size)
    except NoPicture as error:
        raise Problem(422 if error.is_image else 415, str(error)) from error
    except FileNotFoundError as error:
        raise Problem(404, _("The photo is no longer here.")) from error
    return Response(content, headers=headers, media_type="image/jpeg")


def _is_known(request: Request, etag: str) -> bool:
    """Tell whether the asker has this version already."""
    named = request.headers.get("if-none-match", "")
    return etag in {tag.strip().removeprefix("W/") for tag in named.split(",")} or named.strip() == "*"


def _facts(path: Path) -> tuple[str, os.stat_result]:
    """Return the media type of a photo by its first bytes, and what the disk says of the file."""
    with path.open("rb") as file:
        head = file.read(16)
        facts = os.fstat(file.fileno())
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp", facts
    found = (media_type for magic, media_type in _MAGIC.items() if head.startswith(magic))
    return next(found, "application/octet-stream"), facts
