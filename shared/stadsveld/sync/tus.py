"""Delivering a file by the resumable upload protocol tus 1.0.0 (https://tus.io/protocols), step by step.

Nothing has to be remembered here to go on after a kill: beginning the same upload again is answered with
the one that was begun, and with how far it is.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedIOBase
from typing import ClassVar
from urllib.parse import quote

from ..errors import Refused, Unavailable
from ..text import _
from .transport import Link, Response, TooLarge, checked

_VERSION = {"Tus-Resumable": "1.0.0"}
_MEDIA_TYPE = "application/offset+octet-stream"
_UPLOADS = "/v1/uploads"
#: Bytes of one piece: the fewest, to which they go down where a request fails, and the most.
_SMALLEST, _LARGEST = 256 << 10, 1 << 20


class NoRoom(Unavailable):
    """The disk of the central store is full: no other file will fit either."""


class WrongContent(Refused):
    """The whole that arrived is not what was announced; the central store kept nothing of it."""


@dataclass
class Pieces:
    """How large the pieces are that a link carries: larger after each that passes, smaller after a failure.

    Attributes:
        size: bytes of the next piece.
    """

    size: int = _SMALLEST

    def grow(self) -> None:
        """Take larger pieces."""
        self.size = min(self.size * 2, _LARGEST)

    def shrink(self) -> bool:
        """Take smaller pieces; tell whether there are any."""
        before, self.size = self.size, max(self.size // 2, _SMALLEST)
        return self.size < before


class Upload:
    """One file on its way to the central store.

    Args:
        link: the way.
        file: the content.
        sha256: its hash.
        size: its length in bytes.
        pieces: how large the pieces are.

    Attributes:
        offset: bytes that the central store said it has durably; None where that is not known.
        is_confirmed: the central store has the whole, and computed this hash from it.
    """

    #: What the answers mean that are no success, besides what `checked` says.
    _GONE: ClassVar[frozenset[int]] = frozenset({404, 410})
    _UNKNOWN_PLACE: ClassVar[frozenset[int]] = frozenset({409, 423, 460})

    def __init__(self, link: Link, file: BufferedIOBase, sha256: str, size: int, pieces: Pieces) -> None:
        self._link = link
        self._file = file
        self._sha256 = sha256
        self._size = size
        self._pieces = pieces
        self._address: str | None = None
        self._is_first = True
        self.offset: int | None = None
        self.is_confirmed = False

    def step(self) -> None:
        """Ask one thing: begin, ask how far it is, or send a piece. After an error, ask again.

        Raises:
            Unavailable: there was no usable answer; another step goes on from what is certain.
            NoRoom: the disk of the central store is full.
            WrongContent: the whole is not what the hash says; the next step begins again.
            Refused, TooLarge, TryLater, Lost, Forgotten: see `checked`.
        """
        before = self.offset
        try:
            self._learn(self._ask())
        except Unavailable:
            self.offset = None
            self._pieces.shrink()
            raise
        except TooLarge as error:
            if not self._pieces.shrink():
                raise
            raise Unavailable(str(error)) from error  # Something in between may take smaller pieces.
        if before is not None:
            if self.offset is None or self.offset <= before:
                raise unusable()
            self._pieces.grow()

    def _ask(self) -> Response:
        if self._address is None:
            return self._begin()
        if self.offset is None:
            return self._link.request("HEAD", self._address, headers=_VERSION)
        return self._send(self.offset)

    def _begin(self) -> Response:
        """Begin, or find what was begun; the first time with the first piece, which spares a request."""
        encoded = base64.b64encode(self._sha256.encode()).decode("ascii")
        headers = {**_VERSION, "Upload-Length": str(self._size), "Upload-Metadata": f"sha256 {encoded}"}
        piece = self._piece(0) if self._is_first else b""
        self._is_first = False
        if piece:
            headers |= _of_piece(piece)
        answer = self._checked(self._link.request("POST", _UPLOADS, body=piece, headers=headers))
        name = answer.headers.get("location", "").rsplit("/", 1)[-1]
        if not name:
            raise unusable()
        self._address = f"{_UPLOADS}/{quote(name, safe='')}"
        return answer

    def _send(self, offset: int) -> Response:
        piece = self._piece(offset)
        headers = {**_VERSION, "Upload-Offset": str(offset), **_of_piece(piece)}
        return self._link.request("PATCH", str(self._address), body=piece, headers=headers)

    def _piece(self, offset: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(min(self._pieces.size, self._size - offset))

    def _learn(self, answer: Response) -> None:
        """Take from an answer how far the upload is, and whether it is complete."""
        if not 200 <= answer.status < 300 and not answer.body:
            # An answer to HEAD has no text: beginning anew has one.
            self._address = None
            raise unusable()
        headers = self._checked(answer).headers
        told = headers.get("upload-offset", "")
        if not told.isdecimal() or int(told) > self._size:
            raise unusable()
        self.offset = int(told)
        if self.offset == self._size:
            if headers.get("repr-digest") != _digest(self._sha256):
                raise unusable()
            self.is_confirmed = True

    def _checked(self, answer: Response) -> Response:
        if answer.status == 507:
            raise NoRoom(_text_of(answer))
        if answer.status == 422:
            self._address, self.offset = None, None
            raise WrongContent(_text_of(answer))
        if answer.status in self._GONE:
            self._address = None
            raise Unavailable(_text_of(answer))
        if answer.status in self._UNKNOWN_PLACE:
            raise Unavailable(_text_of(answer))
        return checked(answer)


def _of_piece(piece: bytes) -> Mapping[str, str]:
    checksum = base64.b64encode(hashlib.sha256(piece).digest()).decode("ascii")
    return {"Content-Type": _MEDIA_TYPE, "Upload-Checksum": f"sha256 {checksum}"}


def _digest(sha256: str) -> str:
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode('ascii')}:"


def _text_of(answer: Response) -> str:
    """Return the text of an answer that is no success, as `checked` finds it."""
    try:
        checked(answer)
    except (Refused, Unavailable, TooLarge) as error:
        return str(error)
    return ""


def unusable() -> Unavailable:
    """Return the error on an answer that cannot be used."""
    return Unavailable(_("The answer did not arrive whole, or is not from a central store."))
