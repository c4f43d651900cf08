# ruff: noqa: N802 - the names are QGIS’s
"""A QGIS window without the QGIS program: real widgets behind the interface that plugins get."""

from __future__ import annotations

from qgis.gui import QgsMapCanvas, QgsMessageBar
from qgis.PyQt.QtWidgets import QMainWindow, QMenu, QVBoxLayout, QWidget


class Window:
    """What `iface` is to a plugin, as far as ours uses it."""

    def __init__(self) -> None:
        self._window = QMainWindow()
        centre = QWidget(self._window)
        column = QVBoxLayout(centre)
        self._bar = QgsMessageBar(centre)
        self._canvas = QgsMapCanvas(centre)
        column.addWidget(self._bar)
        column.addWidget(self._canvas)
        self._window.setCentralWidget(centre)
        self._plugins = QMenu("Plugins", self._window)
        self._window.menuBar().addMenu(self._plugins)
        self.drop_handlers = []
        self.option_factories = []

    def mainWindow(self):
        return self._window

    def messageBar(self):
        return self._bar

    def mapCanvas(self):
        return self._canvas

    def pluginMenu(self):
        return self._plugins

    def addToolBar(self, name):
        return self._window.addToolBar(name)

    def addDockWidget(self, area, dock):
        self._window.addDockWidget(area, dock)

    def removeDockWidget(self, dock):
        self._window.removeDockWidget(dock)

    def registerCustomDropHandler(self, handler):
        self.drop_handlers.append(handler)

    def unregisterCustomDropHandler(self, handler):
        self.drop_handlers.remove(handler)

    def registerOptionsWidgetFactory(self, factory):
        self.option_factories.append(factory)

    def unregisterOptionsWidgetFactory(self, factory):
        self.option_factories.remove(factory)

    def messages(self):
        """The texts that the message bar shows now."""
        return [item.text() for item in self._bar.items()]

    def close(self):
        self._canvas.freeze(True)
        self._window.close()
        self._window.deleteLater()
