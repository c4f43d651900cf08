"""How a working copy talks to its central store: handed in, so that each app brings its own network."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from ..errors import Refused, StadsveldError, Unavailable
from ..text import _

_NO_HEADERS: Mapping[str, str] = {}
#: Bytes above which a request body is compressed.
_WORTH_COMPRESSING = 256
_COMPRESSION = 6
#: Seconds to wait where the central store asks for patience without saying how long, and at most.
_USUAL_WAIT, _LONGEST_WAIT = 30, 3600


@dataclass(frozen=True)
class Response:
    """An answer: status code, headers (names in lower case), body with any compression undone."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Transport(Protocol):
    """Carries one request to the central store and brings the answer, whatever its status."""

    def request(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS
    ) -> Response:
        """Return the answer to a request for a path that begins with `/v1/`.

        Raises:
            Unavailable: there was no complete answer.
        """
        ...


class RequestsTransport:
    """A transport over `requests`.

    Args:
        url: address of the central store, e.g. `https://stadsveld.example.nl`.
        token: token of this device, sent with every request; None where each request brings it.
        timeout: seconds to wait for a connection and for each piece of an answer.
    """

    def __init__(self, url: str, token: str | None = None, timeout: float = 60.0) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._session = requests.Session()

    def request(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS
    ) -> Response:
        """See `Transport`."""
        sent = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        sent.update(headers)
        try:
            answer = self._session.request(
                method, self.url + path, data=body or None, headers=sent, timeout=self._timeout,
                allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException as error:
            raise Unavailable(
                _("The central store at {url} cannot be reached: {error}").format(
                    url=self.url, error=_cause(error)
                )
            ) from error
        return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)

    def close(self) -> None:
        """Close the connections that were kept open."""
        self._session.close()


class TooLarge(StadsveldError):
    """The central store does not take a body of this size; a smaller one may pass."""


class TryLater(Unavailable):
    """The central store asks for patience.

    Attributes:
        retry_after: seconds to wait before asking again.
    """

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Lost(StadsveldError):
    """The device was reported lost: it is to wipe itself, and nothing from it is accepted."""


class Forgotten(StadsveldError):
    """The central store was restored and began a new epoch."""


class Link:
    """Asks the central store for JSON, with this device's token, and turns refusals into errors."""

    def __init__(self, transport: Transport, token: str | None) -> None:
        self._transport = transport
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method: str, path: str, content: Any = None) -> dict[str, Any]:
        """Send JSON (or nothing) and return the JSON object that is the answer.

        Raises:
            Unavailable: no answer, or an answer of something that is no central store.
            Refused: the central store refuses.
            TooLarge: what was sent is too large for it.
            Forgotten: its epoch is another one.
        """
        headers = dict(self._headers)
        body = b""
        if content is not None:
            body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
            headers["Content-Type"] = "application/json"
            if len(body) > _WORTH_COMPRESSING:
                body = gzip.compress(body, _COMPRESSION, mtime=0)
                headers["Content-Encoding"] = "gzip"
        return _object(checked(self._transport.request(method, path, body=body, headers=headers)))

    def fetch(self, path: str, headers: Mapping[str, str] = _NO_HEADERS) -> bytes | None:
        """Return the bytes at a path, or None where the central store does not have them."""
        answer = self._transport.request("GET", path, headers={**self._headers, **headers})
        return None if answer.status == 404 else checked(answer).body

    def request(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS
    ) -> Response:
        """Return the answer as it is, whatever its status; raises Unavailable where there is none."""
        return self._transport.request(method, path, body=body, headers={**self._headers, **headers})


def checked(answer: Response) -> Response:
    """Return the answer if it is one of success.

    Raises:
        Unavailable, Refused, TooLarge, Forgotten: see `Link.ask`.
        TryLater: it answers again after some seconds.
        Lost: this device was reported lost.
    """
    if 200 <= answer.status < 300:
        return answer
    try:
        said = _object(answer)
    except Unavailable:
        said = {}
    text = " ".join(str(said[key]) for key in ("error", "advice") if said.get(key))
    if answer.status == 413:
        raise TooLarge(text or _("This is too large for the central store."))
    if answer.status == 409 and "epoch" in said:
        raise Forgotten(text)
    if answer.status == 403 and said.get("wipe") is True:
        raise Lost(text)
    if answer.status == 429:
        seconds = said.get("retry_after")
        asked = seconds if type(seconds) is int and 0 < seconds <= _LONGEST_WAIT else _USUAL_WAIT
        raise TryLater(text or _("The central store is busy; try again later."), asked)
    if text and 400 <= answer.status < 500 and answer.status != 408:
        raise Refused(text)
    raise Unavailable(
        text or _("The central store gave no usable answer (HTTP {status}).").format(status=answer.status)
    )


def _object(answer: Response) -> dict[str, Any]:
    body = answer.body
    try:
        if body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        found = json.loads(body)
    except (ValueError, OSError, EOFError, zlib.error, RecursionError) as error:
        raise Unavailable(_("The answer did not arrive whole, or is not from a central store.")) from error
    if not isinstance(found, dict):
        raise Unavailable(_("The answer did not arrive whole, or is not from a central store."))
    return found


def _cause(error: BaseException) -> str:
    """Return the innermost reason in a chain of network errors, without addresses of objects."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    text = str(reason if reason is not None else error)
    return text.rsplit(": ", 1)[-1][:300]
