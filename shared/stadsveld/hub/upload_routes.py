"""Routes by which photos arrive: the resumable upload protocol tus 1.0.0 (https://tus.io/protocols).

Core with creation, creation-with-upload, checksum, expiration and termination. Beginning the same upload
again answers with the one that was begun, and `Upload-Offset` says how far that is. What completes an upload
carries `Repr-Digest` (RFC 9530): the SHA-256 that was computed here, from the bytes as they are here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..text import _
from .central import Central
from .devices import Device
from .uploads import LARGEST_PHOTO, NotTaken, Upload, hash_in
from .web import Problem, body_of, pieces_of, route

VERSION = "1.0.0"
_T = TypeVar("_T")
_EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
_OF_UPLOADS, _OF_ONE = "/v1/uploads", "/v1/uploads/{upload_id}"
_MEDIA_TYPE = "application/offset+octet-stream"
#: Most bytes with one checksum, and bytes that are written at a time without one.
_MOST_CHECKED, _AT_A_TIME = 4 << 20, 1 << 20
_LONGEST_METADATA = 2000
_CHECKSUM_MISMATCH = 460
_CHECKSUMS: dict[str, Callable[[bytes], bytes]] = {
    "sha1": lambda content: hashlib.sha1(content, usedforsecurity=False).digest(),
    "sha256": lambda content: hashlib.sha256(content).digest(),
}
_KEY = re.compile(r"[!-+\--~]+")


def routes(central: Central) -> list[Route]:
    """Return the routes of this part."""
    return [
        _tus(route(central, _OF_UPLOADS, _tell_abilities, "OPTIONS", guarded=False)),
        _tus(route(central, _OF_UPLOADS, _begin, "POST")),
        _tus(route(central, _OF_ONE, _tell_abilities, "OPTIONS", guarded=False)),
        _tus(route(central, _OF_ONE, _one, "HEAD", "PATCH", "DELETE", "POST")),
    ]


def _tus(plain: Route) -> Route:
    """Return a route whose every answer says which version of the protocol it is."""

    async def endpoint(request: Request) -> Response:
        response: Response = await plain.endpoint(request)
        response.headers["Tus-Resumable"] = VERSION
        if response.status_code == 412:
            response.headers["Tus-Version"] = VERSION
        return response

    return Route(plain.path, endpoint, methods=list(plain.methods or ()))


async def _tell_abilities(_central: Central, _request: Request, _device: Device) -> Response:
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": _EXTENSIONS,
        "Tus-Max-Size": str(LARGEST_PHOTO),
        "Tus-Checksum-Algorithm": ",".join(_CHECKSUMS),
    }
    return Response(status_code=204, headers=headers)


async def _begin(central: Central, request: Request, device: Device) -> Response:
    _check_version(request)
    size = _size_of(request)
    metadata = request.headers.get("upload-metadata", "")
    sha256 = hash_in(_parsed(metadata))
    upload = await _asked(central.uploads.begin, device, sha256, size, metadata)
    if request.headers.get("content-type") == _MEDIA_TYPE and upload.offset == 0:
        upload = await _take(central, request, device, upload.id, 0)
    # Relative, so that it holds behind whatever address stands in front of this service.
    return _answer(201, upload, {"Location": f"uploads/{upload.id}"})


async def _one(central: Central, request: Request, device: Device) -> Response:
    _check_version(request)
    upload_id = request.path_params["upload_id"]
    method = request.method
    if method == "POST":  # Some networks carry no other methods.
        method = request.headers.get("x-http-method-override", "").upper()
    if method == "HEAD":
        upload = await _asked(central.uploads.find, device, upload_id)
        return _answer(200, upload, _announced(upload))
    if method == "DELETE":
        await _asked(central.uploads.remove, device, upload_id)
        return Response(status_code=204)
    if method != "PATCH":
        raise Problem(405, _("This address does not take this method."))
    if request.headers.get("content-type") != _MEDIA_TYPE:
        raise Problem(415, _("Send pieces of a photo as “{type}”.").format(type=_MEDIA_TYPE))
    offset = _number(request, "upload-offset")
    return _answer(204, await _take(central, request, device, upload_id, offset), {})


async def _take(central: Central, request: Request, device: Device, upload_id: str, offset: int) -> Upload:
    """Add the body to an upload: at once where a checksum is to be verified first, else as it arrives."""

    async def append(at: int, content: bytes) -> Upload:
        return await _asked(central.uploads.append, device, upload_id, at, content)

    expected = _checksum_of(request)
    if expected is not None:
        content = await body_of(request, _MOST_CHECKED)
        algorithm, digest = expected
        if await run_in_threadpool(_CHECKSUMS[algorithm], content) != digest:
            raise Problem(_CHECKSUM_MISMATCH, _("This piece did not arrive as it was sent; send it again."))
        return await append(offset, content)
    # So that a wrong place is told before the body is read, and an empty body is answered too.
    upload = await append(offset, b"")
    waiting = bytearray()
    try:
        async for piece in pieces_of(request):
            waiting += piece
            if len(waiting) >= _AT_A_TIME:
                content, waiting = bytes(waiting), bytearray()
                upload = await append(upload.offset, content)
    finally:
        if waiting:  # What came before the sender fell silent is kept.
            upload = await append(upload.offset, bytes(waiting))
    return upload


async def _asked(call: Callable[..., _T], *arguments: Any) -> _T:
    """Call in a thread, and answer what is not taken with its status."""
    try:
        return await run_in_threadpool(call, *arguments)
    except NotTaken as error:
        advice = _("Begin the upload again.") if error.status in (404, 410, 422) else ""
        raise Problem(error.status, str(error), advice) from error


def _answer(status: int, upload: Upload, more: Mapping[str, str]) -> Response:
    headers = {"Upload-Offset": str(upload.offset), "Cache-Control": "no-store", **more}
    if upload.is_complete:
        digest = base64.b64encode(bytes.fromhex(upload.sha256)).decode("ascii")
        headers["Repr-Digest"] = f"sha-256=:{digest}:"
    if upload.expires is not None:
        headers["Upload-Expires"] = formatdate(upload.expires, usegmt=True)
    return Response(status_code=status, headers=headers)


def _announced(upload: Upload) -> dict[str, str]:
    """Return what was told when the upload began."""
    encoded = base64.b64encode(upload.sha256.encode()).decode("ascii")
    metadata = upload.metadata or f"sha256 {encoded}"
    return {"Upload-Length": str(upload.size), "Upload-Metadata": metadata}


# What requests say


def _check_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise Problem(412, _("“Tus-Resumable” must be {version}.").format(version=VERSION))


def _size_of(request: Request) -> int:
    if "upload-defer-length" in request.headers:
        raise Problem(400, _("Tell the length of the photo when the upload begins."))
    return _number(request, "upload-length")


def _number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not text.isdecimal() or not text.isascii() or len(text) > 18:
        raise Problem(400, _("“{key}” must be a whole number from 0.").format(key=name.title()))
    return int(text)


def _parsed(metadata: str) -> dict[str, bytes]:
    """Return the pairs of `Upload-Metadata`: keys, and values in Base64."""
    found: dict[str, bytes] = {}
    if len(metadata) > _LONGEST_METADATA:
        raise Problem(400, _("“Upload-Metadata” cannot be understood."))
    for pair in metadata.split(",") if metadata else ():
        key, _space, value = pair.strip().partition(" ")
        try:
            decoded = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            decoded = None
        if decoded is None or _KEY.fullmatch(key) is None or key in found:
            raise Problem(400, _("“Upload-Metadata” cannot be understood."))
        found[key] = decoded
    return found


def _checksum_of(request: Request) -> tuple[str, bytes] | None:
    """Return the algorithm and the digest of `Upload-Checksum`, or None where there is none."""
    text = request.headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _space, value = text.partition(" ")
    if algorithm not in _CHECKSUMS:
        names = ", ".join(_CHECKSUMS)
        raise Problem(400, _("“Upload-Checksum” must be one of: {names}.").format(names=names))
    try:
        return algorithm, base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(400, _("“Upload-Checksum” cannot be understood.")) from error
