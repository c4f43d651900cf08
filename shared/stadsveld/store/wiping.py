"""Wiping a working copy: its file, its photos, its token and whatever else lies beside it.

Files are deleted, not overwritten: flash memory and file systems that copy on write make overwriting
an empty promise; a device that may be lost needs an encrypted disk.

The order makes it safe to be killed anywhere: a note is written, then the file is renamed (from here on
nothing can open it), then all the rest goes, the renamed file last. Opening finishes what was begun.
The note stays and says why there is nothing here; it holds no data but the id of the device.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
from pathlib import Path

from ..errors import StoreError
from ..faults import fault_point
from ..text import _

_NOTE, _ASIDE = ".wiped", ".wiping"
_FILES = ("-wal", "-shm", "-journal", ".token", ".part")
_FOLDERS = (".photos", ".originals", ".tiles", ".snapshots")


def wipe(path: Path, why: str, device_id: str, at: str) -> None:
    """Wipe a working copy that nobody has open here.

    Args:
        path: its file.
        why: `retired` or `lost`.
        device_id: id of the device, for the note.
        at: the present instant, for the note.

    Raises:
        StoreError: another program keeps the file open, or it may not be deleted; nothing is gone yet.
    """
    try:
        _write_note(path, {"why": why, "device_id": device_id, "at": at})
        fault_point("wipe.noted")
        path.replace(_beside(path, _ASIDE))
    except OSError as error:
        message = _("{file} cannot be wiped: {error}. Close it in other programs and synchronise again.")
        raise StoreError(message.format(file=path, error=error.strerror)) from error
    fault_point("wipe.set-aside")
    finish(path)


def finish(path: Path) -> None:
    """Finish the wiping of a file, where it was begun.

    Raises:
        StoreError: something may not be deleted.
    """
    aside = _beside(path, _ASIDE)
    if not aside.exists() or path.exists():
        return
    try:
        for ending in _FOLDERS:
            if _beside(path, ending).is_dir():
                shutil.rmtree(_beside(path, ending))
        fault_point("wipe.photos-gone")
        for ending in _FILES:
            _beside(path, ending).unlink(missing_ok=True)
        for ending in ("part", "token"):
            for other in path.parent.glob(f"{glob.escape(path.name)}.*.{ending}"):
                other.unlink(missing_ok=True)
        fault_point("wipe.rest-gone")
        aside.unlink()
    except OSError as error:
        message = _("{file} cannot be wiped: {error}. Close it in other programs and synchronise again.")
        raise StoreError(message.format(file=error.filename, error=error.strerror)) from error


def forget(path: Path) -> None:
    """Forget that a file of this name was wiped: a new one begins."""
    finish(path)
    _beside(path, _NOTE).unlink(missing_ok=True)


def why_gone(path: Path) -> str | None:
    """Return what a person should read where a file was wiped; None where it was not."""
    try:
        note = json.loads(_beside(path, _NOTE).read_text(encoding="utf-8"))
        why, at = str(note["why"]), str(note["at"])[:10]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if why == "lost":
        text = _(
            "This working copy was wiped on {date}, because its device was reported lost. What had not "
            "been sent is gone. Ask an administrator for a new code."
        )
    else:
        text = _(
            "This working copy was wiped on {date}, because its device was retired. All it held is in "
            "the central store. Ask an administrator for a new code."
        )
    return text.format(date=at)


def _write_note(path: Path, note: dict[str, str]) -> None:
    part = _beside(path, _NOTE + ".part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(note, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(_beside(path, _NOTE))


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
