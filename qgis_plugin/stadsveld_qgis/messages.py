"""What the plugin tells in QGIS's message bar; never a box that stops the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import Qgis, QgsMessageLog
from qgis.PyQt.QtWidgets import QPushButton

from .core import errors
from .text import tr

TITLE = "Stadsveld"
#: Seconds that good news stays; bad news stays until somebody closes it.
_GOOD_NEWS = 8


class Messages:
    """Shows messages of the plugin."""

    def __init__(self, iface: Any) -> None:
        self._iface = iface

    def success(self, text: str, action: tuple[str, Callable[[], None]] | None = None) -> None:
        """Tell that something was done."""
        self._show(text, Qgis.MessageLevel.Success, _GOOD_NEWS, action)

    def info(self, text: str, action: tuple[str, Callable[[], None]] | None = None) -> None:
        """Tell something worth knowing."""
        self._show(text, Qgis.MessageLevel.Info, _GOOD_NEWS, action)

    def warning(self, text: str, action: tuple[str, Callable[[], None]] | None = None) -> None:
        """Tell what needs attention; `action` is (text of a button, what it does)."""
        self._show(text, Qgis.MessageLevel.Warning, 0, action)

    def failure(self, error: BaseException) -> None:
        """Tell what went wrong, in the words of the error itself."""
        if isinstance(error, errors.Cancelled):
            self.info(str(error))
            return
        if not isinstance(error, errors.StadsveldError):
            QgsMessageLog.logMessage(repr(error), TITLE, Qgis.MessageLevel.Critical)
        text = str(error) or tr("Something unexpected went wrong: {name}").format(name=type(error).__name__)
        self._show(text, Qgis.MessageLevel.Critical, 0, None)

    def _show(
        self, text: str, level: Qgis.MessageLevel, seconds: int, action: tuple[str, Callable[[], None]] | None
    ) -> None:
        QgsMessageLog.logMessage(text, TITLE, level, False)
        bar = self._iface.messageBar()
        if action is None:
            bar.pushMessage(TITLE, text, level, seconds)
            return
        item = bar.createMessage(TITLE, text)
        button = QPushButton(action[0], item)
        button.clicked.connect(lambda _checked=False: (bar.popWidget(item), action[1]()))
        item.layout().addWidget(button)
        bar.pushWidget(item, level, seconds)
