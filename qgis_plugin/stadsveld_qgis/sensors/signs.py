"""The signs of data quality: a colour and a shape for each, on the plot and in its legend."""

from __future__ import annotations

from qgis.PyQt.QtCore import QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ..core import observe
from ..text import number, tr

LINE = QColor("#0b7285")
SUSPECT = QColor("#d97f00")
FAIL = QColor("#c8372d")
MISSING = QColor("#7f8b93")
_INK = QColor("#1d2a33")


def draw_suspect(painter: QPainter, at: QPointF, size: float = 4.5) -> None:
    """Draw a triangle."""
    painter.setPen(QPen(_INK, 0.8))
    painter.setBrush(SUSPECT)
    top = QPointF(at.x(), at.y() - size)
    painter.drawPolygon(QPolygonF([top, at + QPointF(size, 0.8 * size), at + QPointF(-size, 0.8 * size)]))


def draw_fail(painter: QPainter, at: QPointF, size: float = 3.8) -> None:
    """Draw a cross."""
    for ink, width in ((QColor("#ffffff"), 4.0), (FAIL, 2.2)):
        painter.setPen(QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(at + QPointF(-size, -size), at + QPointF(size, size))
        painter.drawLine(at + QPointF(-size, size), at + QPointF(size, -size))


def draw_beyond(painter: QPainter, at: QPointF, *, up: bool) -> None:
    """Draw a small arrow at the edge of the plot: the reading lies beyond it."""
    step = 4.0 if up else -4.0
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(FAIL)
    painter.drawPolygon(QPolygonF([at, at + QPointF(-3.5, step), at + QPointF(3.5, step)]))


def draw_missing(painter: QPainter, box: QRectF) -> None:
    """Draw a hatched stretch."""
    ground = QColor(MISSING)
    ground.setAlpha(40)
    painter.fillRect(box, ground)
    painter.fillRect(box, QBrush(MISSING, Qt.BrushStyle.BDiagPattern))


class Legend(QWidget):
    """What the signs mean, with how many of each are in sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: dict[int, int] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_counts(self, counts: dict[int, int]) -> None:
        """Show counts by flag."""
        self._counts = dict(counts)
        self.setAccessibleName(", ".join(words for _flag, words in self.entries()))
        self.updateGeometry()
        self.update()

    def entries(self) -> list[tuple[int, str]]:
        """Return (flag, words) of every entry."""
        flags = observe.Flag
        good = self._counts.get(flags.GOOD, 0) + self._counts.get(flags.UNKNOWN, 0)
        found = [(int(flags.GOOD), tr("good {n}").format(n=number(good)))]
        for flag in (flags.SUSPECT, flags.FAIL, flags.MISSING):
            words = f"{observe.flag_title(flag)} {number(self._counts.get(flag, 0))}"
            found.append((int(flag), words))
        return found

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return room for two lines."""
        return QSize(260, self.heightForWidth(300))

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Return that narrow legends are higher."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Return the height at a width."""
        lines = self._places(width)[-1][1] + 1
        return int(lines * self._line_height())

    def _line_height(self) -> int:
        return int(self.fontMetrics().height()) + 6

    def _places(self, width: int) -> list[tuple[int, int]]:
        """Return (x, line) of every entry."""
        found, x, line = [], 0, 0
        for _flag, words in self.entries():
            needs = 24 + self.fontMetrics().horizontalAdvance(words) + 14
            if x and x + needs > width:
                x, line = 0, line + 1
            found.append((x, line))
            x += needs
        return found

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw signs and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height = self._line_height()
        entries = zip(self._places(self.width()), self.entries(), strict=True)
        for (x, line), (flag, words) in entries:
            middle = QPointF(x + 10, line * height + height / 2)
            self._draw_sign(painter, flag, middle)
            painter.setPen(self.palette().color(self.foregroundRole()))
            box = QRectF(x + 24, line * height, self.width(), height)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), words)
        painter.end()

    @staticmethod
    def _draw_sign(painter: QPainter, flag: int, at: QPointF) -> None:
        flags = observe.Flag
        if flag == flags.SUSPECT:
            draw_suspect(painter, at)
        elif flag == flags.FAIL:
            draw_fail(painter, at)
        elif flag == flags.MISSING:
            draw_missing(painter, QRectF(at.x() - 8, at.y() - 6, 16, 12))
        else:
            painter.setPen(QPen(LINE, 2.2))
            painter.drawLine(at + QPointF(-8, 0), at + QPointF(8, 0))
