"""A delivery on disk: PDOK's zip, a folder or one file, opened with care and never extracted."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO

from ...errors import BadInput
from ...text import _

#: GML of the BGT shrinks to a twentieth at best, a file of ended versions a little further; a file
#: that grows more than this when unpacked was made to exhaust whoever reads it.
MAX_RATIO = 200
#: Below this size in bytes the ratio says nothing.
RATIO_FROM = 10_000_000
#: Bytes of a whole delivery when unpacked. The whole country is well below; reading more takes days.
MAX_TOTAL = 200_000_000_000

_NAME = re.compile(r"bgt_([a-z]+)\.(?:gml|xml)", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
_ENCRYPTED = 0x1
#: The year that a zip names where the time of a file was not known.
_NO_YEAR = 1980


@dataclass(frozen=True)
class DeliveredFile:
    """One file of a delivery.

    Attributes:
        name: its name, for messages.
        bgt_class: the class whose objects it holds: its name without `bgt_`.
        size: its size in bytes when unpacked.
    """

    name: str
    bgt_class: str
    size: int


class Delivery:
    """An open delivery. Use as a context manager, or `close()` it.

    Attributes:
        path: the zip, folder or file.
        files: the files of BGT classes in it, by name.
        date: the date (ISO) that the zip gives its files, or None.
    """

    def __init__(self, path: Path, files: list[DeliveredFile]) -> None:
        self.path = path
        self.files = sorted(files, key=lambda found: found.name)
        self.date: str | None = None
        if not files:
            raise BadInput(_("it holds no BGT: no file is called bgt_<class>.gml"), file=path)
        if self.size > MAX_TOTAL:
            raise BadInput(_("unpacked it is larger than any BGT delivery; it was not read"), file=path)

    @property
    def size(self) -> int:
        """Bytes of all files together when unpacked."""
        return sum(found.size for found in self.files)

    def close(self) -> None:
        """Close what is open."""

    @contextmanager
    def open(self, file: DeliveredFile) -> Iterator[IO[bytes]]:
        """Open one of `files` for reading.

        Raises:
            BadInput: it cannot be read, or the zip is damaged there (also while it is read).
        """
        try:
            with self._open(file) as stream:
                yield stream
        except (
            OSError,
            EOFError,
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            RuntimeError,
        ) as error:
            reason = _("it cannot be read to the end: {error}").format(error=error)
            raise BadInput(reason, file=self.path, place=file.name) from error

    def _open(self, file: DeliveredFile) -> IO[bytes]:
        folder = self.path if self.path.is_dir() else self.path.parent
        return (folder / file.name).open("rb")

    def __enter__(self) -> Delivery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _ZippedDelivery(Delivery):
    """A delivery in a zip."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = {member.filename: member for member in archive.infolist() if not member.is_dir()}
        for member in self._members.values():
            _refuse_unsafe(path, member)
        found = [(member, class_of(member.filename)) for member in self._members.values()]
        wanted = [(member, bgt_class) for member, bgt_class in found if bgt_class is not None]
        files = [DeliveredFile(member.filename, bgt_class, member.file_size) for member, bgt_class in wanted]
        super().__init__(path, files)
        if self.size > RATIO_FROM and self.size > MAX_RATIO * path.stat().st_size:
            raise BadInput(_too_dense(), file=path)
        year, month, day = max(member.date_time[:3] for member, _class in wanted)
        self.date = None if year <= _NO_YEAR else f"{year:04d}-{month:02d}-{day:02d}"

    def close(self) -> None:
        self._archive.close()

    def _open(self, file: DeliveredFile) -> IO[bytes]:
        return self._archive.open(self._members[file.name])


def open_delivery(path: str | Path) -> Delivery:
    """Open a delivery: a zip, a folder with GML files, or one GML file.

    Raises:
        BadInput: it is missing or empty, may not be read, is damaged or unsafe, or holds no BGT.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return Delivery(path, list(_files_of(path)))
        bgt_class = class_of(path.name)
        size = path.stat().st_size
        with path.open("rb") as stream:
            is_empty = not stream.read(1)
        if is_empty:
            raise BadInput(_("it is empty; download or copy it again"), file=path)
        if bgt_class is not None:
            return Delivery(path, [DeliveredFile(path.name, bgt_class, size)])
        return _open_zip(path)
    except OSError as error:
        raise BadInput(_("it cannot be read: {error}").format(error=error.strerror), file=path) from error


def class_of(name: str) -> str | None:
    """Return the BGT class of a file by its name, or None where it is no BGT file."""
    found = _NAME.fullmatch(PurePosixPath(name).name)
    return found[1].lower() if found else None


def _files_of(folder: Path) -> Iterator[DeliveredFile]:
    for file in folder.iterdir():
        bgt_class = class_of(file.name)
        if bgt_class is not None and file.is_file():
            yield DeliveredFile(file.name, bgt_class, file.stat().st_size)


def _open_zip(path: Path) -> Delivery:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        reason = _("it is no zip, or it is cut off; download it again")
        raise BadInput(reason, file=path) from error
    try:
        return _ZippedDelivery(path, archive)
    except BaseException:
        archive.close()
        raise


def _refuse_unsafe(path: Path, member: zipfile.ZipInfo) -> None:
    name = member.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or _DRIVE.match(name):
        raise BadInput(_("its path leads out of the zip"), file=path, place=member.filename)
    if member.flag_bits & _ENCRYPTED:
        raise BadInput(
            _("it is encrypted; unpack it and choose the folder"), file=path, place=member.filename
        )
    if member.file_size > RATIO_FROM and member.file_size > MAX_RATIO * member.compress_size:
        raise BadInput(_too_dense(), file=path, place=member.filename)


def _too_dense() -> str:
    return _("it unpacks to more than {n} times its size, which no BGT does; it was not read").format(
        n=MAX_RATIO
    )
