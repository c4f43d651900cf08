"""What the app remembers between two starts, in a small file that is never half written."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

#: Factors of the text size that the settings offer.
TEXT_SIZES = (1.0, 1.2, 1.4)


@dataclass
class Preferences:
    """Choices of the inspector and where the work was left.

    Attributes:
        replica: path of the working copy.
        language: `nl` or `en`; None follows the system.
        theme: `day` or `night`.
        text_size: one of `TEXT_SIZES`.
        left_handed: buttons for the thumb on the left.
        screen: the screen that was open.
        map: centre in RD and metres per pixel: x, y, mpp.
        selection: id of the selected road section.
        inspection: id of the inspection that was open, draft or finished.
        photo_folder: where photos were last picked.
        server: address of the central store, as typed.
    """

    replica: str | None = None
    language: str | None = None
    theme: str = "day"
    text_size: float = 1.0
    left_handed: bool = False
    screen: str = "map"
    map: dict[str, float] = field(default_factory=dict)
    selection: str | None = None
    inspection: str | None = None
    photo_folder: str | None = None
    server: str | None = None


class PreferenceFile:
    """Reads and writes the preferences.

    Args:
        path: the file; an absent or unreadable one means: as at the first start.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.value = self._read()

    def _read(self) -> Preferences:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return Preferences()
        if not isinstance(data, dict):
            return Preferences()
        known = {found.name: found for found in fields(Preferences)}
        defaults = Preferences()
        usable = {
            key: value
            for key, value in data.items()
            if key in known and (value is None or _alike(value, getattr(defaults, key)))
        }
        return Preferences(**usable)

    def save(self) -> None:
        """Write the preferences; a full disk or a kill leaves the previous ones."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(self.path.name + ".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump(asdict(self.value), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)


def _alike(value: object, default: object) -> bool:
    if default is None:
        return isinstance(value, str)
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    return isinstance(value, type(default))
