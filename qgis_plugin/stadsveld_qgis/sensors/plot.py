"""A year of readings as a plot of our own: envelope, axes, faults by colour and sign, zoom, read-out."""

from __future__ import annotations

from typing import Any

import numpy as np
from qgis.PyQt.QtCore import QLineF, QPointF, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ..core import observe
from ..text import number, tr
from . import axis, signs

_YEAR = 366 * 24 * 3_600_000
_TOP, _RIGHT, _STRIP, _GAP = 8, 10, 9, 4
#: Pixels per sign along the time axis, so that signs stay apart.
_SIGN_STEP = 5
#: With fewer readings than this per column each is drawn as it is.
_DENSE = 1.5
#: How far beyond the accepted values flagged ones may stretch the value axis.
_STRETCH = 1.0
_NOTHING = "–"


class SeriesPlot(QWidget):
    """Shows one series. Wheel zooms, dragging moves, double click shows all of it again.

    Signals:
        view_changed: begin and end of what is in sight, ms UTC.
        pointed: what is under the pointer, in words; empty where nothing is.
    """

    view_changed = pyqtSignal(object, object)
    pointed = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(260)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Plot of the readings"))
        self.setToolTip(tr("Wheel: zoom. Drag: move. Double click: show everything."))
        self._series: Any = None
        self._unit = ""
        self._decimals = 1
        self._interval = 0.0
        self._silences = np.empty((0, 2), np.int64)
        self._view = (0, 1)
        self._picture: QPixmap | None = None
        self._range = (0.0, 1.0)
        self._margin = 40.0
        self._hover: int | None = None
        self._drag: tuple[float, tuple[int, int]] | None = None

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size that reads well."""
        return QSize(460, 300)

    def show_series(self, series: Any, unit: str, interval: float) -> None:
        """Show a series; None shows nothing. A long one shows its last year first."""
        self._series = series if series is not None and len(series) else None
        self._unit, self._interval = unit, interval
        self._hover = None
        if self._series is not None:
            self._decimals = _decimals_of(series.values)
            self._silences = observe.silences(series, interval)
            begin, end = self.extent
            self._view = (max(begin, end - _YEAR), end)
        self._redraw()

    @property
    def extent(self) -> tuple[int, int]:
        """First and last instant of the series, ms UTC."""
        return int(self._series.times[0]), int(self._series.times[-1]) + 1

    @property
    def view(self) -> tuple[int, int]:
        """What is in sight: begin and end, ms UTC."""
        return self._view

    def show_all(self) -> None:
        """Show the whole series."""
        if self._series is not None:
            self._look_at(*self.extent)

    def zoom(self, factor: float, around: float = 0.5) -> None:
        """Show `factor` times as long a stretch, keeping what is at the fraction `around` in place."""
        if self._series is None:
            return
        begin, end = self._view
        span = (end - begin) * factor
        centre = begin + around * (end - begin)
        self._look_at(round(centre - around * span), round(centre + (1 - around) * span))

    def move_by(self, part: float) -> None:
        """Move along the time axis by a part of what is in sight."""
        if self._series is not None:
            begin, end = self._view
            step = round(part * (end - begin))
            self._look_at(begin + step, end + step)

    def _look_at(self, begin: int, end: int) -> None:
        first, last = self.extent
        shortest = max(8000.0 * self._interval, 60_000.0)
        span = int(min(max(end - begin, shortest), last - first))
        begin = min(max(round((begin + end - span) / 2), first), last - span)
        self._view = (begin, begin + span)
        self._redraw()

    def _redraw(self) -> None:
        self._picture = None
        self.update()
        self.view_changed.emit(*self._view)

    # Where things are

    def _frame(self) -> QRectF:
        metrics = self.fontMetrics()
        left = self._margin
        top = _TOP + metrics.height()
        bottom = metrics.height() + 6 + _STRIP + _GAP
        return QRectF(left, top, max(self.width() - left - _RIGHT, 10), max(self.height() - top - bottom, 10))

    def _x(self, instant: float, frame: QRectF) -> float:
        begin, end = self._view
        return float(frame.left() + (instant - begin) / max(end - begin, 1) * frame.width())

    def _y(self, value: float, frame: QRectF) -> float:
        low, high = self._range
        return float(frame.bottom() - (value - low) / (high - low) * frame.height())

    def _measure_range(self) -> tuple[float, float]:
        inside = self._series.between(*self._view)
        flags = observe.Flag
        present = ~np.isnan(inside.values)
        accepted = inside.values[present & np.isin(inside.flags, (flags.GOOD, flags.UNKNOWN))]
        everything = inside.values[present]
        if not everything.size:
            return 0.0, 1.0
        base = accepted if accepted.size else everything
        low, high = float(base.min()), float(base.max())
        room = _STRETCH * max(high - low, 1e-9)
        low = max(float(everything.min()), low - room)
        high = min(float(everything.max()), high + room)
        edge = 0.06 * (high - low) or max(abs(high) * 0.05, 0.5)
        return low - edge, high + edge

    # Drawing

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the plot, and the read-out over it."""
        if self._picture is None or self._picture.size() != self.size() * self.devicePixelRatioF():
            self._picture = self._draw()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._hover is not None and self._series is not None:
            self._draw_hover(painter)
        painter.end()

    def _draw(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.palette().color(self.backgroundRole()))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        frame = self._frame()
        if self._series is None:
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), tr("No readings"))
        else:
            self._range = self._measure_range()
            marks = axis.value_marks(
                *self._range, max(2, int(frame.height() / (2.6 * self.fontMetrics().height())))
            )
            self._margin = max(self.fontMetrics().horizontalAdvance(mark.text) for mark in marks) + 9
            frame = self._frame()
            painter.fillRect(frame, self.palette().base())
            self._draw_value_axis(painter, frame, marks)
            self._draw_time_axis(painter, frame)
            painter.save()
            painter.setClipRect(frame.adjusted(-1, -1, 1, 1))
            self._draw_silences(painter, frame)
            self._draw_line(painter, frame)
            painter.restore()
            self._draw_signs(painter, frame)
            self._draw_strip(painter, frame)
        painter.end()
        return picture

    def _inks(self) -> tuple[QColor, QColor, QColor]:
        """Return the colours of text, of major marks and of other marks."""
        ink = self.palette().color(self.foregroundRole())
        major, faint = QColor(ink), QColor(ink)
        major.setAlpha(110)
        faint.setAlpha(35)
        return ink, major, faint

    def _draw_value_axis(self, painter: QPainter, frame: QRectF, marks: list[axis.Mark]) -> None:
        ink, _major, faint = self._inks()
        height = self.fontMetrics().height()
        painter.setPen(ink)
        above = QRectF(frame.left(), 0, frame.width(), frame.top() - 3)
        painter.drawText(above, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self._unit)
        for mark in marks:
            y = self._y(mark.at, frame)
            painter.setPen(faint)
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            painter.setPen(ink)
            box = QRectF(0, y - height / 2, frame.left() - 5, height)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), mark.text)

    def _draw_time_axis(self, painter: QPainter, frame: QRectF) -> None:
        ink, major, faint = self._inks()
        metrics = self.fontMetrics()
        baseline = frame.bottom() + _GAP + _STRIP + 2 + metrics.ascent()
        room = metrics.horizontalAdvance("00 mm") if self._is_long else metrics.horizontalAdvance("00 mmm 00")
        for mark in axis.time_marks(*self._view, int(frame.width() / room)):
            x = self._x(mark.at, frame)
            painter.setPen(major if mark.is_major else faint)
            painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            painter.setPen(ink)
            half = metrics.horizontalAdvance(mark.text) / 2
            left = min(max(x - half, 0.0), self.width() - 2 * half)
            painter.drawText(QPointF(left, baseline), mark.text)
        painter.setPen(faint)
        painter.drawRect(frame)

    @property
    def _is_long(self) -> bool:
        """Whether the time axis shows months."""
        return self._view[1] - self._view[0] > _YEAR // 3

    def _draw_silences(self, painter: QPainter, frame: QRectF) -> None:
        for first, last in self._silences_in_sight():
            left, right = self._x(first, frame), self._x(last, frame)
            signs.draw_missing(painter, QRectF(left, frame.top(), max(right - left, 1.0), frame.height()))

    def _silences_in_sight(self) -> Any:
        begin, end = self._view
        found = self._silences
        return found[(found[:, 1] > begin) & (found[:, 0] < end)]

    def _draw_line(self, painter: QPainter, frame: QRectF) -> None:
        columns = max(int(frame.width()), 1)
        inside = self._series.between(*self._view)
        painter.setPen(QPen(signs.LINE, 1.3))
        if len(inside) <= _DENSE * columns:
            self._draw_readings(painter, frame, inside)
            return
        found = observe.envelope(self._series, *self._view, columns)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(signs.LINE, 1.0))
        painter.drawLines(self._columns(found, frame))
        painter.restore()

    def _columns(self, found: Any, frame: QRectF) -> list[QLineF]:
        """Return a vertical line per column with readings; lines of neighbours meet."""
        low, high = found.low.copy(), found.high.copy()
        low[1:] = np.fmin(low[1:], np.where(np.isnan(low[1:]), np.nan, found.high[:-1]))
        high[1:] = np.fmax(high[1:], np.where(np.isnan(high[1:]), np.nan, found.low[:-1]))
        lines = []
        for column in np.flatnonzero(~np.isnan(low)):
            x = frame.left() + column + 0.5
            lines.append(QLineF(x, self._y(high[column], frame) - 0.6, x, self._y(low[column], frame) + 0.6))
        return lines

    def _draw_readings(self, painter: QPainter, frame: QRectF, inside: Any) -> None:
        flags = observe.Flag
        accepted = np.isin(inside.flags, (flags.GOOD, flags.UNKNOWN)) & ~np.isnan(inside.values)
        longest = 1500.0 * self._interval if self._interval else np.inf
        places = np.flatnonzero(accepted)
        broken = (np.diff(places) > 1) | (np.diff(inside.times[places]) > longest)
        is_sparse = len(inside) * 8 < frame.width()
        for run in np.split(places, np.flatnonzero(broken) + 1):
            points = [
                QPointF(self._x(inside.times[place], frame), self._y(inside.values[place], frame))
                for place in run
            ]
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(points))
            painter.setBrush(signs.LINE)
            if is_sparse or len(points) == 1:
                for point in points:
                    painter.drawEllipse(point, 2.0, 2.0)

    def _draw_signs(self, painter: QPainter, frame: QRectF) -> None:
        flags = observe.Flag
        columns = max(int(frame.width() / _SIGN_STEP), 1)
        width = frame.width() / columns
        for flag, draw in ((flags.SUSPECT, signs.draw_suspect), (flags.FAIL, signs.draw_fail)):
            found = observe.envelope(self._series, *self._view, columns, (flag,))
            for place in np.flatnonzero(~np.isnan(found.low)):
                x = frame.left() + (place + 0.5) * width
                ys = sorted({self._pinned(value, frame) for value in (found.low[place], found.high[place])})
                for y in ys if ys[-1] - ys[0] > 2 * _SIGN_STEP else ys[:1]:
                    draw(painter, QPointF(x, y))
                if found.high[place] > self._range[1]:
                    signs.draw_beyond(painter, QPointF(x, frame.top()), up=True)
                if found.low[place] < self._range[0]:
                    signs.draw_beyond(painter, QPointF(x, frame.bottom()), up=False)

    def _pinned(self, value: float, frame: QRectF) -> float:
        """Return where a value is drawn; what lies beyond the axis is drawn at its edge."""
        return round(min(max(self._y(value, frame), frame.top() + 11), frame.bottom() - 11))

    def _draw_strip(self, painter: QPainter, frame: QRectF) -> None:
        """Draw the strip below the plot in which no fault is too short to be seen."""
        flags = observe.Flag
        columns = max(int(frame.width() / 3), 1)
        width = frame.width() / columns
        top = frame.bottom() + _GAP
        ground = QColor(signs.LINE)
        ground.setAlpha(60)
        painter.fillRect(QRectF(frame.left(), top, frame.width(), _STRIP), ground)
        for first, last in self._silences_in_sight():
            left, right = max(self._x(first, frame), frame.left()), min(self._x(last, frame), frame.right())
            box = QRectF(left, top, max(right - left, 2.0), _STRIP)
            painter.fillRect(box, self.palette().base())
            signs.draw_missing(painter, box)
        for flag, colour in ((flags.SUSPECT, signs.SUSPECT), (flags.FAIL, signs.FAIL)):
            found = observe.envelope(self._series, *self._view, columns, (flag,))
            height = _STRIP if flag == flags.FAIL else 0.6 * _STRIP
            for place in np.flatnonzero(~np.isnan(found.low)):
                box = QRectF(frame.left() + place * width, top + _STRIP - height, max(width, 2.0), height)
                painter.fillRect(box, colour)

    def _draw_hover(self, painter: QPainter) -> None:
        frame = self._frame()
        instant = float(self._series.times[self._hover])
        value = float(self._series.values[self._hover])
        x = self._x(instant, frame)
        ink = self.palette().color(self.foregroundRole())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(ink, 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
        if not np.isnan(value):
            painter.setPen(QPen(ink, 1.5))
            painter.setBrush(self.palette().base())
            painter.drawEllipse(QPointF(x, self._pinned(value, frame)), 3.5, 3.5)

    # The pointer

    def _fraction(self, x: float) -> float:
        frame = self._frame()
        return float(min(max((x - frame.left()) / frame.width(), 0.0), 1.0))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom around the pointer."""
        steps = event.angleDelta().y() / 120.0
        self.zoom(0.8**steps, self._fraction(event.position().x()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take hold of the plot."""
        if event.button() == Qt.MouseButton.LeftButton and self._series is not None:
            self._drag = (event.pos().x(), self._view)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        """Let go of it."""
        self._drag = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        """Show all of it."""
        self._drag = None
        self.show_all()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Move the plot that is held, or read out what is under the pointer."""
        if self._series is None:
            return
        if self._drag is not None:
            start, (begin, end) = self._drag
            step = round((start - event.pos().x()) / self._frame().width() * (end - begin))
            self._look_at(begin + step, end + step)
            return
        begin, end = self._view
        self._point_at(begin + self._fraction(event.pos().x()) * (end - begin))

    def leaveEvent(self, event: Any) -> None:  # noqa: N802
        """Read out nothing."""
        self._hover = None
        self.pointed.emit("")
        self.update()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Move with the arrows, zoom with + and -, show all with Home."""
        actions = {
            Qt.Key.Key_Left: lambda: self.move_by(-0.2),
            Qt.Key.Key_Right: lambda: self.move_by(0.2),
            Qt.Key.Key_Plus: lambda: self.zoom(0.7),
            Qt.Key.Key_Equal: lambda: self.zoom(0.7),
            Qt.Key.Key_Minus: lambda: self.zoom(1 / 0.7),
            Qt.Key.Key_Home: self.show_all,
        }
        action = actions.get(event.key())
        if action is None:
            super().keyPressEvent(event)
        else:
            action()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Draw anew."""
        self._picture = None
        super().resizeEvent(event)

    def _point_at(self, instant: float) -> None:
        times = self._series.times
        after = int(np.clip(np.searchsorted(times, instant), 0, len(times) - 1))
        before = max(after - 1, 0)
        nearest = before if instant - times[before] <= times[after] - instant else after
        silent = self._silences[(self._silences[:, 0] < instant) & (instant < self._silences[:, 1])]
        if silent.size:
            self._hover = None
            words = tr("missing from {begin} to {end}")
            self.pointed.emit(words.format(begin=axis.when(silent[0, 0]), end=axis.when(silent[0, 1])))
        else:
            self._hover = nearest
            self.pointed.emit(self._words(nearest))
        self.update()

    def _words(self, place: int) -> str:
        value, flag = float(self._series.values[place]), int(self._series.flags[place])
        shown = _NOTHING if np.isnan(value) else f"{number(value, self._decimals)}\u202f{self._unit}"
        return f"{axis.when(self._series.times[place])} · {shown} · {observe.flag_title(flag)}"


def _decimals_of(values: Any) -> int:
    """Return with how many decimals the readings were made."""
    sample = values[~np.isnan(values)][:500]
    for decimals in range(4):
        if sample.size and bool(np.all(np.abs(sample - np.round(sample, decimals)) < 1e-9)):
            return decimals
    return 4 if sample.size else 1
