"""The reports of imports and synchronisation, as HTML a person can read."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..text import number, tr

_STYLE = (
    "<style>body{font-family:sans-serif;color:#1d2a33}th{text-align:left;background:#e8eef0}"
    "td,th{padding:2px 8px;white-space:nowrap}.n{text-align:right}.bad{color:#b3261e}</style>"
)
#: Most refused objects that are listed one by one.
_MOST = 200
#: Square metres below which surfaces close.
CLOSES = 1.0


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table; numbers stand right."""
    head = "".join(f"<th>{html.escape(text)}</th>" for text in headings)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f'<table cellspacing="0"><tr>{head}</tr>{body}</table>'


def _cell(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<td class="n" align="right">{number(value, 0 if isinstance(value, int) else 3)}</td>'
    return f"<td>{html.escape(str(value))}</td>"


def bgt(report: Mapping[str, Any]) -> str:
    """Return the report of a BGT import."""
    parts = [_STYLE, f"<h2>{tr('Import of the BGT')}</h2>", _mutations(report["mutations"])]
    closure = report.get("closure")
    parts.append(f"<h3>{tr('Closure check')}</h3>")
    parts.append(_closure(closure) if closure else f"<p>{tr('Not done.')}</p>")
    counted = [
        tr("present"),
        tr("read"),
        tr("current"),
        tr("ended"),
        tr("planned"),
        tr("invalid"),
        tr("stored"),
    ]
    headings = [tr("class"), *counted]
    keys = ("present", "read", "current", "ended", "planned", "invalid", "stored")
    found = {name: counts for name, counts in report["classes"].items() if counts["present"]}
    rows = [[name, *(counts.get(key, 0) for key in keys)] for name, counts in found.items()]
    parts += [f"<h3>{tr('Objects')}</h3>", table(headings, rows), _refused(report["problems"])]
    return "".join(parts)


def _closure(closure: Mapping[str, Any]) -> str:
    closes = closure["overlap_m2"] < CLOSES and closure["gap_m2"] < CLOSES
    verdict = (
        tr("The surfaces at ground level close.")
        if closes
        else tr("The surfaces at ground level do not close.")
    )
    rows = [
        [tr("area checked (m²)"), round(closure["square_m2"])],
        [tr("overlap (m²)"), float(closure["overlap_m2"])],
        [tr("gap (m²)"), float(closure["gap_m2"])],
    ]
    return f"<p><b>{verdict}</b></p>" + table([tr("quantity"), tr("value")], rows)


def _mutations(found: Mapping[str, int]) -> str:
    text = tr("{new} new, {changed} changed, {ended} ended.")
    counts = {key: number(found.get(key, 0)) for key in ("new", "changed", "ended")}
    return f"<p>{text.format(**counts)}</p>"


def _refused(found: Sequence[Any]) -> str:
    if not found:
        return f"<p>{tr('Nothing was refused.')}</p>"
    lines = "".join(f"<li>{html.escape(_refusal(item))}</li>" for item in found[:_MOST])
    more = f"<p>{tr('… and {n} more').format(n=len(found) - _MOST)}</p>" if len(found) > _MOST else ""
    return f"<h3>{tr('Refused')}: {len(found)}</h3><ul>{lines}</ul>{more}"


def _refusal(item: Any) -> str:
    if isinstance(item, Mapping):
        return ": ".join(str(value) for value in item.values() if value not in (None, ""))
    return str(item)


def register(report: Mapping[str, Any]) -> str:
    """Return the report of a register import."""
    links = report["links"]
    rows = [
        [tr("rows in the file"), report["rows"]],
        [tr("objects imported"), report["imported"]],
        [tr("links with the BGT, confirmed"), links.get("confirmed", 0)],
        [tr("links with the BGT, proposed"), links.get("proposed", 0)],
        [tr("BGT ids that are not in the store"), links.get("absent", 0)],
    ]
    remarks = "".join(f"<li>{html.escape(text)}</li>" for text in report["remarks"])
    mapping = [[column, field] for column, field in report["mapping"].items()]
    return "".join(
        (
            _STYLE,
            f"<h2>{tr('Import of a register')}</h2>",
            _mutations(report["mutations"]),
            table([tr("quantity"), tr("number")], rows),
            f"<ul>{remarks}</ul>" if remarks else "",
            _refused(report["refused"]),
            f"<h3>{tr('Columns')}</h3>" + table([tr("column"), tr("field")], mapping) if mapping else "",
        )
    )


def sync(report: Any) -> str:
    """Return what a synchronisation did, in plain words."""
    done = report.as_json()
    rows = [
        [tr("changes sent"), done["pushed"]],
        [tr("of those, taken by the central store"), done["accepted"] + done["duplicate"]],
        [tr("changes and rows received"), done["pulled"]],
        [tr("photos sent"), done["photos_sent"]],
        [tr("photos received"), done["photos_received"]],
        [tr("values that two people changed differently"), done["conflicts"]],
    ]
    return (
        _STYLE
        + f"<h2>{tr('Synchronised')}</h2>"
        + table([tr("quantity"), tr("number")], rows)
        + _refused(
            [{"kind": item.get("entity"), "reason": item.get("reason")} for item in done["quarantined"]]
        )
    )
