"""The dock of a sensor: what the register says, its series as a plot, and what the tests found."""

from __future__ import annotations

import html
from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..context import Context
from ..core import errors, model, observe
from ..text import capital, label, number, tr
from . import axis, readings
from .plot import SeriesPlot
from .signs import Legend

#: Fields of the register that the dock shows, per entity.
_FACTS = {
    "sensor": ("kind", "owner", "purpose", "mounting_height", "active_until", "personal_data"),
    "road_section": ("street", "pavement", "function", "area"),
    "structure": ("kind", "material", "built"),
}


class SensorDock(QDockWidget):
    """Shows one measured object at a time."""

    def __init__(self, context: Context) -> None:
        super().__init__(tr("Stadsveld measurements"), context.iface.mainWindow())
        self.setObjectName("stadsveldSensorDock")
        self._context = context
        self._session = context.session
        self._asset: tuple[str, str] | None = None
        self._stream: readings.Stream | None = None
        self._build()
        self._session.opened.connect(self.clear)
        self._session.closed.connect(self.clear)
        self._session.changed.connect(self._renew)
        self.clear()

    def _build(self) -> None:
        body = QWidget(self)
        column = QVBoxLayout(body)
        self._facts = QLabel(body)
        self._facts.setWordWrap(True)
        self._facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._choice = QComboBox(body)
        self._choice.setAccessibleName(tr("Measurement series"))
        self._choice.currentIndexChanged.connect(self._choose)
        self.plot = SeriesPlot(body)
        self.plot.view_changed.connect(self._tell_view)
        self.plot.pointed.connect(self._read_out)
        self._said = QLabel(body)
        self._legend = Legend(body)
        self._summary = QLabel(body)
        self._summary.setWordWrap(True)
        self._told = QLabel(body)
        self._told.setWordWrap(True)
        self._told.setTextFormat(Qt.TextFormat.RichText)
        self._told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for widget in (self._facts, self._choice):
            column.addWidget(widget)
        column.addWidget(self.plot, 1)
        column.addLayout(self._build_row())
        for widget in (self._legend, self._summary, self._told):
            column.addWidget(widget)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setWidget(body)
        self.setWidget(scroll)

    def _build_row(self) -> QHBoxLayout:
        self._everything = QPushButton(tr("Show everything"), self)
        self._everything.clicked.connect(lambda _checked=False: self.plot.show_all())
        row = QHBoxLayout()
        row.addWidget(self._said, 1)
        row.addWidget(self._everything)
        return row

    def clear(self) -> None:
        """Show nothing."""
        self._asset = None
        self._facts.setText(tr("Click a sensor on the map, or an object that is measured."))
        self._fill([])

    def show_asset(self, entity: str, row_id: str) -> bool:
        """Show what is measured at an object; tell whether anything is known of it.

        Raises:
            StadsveldError: its readings cannot be read.
        """
        opened = self._session.store
        row = opened.get(entity, row_id) if opened is not None else None
        if row is None:
            return False
        streams = readings.streams_of(opened, entity, row_id)
        if not streams and entity != "sensor":
            return False
        self._asset = (entity, row_id)
        self._facts.setText(_facts(entity, row))
        self._fill(streams)
        return True

    def _fill(self, streams: list[dict[str, Any]]) -> None:
        self._choice.blockSignals(True)
        self._choice.clear()
        for row in streams:
            self._choice.addItem((row["name"] or "–").replace("_", " "), row)
        self._choice.blockSignals(False)
        self._choice.setVisible(bool(streams))
        self._choose(self._choice.currentIndex())

    def _choose(self, place: int) -> None:
        row = self._choice.itemData(place) if place >= 0 else None
        self._stream = None
        if row is not None and self._session.store is not None:
            try:
                self._stream = readings.read(self._session.store, row)
            except errors.StadsveldError as error:
                self._context.messages.failure(error)
        self._show()

    def _show(self) -> None:
        stream = self._stream
        for widget in (self.plot, self._legend, self._summary, self._told, self._everything):
            widget.setVisible(stream is not None)
        self._said.setText("")
        if stream is None:
            self.plot.show_series(None, "", 0.0)
            if self._asset is not None:
                self._said.setText(tr("No measurement series of this sensor is in the store."))
            return
        self._told.setText(_tests_in_words(stream))
        self.plot.show_series(stream.series, stream.unit, stream.interval)

    def _renew(self) -> None:
        """Read again what may have changed; keep the same series in sight."""
        if self._asset is None:
            return
        name = self._choice.currentText()
        try:
            is_there = self.show_asset(*self._asset)
        except errors.StadsveldError as error:
            self._context.messages.failure(error)
            return
        if not is_there:
            self.clear()
        elif self._choice.findText(name) >= 0:
            self._choice.setCurrentIndex(self._choice.findText(name))

    # What is in sight

    def _tell_view(self, begin: int, end: int) -> None:
        stream = self._stream
        if stream is None or not len(stream.series):
            return
        found = observe.summarise(stream.series, begin, end, stream.interval)
        self._legend.show_counts({int(flag): count for flag, count in found.count.items()})
        period = f"{axis.when(begin, with_time=False)} – {axis.when(end - 1, with_time=False)}"
        coverage = "–" if found.coverage is None else f"{number(100 * found.coverage, 1)}\u202f%"
        parts = [f"<b>{period}</b>", tr("{share} of what was due is good").format(share=coverage)]
        if found.mean is not None:
            words = tr("lowest {low}, mean {mean}, highest {high} of the good readings")
            low, mean, high = (
                f"{number(value, 2)}\u202f{stream.unit}"
                for value in (found.minimum, found.mean, found.maximum)
            )
            parts.append(words.format(low=low, mean=mean, high=high))
        parts.append(_trend_in_words(stream, begin, end))
        self._summary.setText("<br>".join(filter(None, parts)))

    def _read_out(self, words: str) -> None:
        self._said.setText(words)


