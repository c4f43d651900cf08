"""The first start: fetch a working copy with a code."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from stadsveld.errors import StadsveldError
from stadsveld.text import _

from ..presenter import Presenter
from ..worker import Worker


class Enrols(Protocol):
    """What this screen needs of `exchange.Exchange`."""

    def enrol(self, path: Path, address: str, code: str, name: str) -> None:
        """Fetch a working copy with a one-time code."""


class StartPresenter(Presenter):
    """Asks for the address, the code and a name, and fetches the working copy.

    Attributes:
        address: address of the central store, as typed.
        code: the one-time code.
        name: what the administrator sees in the list of devices.
        error: what went wrong, or "".
        is_busy: whether the working copy is being fetched.
    """

    def __init__(self, folder: Path, exchange: Enrols, worker: Worker, done: Callable[[Path], None]) -> None:
        super().__init__()
        self._folder = folder
        self._exchange = exchange
        self._worker = worker
        self._done = done
        self.address = ""
        self.code = ""
        self.name = ""
        self.error = ""
        self.is_busy = False

    def missing(self) -> str:
        """Return what still has to be filled in, or ""."""
        if not self.address.strip():
            return _("Fill in the address of the central store.")
        if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", self.full_address()):
            return _("The address does not look like one: for example https://stadsveld.example.nl")
        if not self.code.strip():
            return _("Fill in the code that you were given.")
        if not self.name.strip():
            return _("Fill in a name for this device, so that the administrator recognises it.")
        return ""

    def full_address(self) -> str:
        """Return the address with its scheme: https unless another one was typed."""
        typed = self.address.strip().rstrip("/")
        return typed if "://" in typed else f"https://{typed}"

    def begin(self) -> None:
        """Fetch the working copy; a second tap while it runs does nothing."""
        if self.is_busy:
            return
        self.error = self.missing()
        if not self.error:
            self.is_busy = True
            path = self._free_path()
            address, code, name = self.full_address(), self.code.strip(), self.name.strip()
            self._worker.submit(
                lambda: self._exchange.enrol(path, address, code, name),
                lambda _none: self._finished(path),
                self._failed,
            )
        self.changed()

    def _free_path(self) -> Path:
        names = (f"stadsveld-{number}.sqlite" for number in range(1, 10_000))
        return next(path for path in map(self._folder.joinpath, names) if not path.exists())

    def _finished(self, path: Path) -> None:
        self.is_busy = False
        self.code = ""
        self.changed()
        self._done(path)

    def _failed(self, error: StadsveldError) -> None:
        self.is_busy = False
        self.error = str(error)
        self.changed()
