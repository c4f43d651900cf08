"""The web face of the central store: requests in, answers out, never a server error for bad input.

A route module gives a list of `route(central, path, handler, methods)`; a handler gets the central
store, the request and the device that asks, and returns JSON content or a whole response.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import BadInput, Refused, StadsveldError, StoreError
from ..text import _
from . import limits
from .audit import ORIGIN, network_of
from .central import Central, WrongEpoch
from .devices import Device, DeviceLost

_log = logging.getLogger("stadsveld.hub")
#: Most bytes of a request as sent, and of JSON once decompressed.
LARGEST_BODY = 32 << 20
LARGEST_JSON = 96 << 20
#: Seconds without a byte after which a body counts as given up by its sender, and the fewest bytes a
#: second that it must bring on the whole after that time.
PATIENCE, SLOWEST = 60.0, 100.0
#: Most bytes of a request of somebody who is not known yet.
LARGEST_UNKNOWN = 64 << 10
_WORTH_COMPRESSING = 1024
_COMPRESSION = 5

_PHOTOS = "/v1/photos/"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Handler = Callable[[Central, Request, Device], Awaitable[Any]]


class Problem(Exception):
    """An answer that is no success: status, what is wrong, what to do about it."""

    def __init__(self, status: int, error: str, advice: str = "", **more: Any) -> None:
        self.status = status
        self.content = {"error": error, "advice": advice, **more}
        super().__init__(error)


def route(central: Central, path: str, handler: Handler, *methods: str, guarded: bool = True) -> Route:
    """Return the route of a handler; where `guarded` only enrolled devices get through."""

    async def endpoint(request: Request) -> Response:
        return await _answer(central, request, handler, path, guarded=guarded)

    return Route(path, endpoint, methods=list(methods))


async def _answer(
    central: Central, request: Request, handler: Handler, path: str, *, guarded: bool
) -> Response:
    """Find the device, run the handler, turn errors into answers, write a line in the log."""
    began = time.perf_counter()
    device = Device("", "", "")
    ORIGIN.set(network_of(address_of(request)))
    try:
        if guarded:
            device = await run_in_threadpool(device_of, central, request)
            within_limit(central, limits.DEVICE, device.device_id)
            _refuse_client(request, device)
        else:
            within_limit(central, limits.OPEN, address_of(request))
        result = await handler(central, request, device)
        response = result if isinstance(result, Response) else json_answer(request, 200, result)
    except ClientDisconnect:
        response = Response(status_code=400)
    except Problem as problem:
        response = json_answer(request, problem.status, problem.content)
        if "retry_after" in problem.content:
            response.headers["Retry-After"] = str(problem.content["retry_after"])
    except WrongEpoch as error:
        content = {"error": str(error), "advice": "", "epoch": error.epoch}
        response = json_answer(request, 409, content)
    except DeviceLost as error:
        response = json_answer(request, 403, {"error": str(error), "advice": "", "wipe": True})
    except StadsveldError as error:
        response = json_answer(request, _status_of(error), {"error": str(error), "advice": _advice_on(error)})
    if response.status_code == 503:
        response.headers["Retry-After"] = "5"
    await record(central, request, device, path, response.status_code, time.perf_counter() - began)
    return response


async def record(
    central: Central, request: Request, device: Device, path: str, status: int, spent: float
) -> None:
    """Count an answer, log it, and count it for the audit log; `path` is the template of its route."""
    central.metrics.answered(_known_method(request.method), path, status, spent)
    _log.info(json.dumps(_log_line(request, device, status, spent), ensure_ascii=False))
    await _tell(central, request, device, path, status)


def _log_line(request: Request, device: Device, status: int, spent: float) -> dict[str, Any]:
    return {
        "device": device.device_id or None,
        "role": device.role or None,
        "action": request.method,
        "path": request.url.path[:200],
        "from": request.client.host if request.client else None,
        "status": status,
        "milliseconds": round(spent * 1000, 1),
        **getattr(request.state, "facts", {}),
    }


async def _tell(central: Central, request: Request, device: Device, path: str, status: int) -> None:
    """Count the request for the audit log, and write what is due of it; the answer does not depend on it."""
    what = f"{_known_method(request.method)} {path}" + (f" {status}" if status >= 400 else "")
    if central.tally.note(device.device_id or "nobody", device.role or None, what):
        try:
            await run_in_threadpool(central.write_tally)
        except StadsveldError as error:
            _log.warning(json.dumps({"action": "audit", "error": str(error)}, ensure_ascii=False))


def _refuse_client(request: Request, device: Device) -> None:
    """A client of others reads features (see `features`) and photos; it is no working copy."""
    is_photo = request.method in {"GET", "HEAD"} and request.url.path.startswith(_PHOTOS)
    if device.is_client and not is_photo:
        text = _("This token is for reading features and photos; it cannot synchronise.")
        raise Problem(403, text, _("Enrol a device with a one-time code."))
    if device.is_client and device.ended is not None:
        raise Problem(401, _("This token was ended. Ask an administrator for a new one."))


def address_of(request: Request) -> str:
    """Return the address that a request came from."""
    return request.client.host if request.client else ""


def within_limit(central: Central, rate: limits.Rate, key: str) -> None:
    """Take one from a limit.

    Raises:
        Problem: 429, with the seconds to wait.
    """
    too_many(central, rate, central.limits.spend(rate, key))


def too_many(central: Central, rate: limits.Rate, seconds: int) -> None:
    """Raise the answer 429 where there are seconds to wait."""
    if seconds > 0:
        central.metrics.count("limited", limit=limits.NAMES[rate])
        text = _("Too many requests; try again in {n} seconds.").format(n=seconds)
        raise Problem(429, text, retry_after=seconds)


def device_of(central: Central, request: Request) -> Device:
    """Return the device whose token a request carries; raises Problem or DeviceLost where there is none."""
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(401, _("This needs the token of an enrolled device."), _("Enrol this device first."))
    try:
        return central.device(token.strip())
    except DeviceLost:
        within_limit(central, limits.REFUSED, address_of(request))
        raise
    except Refused as error:
        within_limit(central, limits.REFUSED, address_of(request))
        raise Problem(401, str(error)) from error


def _status_of(error: StadsveldError) -> int:
    if isinstance(error, BadInput):
        return 400
    if isinstance(error, Refused):
        return 403
    return 503 if isinstance(error, StoreError) else 400


def _advice_on(error: StadsveldError) -> str:
    return _("Try again in a moment.") if isinstance(error, StoreError) else ""


async def http_error(request: Request, error: Exception) -> Response:
    """Answer what no route took."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    text = {404: _("There is nothing at this address."), 405: _("This address does not take this method.")}
    content = {"error": text.get(status, _("The request cannot be understood.")), "advice": ""}
    request.app.state.central.metrics.answered(_known_method(request.method), "other", status, 0.0)
    return json_answer(request, status, content)


