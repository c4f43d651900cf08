"""Where the data that ships with Stadsveld is found.

One answer for every way it is installed: a checkout (`resources/` and `i18n/` at the top), a wheel,
the plugin zip, a PyInstaller folder and an APK (`_resources/` and `_i18n/` inside the package).
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent


def resource(*parts: str) -> Path:
    """Return the path of a shipped data file or folder, e.g. `resource("forms", "damage.json")`.

    Raises:
        FileNotFoundError: if this installation lacks it.
    """
    for base in (_PACKAGE / "_resources", _CHECKOUT / "resources"):
        path = base.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"Stadsveld's resource {'/'.join(parts)} is missing from this installation")


def translations_folder() -> Path | None:
    """Return the folder of the translation catalogues, or None where there is none."""
    for folder in (_PACKAGE / "_i18n", _CHECKOUT / "i18n"):
        if folder.is_dir():
            return folder
    return None
