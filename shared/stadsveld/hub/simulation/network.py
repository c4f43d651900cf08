"""A network inside one process, that loses, repeats, cuts, holds back and reorders what passes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ...errors import Unavailable
from ...sync import Response, Transport
from .chance import Chance

App = Callable[..., Any]
_NO_HEADERS: Mapping[str, str] = {}
#: Probability that one request meets a fault, and that one that was held back arrives before it.
_FAULT, _ARRIVES = 0.12, 0.5
#: Faults of the network, and what they do.
NETWORK_FAULTS = ("drop", "delay", "duplicate", "truncate", "reorder")


class InProcess:
    """A transport that calls an ASGI application in this process.

    Args:
        app: the application.
        loop: where to run it.
    """

    def __init__(self, app: App, loop: asyncio.AbstractEventLoop) -> None:
        self.url = "http://127.0.0.1"
        self._app = app
        self._loop = loop

    def request(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS
    ) -> Response:
        """See `Transport`."""
        return self._loop.run_until_complete(self._ask(method, path, body, headers))

    async def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        parts = urlsplit(path)
        sent = {"host": "127.0.0.1", "content-length": str(len(body)), **headers}
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
            "method": method,
            "scheme": "http", "path": parts.path, "raw_path": parts.path.encode(), "root_path": "",
            "query_string": parts.query.encode(), "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        }  # fmt: skip
        answer = _Answer()
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        await self._app(scope, receive, answer.take)
        return Response(answer.status, answer.headers, b"".join(answer.pieces))


@dataclass
class _Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)

    async def take(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            self.pieces.append(message.get("body", b""))


@dataclass
class Network:
    """All links of one simulation, with what is still under way.

    Attributes:
        chance: what decides.
        faults: names of `NETWORK_FAULTS` that happen.
        met: how often each fault happened.
    """

    chance: Chance
    faults: Collection[str]
    met: dict[str, int] = field(default_factory=dict)
    _held: list[Callable[[], Response]] = field(default_factory=list)

    def link(self, real: Transport) -> Transport:
        """Return a transport over this network."""
        return _Link(real, self)

    def heal(self) -> None:
        """No faults from now on; what was held back arrives."""
        self.faults = ()
        while self._held:
            self._held.pop(0)()

    def carry(self, ask: Callable[[], Response]) -> Response:
        """Carry one request, or let it meet a fault.

        Raises:
            Unavailable: the asker gets no answer; whether the request arrives is the network's secret.
        """
        self._let_arrive()
        names = [name for name in NETWORK_FAULTS if name in self.faults]
        if not names or not self.chance.happens(_FAULT):
            return ask()
        fault = self.chance.choice(names)
        self.met[fault] = self.met.get(fault, 0) + 1
        return self._meet(fault, ask)

    def _meet(self, fault: str, ask: Callable[[], Response]) -> Response:
        if fault in ("delay", "reorder"):
            place = self.chance.randrange(len(self._held) + 1) if fault == "reorder" else len(self._held)
            self._held.insert(place, ask)
            raise Unavailable("the answer takes too long")
        if fault == "drop":
            if self.chance.happens(0.5):
                ask()
            raise Unavailable("the connection broke")
        answer = ask()
        if fault == "duplicate":
            return ask()
        cut = self.chance.randrange(max(len(answer.body), 1))
        return Response(answer.status, answer.headers, answer.body[:cut])

    def _let_arrive(self) -> None:
        while self._held and self.chance.happens(_ARRIVES):
            self._held.pop(0)()


class _Link:
    def __init__(self, real: Transport, network: Network) -> None:
        self.url = str(getattr(real, "url", ""))
        self._real = real
        self._network = network

    def request(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS
    ) -> Response:
        """See `Transport`."""
        asked = dict(headers)
        return self._network.carry(lambda: self._real.request(method, path, body=body, headers=asked))
