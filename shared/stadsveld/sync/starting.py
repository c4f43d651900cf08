"""The start of a working copy: a snapshot of what it may see, fetched in pieces; pulls come after it."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from pathlib import Path

from ..errors import BadInput, Unavailable
from ..faults import fault_point
from ..jobs import Progress
from ..model import new_id
from ..store import Store, statement
from ..store.snapshot import copy_state, is_empty
from ..text import _
from .clock import Clock
from .report import SyncReport
from .transport import Link

#: Log entries below which fetching pages is as fast as a snapshot.
_WORTH_A_SNAPSHOT = 2000
_PIECE = 4 << 20
#: A snapshot of a city is some GB; beyond this something is wrong.
_LARGEST = 64 << 30


class Start:
    """Fills a new working copy from a snapshot.

    Args:
        store: the working copy.
        link: the way to the central store.
        report: where to count what came.
    """

    def __init__(self, store: Store, link: Link, report: SyncReport) -> None:
        self._store = store
        self._link = link
        self._report = report

    def run(self, progress: Progress, last_logged: object) -> None:
        """Begin with a snapshot where this file is empty and the central store has much to give."""
        is_much = isinstance(last_logged, int) and last_logged >= _WORTH_A_SNAPSHOT
        if not is_much or (self._store.setting("cursor") or "0") != "0" or not is_empty(self._store):
            return
        offer = self._link.ask("POST", "/v1/snapshot", {})
        name, sha256, size, seq = (offer.get(key) for key in ("name", "sha256", "size", "seq"))
        if not isinstance(name, str) or not isinstance(sha256, str):
            raise Unavailable(_("The answer did not arrive whole, or is not from a central store."))
        if not isinstance(size, int) or not isinstance(seq, int) or not 0 < size <= _LARGEST:
            raise Unavailable(_("The answer did not arrive whole, or is not from a central store."))
        part = self._part(sha256)
        self._fetch(progress, f"/v1/snapshot/{name}", part, size)
        if _digest(part) != sha256:
            part.unlink(missing_ok=True)
            raise Unavailable(_("The snapshot did not arrive whole; synchronise again."))
        fault_point("snapshot.fetched")
        self._store_snapshot(part, seq)
        part.unlink(missing_ok=True)

    def _part(self, sha256: str) -> Path:
        """Return the file to fetch into; what is left of another snapshot goes."""
        path = self._store.path
        wanted = path.with_name(f"{path.name}.{sha256[:16] if sha256.isalnum() else 'x'}.part")
        for other in path.parent.glob(f"{path.name}.*.part"):
            if other != wanted:
                other.unlink(missing_ok=True)
        return wanted

    def _fetch(self, progress: Progress, address: str, part: Path, size: int) -> None:
        """Fetch what is missing of the file, piece by piece."""
        with part.open("ab") as file:
            have = file.tell()
            if have > size:
                have = file.truncate(0)
            while have < size:
                progress.report(have / size, _("fetching the data of this area"))
                last = min(have + _PIECE, size) - 1
                piece = self._link.fetch(address, {"Range": f"bytes={have}-{last}"})
                if piece is None or len(piece) != last + 1 - have:
                    raise Unavailable(_("The snapshot did not arrive whole; synchronise again."))
                file.write(piece)
                have += len(piece)
            file.flush()
            os.fsync(file.fileno())

    def _store_snapshot(self, part: Path, seq: int) -> None:
        plain = part.with_name(f"{part.name}.{new_id()}.part")
        try:
            _decompress(part, plain)
            self._report.pulled += copy_state(self._store, plain, settings={"cursor": str(seq)})
        finally:
            plain.unlink(missing_ok=True)
        with self._store.transaction():
            clock = Clock(self._store)
            clock.see(self._store.connection.execute(statement("last_stamp")).fetchone()[0])
            clock.save()


def _decompress(source: Path, target: Path) -> None:
    try:
        with gzip.open(source, "rb") as packed, target.open("wb") as plain:
            while piece := packed.read(_PIECE):
                plain.write(piece)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInput(_("The snapshot is damaged; synchronise again."), file=source) from error


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
