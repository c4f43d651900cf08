"""The dock that shows what the drawn area consists of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QGuiApplication, QShowEvent
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QDockWidget,
    QFileDialog,
    QGroupBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ..context import Context, icon
from ..core import design, errors
from ..text import capital, number, tr
from . import kept
from .live import LivePlan
from .widgets import ClassBars, Figure

#: Milliseconds between two renewals of the explanation while the mouse moves.
_EXPLAIN_EVERY = 150
#: Widest that the names of the figures may be in the comparison, pixels.
_NAMES = 170
#: From this many m² on an area is told in hectares.
_HECTARES_FROM = 10_000.0
_MAIN = ("area", "gsi", "paved")


class DesignDock(QDockWidget):
    """Figures, bars, explanation and comparison.

    Signals:
        draw: whether somebody wants to draw.
        erased: the drawing must go.
    """

    draw = pyqtSignal(bool)
    erased = pyqtSignal()

    def __init__(self, context: Context, live: LivePlan) -> None:
        super().__init__(tr("Stadsveld design"), context.iface.mainWindow())
        self.setObjectName("stadsveldDesignDock")
        self._context = context
        self._session = context.session
        self._live = live
        self._polygon: bytes | None = None
        self._asked = ""
        self._kept: list[kept.Kept] = []
        self._explain_timer = _timer(self, _EXPLAIN_EVERY, self._renew_explanation)
        self._compare_timer = _timer(self, 0, self._read_kept)
        self._build()
        live.measured.connect(self._show)
        live.waiting.connect(self._wait)
        self._session.changed.connect(self._compare_timer.start)
        self._session.opened.connect(self._reset)
        self._session.closed.connect(self._reset)
        self.clear()

    # Building

    def _build(self) -> None:
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.addWidget(self._build_draw())
        column.addLayout(self._build_figures())
        self._state = QLabel(body)
        self._state.setWordWrap(True)
        column.addWidget(self._state)
        self._bars = ClassBars(dict(design.load_pack().classes), body)
        self._bars.asked.connect(self.explain)
        column.addWidget(self._bars)
        self._warnings = QLabel(body)
        self._warnings.setWordWrap(True)
        self._warnings.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(self._warnings)
        column.addWidget(self._build_explanation(body))
        column.addLayout(self._build_keep())
        column.addWidget(self._build_comparison(body))
        column.addLayout(self._build_give())
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setWidget(body)
        self.setWidget(scroll)

    def _build_draw(self) -> QPushButton:
        self._draw = QPushButton(icon("design"), tr("Draw an area"), self)
        self._draw.setCheckable(True)
        self._draw.clicked.connect(self.draw.emit)
        return self._draw

    def _build_give(self) -> QHBoxLayout:
        self._copy = QPushButton(tr("Copy"), self)
        self._copy.setToolTip(tr("Copy the figures with their explanations as text"))
        self._copy.clicked.connect(lambda _checked=False: self.copy())
        self._export = QPushButton(tr("Export…"), self)
        self._export.setToolTip(tr("Write the figures of this and of the kept areas to a CSV file"))
        self._export.clicked.connect(lambda _checked=False: self._ask_file())
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._copy)
        row.addWidget(self._export)
        return row

    def _build_figures(self) -> QHBoxLayout:
        titles = (tr("Area"), tr("GSI"), tr("Paved share"))
        self._figures = {key: Figure(title, self) for key, title in zip(_MAIN, titles, strict=True)}
        row = QHBoxLayout()
        for key, figure in self._figures.items():
            figure.asked.connect(lambda key=key: self.explain(key))
            row.addWidget(figure, 1)
        return row

    def _build_explanation(self, parent: QWidget) -> QWidget:
        self._explanation = QGroupBox(tr("Explanation"), parent)
        self._told = QTextBrowser(self._explanation)
        self._told.setMinimumHeight(230)
        self._told.setAccessibleName(tr("Explanation"))
        close = QPushButton(tr("Close"), self._explanation)
        close.setAccessibleName(tr("Close the explanation"))
        close.clicked.connect(lambda _checked=False: self.explain(""))
        column = QVBoxLayout(self._explanation)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self._told, 1)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self._explanation.hide()
        return self._explanation

    def _build_keep(self) -> QHBoxLayout:
        self._name = QLineEdit(self)
        self._name.setAccessibleName(tr("Name of the area"))
        self._name.setToolTip(tr("Name of the area"))
        self._name.returnPressed.connect(self.keep)
        self._keep = QPushButton(tr("Keep"), self)
        self._keep.setToolTip(tr("Keep this area in the store, to compare others with it"))
        self._keep.clicked.connect(lambda _checked=False: self.keep())
        row = QHBoxLayout()
        row.addWidget(self._name, 1)
        row.addWidget(self._keep)
        return row

    def _build_comparison(self, parent: QWidget) -> QTableWidget:
        self._table = QTableWidget(parent)
        self._table.setAccessibleName(tr("Comparison of areas"))
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._table.setAlternatingRowColors(True)
        self._table.setWordWrap(False)
        self._table.verticalHeader().setMaximumWidth(_NAMES)
        self._table.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._table.hide()
        return self._table

    # The drawing

    def set_drawing(self, is_drawing: bool) -> None:
        """Show whether the map tool is in use."""
        self._draw.setChecked(is_drawing)
        if self._live.indicators is None:
            self._say_what_to_do()

    def take(self, polygon: bytes, is_finished: bool) -> None:
        """Take the polygon that is drawn (WKB in RD); a finished one can be kept."""
        begins_anew = self._polygon is None
        self._polygon = polygon
        self._is_finished = is_finished
        if begins_anew:
            self._bars.clear()
        self._allow()

    def clear(self) -> None:
        """Show nothing."""
        self._live.clear()
        self._polygon = None
        self._is_finished = False
        for figure in self._figures.values():
            figure.show_value("–")
            figure.set_stale(False)
        self._bars.clear()
        self._warnings.hide()
        self.explain("")
        self._say_what_to_do()
        self._allow()

    def _say_what_to_do(self) -> None:
        if self._session.store is None:
            words = tr("No store is open.")
        elif self._draw.isChecked():
            words = tr("Click the corners on the map. Right-click or Enter finishes, Backspace takes back.")
        else:
            words = tr("Draw an area on the map to see what it consists of.")
        self._state.setText(words)
        self._state.show()

    def _allow(self) -> None:
        is_measured = self._live.indicators is not None and not self._live.indicators.reason
        self._keep.setEnabled(self._is_finished and is_measured)
        self._name.setEnabled(self._is_finished and is_measured)
        if self._keep.isEnabled() and not self._name.text():
            self._name.setText(kept.next_name(self._session.store))
        self._copy.setEnabled(is_measured)
        self._export.setEnabled(is_measured or bool(self._kept))
        self._draw.setEnabled(self._session.store is not None)

    def _wait(self) -> None:
        for figure in self._figures.values():
            figure.set_stale(True)
        self._state.setText(tr("Being recomputed…"))
        self._state.show()

    def _show(self, found: Any) -> None:
        self._figures["area"].show_value(*_area_in_words(found.area))
        self._figures["gsi"].show_value(found.gsi.shown, _built(found))
        self._figures["paved"].show_value(found.paved.shown, _band(found))
        for figure in self._figures.values():
            figure.set_stale(False)
        self._bars.show_classes({part.name: part for part in found.classes})
        self._state.setText(found.reason)
        self._state.setVisible(bool(found.reason))
        self._warnings.setText("\n".join(f"⚠ {text}" for text in found.warnings))
        self._warnings.setVisible(bool(found.warnings))
        self._allow()
        if self._asked and not self._explain_timer.isActive():
            self._explain_timer.start()
        if self._is_finished:
            self._renew_explanation()
            self._fill_comparison()

    # Why

    def explain(self, key: str) -> None:
        """Show where a figure comes from: area, gsi, paved or a class; an empty key shows nothing."""
        self._asked = key
        self._explanation.setVisible(bool(key))
        self._renew_explanation()

    def _renew_explanation(self) -> None:
        self._explain_timer.stop()
        if not self._asked or self._live.indicators is None:
            self._told.clear()
            return
        told = dict(kept.values(self._live.indicators)).get(self._asked)
        place = self._told.verticalScrollBar().value()
        self._told.setHtml(told.as_html() if told is not None else "")
        self._told.verticalScrollBar().setValue(place)

    @property
    def explanation(self) -> str:
        """The explanation on the screen, as plain text."""
        return self._told.toPlainText()

    # Keeping and comparing

    def keep(self) -> None:
        """Keep the finished area in the store under the name that was given."""
        if not self._keep.isEnabled() or self._polygon is None:
            return
        name = self._name.text().strip() or kept.next_name(self._session.store)
        try:
            kept.keep(self._session.store, name, self._polygon)
        except errors.StadsveldError as error:
            self._context.messages.failure(error)
            return
        self._session.keep_edits()
        self._context.messages.success(tr("{name} was kept.").format(name=name))
        self._name.clear()
        self.clear()
        self.erased.emit()
        self._read_kept()

    def _reset(self) -> None:
        self.clear()
        self.erased.emit()
        self._name.clear()
        self._compare_timer.start()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Compare when there is somebody to see it."""
        super().showEvent(event)
        self._compare_timer.start()

    def _read_kept(self) -> None:
        if self._session.store is None:
            self._kept = []
        elif self.isVisible():
            try:
                self._kept = kept.read(self._session.store)
            except errors.StadsveldError as error:
                self._context.messages.failure(error)
        self._fill_comparison()
        self._allow()

    def _areas(self) -> list[kept.Kept]:
        """Return the kept areas and, last, the one that is drawn now."""
        now = self._live.indicators
        if now is None or now.reason or not self._is_finished:
            return list(self._kept)
        return [*self._kept, kept.Kept("", tr("now"), now)]

    def _fill_comparison(self) -> None:
        areas = self._areas()
        self._table.setVisible(bool(self._kept))
        figures = [
            dict(kept.values(area.indicators)) if area.indicators is not None else {} for area in areas
        ]
        classes = design.load_pack().classes
        keys = [*_MAIN, *(name for name in classes if any(name in found for found in figures))]
        titles = {"area": tr("Area"), "gsi": tr("GSI"), "paved": tr("Paved share")}
        titles |= {name: capital(look.title) for name, look in classes.items()}
        self._table.setColumnCount(len(areas))
        self._table.setRowCount(len(keys))
        self._table.setHorizontalHeaderLabels([area.name for area in areas])
        self._table.setVerticalHeaderLabels([titles[key] for key in keys])
        for line, key in enumerate(keys):
            for place, found in enumerate(figures):
                item = QTableWidgetItem(_cell(key, found))
                item.setTextAlignment(int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
                self._table.setItem(line, place, item)
        rows = sum(self._table.rowHeight(line) for line in range(len(keys)))
        self._table.setFixedHeight(rows + self._table.horizontalHeader().height() + 4)

    # Giving away

    def copy(self) -> None:
        """Put the figures with their explanations on the clipboard."""
        if self._live.indicators is not None:
            told = (found.as_text() for _key, found in kept.values(self._live.indicators))
            QGuiApplication.clipboard().setText("\n\n".join(told))

    def _ask_file(self) -> None:
        preferences = self._context.preferences
        start = str(Path(preferences.last_folder or "") / f"{tr('areas')}.csv")
        dialog = QFileDialog(self, tr("Export the figures"), start, "CSV (*.csv)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.export)
        dialog.open()

    def export(self, file: str) -> None:
        """Write the figures of all areas in sight to a CSV file."""
        areas = self._areas()
        now = self._live.indicators
        if now is not None and not self._is_finished and not now.reason:
            areas.append(kept.Kept("", tr("now"), now))
        try:
            kept.write_csv(Path(file), areas)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self._context.messages.warning(
                tr("{file} cannot be written: {reason}").format(file=file, reason=reason)
            )
            return
        self._context.messages.success(tr("Written: {file}").format(file=file))


def _timer(owner: DesignDock, milliseconds: int, then: Any) -> QTimer:
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(then)
    return timer


def _built(found: Any) -> str:
    """Return the built area in a few words."""
    built = next((part.explanation.shown for part in found.classes if part.name == "pand"), None)
    return tr("{area} built").format(area=built) if built else ""


def _band(found: Any) -> str:
    """Return the warning that there is a band, in a few words; the explanation tells it in full."""
    return tr("uncertain") if found.paved.warnings else ""


def _area_in_words(told: Any) -> tuple[str, str]:
    """Return an area in the unit that reads best, and in the other one."""
    if told.value is None or told.value < _HECTARES_FROM:
        return told.shown, ""
    return f"{number(told.value / 10_000, 2)}\u202fha", told.shown


def _cell(key: str, found: dict[str, Any]) -> str:
    if not found:
        return tr("too large")
    if key == "area":
        return _area_in_words(found[key])[0]
    if key in _MAIN:
        return str(found[key].shown)
    total = found["area"].value
    value = found[key].value if key in found else 0.0
    return f"{number(100 * value / total, 1)}\u202f%" if total else "–"
