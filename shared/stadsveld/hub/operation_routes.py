"""Routes for those who run the service."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from .. import __version__
from .central import Central
from .devices import Device
from .web import route


def routes(central: Central) -> list[Route]:
    """Return the routes of this part."""
    return [
        route(central, "/v1/health", _health, "GET", guarded=False),
    ]


async def _health(_central: Central, _request: Request, _device: Device) -> dict[str, Any]:
    return {"status": "ok", "version": __version__}
