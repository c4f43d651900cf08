"""Routes for those who run the service.

`/v1/health` says that the process answers and costs nothing; `/v1/health?deep=1` and `/v1/ready` also
read the store, and answer 503 where it cannot be read. `/metrics` (Prometheus) is for this computer
without a token, and for everyone else with the token of a device or client. A proxy on this computer
must pass on where a request came from (`X-Forwarded-For`), or shield `/metrics` itself.
"""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .. import __version__
from ..text import _
from .audit import network_of
from .central import Central
from .devices import Device
from .metrics import MEDIA_TYPE
from .web import Problem, address_of, device_of, route

#: Headers by which a proxy says that somebody else asks.
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def routes(central: Central) -> list[Route]:
    """Return the routes of this part."""
    return [
        route(central, "/v1/health", _health, "GET", guarded=False),
        route(central, "/v1/ready", _ready, "GET", guarded=False),
        route(central, "/metrics", _metrics, "GET", guarded=False),
    ]


async def _health(central: Central, request: Request, device: Device) -> dict[str, Any]:
    if request.query_params.get("deep", "0") not in ("", "0"):
        return await _ready(central, request, device)
    return {"status": "ok", "version": __version__}


async def _ready(central: Central, _request: Request, _device: Device) -> dict[str, Any]:
    if not await run_in_threadpool(central.is_ready):
        raise Problem(503, _("The store cannot be read."), _("Look at the file and its disk."))
    return {"status": "ok", "version": __version__, "store": "ok"}


async def _metrics(central: Central, request: Request, _device: Device) -> Response:
    is_passed_on = any(name in request.headers for name in _PASSED_ON)
    if is_passed_on or network_of(address_of(request)) != "local":
        await run_in_threadpool(device_of, central, request)
    text = await run_in_threadpool(lambda: central.metrics.text(list(central.gauges())))
    return Response(text, media_type=MEDIA_TYPE)
