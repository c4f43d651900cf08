"""Exports the results of inspections under the municipality's own numbers."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..jobs import Progress
from ..model import entity
from ..sources.register.gpkg_writer import NewLayer, write_geopackage
from ..store import Store
from ..text import _
from .xlsx import write_xlsx

#: What can be exported, with the fields of the object that go along.
_OBJECT_FIELDS = {
    "road_section": ("number", "road", "segment", "street", "road_type", "pavement", "function", "area"),
    "structure": ("number", "name", "kind", "material", "built"),
    "sensor": ("number", "name", "kind"),
}
_STATE_FIELDS = ("condition", "inspected_on")
_INSPECTION_FIELDS = ("inspected_at", "kind", "result", "norm_pack", "norm_edition", "note")
_FINDING_FIELDS = ("type", "severity", "extent", "measured", "measured_unit", "minor_maintenance", "note")
_DEFECT_FIELDS = ("type", "importance", "intensity", "extent_percent", "note")
#: Dutch headings, as the register files have them.
_HEADINGS = {
    "number": "nummer", "road": "weg", "segment": "wegvak", "street": "straat", "road_type": "wegtype",
    "pavement": "verharding", "function": "functie", "area": "oppervlakte", "name": "naam", "kind": "soort",
    "material": "hoofdmateriaal", "built": "bouwjaar", "condition": "toestand",
    "inspected_on": "laatst geïnspecteerd", "inspection_inspected_at": "inspectie tijdstip",
    "inspection_kind": "soort inspectie", "inspection_result": "resultaat",
    "inspection_norm_pack": "normpakket", "inspection_norm_edition": "normeditie",
    "inspection_note": "opmerking inspectie", "finding_type": "schade of gebrek", "finding_severity": "ernst",
    "finding_extent": "omvang", "finding_measured": "gemeten waarde",
    "finding_measured_unit": "eenheid gemeten waarde", "finding_minor_maintenance": "klein onderhoud",
    "finding_note": "opmerking", "finding_importance": "belang", "finding_intensity": "intensiteit",
    "finding_extent_percent": "omvang procent", "component": "bouwdeel",
}  # fmt: skip


def export_results(store: Store, kind: str, file: Path, progress: Progress | None = None) -> int:
    """Write the last inspection of every object, with its damages or defects, and return the rows.

    One row per finding; an object without findings, or without an inspection, has one row. Names of
    inspectors are left out. The file appears whole or not at all.

    Args:
        store: the store.
        kind: `road_section`, `structure` or `sensor`.
        file: .csv, .xlsx or .gpkg; replaced if it is there.
        progress: told how far it is.

    Raises:
        BadInput: for another kind or ending, or if the file cannot be written.
    """
    progress = progress or Progress()
    if kind not in _OBJECT_FIELDS:
        reason = _("“{kind}” has no results to export; there are: {kinds}.")
        raise BadInput(reason.format(kind=kind, kinds=", ".join(_OBJECT_FIELDS)))
    writers = {".csv": _write_csv, ".xlsx": _write_xlsx, ".gpkg": _write_gpkg}
    writer = writers.get(file.suffix.lower())
    if writer is None:
        raise BadInput(_("Results can be written as CSV, XLSX or GeoPackage."), file=file)
    columns = _columns(kind)
    rows = list(_rows(store, kind, columns, progress))
    unfinished = file.with_name(f".{file.name}.part")
    try:
        writer(unfinished, kind, columns, rows)
        unfinished.replace(file)
    except (OSError, sqlite3.Error) as failed:
        unfinished.unlink(missing_ok=True)
        raise BadInput(_("The file cannot be written: {why}.").format(why=failed), file=file) from failed
    progress.report(1.0, "")
    return len(rows)


def _columns(kind: str) -> list[str]:
    state = [name for name in _STATE_FIELDS if name in {field.name for field in entity(kind).fields}]
    inspection = [f"inspection_{name}" for name in _INSPECTION_FIELDS]
    names = _DEFECT_FIELDS if kind == "structure" else _FINDING_FIELDS
    findings = [f"finding_{name}" for name in names]
    component = ["component"] if kind == "structure" else []
    return [*_OBJECT_FIELDS[kind], *state, *inspection, *component, *findings]


def _rows(
    store: Store, kind: str, columns: list[str], progress: Progress
) -> Iterator[tuple[bytes | None, list[Any]]]:
    """Yield (geometry, values in order of `columns`)."""
    inspections = _last_inspections(store, kind)
    findings_entity = "defect" if kind == "structure" else "damage"
    objects = [row for row in store.rows(kind) if row["ended"] is None]
    objects.sort(key=lambda row: str(row["number"]))
    for place, found in enumerate(objects):
        if place % 100 == 0:
            progress.report(place / len(objects), _("Collecting results"))
        values = {name: found.get(name) for name in columns}
        inspection = inspections.get(found["id"])
        findings: list[dict[str, Any]] = []
        if inspection is not None:
            values.update({f"inspection_{name}": inspection.get(name) for name in _INSPECTION_FIELDS})
            findings = list(store.rows(findings_entity, inspection_id=inspection["id"]))
        for finding in findings or [{}]:
            told = {f"finding_{name}": value for name, value in finding.items()}
            told["component"] = _component_name(store, finding.get("component_id"))
            yield found["geom"], [{**values, **told}.get(name) for name in columns]


def _last_inspections(store: Store, kind: str) -> dict[str, dict[str, Any]]:
    """Return object id -> its last finished inspection."""
    last: dict[str, dict[str, Any]] = {}
    for row in store.rows("inspection", asset_entity=kind):
        best = last.get(row["asset_id"])
        newer = best is None or _moment(row) > _moment(best)
        if row["status"] == "finished" and newer:
            last[row["asset_id"]] = row
    return last


def _moment(inspection: dict[str, Any]) -> tuple[str, str]:
    return inspection["inspected_at"] or "", inspection["id"]


def _component_name(store: Store, component_id: str | None) -> str | None:
    found = None if component_id is None else store.get("component", component_id)
    return None if found is None else str(found["name"])


def _heading(name: str) -> str:
    return _HEADINGS.get(name, name)


def _write_csv(file: Path, kind: str, columns: list[str], rows: list[tuple[bytes | None, list[Any]]]) -> None:
    """Write semicolons and decimal commas, with a byte order mark so that Excel reads the accents."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow(map(_heading, columns))
        writer.writerows([_comma(value) for value in values] for _geometry, values in rows)


def _comma(value: Any) -> Any:
    """Return a number with a decimal comma; a text that a spreadsheet would run gets an apostrophe."""
    if isinstance(value, float):
        return repr(value).replace(".", ",")
    if isinstance(value, str) and value[:1] in ("=", "+", "@", "\t"):
        return "'" + value
    return value


def _write_xlsx(
    file: Path, kind: str, columns: list[str], rows: list[tuple[bytes | None, list[Any]]]
) -> None:
    headings = [_heading(name) for name in columns]
    write_xlsx(file, entity(kind).name, [headings, *(values for _geometry, values in rows)])


def _write_gpkg(
    file: Path, kind: str, columns: list[str], rows: list[tuple[bytes | None, list[Any]]]
) -> None:
    types = {"real": "DOUBLE", "int": "INTEGER", "bool": "BOOLEAN"}
    kinds = {field.name: field.kind for field in entity(kind).fields}
    for name in ("damage", "defect"):
        kinds.update({f"finding_{field.name}": field.kind for field in entity(name).fields})
    typed = [(name, types.get(kinds.get(name, "text"), "TEXT")) for name in columns]
    write_geopackage(file, [NewLayer("results", entity(kind).geometry or "GEOMETRY", typed, rows)])
