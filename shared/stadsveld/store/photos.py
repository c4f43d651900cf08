"""Photo files beside the store, named by the SHA-256 of their content."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from ..errors import BadInput
from ..model import new_id
from ..text import _

_SHA256 = re.compile(r"[0-9a-f]{64}")


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

    def has(self, sha256: str) -> bool:
        """Tell whether the photo is here, complete."""
        return self.path(sha256).is_file()

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

    def keep(self, sha256: str, content: bytes) -> bool:
        """Keep a photo that arrived if its hash is the one announced; tell whether it is."""
        if hashlib.sha256(content).hexdigest() != sha256:
            return False
        self.add(content)
        return True

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
