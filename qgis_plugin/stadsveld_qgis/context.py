"""What every part of the plugin is given: QGIS's window, the open store, messages, menu and docks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction, QDockWidget, QMenu, QToolBar

from .core import resources
from .messages import Messages
from .session import Session
from .settings.preferences import Preferences


def icon(name: str) -> QIcon:
    """Return one of the plugin's own icons by its file name without extension."""
    return QIcon(str(resources.resource("icons", f"{name}.svg")))


class Context:
    """The ground that the parts stand on; it takes everything back at `clear`.

    Attributes:
        iface: QGIS's interface.
        session: the open store.
        messages: the message bar.
        preferences: what is remembered.
        menu: the plugin's menu.
        toolbar: the plugin's toolbar.
    """

    def __init__(self, iface: Any, title: str) -> None:
        self.iface = iface
        self.messages = Messages(iface)
        self.preferences = Preferences()
        self.session = Session(self.messages, self.preferences)
        self.menu = QMenu(title, iface.mainWindow())
        self.menu.setObjectName("stadsveldMenu")
        iface.pluginMenu().addMenu(self.menu)
        self.toolbar: QToolBar = iface.addToolBar(title)
        self.toolbar.setObjectName("stadsveldToolBar")
        self._actions: list[QAction] = []
        self._docks: list[QDockWidget] = []

    def add_action(
        self,
        icon_name: str,
        text: str,
        callback: Callable[[], None] | None = None,
        *,
        checkable: bool = False,
        toolbar: bool = True,
        menu: QMenu | None = None,
    ) -> QAction:
        """Add an action to the menu, and to the toolbar unless told otherwise."""
        action = QAction(icon(icon_name), text, self.iface.mainWindow())
        action.setToolTip(text)
        action.setCheckable(checkable)
        if callback is not None:
            action.triggered.connect(lambda _checked=False: callback())
        (menu or self.menu).addAction(action)
        if toolbar:
            self.toolbar.addAction(action)
        self._actions.append(action)
        return action

    def add_dock(
        self,
        dock: QDockWidget,
        area: Qt.DockWidgetArea = Qt.DockWidgetArea.RightDockWidgetArea,
        *,
        icon_name: str = "stadsveld",
    ) -> None:
        """Add a dock, as a tab beside the plugin's other docks there, with its entry in the menu."""
        window = self.iface.mainWindow()
        beside = [known for known in self._docks if window.dockWidgetArea(known) == area]
        self.iface.addDockWidget(area, dock)
        if beside:
            window.tabifyDockWidget(beside[0], dock)
            beside[0].raise_()
        toggle = dock.toggleViewAction()
        toggle.setIcon(icon(icon_name))
        self.menu.addAction(toggle)
        self._docks.append(dock)

    def run(self, *arguments: Any, **named: Any) -> None:
        """Do work on the open store beside QGIS: see `Session.run`."""
        self.session.run(*arguments, **named)

    def clear(self) -> None:
        """Give everything back to QGIS."""
        self.session.close()
        for dock in self._docks:
            self.iface.removeDockWidget(dock)
            dock.setParent(None)
            dock.deleteLater()
        for action in self._actions:
            self.toolbar.removeAction(action)
            action.deleteLater()
        self.iface.pluginMenu().removeAction(self.menu.menuAction())
        self.menu.deleteLater()
        self.iface.mainWindow().removeToolBar(self.toolbar)
        self.toolbar.deleteLater()
        self._docks, self._actions = [], []
