"""A network that fails on purpose, around a real transport."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stadsveld.errors import Unavailable
from stadsveld.sync import RequestsTransport, Response


class FaultyTransport:
    """Asks `fails(number, method, path)` before each request: None, `before`, `after` or `cut`.

    `before`: the request never leaves. `after`: it is carried out and the answer is lost.
    `cut`: the answer arrives half.
    """

    def __init__(self, real: RequestsTransport, fails: Callable[[int, str, str], str | None]) -> None:
        self.url = real.url
        self.count = 0
        self._real = real
        self._fails = fails

    def request(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] = {}
    ) -> Response:
        self.count += 1
        fault = self._fails(self.count, method, path) or None
        if fault == "before":
            raise Unavailable("the cable was pulled")
        answer = self._real.request(method, path, body=body, headers=headers)
        if fault == "after":
            raise Unavailable("the answer was lost")
        if fault == "cut":
            return Response(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        return answer
