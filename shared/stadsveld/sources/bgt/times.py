"""Times of registration, which the BGT writes in Dutch legal time without saying so.

All are brought to UTC with milliseconds and a trailing Z; in that one spelling text sorts as time.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import lru_cache

from ...errors import BadInput
from ...model import instant_of_dutch
from ...text import _

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@lru_cache(maxsize=4096)
def utc_instant(text: str) -> str:
    """Return the instant of a time in a delivery, e.g. `2016-09-05T12:27:34.000`.

    Raises:
        BadInput: if the text is no time.
    """
    try:
        return instant_of_dutch(text)
    except (ValueError, OverflowError) as error:
        raise BadInput(_("“{text}” is no time").format(text=text[:40])) from error


def instant_at(at: str | datetime | None) -> str:
    """Return the instant that a person means by `at`: now, the end of a Dutch day, or a time.

    Raises:
        BadInput: if it is no date and no time.
    """
    if at is None:
        at = datetime.now(timezone.utc)
    text = at if isinstance(at, str) else at.isoformat()
    if _DATE.fullmatch(text):
        text += "T23:59:59.999"
    try:
        return instant_of_dutch(text)
    except (ValueError, OverflowError) as error:
        raise BadInput(_("“{text}” is no date; write it as 2026-01-31.").format(text=text[:40])) from error
