"""From the cells of a register to values: numbers, dates, yes and no, codes.

A single wrong cell is a problem of its row. What makes the meaning of a whole column doubtful
(both decimal signs, numbers that a spreadsheet turned into dates) refuses the file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...text import _

_PLAIN = re.compile(r"[+-]?\d+")
_COMMA = re.compile(r"[+-]?\d+,\d+|[+-]?\d{1,3}(\.\d{3})+,\d+")
_POINT = re.compile(r"[+-]?\d*\.\d+|[+-]?\d{1,3}(,\d{3})+\.\d+")
_COMMA_OR_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
_POINT_OR_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+")
_MONTHS = "jan|feb|mrt|mar|maa|apr|mei|may|jun|jul|aug|sep|okt|oct|nov|dec"
_MADE_A_DATE = re.compile(rf"\d{{1,2}}[-/ ]({_MONTHS})|({_MONTHS})[-/ ]\d{{2,4}}", re.IGNORECASE)
_DATE = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})")
_YES = {"ja": True, "j": True, "yes": True, "true": True, "1": True, "waar": True}
_NO = {"nee": False, "n": False, "no": False, "false": False, "0": False, "onwaar": False}


class WrongCell(ValueError):
    """A cell whose value cannot be meant; the text says why."""


def row_place(number: int) -> str:
    """Return how a row is called in a message."""
    return _("row {number}").format(number=number)


def decimal_sign(cells: Iterable[tuple[int, Any]], heading: str, file: Path) -> str:
    """Return the decimal sign of a column, `,` or `.`.

    Args:
        cells: (row number, cell) of the column.
        heading: its heading.
        file: the register.

    Raises:
        BadInput: if some rows use a comma and others a point, naming a row of each; or if a
            spreadsheet turned a number into a date.
    """
    seen: dict[str, tuple[int, str]] = {}
    grouped = False
    for place, cell in cells:
        if isinstance(cell, (date, datetime)):
            raise _made_a_date(cell, heading, file, place)
        text = _number_text(cell)
        for sign, sure, unsure in ((",", _COMMA, _COMMA_OR_THOUSANDS), (".", _POINT, _POINT_OR_THOUSANDS)):
            if sure.fullmatch(text) or unsure.fullmatch(text):
                grouped = grouped or ("." in text and "," in text)
                if unsure.fullmatch(text) and grouped:
                    continue
                seen.setdefault(sign, (place, text))
    if len(seen) == 2:
        (comma_row, comma), (point_row, point) = seen[","], seen["."]
        reason = _(
            "Column “{heading}” has a decimal comma in row {comma_row} ({comma}) and a decimal point in row "
            "{point_row} ({point}). Make them equal; nothing was imported."
        )
        raise BadInput(
            reason.format(
                heading=heading, comma_row=comma_row, comma=comma, point_row=point_row, point=point
            ),
            file=file,
        )
    return next(iter(seen), ",")


def _made_a_date(cell: Any, heading: str, file: Path, place: int) -> BadInput:
    reason = _(
        "Column “{heading}” holds {value}: the spreadsheet turned a number into a date. Format the column as "
        "text and enter the number again; nothing was imported."
    )
    shown = cell.date().isoformat() if isinstance(cell, datetime) else str(cell)
    return BadInput(reason.format(heading=heading, value=shown), file=file, place=row_place(place))


def check_identifiers(cells: Iterable[tuple[int, Any]], heading: str, file: Path) -> None:
    """Refuse a column of numbers-as-names in which a spreadsheet made dates.

    Raises:
        BadInput: naming the row.
    """
    for place, cell in cells:
        made = isinstance(cell, (date, datetime))
        if made or (isinstance(cell, str) and _MADE_A_DATE.fullmatch(cell.strip())):
            raise _made_a_date(cell, heading, file, place)


def identifier(cell: Any) -> str:
    """Return a number-as-name as text; a spreadsheet's 1001.0 is 1001."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def text(cell: Any) -> str | None:
    """Return a text, or None for an empty cell."""
    return identifier(cell) or None


def number(cell: Any, sign: str) -> float | None:
    """Return a number, or None for an empty cell.

    Raises:
        WrongCell: if it is no number.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        value = float(cell)
    else:
        found = _number_text(cell)
        other = "." if sign == "," else ","
        try:
            value = float(found.replace(other, "").replace(sign, "."))
        except ValueError:
            value = math.nan
    if not math.isfinite(value):
        raise WrongCell(_("“{value}” is no number").format(value=cell))
    return value


def _number_text(cell: Any) -> str:
    return str("" if cell is None else cell).replace("\u00a0", "").replace("€", "").strip().replace(" ", "")


def whole(cell: Any, sign: str) -> int | None:
    """Return a whole number, or None for an empty cell.

    Raises:
        WrongCell: if it is none.
    """
    value = number(cell, sign)
    if value is not None and not value.is_integer():
        raise WrongCell(_("“{value}” is no whole number").format(value=cell))
    return None if value is None else int(value)


def day(cell: Any) -> str | None:
    """Return a date as ISO text, or None for an empty cell; dd-mm-yyyy and yyyy-mm-dd are read.

    Raises:
        WrongCell: if it is no date.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    found = _DATE.fullmatch(str(cell).strip())
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
        return date.fromisoformat(str(cell).strip()[:10]).isoformat()
    except ValueError:
        raise WrongCell(_("“{value}” is no date; write it as dd-mm-yyyy").format(value=cell)) from None


def yes_or_no(cell: Any) -> bool | None:
    """Return whether a cell says yes, or None for an empty cell.

    Raises:
        WrongCell: if it says something else.
    """
    if cell is None or cell == "" or isinstance(cell, bool):
        return None if cell == "" else cell
    found = {**_YES, **_NO}.get(identifier(cell).lower())
    if found is None:
        raise WrongCell(_("“{value}” is neither Ja nor Nee").format(value=cell))
    return found
