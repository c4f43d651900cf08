"""The web face of the central store: requests in, JSON out, never a server error for bad input."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import time
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from .. import __version__
from ..errors import BadInput, Refused, StadsveldError, StoreError
from ..text import _
from .central import Central, WrongEpoch
from .devices import LOST, RETIRED, Device
from .pictures import png, svg

_log = logging.getLogger("stadsveld.hub")
#: Most bytes of a request as sent, of JSON once decompressed, and of a photo.
LARGEST_BODY = 32 << 20
LARGEST_JSON = 96 << 20
LARGEST_PHOTO = 32 << 20
_WORTH_COMPRESSING = 1024
_COMPRESSION = 5

Handler = Callable[[Central, Request, Device], Awaitable[Any]]


class Problem(Exception):
    """An answer that is no success: status, what is wrong, what to do about it."""

    def __init__(self, status: int, error: str, advice: str = "", **more: Any) -> None:
        self.status = status
        self.content = {"error": error, "advice": advice, **more}
        super().__init__(error)


def make_app(central: Central) -> Starlette:
    """Return the ASGI application over a central store."""

    def route(path: str, handler: Handler, *methods: str, guarded: bool = True) -> Route:
        async def endpoint(request: Request) -> Response:
            return await _answer(central, request, handler, guarded=guarded)

        return Route(path, endpoint, methods=list(methods))

    routes = [
        route("/v1/health", _health, "GET", guarded=False),
        route("/v1/enrol", _enrol, "POST", guarded=False),
        route("/v1/status", _status, "GET"),
        route("/v1/replica", _replica, "GET"),
        route("/v1/push", _push, "POST"),
        route("/v1/rows", _rows, "POST"),
        route("/v1/pull", _pull, "GET"),
        route("/v1/photos/{sha256}", _get_photo, "GET"),
        route("/v1/photos/{sha256}", _put_photo, "PUT"),
        route("/v1/admin/enrol", _admin_enrol, "POST"),
        route("/v1/admin/devices", _admin_devices, "GET"),
        route("/v1/admin/devices/{device_id}/{how}", _admin_end, "POST"),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _http_error})


async def _answer(central: Central, request: Request, handler: Handler, *, guarded: bool) -> Response:
    """Find the device, run the handler, turn errors into answers, write a line in the log."""
    began = time.perf_counter()
    device = Device("", "", "")
    try:
        if guarded:
            device = await run_in_threadpool(_device, central, request)
        result = await handler(central, request, device)
        response = result if isinstance(result, Response) else _json(request, 200, result)
    except ClientDisconnect:
        response = Response(status_code=400)
    except Problem as problem:
        response = _json(request, problem.status, problem.content)
    except WrongEpoch as error:
        content = {"error": str(error), "advice": "", "epoch": error.epoch}
        response = _json(request, 409, content)
    except StadsveldError as error:
        response = _json(request, _status_of(error), {"error": str(error), "advice": _advice_on(error)})
    if response.status_code == 503:
        response.headers["Retry-After"] = "5"
    spent = (time.perf_counter() - began) * 1000
    line = {
        "device": device.device_id or None,
        "role": device.role or None,
        "action": request.method,
        "path": request.url.path[:200],
        "from": request.client.host if request.client else None,
        "status": response.status_code,
        "milliseconds": round(spent, 1),
        **getattr(request.state, "facts", {}),
    }
    _log.info(json.dumps(line, ensure_ascii=False))
    return response


def _device(central: Central, request: Request) -> Device:
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(401, _("This needs the token of an enrolled device."), _("Enrol this device first."))
    try:
        return central.device(token.strip())
    except Refused as error:
        raise Problem(401, str(error)) from error


def _status_of(error: StadsveldError) -> int:
    if isinstance(error, BadInput):
        return 400
    if isinstance(error, Refused):
        return 403
    return 503 if isinstance(error, StoreError) else 400


def _advice_on(error: StadsveldError) -> str:
    return _("Try again in a moment.") if isinstance(error, StoreError) else ""


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    text = {404: _("There is nothing at this address."), 405: _("This address does not take this method.")}
    content = {"error": text.get(status, _("The request cannot be understood.")), "advice": ""}
    return _json(request, status, content)


def _json(request: Request, status: int, content: Any) -> Response:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if len(body) > _WORTH_COMPRESSING and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, _COMPRESSION, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, "application/json")


# Reading requests


async def _body(request: Request, largest: int) -> bytes:
    """Return the body, as far as it is not too large."""
    advice = _("Send it in smaller pieces.")
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > largest:
        raise Problem(413, _("This is more than {n} bytes.").format(n=largest), advice)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > largest:
            raise Problem(413, _("This is more than {n} bytes.").format(n=largest), advice)
        chunks.append(chunk)
    return b"".join(chunks)


async def _content(request: Request) -> dict[str, Any]:
    """Return the JSON object that was sent."""
    body = await _body(request, LARGEST_BODY)
    encoding = request.headers.get("content-encoding", "identity").lower()
    return await run_in_threadpool(_parsed, body, encoding)


def _parsed(body: bytes, encoding: str) -> dict[str, Any]:
    if encoding == "gzip":
        body = _decompressed(body)
    elif encoding != "identity":
        raise Problem(415, _("Only gzip is understood as a content encoding."))
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(400, _("The body is no JSON."), _("Send a JSON object in UTF-8.")) from error
    if not isinstance(content, dict):
        raise Problem(400, _("The body is no JSON object."))
    return content


def _decompressed(body: bytes) -> bytes:
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        content = stream.decompress(body, LARGEST_JSON)
    except zlib.error as error:
        raise Problem(400, _("The compressed body is damaged."), _("Send it again.")) from error
    if stream.unconsumed_tail:
        text = _("This is more than {n} bytes.").format(n=LARGEST_JSON)
        raise Problem(413, text, _("Send it in smaller pieces."))
    if not stream.eof:
        raise Problem(400, _("The compressed body is damaged."), _("Send it again."))
    return content


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or not text.isascii() or len(text) > 18:
        raise Problem(400, _("“{key}” must be a whole number from 0.").format(key=name))
    return int(text)


# Handlers


async def _health(_central: Central, _request: Request, _device: Device) -> dict[str, Any]:
    return {"status": "ok", "version": __version__}


async def _enrol(central: Central, request: Request, _device: Device) -> dict[str, Any]:
    wish = await _content(request)
    device = await run_in_threadpool(central.enrol, wish)
    request.state.facts = {"enrolled": device.device_id, "role": device.role}
    return {"device_id": device.device_id, "role": device.role, "name": device.name, "bbox": device.bbox}


async def _status(central: Central, _request: Request, device: Device) -> dict[str, Any]:
    return await run_in_threadpool(central.status, device)


async def _replica(central: Central, _request: Request, _device: Device) -> Response:
    content = await run_in_threadpool(central.empty_replica)
    return Response(content, media_type="application/vnd.sqlite3")


async def _push(central: Central, request: Request, device: Device) -> dict[str, Any]:
    content = await _content(request)
    answers = await run_in_threadpool(central.push, device, content.get("changes"))
    statuses = [answer["status"] for answer in answers]
    request.state.facts = {status: statuses.count(status) for status in sorted(set(statuses))}
    return {"answers": answers}


async def _rows(central: Central, request: Request, device: Device) -> dict[str, Any]:
    content = await _content(request)
    stored = await run_in_threadpool(central.take_rows, device, content)
    request.state.facts = {"stored": stored}
    return {"stored": stored}


async def _pull(central: Central, request: Request, device: Device) -> dict[str, Any]:
    epoch, known = request.query_params.get("epoch", ""), request.query_params.get("datasets", "")
    after, limit = _number(request, "after", 0), _number(request, "limit", 1000)
    page: dict[str, Any] = await run_in_threadpool(central.pull, device, epoch, after, limit, known)
    rows = sum(len(table["rows"]) for table in page["tables"])
    request.state.facts = {"changes": len(page["changes"]), "rows": rows}
    return page


async def _get_photo(central: Central, request: Request, _device: Device) -> Response:
    sha256 = request.path_params["sha256"]
    if not central.photos.has(sha256):
        raise Problem(404, _("The photo is not here yet."), _("Synchronise the device that took it."))
    content = await run_in_threadpool(central.photos.read, sha256)
    return Response(content, media_type="image/jpeg")


async def _put_photo(central: Central, request: Request, device: Device) -> dict[str, Any]:
    sha256 = request.path_params["sha256"]
    content = await _body(request, LARGEST_PHOTO)
    await run_in_threadpool(central.take_photo, device, sha256, content)
    return {"sha256": sha256}


async def _admin_enrol(central: Central, request: Request, device: Device) -> dict[str, Any]:
    wish = await _content(request)
    code = await run_in_threadpool(central.new_code, device, wish)
    url = str(wish.get("url") or request.base_url).rstrip("/")[:500]
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
