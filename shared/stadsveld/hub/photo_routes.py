"""Routes by which photos come and go."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..text import _
from .central import Central
from .devices import Device
from .web import Problem, body_of, route

#: Most bytes of a photo.
LARGEST_PHOTO = 32 << 20


def routes(central: Central) -> list[Route]:
    """Return the routes of this part."""
    return [
        route(central, "/v1/photos/{sha256}", _get_photo, "GET"),
        route(central, "/v1/photos/{sha256}", _put_photo, "PUT"),
    ]


async def _get_photo(central: Central, request: Request, _device: Device) -> Response:
    sha256 = request.path_params["sha256"]
    if not central.photos.has(sha256):
        raise Problem(404, _("The photo is not here yet."), _("Synchronise the device that took it."))
    content = await run_in_threadpool(central.photos.read, sha256)
    return Response(content, media_type="image/jpeg")


async def _put_photo(central: Central, request: Request, device: Device) -> dict[str, Any]:
    sha256 = request.path_params["sha256"]
    content = await body_of(request, LARGEST_PHOTO)
    await run_in_threadpool(central.take_photo, device, sha256, content)
    return {"sha256": sha256}
