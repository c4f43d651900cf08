"""Photos on their way in: durable on disk piece by piece, verified, then moved among the photos.

An upload is one file in `<store>.uploads`, named by who sends it and by the hash of the photo, with what
was announced of it beside it. How far it is, is how long its file is: bytes are on disk before anybody is
told so, and are verified before they are written where a checksum came with them. So both sides may die at
any moment and go on from there, and asking again for the same upload finds the one that was begun.

The content is hashed here before the file gets its place among the photos. What nobody goes on with, is
removed after some days; a device that begins more than it may have open loses its oldest ones.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadInput, Refused, StadsveldError
from ..faults import fault_point
from ..model import new_id
from ..store.photos import PhotoFolder, digest_of
from ..text import _
from .copying import make_durable
from .devices import Device
from .metrics import Metrics
from .photo_access import has_row, may_send_photo, may_take_photos
from .readers import Readers

#: Most bytes of a photo.
LARGEST_PHOTO = 32 << 20
#: Seconds without a piece after which an upload is removed.
LIFE = 3 * 86_400.0
#: Open uploads of one device at most, and the bytes that were announced for them.
MOST_OPEN, MOST_BYTES = 64, 512 << 20
#: Bytes that stay free on the disk of the store.
_SPARE = 64 << 20
_ID = re.compile(r"([0-9a-f]{16})-([0-9a-f]{64})")
_STRIPES = 16
#: Seconds between two looks for uploads that expired or whose photo nobody tells of any more.
_SWEEP = 60.0


class NotTaken(StadsveldError):
    """What an upload may be answered that is no success.

    Attributes:
        status: the HTTP status that says it (tus 1.0.0 where that names one).
    """

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


@dataclass(frozen=True)
class Upload:
    """An upload as it is now.

    Attributes:
        id: its name in addresses.
        sha256: hash of the photo.
        size: its length in bytes.
        offset: bytes of it that are durably here.
        metadata: the `Upload-Metadata` it began with.
        expires: Unix time at which it is removed; None once it is complete.
    """

    id: str
    sha256: str
    size: int
    offset: int
    metadata: str
    expires: float | None

    @property
    def is_complete(self) -> bool:
        """Whether the photo is here, verified by its hash."""
        return self.expires is None


class Uploads:
    """The uploads to one central store; every call is safe from any thread.

    Args:
        photos: where they end; they are kept in a folder beside it, made at the first one.
        readers: connections to the store.
        metrics: counts the bytes that arrive.
    """

    def __init__(self, photos: PhotoFolder, readers: Readers, metrics: Metrics) -> None:
        self._folder = photos.beside(".uploads")
        self._photos = photos
        self._readers = readers
        self._metrics = metrics
        self._locks = [threading.Lock() for _number in range(_STRIPES)]
        self._making = threading.Lock()
        self._swept = float("-inf")

    def begin(self, device: Device, sha256: str, size: int, metadata: str) -> Upload:
        """Begin an upload, or return the one that the device has begun, or the photo that is here already.

        Raises:
            Refused: the device may not send this photo, or no row tells of it.
            NotTaken: it is too large (413), or there is no room (507).
            BadInput: the text is no hash.
        """
        self._photos.path(sha256)
        self._check(device, sha256)
        if size > LARGEST_PHOTO:
            raise NotTaken(413, _("This is more than {n} bytes.").format(n=LARGEST_PHOTO))
        upload_id = f"{_owner(device)}-{sha256}"
        with self._making:
            self._sweep()
            with self._locked(upload_id):
                known = self._look(upload_id)
                if known is not None and known.size == size:
                    return self._completed(known)
                self._remove(upload_id)
            self._make_room(_owner(device), size)
            self._write_facts(upload_id, size, metadata)
        fault_point("upload.created")
        return self.find(device, upload_id)

    def find(self, device: Device, upload_id: str) -> Upload:
        """Return an upload of a device as it is now.

        Raises:
            NotTaken: it is not there (404), or it has expired (410).
            Refused: the device may no longer send this photo, or no row tells of it any more.
        """
        self._own(device, upload_id)
        with self._locked(upload_id):
            return self._known(upload_id)

    def append(self, device: Device, upload_id: str, offset: int, content: bytes) -> Upload:
        """Add bytes durably; with the last ones the photo is verified and gets its place.

        Raises:
            NotTaken: the upload is elsewhere than at `offset` (409), this is more than was announced (413),
                there is no room (507), the whole is not what its hash says and is gone (422), or as `find`.
            Refused: as `find`.
        """
        self._own(device, upload_id)
        with self._locked(upload_id):
            known = self._known(upload_id)
            if known.offset != offset:
                text = _("This upload is at byte {n}; go on from there.").format(n=known.offset)
                raise NotTaken(409, text)
            if offset + len(content) > known.size:
                raise NotTaken(413, _("This is more than the {n} bytes announced.").format(n=known.size))
            if not known.is_complete:
                self._write(self._part(upload_id), offset, content)
                self._metrics.count("photo_bytes", len(content))
                fault_point("upload.appended")
            return self._known(upload_id)

    def remove(self, device: Device, upload_id: str) -> None:
        """Remove an upload of a device; the photo stays where it was complete.

        Raises:
            NotTaken, Refused: as `find`.
        """
        self._own(device, upload_id)
        with self._locked(upload_id):
            self._known(upload_id)
            self._remove(upload_id)

    # Who may

    def _own(self, device: Device, upload_id: str) -> None:
        """Check that an id is one of the device's, and that it may still send the photo."""
        found = _ID.fullmatch(upload_id)
        if found is None or found[1] != _owner(device):
            raise NotTaken(404, _("There is no such upload; begin it again."))
        self._check(device, found[2])

    def _check(self, device: Device, sha256: str) -> None:
        if not may_take_photos(device.role):
            raise Refused(_("The role “{role}” may not send photos.").format(role=device.role))
        with self._readers.one() as store:
            if not has_row(store, sha256):
                raise Refused(_("The central store has no record that tells of this photo."))
            if not may_send_photo(store, device, sha256):
                raise Refused(_("The record of this photo lies outside what this device may see."))

    # On disk

    def _part(self, upload_id: str) -> Path:
        return self._folder / f"{upload_id}.part"

    def _facts(self, upload_id: str) -> Path:
        return self._folder / f"{upload_id}.json"

    @contextmanager
    def _locked(self, upload_id: str) -> Iterator[None]:
        with self._locks[hash(upload_id) % _STRIPES]:
            yield

    def _known(self, upload_id: str) -> Upload:
        found = self._look(upload_id)
        if found is None:
            raise NotTaken(404, _("There is no such upload; begin it again."))
        if found.expires is not None and found.expires < time.time():
            self._remove(upload_id)
            raise NotTaken(410, _("This upload has expired; begin it again."))
        return self._completed(found)

    def _completed(self, upload: Upload) -> Upload:
        """Give an upload its place of which all bytes were here already when the service was killed."""
        if upload.is_complete or upload.offset < upload.size:
            return upload
        self._finish(upload)
        return self._look(upload.id) or upload

    def _look(self, upload_id: str) -> Upload | None:
        """Return an upload by what is on disk; it is complete where the photo is here and whole."""
        sha256 = upload_id.partition("-")[2]
        if self._photos.is_whole(sha256):
            self._remove(upload_id)
            size = self._photos.path(sha256).stat().st_size
            return Upload(upload_id, sha256, size, size, "", None)
        try:
            facts = json.loads(self._facts(upload_id).read_text(encoding="utf-8"))
            size, metadata = int(facts["size"]), str(facts["metadata"])
            offset, touched = self._state(upload_id)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return Upload(upload_id, sha256, size, min(offset, size), metadata, touched + LIFE)

    def _state(self, upload_id: str) -> tuple[int, float]:
        """Return how many bytes are here, and when the last ones came."""
        begun = self._facts(upload_id).stat().st_mtime
        try:
            found = self._part(upload_id).stat()
        except FileNotFoundError:
            return 0, begun
        return found.st_size, max(begun, found.st_mtime)

    def _write_facts(self, upload_id: str, size: int, metadata: str) -> None:
        made = self._folder / f"{upload_id}.{new_id()}.tmp"
        with _room_for(self._folder):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            _refuse_full(self._folder, size)
            try:
                with made.open("w", encoding="utf-8") as file:
                    json.dump({"size": size, "metadata": metadata}, file)
                    file.flush()
                    os.fsync(file.fileno())
                made.replace(self._facts(upload_id))
                make_durable(self._folder)
            finally:
                made.unlink(missing_ok=True)

    def _write(self, part: Path, offset: int, content: bytes) -> None:
        """Write bytes at the end of a file, durably; where that fails the file is as it was."""
        with _room_for(part), part.open("ab", buffering=0) as file:
            left = memoryview(content)
            try:
                while left:
                    left = left[file.write(left) :]
                fault_point("upload.written")
                os.fsync(file.fileno())
            except OSError:
                file.truncate(offset)
                raise

    def _finish(self, upload: Upload) -> None:
        part = self._part(upload.id)
        with _room_for(part):
            part.touch()  # Nothing is sent of an empty photo that would have made the file.
            found = digest_of(part)
        if found != upload.sha256:
            self._remove(upload.id)
            text = _("The photo that arrived is not the one announced; it was not kept. Send it again.")
            raise NotTaken(422, text)
        fault_point("upload.before-rename")
        with _room_for(part):
            self._photos.move_in(part, upload.sha256)
            make_durable(self._photos.path(upload.sha256).parent)
        fault_point("upload.after-rename")

    def _remove(self, upload_id: str) -> None:
        for file in (self._part(upload_id), self._facts(upload_id)):
            file.unlink(missing_ok=True)

    # Limits

    def _make_room(self, owner: str, size: int) -> None:
        """Let the oldest uploads of a device go until another one is within its limits."""
        kept = []
        for file in self._folder.glob(f"{owner}-*.json"):
            found = self._look(file.stem)
            if found is not None and found.expires is not None:
                kept.append((found.expires, found.size, found.id))
        kept.sort(reverse=True)
        announced = size + sum(each[1] for each in kept)
        while kept and (len(kept) >= MOST_OPEN or announced > MOST_BYTES):
            _expires, bytes_gone, oldest = kept.pop()
            announced -= bytes_gone
            with self._locked(oldest):
                self._remove(oldest)

    def _sweep(self) -> None:
        """Remove what expired, what is of no upload, and what is of photos that nobody tells of any more."""
        if time.monotonic() - self._swept < _SWEEP:
            return
        self._swept = time.monotonic()
        files = list(self._folder.glob("*.*"))
        hashes = {found[2] for file in files if (found := _ID.fullmatch(file.name.partition(".")[0]))}
        with self._readers.one() as store:
            known = {sha256 for sha256 in hashes if has_row(store, sha256)}
        for file in files:
            upload_id = file.name.partition(".")[0]
            with self._locked(upload_id):
                try:
                    is_old = file.stat().st_mtime + LIFE < time.time()
                except FileNotFoundError:
                    continue
                if is_old and file.suffix == ".json":
                    is_old = self._state(upload_id)[1] + LIFE < time.time()
                if is_old or upload_id.partition("-")[2] not in known:
                    file.unlink(missing_ok=True)


def hash_in(metadata: dict[str, bytes]) -> str:
    """Return the hash of the photo that the metadata of an upload announce.

    Raises:
        BadInput: they do not.
    """
    try:
        return metadata["sha256"].decode("ascii")
    except (KeyError, UnicodeDecodeError) as error:
        raise BadInput(_("“Upload-Metadata” must say the hash of the photo as “sha256”.")) from error


def _owner(device: Device) -> str:
    """Return a short text that stands for a device in names of files."""
    return hashlib.sha256(device.device_id.encode()).hexdigest()[:16]


def _refuse_full(folder: Path, size: int) -> None:
    if hasattr(os, "statvfs"):
        found = os.statvfs(folder)
        if found.f_bavail * found.f_frsize < size + _SPARE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def _room_for(path: Path) -> Iterator[None]:
    """Tell that there is no room, or that the disk fails, in words for people.

    Raises:
        NotTaken: 507.
    """
    try:
        yield
    except OSError as error:
        text = _("The disk of the central store is full or failing; tell its administrator.")
        raise NotTaken(507, f"{text} ({error.strerror or error})") from error


__all__ = ["LARGEST_PHOTO", "LIFE", "NotTaken", "Upload", "Uploads", "hash_in"]
