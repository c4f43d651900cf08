"""Photo files beside the store, named by the SHA-256 of their content."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from pathlib import Path

from ..errors import BadInput
from ..model import new_id
from ..text import _

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 20


class PhotoFolder:
    """A folder of content-addressed files; the same photo is kept once.

    Attributes:
        folder: `<store file>.photos`; made at the first photo.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Return where the photo with that hash is, or would be.

        Raises:
            BadInput: the text is no SHA-256.
        """
        if _SHA256.fullmatch(sha256) is None:
            raise BadInput(_("{text} is not the hash of a photo.").format(text=sha256[:80]))
        return self.folder / sha256[:2] / f"{sha256}.jpg"

    def part(self, sha256: str) -> Path:
        """Return where a photo is kept that has not arrived whole; its folder is made."""
        path = self.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.with_suffix(".part")

    def has(self, sha256: str) -> bool:
        """Tell whether the photo is here, complete."""
        return self.path(sha256).is_file()

    def is_whole(self, sha256: str) -> bool:
        """Tell whether the photo is here and its content is what its hash says."""
        try:
            return digest_of(self.path(sha256)) == sha256
        except OSError:
            return False

    def add(self, content: bytes) -> str:
        """Keep a photo durably and return its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        if path.is_file():
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{new_id()}.part")
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return sha256

    def move_in(self, file: Path, sha256: str) -> None:
        """Give a verified, durable file its place here; it is gone where it was."""
        path = self.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file.replace(path)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._copy_in(file, path)

    def read(self, sha256: str) -> bytes:
        """Return the content of a photo, verified.

        Raises:
            BadInput: it is not here, or the file was altered.
        """
        path = self.path(sha256)
        if not path.is_file():
            raise BadInput(_("The photo is not here yet."), file=path)
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BadInput(_("The photo file was altered or damaged."), file=path)
        return content

    def beside(self, ending: str) -> Path:
        """Return a folder beside this one and the same store: `.uploads`, `.thumbnails`."""
        return self.folder.with_name(self.folder.name.removesuffix(".photos") + ending)

    def remove(self, sha256: str) -> bool:
        """Delete a photo, what has arrived of it, and its small pictures; tell whether it was here."""
        path = self.path(sha256)
        was_here = path.is_file()
        uploads = self.beside(".uploads").glob(f"*-{sha256}.*")
        small = self.beside(".thumbnails").glob(f"{sha256}-*")
        for file in (path, path.with_suffix(".part"), *uploads, *small):
            file.unlink(missing_ok=True)
        return was_here

    def _copy_in(self, file: Path, path: Path) -> None:
        """Bring a file from another disk."""
        part = path.with_name(f"{new_id()}.part")
        try:
            shutil.copyfile(file, part)
            with part.open("rb+") as copy:
                os.fsync(copy.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        file.unlink()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
