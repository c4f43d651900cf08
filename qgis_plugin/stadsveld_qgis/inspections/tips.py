"""Map tips: what is known of an object under the cursor, with its last inspection and its photo."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

from ..core import errors, model, norms, part
from ..text import label, number, tr

#: Entities that have a map tip.
ENTITIES = ("road_section", "structure", "inspection", "damage", "defect", "task", "sensor")
_WIDTH = 300
_STYLE = (
    "font-family:sans-serif;font-size:10pt;color:#1d2a33;background:#ffffff;"
    f"width:{_WIDTH}px;padding:6px 8px;line-height:1.35"
)


def tip(store: Any, name: str, row_id: str) -> str:
    """Return the HTML of the map tip of a row; empty where it is not in the store."""
    row = store.get(name, row_id)
    if row is None:
        return ""
    lines = "".join(f"<div>{line}</div>" for line in _LINES[name](store, row) if line)
    picture = _picture(photo_url(store, row_id) or _photo_of_damage(store, name, row))
    return f'<div style="{_STYLE}">{lines}{picture}</div>'


def photo_url(store: Any, owner_id: str) -> str:
    """Return the address of the first photo of something, whose file is here; empty where there is none."""
    for row in store.rows("photo", owner_id=owner_id):
        if row["sha256"]:
            try:
                path = store.photos.path(row["sha256"])
            except errors.BadInput:
                continue
            if path.is_file():
                return str(path.absolute().as_uri())
    return ""


def when(instant: str | None) -> str:
    """Return an instant in Dutch legal time, for people."""
    if not instant:
        return ""
    try:
        return model.dutch_time(instant).strftime("%d-%m-%Y %H:%M")
    except ValueError:
        return instant


def _photo_of_damage(store: Any, name: str, row: dict[str, Any]) -> str:
    inspection = _last(store, row) if name == "road_section" else row if name == "inspection" else None
    if inspection is None:
        return ""
    found = (
        photo_url(store, damage["id"]) for damage in store.rows("damage", inspection_id=inspection["id"])
    )
    return next(filter(None, found), "") or photo_url(store, inspection["id"])


def _picture(url: str) -> str:
    if not url:
        return ""
    return f'<img src="{html.escape(url)}" width="{_WIDTH}" style="margin-top:6px">'


def _last(store: Any, row: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = part("work.condition").last_inspection(store, row["id"])
    return found


def _code(name: str, field: str, value: str | None) -> str:
    codes = model.ENTITIES[name].field(field).codes
    return html.escape(model.CODES[codes].label(value)) if codes else html.escape(value or "")


def _bold(*parts: str | None) -> str:
    return f"<b>{html.escape(' – '.join(part for part in parts if part))}</b>"


def _fact(name: str, value: object) -> str:
    return "" if value in (None, "") else f'<span style="color:#5f6b72">{html.escape(name)}:</span> {value}'


def _note(row: dict[str, Any]) -> str:
    return f"<i>{html.escape(row['note'])}</i>" if row.get("note") else ""


def _section(store: Any, row: dict[str, Any]) -> Iterator[str]:
    yield _bold(row["number"], row["street"])
    area = row["area"]
    yield " · ".join(
        filter(
            None, [_code("road_section", "pavement", row["pavement"]), f"{number(area)} m²" if area else ""]
        )
    )
    yield _fact(tr("Condition"), _code("road_section", "condition", row["condition"] or "not_inspected"))
    inspection = _last(store, row)
    if inspection is not None:
        yield from _inspection_body(store, inspection)


def _structure(_store: Any, row: dict[str, Any]) -> Iterator[str]:
    yield _bold(row["number"], row["name"])
    yield " · ".join(html.escape(str(part)) for part in (row["kind"], row["material"], row["built"]) if part)
    if row["replacement_value"]:
        yield _fact(tr("Replacement value"), f"€ {number(row['replacement_value'])}")
    if row["condition_score"] is not None:
        yield _fact(tr("Condition score"), f"<b>{row['condition_score']}</b> (1–6)")
    if row["worst_score"] is not None:
        yield _fact(tr("Worst element"), str(row["worst_score"]))


def _inspection(store: Any, row: dict[str, Any]) -> Iterator[str]:
    asset = store.get(row["asset_entity"], row["asset_id"]) if row["asset_entity"] in model.ENTITIES else None
    yield _bold(tr("Inspection"), asset.get("number") if asset else None)
    yield _fact(tr("Status"), _code("inspection", "status", row["status"]))
    yield from _inspection_body(store, row)


def _inspection_body(store: Any, row: dict[str, Any]) -> Iterator[str]:
    yield _fact(tr("Inspected"), when(row["inspected_at"]))
    yield _fact(tr("Result"), _code("inspection", "result", row["result"]) if row["result"] else "")
    yield _note(row)
    for damage in store.rows("damage", inspection_id=row["id"]):
        yield f"<b>{html.escape(_judged(damage))}</b>"
        yield _note(damage)


def _damage(store: Any, row: dict[str, Any]) -> Iterator[str]:
    yield _bold(_judged(row))
    yield _fact(tr("Severity"), _code("damage", "severity", row["severity"]))
    yield _fact(tr("Extent"), _code("damage", "extent", row["extent"]))
    inspection = store.get("inspection", row["inspection_id"] or "")
    if inspection is not None:
        yield _fact(tr("Inspected"), when(inspection["inspected_at"]))
    yield _note(row)


def _judged(damage: dict[str, Any]) -> str:
    title = norms.load_pack("crow-gvi").title_of(damage["type"] or "") or tr("damage")
    return f"{title} {damage['severity'] or '?'}{damage['extent'] or '?'}"


def _defect(_store: Any, row: dict[str, Any]) -> Iterator[str]:
    yield _bold(row["type"])
    yield _fact(tr("Importance"), _code("defect", "importance", row["importance"]))
    yield _note(row)


def _task(_store: Any, row: dict[str, Any]) -> Iterator[str]:
    yield _bold(row["title"])
    yield _fact(tr("Status"), _code("task", "status", row["status"]))
    yield _fact(tr("Due"), html.escape(row["due"] or ""))
    yield _note(row)


def _sensor(_store: Any, row: dict[str, Any]) -> Iterator[str]:
    yield _bold(row["number"], row["name"])
    for field in ("kind", "owner", "purpose"):
        yield _fact(label(model.ENTITIES["sensor"].field(field).label), html.escape(row[field] or ""))


_LINES = {
    "road_section": _section,
    "structure": _structure,
    "inspection": _inspection,
    "damage": _damage,
    "defect": _defect,
    "task": _task,
    "sensor": _sensor,
}
