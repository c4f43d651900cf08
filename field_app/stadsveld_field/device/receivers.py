"""Receivers that speak NMEA 0183: one replayed from a file, one over TCP (a phone app, a GNSS pole)."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from stadsveld.errors import BadInput
from stadsveld.text import _

from .nmea import Sentences, fixes
from .position import Fix

#: Seconds to wait for a connection and for a sentence, and between two attempts.
_PATIENCE, _PAUSE = 5.0, 2.0
_LONGEST_LINE, _MOST_WAITING = 4096, 20
_TCP = "tcp://"


class NmeaReplay:
    """Replays a recorded NMEA 0183 file, one fix at a poll; the last one stays.

    Raises:
        BadInput: the file cannot be read or holds no fix.
    """

    is_available = True

    def __init__(self, path: Path) -> None:
        try:
            lines = path.read_text(encoding="ascii", errors="replace").splitlines()
        except OSError as error:
            raise BadInput(
                _("The file cannot be read: {error}").format(error=error.strerror), file=path
            ) from error
        self._fixes = list(fixes(lines))
        if not self._fixes:
            raise BadInput(_("The file holds no position (GGA sentence with a fix)."), file=path)
        self._next = 0
        self._on_fix: Callable[[Fix], None] | None = None

    def start(self, on_fix: Callable[[Fix], None]) -> None:
        """Call `on_fix` at every fix from now on."""
        self._on_fix = on_fix

    def poll(self) -> None:
        """Give the next fix of the file."""
        if self._on_fix is None or self._next >= len(self._fixes):
            return
        found = self._fixes[self._next]
        self._next += 1
        self._on_fix(found)

    def stop(self) -> None:
        """Stop giving fixes."""
        self._on_fix = None


class NmeaTcp:
    """Listens to a receiver over TCP; connects again by itself where the connection breaks.

    Args:
        host: name or address of the receiver.
        port: its port.

    Attributes:
        trouble: why nothing comes now, in words for people; None while sentences come.
    """

    is_available = True

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)
        self._arrived: deque[Fix] = deque(maxlen=_MOST_WAITING)
        self._on_fix: Callable[[Fix], None] | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.trouble: str | None = None

    def start(self, on_fix: Callable[[Fix], None]) -> None:
        """Call `on_fix` at every fix from now on."""
        self._on_fix = on_fix
        self._stopped.clear()
        self._thread = threading.Thread(target=self._listen, name="nmea", daemon=True)
        self._thread.start()

    def poll(self) -> None:
        """Give the newest fix that has arrived; what came before it is old."""
        newest = None
        while self._arrived:
            newest = self._arrived.popleft()
        if newest is not None and self._on_fix is not None:
            self._on_fix(newest)

    def stop(self) -> None:
        """Stop listening."""
        self._on_fix = None
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE + _PAUSE)
            self._thread = None

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                with socket.create_connection(self._place, timeout=_PATIENCE) as connection:
                    self._read(connection)
            except OSError as error:
                text = _("The receiver at {place} gives nothing: {error}")
                place = f"{self._place[0]}:{self._place[1]}"
                self.trouble = text.format(place=place, error=error.strerror or error)
            self._stopped.wait(_PAUSE)

    def _read(self, connection: socket.socket) -> None:
        sentences = Sentences()
        with connection.makefile("rb") as stream:
            while not self._stopped.is_set() and (line := stream.readline(_LONGEST_LINE)):
                found = sentences.read(line.decode("ascii", "replace"))
                if found is not None:
                    self.trouble = None
                    self._arrived.append(found)


def receiver(place: str) -> NmeaReplay | NmeaTcp:
    """Return the receiver at `tcp://HOST:PORT`, or the recording in a file.

    Raises:
        BadInput: the address is none, or the file cannot be read or holds no fix.
    """
    if not place.startswith(_TCP):
        return NmeaReplay(Path(place))
    host, colon, port = place.removeprefix(_TCP).rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise BadInput(_("“{text}” is no address of a receiver; write tcp://HOST:PORT.").format(text=place))
    return NmeaTcp(host.strip("[]"), int(port))
