"""The language of the texts that people see: English in the source, Dutch from the catalogue.

Mark a text with `_("…")`; values go in afterwards: `_("{n} sections").format(n=3)`. Modules that
define texts before the language is known mark them with `N_` and translate them when shown.
The catalogues are `i18n/<language>/LC_MESSAGES/stadsveld.mo`.
"""

from __future__ import annotations

import gettext
import os

from .resources import translations_folder

LANGUAGES = ("nl", "en")


class _Language:
    """The language in use and its catalogue, chosen at first need."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.catalogue = gettext.NullTranslations()


_used = _Language()


def use_language(language: str | None = None) -> str:
    """Choose the language of all later texts and return it.

    Without `language` the environment decides (`STADSVELD_LANGUAGE`, then `LANG`); anything that
    is not Dutch becomes English.
    """
    wanted = language or os.environ.get("STADSVELD_LANGUAGE") or os.environ.get("LANG", "")
    _used.name = "nl" if wanted.lower().startswith("nl") else "en"
    folder = translations_folder()
    if _used.name == "en" or folder is None:
        _used.catalogue = gettext.NullTranslations()
    else:
        _used.catalogue = gettext.translation("stadsveld", str(folder), [_used.name], fallback=True)
    return _used.name


def language() -> str:
    """Return the language in use, `nl` or `en`."""
    return _used.name or use_language()


def _(message: str) -> str:
    """Return `message` in the language in use."""
    language()
    return _used.catalogue.gettext(message) if message else ""


def N_(message: str) -> str:  # noqa: N802 - gettext's customary name
    """Mark `message` for translation and return it as it is."""
    return message