def _facts(entity: str, row: dict[str, Any]) -> str:
    """Return what the register says, in a few lines."""
    fields = model.ENTITIES[entity]
    title = " – ".join(html.escape(row[name]) for name in ("number", "name") if row.get(name))
    lines = []
    for name in _FACTS.get(entity, ()):
        words = _value(fields.field(name), row[name])
        if words:
            lines.append(f"{html.escape(capital(label(fields.field(name).label)))}: {html.escape(words)}")
    return f'<span style="font-size:large"><b>{title or "–"}</b></span><br>{" · ".join(lines)}'


def _value(field: Any, value: Any) -> str:
    if value in (None, ""):
        return ""
    if field.codes:
        return str(model.CODES[field.codes].label(value))
    if field.kind == "bool":
        return tr("yes") if value else tr("no")
    if field.kind == "date":
        return axis.date_in_words(str(value))
    if field.kind == "real":
        return f"{number(value, 1)}\u202f{field.unit or ''}".strip()
    return str(value)


def _trend_in_words(stream: readings.Stream, begin: int, end: int) -> str:
    """Return the trend of the good readings in sight; empty where there are too few."""
    series = stream.series
    shown = (series.times >= begin) & (series.times < end) & (series.flags == observe.Flag.GOOD)
    try:
        found = observe.trend(series.times[shown], series.values[shown])
    except errors.BadInput:
        return ""
    told = observe.explain_trend(found, stream.unit)
    low, high = (part.shown for part in told.inputs[:2])
    words = tr("Trend of the good readings: {slope} (95 %: {low} to {high})")
    return html.escape(words.format(slope=told.shown, low=low, high=high))


def _tests_in_words(stream: readings.Stream) -> str:
    """Return what each data quality test found over the whole series, and its rule."""
    title = f"<b>{tr('Data quality, whole series')}</b>"
    if not stream.told:
        return f"{title}<br>{tr('No data quality tests are set for this series.')}"
    rows = []
    for told in stream.told:
        found = ", ".join(f"{part.shown} {part.title}" for part in told.inputs) or tr("nothing found")
        name = html.escape(capital(told.title))
        rows.append(
            f"<tr><td><b>{name}</b></td><td>{html.escape(found)}<br>"
            f'<span style="color:#5f6b72">{html.escape(told.formula)}</span></td></tr>'
        )
    return f'{title}<table cellpadding="2">{"".join(rows)}</table>'
