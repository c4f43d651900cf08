"""The ASGI application over a central store."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from . import device_routes, features, operation_routes, photo_routes, sync_routes, upload_routes
from .central import Central
from .web import http_error

_PARTS = (operation_routes, device_routes, sync_routes, photo_routes, upload_routes)


def make_app(central: Central, *, public_api: bool = False) -> Starlette:
    """Return the ASGI application over a central store.

    Args:
        central: the store.
        public_api: whether everyone may read rows of open datasets, without a token.
    """
    routes = [route for part in _PARTS for route in part.routes(central)]
    routes += features.routes(central, public=public_api)
    app = Starlette(routes=routes, exception_handlers={HTTPException: http_error})
    app.state.central = central
    return app
