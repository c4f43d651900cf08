"""`stadsveld qc`: data quality tests of readings, JSON lines in, flags out."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import numpy as np

from ..errors import BadInput
from ..observe import Flag, combine, run_each
from ..text import _
from .records import answer_records

#: Words of a record -> parameters of the test.
_WORDS = {
    "gross_range": {"fail": "fail_span", "suspect": "suspect_span"},
    "spike": {"fail": "fail", "suspect": "suspect", "method": "method"},
    "rate_of_change": {"threshold": "suspect", "fail": "fail"},
    "flat_line": {"tolerance": "tolerance", "suspect": "suspect_seconds", "fail": "fail_seconds"},
    "climatology": {"seasons": "seasons"},
    "gap": {"limit": "limit_seconds"},
}
#: What a test needs and has no default for.
_NEEDED = {
    "gross_range": ("fail_span",),
    "spike": ("suspect",),
    "rate_of_change": ("suspect",),
    "flat_line": ("tolerance", "suspect_seconds", "fail_seconds"),
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `qc`."""
    text = _("Flags per reading: 1 good, 2 not judged, 3 suspect, 4 wrong, 9 missing.")
    parser = subparsers.add_parser("qc", description=text)
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    parser.set_defaults(run=lambda _arguments: answer_records(_judge))


def _judge(record: Mapping[str, Any]) -> Mapping[str, Any]:
    times, values = _times(record.get("times")), _values(record.get("values"))
    tests = record.get("tests")
    if not isinstance(tests, dict):
        raise BadInput(_("“{key}” must be an object of tests.").format(key="tests"))
    unit = record.get("unit")
    given = {name: _parameters(name, found, unit) for name, found in tests.items()}
    flags = run_each(values, times, given)
    present = np.where(np.isnan(values), Flag.MISSING, Flag.GOOD).astype(np.uint8)
    aggregate = combine(*flags.values()) if flags else present
    return {
        "flags": {name: found.tolist() for name, found in flags.items()},
        "aggregate": aggregate.tolist(),
    }


def _parameters(name: str, given: object, unit: object) -> dict[str, Any]:
    words = _WORDS.get(name)
    if words is None:
        raise BadInput(_("Unknown data quality test {name}.").format(name=name[:80]))
    if not isinstance(given, dict):
        raise BadInput(_("“{key}” must be an object of tests.").format(key=name))
    if given.get("unit", unit) != unit:
        text = _("The test {name} is in {unit} and the readings in {other}: convert one of them.")
        raise BadInput(text.format(name=name, unit=given["unit"], other=unit))
    unknown = [word for word in given if word not in (*words, "unit")]
    if unknown:
        text = _("The test {name} takes {words}, not {word}.")
        raise BadInput(text.format(name=name, words=", ".join(words), word=unknown[0][:80]))
    parameters = {words[word]: value for word, value in given.items() if word != "unit"}
    for needed in _NEEDED.get(name, ()):
        parameters.setdefault(needed, None)
    _check_numbers(name, parameters)
    return parameters


def _check_numbers(name: str, parameters: Mapping[str, Any]) -> None:
    for key, value in parameters.items():
        is_span = key.endswith("_span")
        if key in ("method", "seasons") or (value is None and key not in ("fail_span", "tolerance")):
            continue
        numbers = value if is_span and isinstance(value, list) and len(value) == 2 else [value]
        if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
            what = _("a list of two numbers") if is_span else _("a number")
            raise BadInput(_("“{field}” must be {what}.").format(field=f"{name}.{key}", what=what))


def _times(times: object) -> Any:
    if not isinstance(times, list):
        raise BadInput(_("“{key}” must be a list of instants.").format(key="times"))
    return np.array([_instant(number, text) for number, text in enumerate(times, 1)], np.int64)


def _instant(number: int, text: object) -> int:
    """Return an ISO instant as ms UTC; one without a time zone is UTC."""
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError as error:
        message = _("Time {number} is no instant such as 2026-05-01T12:00:00Z.")
        raise BadInput(message.format(number=number)) from error
    aware = found if found.tzinfo is not None else found.replace(tzinfo=timezone.utc)
    return round(aware.timestamp() * 1000)


def _values(values: object) -> Any:
    if not isinstance(values, list):
        raise BadInput(_("“{key}” must be a list of numbers or null.").format(key="values"))
    for number, value in enumerate(values, 1):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise BadInput(_("Reading {number} is no number and not null.").format(number=number))
    return np.array([np.nan if value is None else value for value in values], np.float64)
