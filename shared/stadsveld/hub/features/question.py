"""What is asked for: the parameters of an address, checked."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from ...model import Field
from .catalogue import LARGEST_INT, Collection, Say
from .crs import CRS84, SYSTEMS, Box, Crs

DEFAULT_LIMIT, LARGEST_LIMIT = 100, 10_000
#: The parameters of an address of items, besides the properties.
OWN = ("bbox", "bbox-crs", "crs", "datetime", "limit", "cursor", "f")
_LONGEST = 4000
_DATE = r"\d{4}-\d{2}-\d{2}"
_MOMENT = re.compile(_DATE + r"([Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2}))?", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)


class Wrong(Exception):
    """A question that cannot be answered.

    Attributes:
        status: the status of the answer.
        detail: what is wrong and what to do, in the language of the asker.
    """

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        self.detail = detail
        super().__init__(detail)


@dataclass(frozen=True)
class Period:
    """A time to compare with: instants (ISO 8601 with zone) as written; None for an open end."""

    begin: str | None
    end: str | None


@dataclass(frozen=True)
class Cursor:
    """Where the next page begins; opaque to those who use it.

    Attributes:
        epoch: of the store; keys mean nothing in a restored one.
        after: key of the last row that was given.
        until: largest key when the first page was made: what came later is not part of the answer.
    """

    epoch: str
    after: int
    until: int

    def text(self) -> str:
        """Return it as it stands in an address."""
        content = json.dumps([self.epoch, self.after, self.until], separators=(",", ":"))
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    @classmethod
    def of(cls, text: str) -> Cursor:
        """Return the cursor of a text; raises ValueError where it is none."""
        padded = (text + "=" * (-len(text) % 4)).encode("ascii")
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(found, list) or [type(value) for value in found] != [str, int, int]:
            raise ValueError(text)
        if not 0 <= found[1] <= found[2] <= LARGEST_INT:
            raise ValueError(text)
        return cls(*found)


@dataclass(frozen=True)
class Question:
    """Which features of a collection, and how."""

    limit: int = DEFAULT_LIMIT
    crs: Crs = CRS84
    box: Box | None = None
    period: Period | None = None
    equal: dict[str, Any] = field(default_factory=dict)
    cursor: Cursor | None = None


def only(pairs: Iterable[tuple[str, str]], allowed: Iterable[str], _: Say) -> dict[str, str]:
    """Return the parameters of an address by name; raises Wrong for unknown and repeated ones."""
    known = set(allowed)
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            text = _("There is no parameter “{name}” here. Known are: {known}.")
            raise Wrong(400, text.format(name=name[:80], known=", ".join(sorted(known))))
        if name in found:
            raise Wrong(400, _("The parameter “{name}” is given twice.").format(name=name))
        if len(value) > _LONGEST:
            raise Wrong(400, _("The value of “{name}” is too long.").format(name=name))
        found[name] = value
    return found


def question_of(collection: Collection, pairs: Iterable[tuple[str, str]], _: Say) -> Question:
    """Return the question that the parameters of an address of items ask.

    Raises:
        Wrong: a parameter is unknown, given twice, or has a value that it cannot have.
    """
    fields = {found.name: found for found in collection.queryables}
    given = only(pairs, (*OWN, *fields), _)
    box_crs = crs_of(given, "bbox-crs", _)
    return Question(
        limit=_limit(given.get("limit"), _),
        crs=crs_of(given, "crs", _),
        box=None if "bbox" not in given else _box(given["bbox"], box_crs, _),
        period=None if "datetime" not in given else _period(given["datetime"], _),
        equal={name: _typed(fields[name], value, _) for name, value in given.items() if name in fields},
        cursor=None if "cursor" not in given else _cursor(given["cursor"], _),
    )


def crs_of(given: dict[str, str], name: str, _: Say) -> Crs:
    """Return the coordinate system that a parameter names; CRS84 where it is absent."""
    if name not in given:
        return CRS84
    found = SYSTEMS.get(given[name])
    if found is None:
        text = _("“{name}” must be one of: {known}.")
        raise Wrong(400, text.format(name=name, known=", ".join(SYSTEMS)))
    return found


def _limit(text: str | None, _: Say) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if _WHOLE.fullmatch(text) is None or text.startswith("-") or not text.strip("+0"):
        raise Wrong(400, _("“{name}” must be a whole number from 1.").format(name="limit"))
    return LARGEST_LIMIT if len(text) > 18 else min(int(text), LARGEST_LIMIT)


def _box(text: str, crs: Crs, _: Say) -> Box:
    parts = text.split(",")
    numbers = [float(part) for part in parts if _NUMBER.fullmatch(part)]
    if len(numbers) != len(parts) or len(numbers) not in {4, 6} or not all(map(math.isfinite, numbers)):
        raise Wrong(400, _("“bbox” must be four numbers, or six with heights, with commas between them."))
    # Heights are not kept with the geometry: what lies above or below counts as inside.
    half = len(numbers) // 2
    low, high = numbers[:2], numbers[half : half + 2]
    if crs.northing_first:
        low, high = low[::-1], high[::-1]
    if low[0] > high[0]:
        text = _("“bbox” must have its west side first. A box across the antimeridian is not supported.")
        raise Wrong(400, text)
    if low[1] > high[1]:
        raise Wrong(400, _("“bbox” must have its south side before its north side."))
    limits = crs.limits()
    if low[0] < limits[0] or low[1] < limits[1] or high[0] > limits[2] or high[1] > limits[3]:
        raise Wrong(400, _("“bbox” lies outside its coordinate system; check the order of its axes."))
    return Box.of(crs, (low[0], low[1], high[0], high[1]))


def _period(text: str, _: Say) -> Period:
    parts = text.split("/")
    if len(parts) > 2 or (len(parts) == 1 and parts[0] in {"", ".."}):
        raise Wrong(400, _not_a_time(_))
    begin, end = (_moment(part, is_end=bool(place), _=_) for place, part in enumerate((parts * 2)[:2]))
    if begin is None and end is None:
        raise Wrong(400, _not_a_time(_))
    if begin is not None and end is not None and _utc(begin) > _utc(end):
        raise Wrong(400, _("“datetime” must begin before it ends."))
    return Period(begin, end)


def _moment(text: str, *, is_end: bool, _: Say) -> str | None:
    if text in {"", ".."}:
        return None
    # A plus sign in an address stands for a space.
    text = re.sub(r" (\d\d:\d\d)$", r"+\1", text.upper())
    if _MOMENT.fullmatch(text) is None:
        raise Wrong(400, _not_a_time(_))
    if len(text) == 10:
        text += "T23:59:59.999Z" if is_end else "T00:00:00Z"
    try:
        _utc(text)
    except (ValueError, OverflowError) as error:
        raise Wrong(400, _not_a_time(_)) from error
    return text


def _utc(text: str) -> datetime:
    whole, dot, rest = text.replace("Z", "+00:00").partition(".")
    digits = re.match(r"\d*", rest)
    fraction = digits.group() if digits else ""
    found = datetime.fromisoformat(whole + rest[len(fraction) :])
    seconds = timedelta(seconds=float(f"0{dot}{fraction}") if fraction else 0)
    return found.astimezone(timezone.utc) + seconds


def _not_a_time(_: Say) -> str:
    return _(
        "“datetime” must be a time such as 2026-01-31T12:00:00Z, or two of them with a slash between; "
        "“..” leaves one end open."
    )


def _typed(asked: Field, text: str, _: Say) -> Any:
    """Return the value to compare a field with; raises Wrong where it has no such value."""
    try:
        return _READ.get(asked.kind, str)(text)
    except (ValueError, OverflowError) as error:
        told = _("“{name}” cannot have this value; it is of the type {type}.")
        raise Wrong(400, told.format(name=asked.name, type=asked.kind)) from error


def _whole(text: str) -> int:
    if _WHOLE.fullmatch(text) is None or len(text) > 25 or not -LARGEST_INT - 1 <= int(text) <= LARGEST_INT:
        raise ValueError(text)
    return int(text)


def _real(text: str) -> float:
    if _NUMBER.fullmatch(text) is None or not math.isfinite(float(text)):
        raise ValueError(text)
    return float(text)


def _flag(text: str) -> int:
    return {"false": 0, "true": 1}[text] if text in {"false", "true"} else _whole("no number")


def _date(text: str) -> str:
    if re.fullmatch(_DATE, text, re.ASCII) is None:
        raise ValueError(text)
    return datetime.fromisoformat(text).date().isoformat()


def _instant(text: str) -> str:
    text = text.upper()
    if len(text) == 10 or _MOMENT.fullmatch(text) is None:
        raise ValueError(text)
    return _utc(text).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _uuid(text: str) -> str:
    if len(text) != 36:
        raise ValueError(text)
    return str(UUID(text))


_READ = {
    "int": _whole, "real": _real, "bool": _flag, "date": _date, "instant": _instant, "ref": _uuid,
}  # fmt: skip


def _cursor(text: str, _: Say) -> Cursor:
    try:
        return Cursor.of(text)
    except (ValueError, RecursionError) as error:
        raise Wrong(400, _("This is no “cursor” of ours; follow the links with rel=next.")) from error
