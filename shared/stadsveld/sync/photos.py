"""Photos between files: delivered and fetched by their hash, piece by piece, verified at both ends.

Each photo goes by itself: one that is refused, or that a bad network does not carry however often it is
tried, does not keep the next one. Both sides go on later from the bytes that were confirmed.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType

from ..errors import BadInput, Refused, StoreError, Unavailable
from ..faults import fault_point
from ..jobs import Progress
from ..store import Store, statement
from ..store.photos import digest_of
from ..text import _
from .report import SyncReport
from .transport import Link, Response, TooLarge, TryLater, checked
from .tus import NoRoom, Pieces, Upload, WrongContent, unusable

#: Failed requests in a row after which a photo is left for the next synchronisation, and photos in a row
#: that are left before no other one is tried.
_MOST_FAILURES, _MOST_LEFT = 6, 3
#: Seconds to wait after the second failure in a row, doubled with each, up to the most.
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 3.0
#: Bytes of a photo that are fetched at a time, and of the largest one.
_PIECE, _LARGEST = 1 << 20, 256 << 20
_RANGE = re.compile(r"bytes (?:(\d{1,15})-(\d{1,15})|\*)/(\d{1,15})", re.ASCII)


def photos_without_receipt(store: Store) -> Iterator[str]:
    """Yield the hashes of photos that are not confirmed to be at both sides; foreign texts are left out."""
    for row in store.connection.execute(statement("photo_hashes_without_receipt")).fetchall():
        try:
            store.photos.path(row["sha256"])
        except BadInput:
            continue
        yield row["sha256"]


class Photos:
    """Delivers and fetches photo files.

    Args:
        store: the working copy.
        link: the way to the central store.
        report: where to count what happened.

    Attributes:
        refused: hashes of photos that the central store does not take.
    """

    def __init__(self, store: Store, link: Link, report: SyncReport) -> None:
        self._store = store
        self._link = link
        self._execute = store.connection.execute
        self._pieces = Pieces()
        self.refused: set[str] = set()
        self.report = report

    def send(self, progress: Progress) -> None:
        """Deliver the photos that the central store has not confirmed.

        Raises:
            Unavailable: not one of them could be delivered.
        """
        waiting = [each for each in photos_without_receipt(self._store) if self._store.photos.has(each)]
        self.report.photos_unsent = self._one_by_one(
            waiting, self._deliver, progress, _("sending photo {n} of {total}")
        )

    def fetch(self, progress: Progress) -> None:
        """Fetch the photos that rows here tell of and whose files are elsewhere.

        Raises:
            Unavailable: not one of them could be asked for.
        """
        waiting = [each for each in photos_without_receipt(self._store) if not self._store.photos.has(each)]
        left = self._one_by_one(waiting, self._fetch, progress, _("fetching photo {n} of {total}"))
        self.report.photos_waiting += left

    def _one_by_one(
        self, hashes: list[str], carry: Callable[[str, Progress], None], progress: Progress, doing: str
    ) -> int:
        """Carry photos; return how many the network did not carry."""
        left, in_a_row, is_any_done = len(hashes), 0, False
        for number, sha256 in enumerate(hashes):
            text = doing.format(n=number + 1, total=len(hashes))
            part = progress.part(number / len(hashes), (number + 1) / len(hashes))
            part.report(0.0, text)
            try:
                carry(sha256, _saying(part, text))
            except TryLater:
                raise
            except Unavailable as error:
                in_a_row += 1
                if isinstance(error, NoRoom) or in_a_row >= _MOST_LEFT or number + 1 == len(hashes):
                    if not is_any_done:
                        raise
                    break
            else:
                left, in_a_row, is_any_done = left - 1, 0, True
        return left

    # Sending

    def _deliver(self, sha256: str, progress: Progress) -> None:
        """Deliver a photo, or note why it is refused; content that arrived wrong is sent once more."""
        path = self._store.photos.path(sha256)
        try:
            if not self._store.photos.is_whole(sha256):
                raise BadInput(_("The photo file was altered or damaged."), file=path)
            try:
                self._upload(path, sha256, progress)
            except WrongContent:
                self._upload(path, sha256, progress)
        except (Refused, TooLarge, BadInput) as error:
            self.report.quarantined.append({"photo": sha256, "reason": str(error)})
            if isinstance(error, Refused):
                self.refused.add(sha256)
            return
        except OSError as error:
            text = _("{file} cannot be read: {error}").format(file=path, error=error.strerror)
            self.report.quarantined.append({"photo": sha256, "reason": text})
            return
        fault_point("photo.before-receipt")
        self._has_both_sides(sha256)
        fault_point("photo.after-receipt")
        self.report.photos_sent += 1

    def _upload(self, path: Path, sha256: str, progress: Progress) -> None:
        size = path.stat().st_size
        with path.open("rb") as file:
            upload = Upload(self._link, file, sha256, size, self._pieces)
            patience, farthest = _Patience(), 0
            while not upload.is_confirmed:
                with patience:
                    upload.step()
                    fault_point("photo.piece-sent")
                if upload.offset is not None and upload.offset > farthest:
                    farthest = upload.offset
                    patience.renew()
                    progress.report(farthest / size)

    # Fetching

    def _fetch(self, sha256: str, progress: Progress) -> None:
        part = self._store.photos.part(sha256)
        try:
            if not self._download(sha256, part, progress) or digest_of(part) != sha256:
                part.unlink(missing_ok=True)
                self.report.photos_waiting += 1
                return
            fault_point("photo.fetched")
            self._store.photos.move_in(part, sha256)
        except OSError as error:
            text = _("{file} cannot be written: {error}").format(file=part, error=error.strerror)
            raise StoreError(text) from error
        self._has_both_sides(sha256)
        self.report.photos_received += 1

    def _download(self, sha256: str, part: Path, progress: Progress) -> bool:
        """Fetch what is missing of a photo; return whether the central store has it."""
        patience, size = _Patience(), None
        with part.open("ab") as file:
            while size is None or file.tell() < size:
                with patience:
                    answer = self._ask_range(sha256, file.tell())
                    if answer is None:
                        return False
                    begin, size, content = _range_of(answer, file.tell())
                    if begin < file.tell():  # The whole came, or more is here than the photo has.
                        file.truncate(begin)
                        file.seek(begin)
                    file.write(content)
                    if content:
                        patience.renew()
                    progress.report(file.tell() / max(size, 1))
            file.flush()
            os.fsync(file.fileno())
        return True

    def _ask_range(self, sha256: str, have: int) -> Response | None:
        """Ask for the bytes after those that are here; None where the central store has no such photo."""
        headers = {"Range": f"bytes={have}-{have + _PIECE - 1}", "If-Range": f'"{sha256}"'}
        answer = self._link.request("GET", f"/v1/photos/{sha256}", headers=headers)
        if answer.status == 416:
            return answer
        try:
            return None if answer.status == 404 else checked(answer)
        except Refused:
            return None

    def _has_both_sides(self, sha256: str) -> None:
        with self._store.transaction():
            self._execute(statement("put_photo_receipt"), (sha256, central_time(self._store)))


class _Patience:
    """Lets requests fail some times in a row, and waits longer after each."""

    def __init__(self) -> None:
        self._failures = 0

    def renew(self) -> None:
        """Count anew, because something got through."""
        self._failures = 0

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Unavailable) or isinstance(error, TryLater | NoRoom):
            return False
        self._failures += 1
        if self._failures > _MOST_FAILURES:
            return False
        if self._failures > 1:
            time.sleep(min(_FIRST_WAIT * 2 ** (self._failures - 2), _LONGEST_WAIT))
        return True


def _saying(progress: Progress, text: str) -> Progress:
    """Return a progress that always says the same of what is being done."""
    return Progress(lambda share, _doing: progress.report(share, text))


def central_time(store: Store) -> str:
    """Return the present instant by the clock of the central store, as far as this file knows it."""
    present = datetime.now(timezone.utc) + timedelta(milliseconds=int(store.setting("clock_offset_ms") or 0))
    return present.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _range_of(answer: Response, have: int) -> tuple[int, int, bytes]:
    """Return where the content of an answer begins in the whole, the length of the whole, the content.

    Raises:
        Unavailable: it did not arrive whole, or is not what was asked for.
    """
    told = answer.headers.get("content-range", "")
    found, content = _RANGE.fullmatch(told), answer.body
    begin = 0
    if answer.status == 416:  # All is here already, or more than all.
        size = int(found[3]) if found is not None else 0
        begin, content = have if have == size else 0, b""
        if have == 0 < size:
            raise unusable()
    elif answer.status == 206 and found is not None and found[1] is not None:
        begin, last, size = int(found[1]), int(found[2]), int(found[3])
        if not begin == have <= last < size or last + 1 - begin != len(content):
            raise unusable()
    else:
        size = len(content)
        if answer.headers.get("content-length", str(size)) != str(size) and _is_plain(answer):
            raise unusable()
    if size > _LARGEST:
        raise unusable()
    return begin, size, content


def _is_plain(answer: Response) -> bool:
    return answer.headers.get("content-encoding", "identity") == "identity"
