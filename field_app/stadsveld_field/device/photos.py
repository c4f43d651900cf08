"""Photos from the device: here from a folder of image files; a camera comes behind the same interface."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stadsveld.errors import BadInput
from stadsveld.text import _

from .metadata import without_metadata

#: Largest photo that is accepted, in bytes.
LARGEST = 40_000_000
_SUFFIXES = {".jpg", ".jpeg", ".png"}
_SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


@dataclass(frozen=True)
class PickedPhoto:
    """A photo that was picked.

    Attributes:
        content: the file's bytes, without what the camera wrote besides the picture.
        media_type: `image/jpeg` or `image/png`, told from the content.
    """

    content: bytes
    media_type: str


class FolderPhotos:
    """Image files of a folder and the folders in it.

    Attributes:
        folder: the folder that is shown.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None and folder.is_dir() else _pictures()

    def folders(self) -> list[Path]:
        """Return the folders in it by name; none where it may not be read."""
        return sorted(path for path in self._paths() if path.is_dir() and not path.name.startswith("."))

    def images(self) -> list[Path]:
        """Return its image files, the newest first."""
        found = [path for path in self._paths() if path.suffix.lower() in _SUFFIXES and path.is_file()]
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)

    def _paths(self) -> list[Path]:
        try:
            return list(self.folder.iterdir())
        except OSError:
            return []

    def pick(self, path: Path) -> PickedPhoto:
        """Return the photo in a file.

        Raises:
            BadInput: it cannot be read, is no JPEG or PNG, or is too large.
        """
        try:
            size = path.stat().st_size
            content = path.read_bytes() if size <= LARGEST else b""
        except OSError as error:
            raise BadInput(
                _("The file cannot be read: {error}").format(error=error.strerror), file=path
            ) from error
        if size > LARGEST:
            raise BadInput(
                _("The photo is larger than {size} MB.").format(size=LARGEST // 1_000_000), file=path
            )
        for signature, media_type in _SIGNATURES.items():
            if content.startswith(signature):
                return PickedPhoto(without_metadata(content, media_type), media_type)
        raise BadInput(_("This file is no JPEG or PNG photo."), file=path)


def _pictures() -> Path:
    home = Path.home()
    for name in ("Pictures", "Afbeeldingen", "DCIM"):
        if (home / name).is_dir():
            return home / name
    return home
