"""Routes by which devices enrol and administrators see and end them."""

from __future__ import annotations

import base64
import json
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import Route

from ..errors import Refused
from ..text import _
from .central import Central
from .devices import LOST, RETIRED, Device
from .limits import WRONG_CODE
from .pictures import png, svg
from .web import LARGEST_UNKNOWN, Problem, address_of, json_of, route, too_many


def routes(central: Central) -> list[Route]:
    """Return the routes of this part."""
    return [
        route(central, "/v1/enrol", _enrol, "POST", guarded=False),
        route(central, "/v1/delivered", _delivered, "POST"),
        route(central, "/v1/wiped", _wiped, "POST"),
        route(central, "/v1/admin/enrol", _admin_enrol, "POST"),
        route(central, "/v1/admin/devices", _admin_devices, "GET"),
        route(central, "/v1/admin/devices/{device_id}/{how}", _admin_end, "POST"),
    ]


async def _enrol(central: Central, request: Request, _device: Device) -> dict[str, Any]:
    too_many(central, WRONG_CODE, central.limits.wait(WRONG_CODE, address_of(request)))
    wish = await json_of(request, LARGEST_UNKNOWN)
    try:
        device = await run_in_threadpool(central.enrol, wish)
    except Refused:
        too_many(central, WRONG_CODE, central.limits.spend(WRONG_CODE, address_of(request)))
        raise
    request.state.facts = {"enrolled": device.device_id, "role": device.role}
    known = {"device_id": device.device_id, "role": device.role, "name": device.name, "bbox": device.bbox}
    return {**known, "expires_at": device.expires_at, "store_id": central.store_id}


async def _delivered(central: Central, _request: Request, device: Device) -> dict[str, Any]:
    await run_in_threadpool(central.note_ending, device, "delivered")
    return {"device_id": device.device_id}


async def _wiped(central: Central, _request: Request, device: Device) -> dict[str, Any]:
    await run_in_threadpool(central.note_ending, device, "wiped")
    return {"device_id": device.device_id}


async def _admin_enrol(central: Central, request: Request, device: Device) -> dict[str, Any]:
    wish = await json_of(request)
    code = await run_in_threadpool(central.new_code, device, wish)
    url = str(wish.get("url") or central.public_url or request.base_url).rstrip("/")[:500]
    payload = json.dumps({"url": url, "code": code}, ensure_ascii=True)
    picture = base64.b64encode(png(payload)).decode("ascii")
    return {"code": code, "url": url, "payload": payload, "svg": svg(payload), "png_base64": picture}


async def _admin_devices(central: Central, _request: Request, device: Device) -> dict[str, Any]:
    return {"devices": await run_in_threadpool(central.list_devices, device)}


async def _admin_end(central: Central, request: Request, device: Device) -> dict[str, Any]:
    how = {"retire": RETIRED, "lost": LOST}.get(request.path_params["how"])
    if how is None:
        raise Problem(404, _("There is nothing at this address."))
    ended = request.path_params["device_id"]
    await run_in_threadpool(central.end_device, device, ended, how)
    request.state.facts = {"ended": ended, "how": how}
    return {"device_id": ended, "ended": how}
