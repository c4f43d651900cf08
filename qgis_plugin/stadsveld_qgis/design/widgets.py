"""What the design dock is made of: a big figure, and the bars of the classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QFont, QPainter, QPaintEvent
from qgis.PyQt.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..text import capital, number, tr


def why_button(title: str, ask: Callable[[], None], parent: QWidget) -> QToolButton:
    """Return the button that shows where a number comes from."""
    button = QToolButton(parent)
    button.setText("?")
    button.setAutoRaise(True)
    button.setToolTip(tr("Where does this number come from?"))
    button.setAccessibleName(tr("Explanation of {title}").format(title=title))
    button.clicked.connect(lambda _checked=False: ask())
    return button


def _scaled(font: QFont, factor: float) -> QFont:
    """Return a font of another size, whether its size is in points or in pixels."""
    found = QFont(font)
    if font.pointSizeF() > 0:
        found.setPointSizeF(font.pointSizeF() * factor)
    else:
        found.setPixelSize(round(font.pixelSize() * factor))
    return found


class Figure(QFrame):
    """A number that is read from across the table, with its name and its `?`.

    Signals:
        asked: somebody wants to know why.
    """

    asked = pyqtSignal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(title)
        self._value = QLabel("–", self)
        large = _scaled(self._value.font(), 1.45)
        large.setBold(True)
        self._value.setFont(large)
        self._note = QLabel(" ", self)
        small = _scaled(self._note.font(), 0.85)
        name = QLabel(title, self)
        for text in (name, self._note):
            text.setFont(small)
            text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            text.setToolTip(title)
        head = QHBoxLayout()
        head.addWidget(name, 1)
        head.addWidget(why_button(title, self.asked.emit, self))
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 2, 2, 5)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._value)
        column.addWidget(self._note)

    @property
    def shown(self) -> str:
        """The number on the screen."""
        return self._value.text()

    def show_value(self, value: str, note: str = "") -> None:
        """Show a number, and a few words below it."""
        self._value.setText(value)
        self._note.setText(note or " ")

    def set_stale(self, is_stale: bool) -> None:
        """Dim the number while a new one is computed."""
        self._value.setEnabled(not is_stale)


class Bar(QWidget):
    """A share of the whole as a bar."""

    def __init__(self, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = QColor(colour)
        self._share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size that reads well."""
        return QSize(90, 7)

    def show_share(self, share: float) -> None:
        """Show a fraction of 0 to 1."""
        self._share = min(max(share, 0.0), 1.0)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the bar on its ground."""
        painter = QPainter(self)
        ground = self.palette().color(self.foregroundRole())
        ground.setAlpha(22)
        painter.fillRect(self.rect(), ground)
        width = round(self.width() * self._share)
        if self._share > 0:
            painter.fillRect(0, 0, max(width, 1), self.height(), self._colour)
        painter.end()


class ClassBars(QWidget):
    """A row per class of the base map: name, bar, m², share, and its `?`.

    Signals:
        asked: name of the class of which somebody wants to know why.
    """

    asked = pyqtSignal(str)

    def __init__(self, classes: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, tuple[Bar, QLabel, QLabel, list[QWidget]]] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(0, 1)
        for place, (name, look) in enumerate(classes.items()):
            title = capital(look.title)
            label, bar = QLabel(title, self), Bar(look.colour, self)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setToolTip(title)
            area, share = QLabel(self), QLabel(self)
            for text, widest in ((area, "000.000 m²"), (share, "100,0 %")):
                text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                text.setMinimumWidth(text.fontMetrics().horizontalAdvance(widest))
            why = why_button(title, lambda name=name: self.asked.emit(name), self)
            widgets: list[QWidget] = [label, area, share, why]
            for column, widget in enumerate(widgets):
                grid.addWidget(widget, 2 * place, column)
            grid.addWidget(bar, 2 * place + 1, 0, 1, len(widgets))
            widgets.append(bar)
            for widget in widgets:
                widget.hide()
            self._rows[name] = (bar, area, share, widgets)

    def show_classes(self, found: dict[str, Any]) -> None:
        """Show the areas by class; a class that was seen stays, so that nothing jumps about."""
        for name, (bar, area, share, widgets) in self._rows.items():
            part = found.get(name)
            if part is None and widgets[0].isHidden():
                continue
            bar.show_share(part.share if part else 0.0)
            area.setText(part.explanation.shown if part else "0\u202fm²")
            share.setText(f"{number(100 * part.share if part else 0.0, 1)}\u202f%")
            for widget in widgets:
                widget.show()

    def clear(self) -> None:
        """Show no class."""
        for _bar, _area, _share, widgets in self._rows.values():
            for widget in widgets:
                widget.hide()

    def texts(self) -> dict[str, tuple[str, str]]:
        """Return what is on the screen: class -> (area, share)."""
        return {
            name: (area.text(), share.text())
            for name, (_bar, area, share, widgets) in self._rows.items()
            if not widgets[0].isHidden()
        }
