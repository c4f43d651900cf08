"""The delivery as files: a zip, a folder or a single GML file, opened without trusting it."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ...errors import BadInput
from ...text import _

#: Largest delivery that is read, unpacked: the whole of a large city is about 10 GB.
MAX_BYTES = 60 * 1024**3
#: Real BGT GML packs 10 to 25 times smaller; a bomb packs a thousand times smaller.
MAX_RATIO = 200
#: Files smaller than this may have any ratio.
SMALL = 1024**2
_NAME = re.compile(r"bgt_(\w+)\.(?:gml|xml)", re.IGNORECASE)


@dataclass(frozen=True)
class ClassFile:
    """One GML file of a delivery.

    Attributes:
        name: class, as in the file name without `bgt_`.
        file: name of the file, for messages.
        size: its size in bytes, unpacked.
        date: when it was made, ISO date, or None.
        open: opens it for reading bytes.
    """

    name: str
    file: str
    size: int
    date: str | None
    open: Callable[[], BinaryIO]


@dataclass(frozen=True)
class Delivery:
    """A delivery and its files.

    Attributes:
        path: what was given.
        files: its class files, by name.
    """

    path: Path
    files: tuple[ClassFile, ...]

    @property
    def date(self) -> str | None:
        """The latest date of its files: the date of this edition."""
        return max((file.date for file in self.files if file.date), default=None)


@contextmanager
def open_delivery(path: Path) -> Iterator[Delivery]:
    """Open a delivery for reading.

    Raises:
        BadInput: the file is missing, unreadable, no zip, encrypted, damaged, a zip bomb, leads out of
            itself, or holds no BGT class file.
    """
    try:
        if path.is_dir():
            yield _checked(path, [_plain_file(file) for file in sorted(path.iterdir()) if file.is_file()])
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield _checked(path, [_packed_file(path, archive, info) for info in archive.infolist()])
        else:
            _refuse_unreadable(path)
            yield _checked(path, [_plain_file(path)])
    except OSError as error:
        raise BadInput(
            _("it cannot be read: {reason}.").format(reason=error.strerror or error), file=path
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        reason = _("the zip is damaged ({reason}); download it again.").format(reason=error)
        raise BadInput(reason, file=path) from error


def _refuse_unreadable(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        raise BadInput(_("the file is empty."), file=path)
    if path.suffix.lower() not in {".gml", ".xml"} or b"<" not in start:
        raise BadInput(_("this is no BGT delivery: neither a zip nor a GML file."), file=path)


def _checked(path: Path, found: list[ClassFile | None]) -> Delivery:
    files = sorted((file for file in found if file is not None), key=lambda file: file.name)
    if not files:
        raise BadInput(_("it holds no file named like bgt_wegdeel.gml."), file=path)
    if sum(file.size for file in files) > MAX_BYTES:
        raise BadInput(_("unpacked it is larger than any BGT delivery; it was not read."), file=path)
    names = [file.name for file in files]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BadInput(_("it holds the class {name} twice.").format(name=", ".join(sorted(twice))), file=path)
    return Delivery(path, tuple(files))


def _plain_file(path: Path) -> ClassFile | None:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    return ClassFile(match.group(1).lower(), path.name, path.stat().st_size, None, lambda: path.open("rb"))


def _packed_file(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> ClassFile | None:
    inside = PurePosixPath(info.filename.replace("\\", "/"))
    if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0]:
        raise BadInput(
            _("a name in the zip leads out of it; nothing was read."), file=path, place=info.filename
        )
    match = _NAME.fullmatch(inside.name)
    if match is None or info.is_dir() or "__MACOSX" in inside.parts:
        return None
    if info.flag_bits & 0x1:
        raise BadInput(_("the zip is encrypted; unpack it first."), file=path, place=info.filename)
    if info.file_size > SMALL and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        reason = _("it unpacks to more than {n} times its size, as a zip bomb does; it was not read.")
        raise BadInput(reason.format(n=MAX_RATIO), file=path, place=info.filename)
    date = "{:04}-{:02}-{:02}".format(*info.date_time[:3])
    return ClassFile(
        match.group(1).lower(), info.filename, info.file_size, date, lambda: _opened(archive, info)
    )


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    return archive.open(info)  # type: ignore[return-value]
