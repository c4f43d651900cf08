"""The tour inside QGIS (`qgis --code`): opens a store, walks past what the plugin shows, keeps pictures.

Started by `build/qgis_tour.py`, which says what to do in the environment variable STADSVELD_TOUR.
"""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import qgis.utils
from qgis.core import QgsFeature, QgsFeatureRequest, QgsGeometry, QgsPointXY, QgsProject, QgsVectorLayer
from qgis.gui import QgsMapTip
from qgis.PyQt.QtCore import QObject, QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QDialog, QDockWidget, QPushButton, QWidget

TOLD = json.loads(os.environ["STADSVELD_TOUR"])
FOLDER = Path(TOLD["screenshots"]) if TOLD["screenshots"] else None
SIZE = (1560, 960)
#: Milliseconds between looks whether QGIS is at rest, and looks at rest in a row that count as rest.
LOOK, RESTS = 150, 4


class Tour(QObject):
    """Walks through the steps whenever QGIS is at rest."""

    def __init__(self) -> None:
        super().__init__()
        self.iface = qgis.utils.iface
        self.plugin = qgis.utils.plugins.get("stadsveld_qgis")
        self.pictures: list[str] = []
        self._shown: QWidget | None = None
        self._steps = self.steps()
        self._rests = 0
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        canvas = self.iface.mapCanvas()
        self._rests = 0 if canvas.isDrawing() else self._rests + 1
        if self._rests < RESTS:
            return
        self._rests = 0
        try:
            name = next(self._steps)
        except StopIteration:
            self._end(None)
        except (RuntimeError, AttributeError, KeyError, ValueError, TypeError, OSError):
            self._end(traceback.format_exc())
        else:
            if name:
                self._shoot(name)

    def _shoot(self, name: str) -> None:
        if FOLDER is None:
            return
        FOLDER.mkdir(parents=True, exist_ok=True)
        file = f"{len(self.pictures) + 1}-{name}.png"
        QApplication.processEvents()
        (self._shown or self.iface.mainWindow()).grab().save(str(FOLDER / file))
        self.pictures.append(file)

    def _end(self, error: str | None) -> None:
        self._timer.stop()
        if FOLDER is not None:
            FOLDER.mkdir(parents=True, exist_ok=True)
            told = json.dumps({"pictures": self.pictures, "error": error})
            (FOLDER / "tour.json").write_text(told, encoding="utf-8")
        if not TOLD["leave_open"]:
            QgsProject.instance().clear()
            QTimer.singleShot(0, self.iface.actionExit().trigger)

    # The steps: each yields the name of a picture, or nothing to let QGIS settle first.

    def steps(self) -> Iterator[str | None]:
        """Walk past everything."""
        if self.plugin is None:
            raise RuntimeError(f"the plugin did not load: {self._said()}")
        self._tidy()
        yield None
        self.plugin.context.session.open(TOLD["store"])
        self.plugin.dock.add_all()
        yield None
        for layer in ("damage", "road_section"):
            found = self._layer(layer)
            node = QgsProject.instance().layerTreeRoot().findLayer(found) if found else None
            if node:
                node.setExpanded(True)
        yield None
        yield "store"
        yield from self._damage()
        yield from self._forms()
        yield from self._parts()
        self._home()
        yield None

    def _said(self) -> str:
        """Return what QGIS's message bar says."""
        return " ".join(item.text() for item in self.iface.messageBar().items())

    def _tidy(self) -> None:
        window = self.iface.mainWindow()
        window.showNormal()
        window.resize(*SIZE)
        for dock in window.findChildren(QDockWidget):
            if dock.objectName() in {"Browser", "Browser2", "LayerOrder", "ProcessingToolbox", "UndoRedo"}:
                dock.hide()
        layers = window.findChild(QDockWidget, "Layers")
        window.resizeDocks([layers, self.plugin.dock], [560, 300], Qt.Orientation.Vertical)
        window.resizeDocks([layers], [330], Qt.Orientation.Horizontal)
        self.iface.messageBar().clearWidgets()

    def _layer(self, name: str) -> QgsVectorLayer | None:
        for layer in QgsProject.instance().mapLayers().values():
            if layer.customProperty("stadsveld/entity") == name:
                return layer
        return None

    def _first(self, name: str, *filters: str) -> QgsFeature | None:
        layer = self._layer(name)
        for text in filters if layer is not None else ():
            for feature in layer.getFeatures(QgsFeatureRequest().setFilterExpression(text).setLimit(1)):
                return feature
        return None

    def _zoom(self, geometry: QgsGeometry, scale: float) -> QgsPointXY:
        canvas = self.iface.mapCanvas()
        point = geometry.pointOnSurface().asPoint()
        canvas.setCenter(point)
        canvas.zoomScale(scale)
        return point

    def _damage(self) -> Iterator[str | None]:
        section = self._first("road_section", "\"condition\" = 'E'", "\"condition\" IN ('M', 'L')", "TRUE")
        if section is None:
            return
        self._zoom(section.geometry(), 1000)
        yield None
        damage = self._first("damage", f"\"asset_id\" = '{section['id']}'", "TRUE")
        at = damage.geometry() if damage is not None and damage.hasGeometry() else section.geometry()
        point = self._zoom(at, 600)
        yield None
        yield "section"
        layer = self._layer("damage" if damage is not None else "road_section")
        if layer is None:
            return
        self.iface.setActiveLayer(layer)
        pixel = self.iface.mapCanvas().getCoordinateTransform().transform(point)
        self._tip = QgsMapTip()
        self._tip.showMapTip(layer, point, QPoint(round(pixel.x()), round(pixel.y())), self.iface.mapCanvas())
        for _pause in range(4):
            yield None
        yield "tip"
        self._tip.clear(self.iface.mapCanvas())

    def _forms(self) -> Iterator[str | None]:
        for name, filters in (
            ("inspection", ("\"result\" = 'damage'", "TRUE")),
            ("damage", ("TRUE",)),
        ):
            feature = self._first(name, *filters)
            if feature is None:
                continue
            form: QDialog = self.iface.getFeatureForm(self._layer(name), feature)
            form.resize(620, 560)
            form.setWindowModality(Qt.WindowModality.NonModal)
            form.show()
            yield None
            self._shown = form
            yield f"form-{name}"
            self._shown = None
            form.close()

    def _parts(self) -> Iterator[str | None]:
        datasets = self.iface.mainWindow().findChild(QDockWidget, "stadsveldDatasetsDock")
        datasets.show()
        datasets.raise_()
        self.iface.mainWindow().resizeDocks([datasets], [420], Qt.Orientation.Horizontal)
        yield None
        yield "datasets"
        datasets.hide()
        yield from self._import()
        yield from self._design()
        yield from self._sensor()
        yield from self._score()

    def _part(self, name: str) -> Any:
        return next((part for part in self.plugin.parts if type(part).__name__ == name), None)

    def _import(self) -> Iterator[str | None]:
        delivery = Path(TOLD["store"]).parent / "district" / "bgt.zip"
        if not delivery.exists():
            return
        self.plugin.imports.bgt(delivery)
        for _pause in range(40):
            yield None
            buttons = self.iface.messageBar().findChildren(QPushButton)
            if buttons:
                buttons[0].click()
                break
        yield None
        found = self.iface.mainWindow().findChildren(QDialog)
        self._shown = next((dialog for dialog in found if dialog.isVisible()), None)
        if self._shown is not None:
            yield "import"
            self._shown.close()
            self._shown = None

    def _design(self) -> Iterator[str | None]:
        """Draw an area with the mouse, around the damaged section."""
        part = self._part("DesignPart")
        section = self._first("road_section", "\"condition\" = 'E'", "TRUE")
        if part is None or section is None:
            return
        self._zoom(section.geometry(), 2500)
        yield None
        part.action.trigger()
        self.iface.mainWindow().resizeDocks([part.dock], [430], Qt.Orientation.Horizontal)
        for _pause in range(4):
            yield None
        view = self.iface.mapCanvas().viewport()
        width, height = view.width(), view.height()
        corners = [(0.2, 0.2), (0.75, 0.12), (0.8, 0.55), (0.3, 0.7)]
        points = [QPoint(round(x * width), round(y * height)) for x, y in corners]
        for point in points:
            QTest.mouseMove(view, point)
            QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)
            yield None
        part.dock.explain("gsi")
        QTest.mouseMove(view, QPoint(round(0.14 * width), round(0.5 * height)))
        for _pause in range(4):
            yield None
        yield "design"
        part.tool.cancel()
        part.action.trigger()
        part.dock.hide()

    def _sensor(self) -> Iterator[str | None]:
        """Show the year of the sensor with the most to tell."""
        part = self._part("SensorsPart")
        sensor = self._first("sensor", "\"number\" = 'P002'", "\"asset_entity\" = 'road_section'", "TRUE")
        if part is None or sensor is None:
            return
        self._zoom(sensor.geometry(), 1500)
        part.open("sensor", str(sensor["id"]))
        self.iface.mainWindow().resizeDocks([part.dock], [620], Qt.Orientation.Horizontal)
        for _pause in range(4):
            yield None
        yield "sensor"
        part.dock.hide()

    def _score(self) -> Iterator[str | None]:
        """Ask why the damaged section is as it is, under an example table."""
        part, section = self._part("InspectionsPart"), self._first("road_section", "\"condition\" = 'E'")
        if part is None or section is None:
            return
        part.dock.show()
        part.dock.raise_()
        part.dock.show_asset("road_section", str(section["id"]))
        part.dock.choice.setCurrentIndex(part.dock.choice.count() - 1)
        self.iface.mainWindow().resizeDocks([part.dock], [520], Qt.Orientation.Horizontal)
        for _pause in range(4):
            yield None
        yield "score"
        part.dock.hide()

    def _home(self) -> None:
        section = self._first("road_section", "\"condition\" = 'E'", "TRUE")
        if section is not None:
            self._zoom(section.geometry(), 2500)


qgis.utils.stadsveld_tour = Tour()