def _known_method(method: str) -> str:
    return method if method in _METHODS else "other"


def json_answer(request: Request, status: int, content: Any) -> Response:
    """Return JSON, compressed where the asker takes that and it is worth it."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if len(body) > _WORTH_COMPRESSING and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, _COMPRESSION, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, "application/json")


async def body_of(request: Request, largest: int) -> bytes:
    """Return the body, as far as it is not too large."""
    advice = _("Send it in smaller pieces.")
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > largest:
        raise Problem(413, _("This is more than {n} bytes.").format(n=largest), advice)
    chunks, size = [], 0
    async for chunk in pieces_of(request):
        size += len(chunk)
        if size > largest:
            raise Problem(413, _("This is more than {n} bytes.").format(n=largest), advice)
        chunks.append(chunk)
    return b"".join(chunks)


async def pieces_of(request: Request) -> AsyncIterator[bytes]:
    """Yield a body as it arrives, as long as something does."""
    stream, began, size = request.stream(), time.monotonic(), 0
    while True:
        left = began + PATIENCE + size / SLOWEST - time.monotonic()
        try:
            piece = await asyncio.wait_for(anext(stream), min(PATIENCE, max(left, 0.0)))
            size += len(piece)
            yield piece
        except StopAsyncIteration:
            return
        except asyncio.TimeoutError as error:
            raise Problem(408, _("The body did not arrive in time."), _("Send it again.")) from error


async def json_of(request: Request, largest: int = LARGEST_BODY) -> dict[str, Any]:
    """Return the JSON object that was sent."""
    body = await body_of(request, largest)
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
    if not stream.eof or stream.unused_data:
        raise Problem(400, _("The compressed body is damaged."), _("Send it again."))
    return content


def number_of(request: Request, name: str, default: int) -> int:
    """Return a whole number of the query; raises Problem where it is none."""
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or not text.isascii() or len(text) > 18:
        raise Problem(400, _("“{key}” must be a whole number from 0.").format(key=name))
    return int(text)
