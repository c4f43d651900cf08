"""The language of an answer: Dutch or English, as the asker prefers."""

from __future__ import annotations

import gettext
from functools import lru_cache

from ...resources import translations_folder
from ...text import LANGUAGES
from .catalogue import Say


def language_of(accepted: str) -> str:
    """Return `nl` or `en` for an `Accept-Language` header; Dutch where it names neither."""
    wishes = []
    for place, wish in enumerate(accepted[:1000].split(",")):
        name, _semicolon, rest = wish.partition(";")
        wishes.append((-quality_of(rest), place, name.strip().lower()[:2]))
    return next((name for refused, _place, name in sorted(wishes) if refused and name in LANGUAGES), "nl")


def quality_of(parameters: str) -> float:
    """Return the weight in the parameters of an item of an `Accept` header (RFC 9110, 12.4.2)."""
    for parameter in parameters.split(";"):
        name, _equals, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


@lru_cache(maxsize=len(LANGUAGES))
def say_in(language: str) -> Say:
    """Return the function that turns the English of the code into a language."""
    folder = translations_folder()
    if language == "en" or folder is None:
        return str
    return gettext.translation("stadsveld", str(folder), [language], fallback=True).gettext
