"""Named points at which a test may kill the process from outside: `STADSVELD_CRASH_AT=name[:n]`.

Off unless that variable is set when the process starts. The n-th time (first by default) that the
point is passed the process ends at once, as by a power cut: no clean-up runs, nothing is flushed.
`stadsveld simulate --list-faults` prints the names.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Every fault point with what has just happened there.
FAULT_POINTS: dict[str, str] = {
    "seal.before-commit": "edits were made into changes, the transaction is still open",
    "seal.after-commit": "edits were made into changes and stored",
    "push.before-receipts": "the answer of the central store is here, receipts are not yet stored",
    "push.after-receipts": "receipts of one batch were stored",
    "pull.before-commit": "a page is applied, the transaction is still open",
    "pull.after-commit": "a page and its cursor were stored",
    "snapshot.fetched": "the file of a first start is here, whole",
    "snapshot.before-commit": "a snapshot is copied into a file, the transaction is still open",
    "snapshot.after-commit": "a snapshot was copied into a file and stored",
    "wipe.noted": "the note of a wiped working copy is written, its file is still there",
    "wipe.set-aside": "a working copy to be wiped can no longer be opened, nothing is deleted yet",
    "wipe.photos-gone": "the photos of a working copy are deleted, the rest is not",
    "wipe.rest-gone": "all of a wiped working copy is gone but the file that was set aside",
    "take.before-commit": "the central store took a batch, the transaction is still open",
    "take.after-commit": "the central store stored a batch, the answer is not yet sent",
    "upload.created": "the central store noted that an upload begins, the answer is not yet sent",
    "upload.written": "the central store wrote a piece of a photo, the disk may not hold it yet",
    "upload.appended": "a piece of a photo is on the disk of the central store, the answer is not yet sent",
    "upload.before-rename": "a photo is in the central store whole and verified, but has no place yet",
    "upload.after-rename": "a photo has its place in the central store, the answer is not yet sent",
    "photo.piece-sent": "the central store confirmed a piece of a photo",
    "photo.before-receipt": "the central store confirmed a photo, the receipt is not yet stored",
    "photo.after-receipt": "the receipt of a photo was stored",
    "photo.fetched": "a photo was fetched whole and verified, but has no place yet",
    "photo.original-purged": "an original was deleted whose released file the central store confirmed",
    "backup.verified": "a backup is copied and verified, its photos are not there yet",
    "backup.before-rename": "a backup is whole, but does not yet have its name",
    "backup.after-rename": "a backup is in place, the store does not know of it yet",
    "restore.prepared": "a restored store is ready in a file of its own, nothing is replaced yet",
    "restore.kept": "the replaced store has its second name, and still its own",
    "restore.after-rename": "the restored store is in place",
}
_VARIABLE = "STADSVELD_CRASH_AT"


def _wanted() -> tuple[str, int]:
    name, _colon, count = os.environ.get(_VARIABLE, "").partition(":")
    return name, int(count) if count.isdecimal() else 1


_name, _left = _wanted()
_watcher: Callable[[str], None] | None = None


@contextmanager
def watched(watcher: Callable[[str], None]) -> Iterator[None]:
    """Call `watcher` with the name of every fault point that this process passes within a block.

    For the simulation, which ends what runs there by an exception of its own.
    """
    global _watcher
    before, _watcher = _watcher, watcher
    try:
        yield
    finally:
        _watcher = before


def fault_point(name: str) -> None:
    """End the process here if `STADSVELD_CRASH_AT` names this point; else do nothing.

    Raises:
        KeyError: the point is not in `FAULT_POINTS`.
    """
    global _left
    if _watcher is not None:
        _watcher(name)
    if not _name:
        return
    if name not in FAULT_POINTS:
        raise KeyError(name)
    if name == _name:
        _left -= 1
        if _left <= 0:
            sys.stderr.flush()
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
