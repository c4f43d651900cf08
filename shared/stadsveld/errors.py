"""Errors that a person can act on.

Every error that Stadsveld raises on purpose is a `StadsveldError`. Its text is a whole sentence in
the language of the screen that says what is wrong, where, and what to do next. Callers ask it
questions and never parse the text.
"""

from __future__ import annotations

from pathlib import Path


class StadsveldError(Exception):
    """Base of all errors of the product."""

    #: Whether the same call may succeed later without anybody changing anything.
    is_retryable = False


class BadInput(StadsveldError):
    """Input that cannot be read: names the file, the place in it and the reason.

    Attributes:
        file: the file, or None where the input came from elsewhere.
        place: the object, row or line in it ("row 12", "wegdeel b9f1…"), or None.
        reason: what is wrong and what to do about it.
    """

    def __init__(self, reason: str, *, file: str | Path | None = None, place: str | None = None) -> None:
        self.file = Path(file) if file is not None else None
        self.place = place
        self.reason = reason
        parts = [part for part in (self.file.name if self.file else None, place, reason) if part]
        super().__init__(": ".join(parts))


class StoreError(StadsveldError):
    """A store or replica file that cannot be opened or written; the file is left as it was."""


class StoreLocked(StoreError):
    """Another program is writing to the file; trying again later may succeed."""

    is_retryable = True


class Unavailable(StadsveldError):
    """The other side of a connection cannot be reached or does not answer in time."""

    is_retryable = True


class Refused(StadsveldError):
    """The other side refuses what was asked (no access, ended device, unknown code)."""


class MissingComponent(StadsveldError):
    """An optional component is not installed; the text says which, and how to install it."""


class Cancelled(StadsveldError):
    """The user cancelled the job; everything is as it was before the job began."""
