"""Imports from QGIS: what every way in (menu, drop, dialog) calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import QgsVectorLayer

from ..context import Context
from ..core import errors, part
from ..dialogs import ReportDialog
from ..text import tr
from . import reports

REGISTER_ENDINGS = (".csv", ".txt", ".xlsx", ".gpkg", ".shp")


class Imports:
    """Runs imports on the open store and shows their reports."""

    def __init__(self, context: Context, show_layers: Callable[[], None]) -> None:
        self._context = context
        self._show_layers = show_layers

    def bgt(self, file: Path, bbox: tuple[float, ...] | None = None, at: str | None = None) -> None:
        """Import a BGT delivery, within `bbox` (EPSG:28992) and as valid on `at` (ISO date)."""
        options = {key: value for key, value in (("bbox", bbox), ("at", at)) if value is not None}

        def job(store: Any, progress: Any) -> Any:
            return part("work.import_bgt").import_bgt(store, file, progress=progress, **options)

        def done(report: Any) -> None:
            found = report.as_json()
            stored = sum(counts["stored"] for counts in found["classes"].values())
            text = tr("{file}: {n} BGT objects are in the store.").format(file=file.name, n=stored)
            self._tell(text, tr("Import of the BGT"), reports.bgt(found))

        self._context.run(tr("Import of {file}").format(file=file.name), job, done)

    def register(self, file: Path, kind: str, name: str | None = None, sheet: str | None = None) -> None:
        """Import the municipality's own register of objects of a kind."""

        def job(store: Any, progress: Any) -> Any:
            importer = part("work.import_register").import_register
            options = {"name": name or None, "sheet": sheet or None, "vector_reader": read_vector}
            return importer(store, file, kind, progress=progress, **options)

        def done(report: Any) -> None:
            found = report.as_dict()
            text = tr("{file}: {n} objects imported, {refused} rows refused.")
            text = text.format(file=file.name, n=found["imported"], refused=len(found["refused"]))
            self._tell(text, tr("Import of a register"), reports.register(found))

        self._context.run(tr("Import of {file}").format(file=file.name), job, done)

    def sections(self) -> None:
        """Let road sections follow from the BGT, where there is no register of them."""

        def job(store: Any, progress: Any) -> Any:
            return part("work.sections").sections_from_bgt(store, progress=progress)

        def done(report: Any) -> None:
            text = report.skipped or tr("{n} road sections follow from the BGT.").format(n=report.sections)
            self._context.messages.success(text)
            self._show_layers()

        self._context.run(tr("Road sections from the BGT"), job, done)

    def results(self, kind: str, file: Path) -> None:
        """Export the last inspection of every object of a kind under the municipality's numbers."""

        def job(store: Any, progress: Any) -> Any:
            return part("work.export_results").export_results(store, kind, file, progress=progress)

        def done(rows: int) -> None:
            self._context.messages.success(tr("{n} rows written to {file}.").format(n=rows, file=file.name))

        self._context.run(tr("Export of results"), job, done)

    def _tell(self, text: str, title: str, content: str) -> None:
        window = self._context.iface.mainWindow()
        show = (tr("Show report"), lambda: ReportDialog(title, content, window).show())
        self._context.messages.success(text, show)
        self._show_layers()


def read_vector(
    file: Path, layer: str | None
) -> tuple[list[str], list[tuple[list[Any], bytes | None]], int | None]:
    """Read a vector file for the core by QGIS's own reader: headings, (values, WKB) rows, EPSG code.

    Raises:
        BadInput: QGIS cannot read it.
    """
    found = QgsVectorLayer(f"{file}|layername={layer}" if layer else str(file), file.stem, "ogr")
    if not found.isValid():
        raise errors.BadInput(tr("QGIS cannot read this file."), file=file)
    rows = []
    for feature in found.getFeatures():
        geometry = feature.geometry()
        values = [_plain(value) for value in feature.attributes()]
        rows.append((values, None if geometry.isNull() else bytes(geometry.asWkb())))
    code = found.crs().authid().removeprefix("EPSG:")
    return [field.name() for field in found.fields()], rows, int(code) if code.isdigit() else None


def _plain(value: Any) -> Any:
    if hasattr(value, "isNull") and value.isNull():
        return None
    return (
        value.toPyDateTime()
        if hasattr(value, "toPyDateTime")
        else (value.toPyDate() if hasattr(value, "toPyDate") else value)
    )
