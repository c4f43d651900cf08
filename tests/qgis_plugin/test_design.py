"""Drawing an area with the mouse: figures follow it, explain themselves, are kept and compared."""

import csv

import pytest

pytest.importorskip("qgis")

from qgis.core import QgsCoordinateReferenceSystem, QgsPointXY, QgsRectangle
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtTest import QTest

from stadsveld import geo
from stadsveld.text import use_language
from stadsveld_qgis.design import live as live_module
from support.plane_rows import mosaic, put_rows, row

BBOX = (100_000.0, 400_000.0, 100_500.0, 400_500.0)
CORNERS = [(100_100.0, 400_100.0), (100_400.0, 400_100.0), (100_400.0, 400_300.0), (100_100.0, 400_300.0)]


class Desk:
    """The design part of a loaded plugin, with a hand on the mouse."""

    def __init__(self, plugin, qtbot):
        self.part = next(part for part in plugin.parts if type(part).__name__ == "DesignPart")
        self.context = plugin.context
        self.dock, self.tool, self.live = self.part.dock, self.part.tool, self.part.live
        self.canvas = plugin.context.iface.mapCanvas()
        self.qtbot = qtbot

    def pixel(self, corner):
        at = self.canvas.getCoordinateTransform().transform(QgsPointXY(*corner))
        return QPoint(round(at.x()), round(at.y()))

    def move(self, corner):
        QTest.mouseMove(self.canvas.viewport(), self.pixel(corner))
        QTest.qWait(1)

    def click(self, corner, button=Qt.MouseButton.LeftButton):
        self.move(corner)
        QTest.mouseClick(self.canvas.viewport(), button, Qt.KeyboardModifier.NoModifier, self.pixel(corner))

    def key(self, key):
        QTest.keyClick(self.canvas, key)

    def start(self):
        if not self.dock._draw.isChecked():
            self.dock._draw.click()

    def draw(self, corners=CORNERS, finish=True):
        self.start()
        for corner in corners:
            self.click(corner)
        if finish:
            self.click(corners[0], Qt.MouseButton.RightButton)

    def shown(self):
        return {key: figure.shown for key, figure in self.dock._figures.items()}


@pytest.fixture
def desk(plugin, store_path, qtbot):
    """The plugin with an invented base map in its store and the map over it."""
    use_language("en")
    put_rows(plugin.context.session.store, mosaic(300))
    made = Desk(plugin, qtbot)
    window = plugin.context.iface.mainWindow()
    window.resize(1300, 900)
    window.show()
    qtbot.waitExposed(window)
    made.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:28992"))
    made.canvas.setExtent(QgsRectangle(*BBOX))
    yield made
    window.hide()


def area(desk):
    return desk.live.indicators.area.value


def test_figures_follow_the_mouse_before_anything_is_finished(desk):
    desk.start()
    for corner in CORNERS[:2]:
        desk.click(corner)
    assert desk.shown()["area"] == "–"
    desk.move((100_400, 400_250))
    small = area(desk)
    desk.move((100_400, 400_300))
    assert area(desk) > small > 0
    assert desk.shown()["gsi"] == desk.live.indicators.gsi.shown != "–"
    assert desk.shown()["paved"].endswith("%")
    bars = desk.dock._bars.texts()
    assert bars.keys() == {part.name for part in desk.live.indicators.classes}
    assert desk.tool._tag.isVisibleTo(desk.canvas)
    assert "ha" in desk.tool._tag.text()


def test_right_click_finishes_and_the_areas_sum_to_the_plan(desk):
    desk.draw()
    found = desk.live.indicators
    assert found.area.value == pytest.approx(60_000, rel=0.02)
    assert sum(part.area for part in found.classes) == pytest.approx(found.area.value, abs=0.5)
    shown = desk.shown()["area"]
    desk.move((100_450, 400_450))
    assert desk.shown()["area"] == shown


def test_enter_finishes_backspace_takes_back_and_escape_cancels(desk):
    desk.draw([*CORNERS, (100_050, 400_200)], finish=False)
    assert len(desk.tool.corners) == 5
    desk.key(Qt.Key.Key_Backspace)
    assert len(desk.tool.corners) == 4
    desk.key(Qt.Key.Key_Return)
    assert area(desk) == pytest.approx(60_000, rel=0.02)
    assert desk.dock._keep.isEnabled()
    desk.key(Qt.Key.Key_Escape)
    assert desk.tool.corners == []
    assert set(desk.shown().values()) == {"–"}
    assert not desk.dock._keep.isEnabled()


def test_a_boundary_that_crosses_itself_gives_a_dash_and_the_reason(desk):
    desk.draw([CORNERS[0], CORNERS[2], CORNERS[1], CORNERS[3]])
    assert set(desk.shown().values()) == {"–"}
    assert "crosses" in desk.dock._state.text()
    assert not desk.dock._keep.isEnabled()


def test_two_corners_are_no_area_and_do_not_finish(desk):
    desk.draw(CORNERS[:2])
    assert not desk.dock._keep.isEnabled()
    assert set(desk.shown().values()) == {"–"}


def test_a_question_mark_explains_a_number_and_goes_on_explaining_while_drawing(desk):
    desk.draw(finish=False)
    desk.dock._figures["gsi"].asked.emit()
    assert "GSI = B / A" in desk.dock.explanation
    assert "BGT, edition of 2026-11-01" in desk.dock.explanation
    before = desk.dock.explanation
    desk.move((100_050, 400_200))
    desk.qtbot.waitUntil(lambda: desk.dock.explanation != before, timeout=5000)
    desk.dock._bars.asked.emit("wegdeel")
    assert "BGT-inlooptabel" in desk.dock.explanation


def test_what_was_kept_is_a_plan_in_the_store_and_stands_beside_the_next(desk):
    desk.draw()
    desk.dock._name.setText("Variant west")
    desk.dock._keep.click()
    (plan,) = desk.context.session.store.rows("plan")
    assert plan["name"] == "Variant west"
    assert geo.area(plan["geom"]) == pytest.approx(60_000, rel=0.02)
    assert desk.tool.corners == []
    desk.draw([(100_200, 400_100), (100_400, 400_100), (100_400, 400_300)])
    table = desk.dock._table
    headers = [table.horizontalHeaderItem(place).text() for place in range(table.columnCount())]
    assert headers == ["Variant west", "now"]
    assert table.item(0, 1).text() == desk.shown()["area"] == "2.00\u202fha"
    assert table.item(1, 1).text() == desk.shown()["gsi"]
    assert table.item(0, 0).text() != table.item(0, 1).text()


def test_a_kept_area_is_a_change_that_will_be_sent(desk):
    from stadsveld.sync import history

    desk.draw()
    desk.dock._keep.click()
    (plan,) = desk.context.session.store.rows("plan")
    assert history(desk.context.session.store, "plan", plan["id"])


def test_figures_are_copied_and_exported_with_their_explanations(desk, tmp_path):
    desk.draw()
    desk.dock.copy()
    assert "GSI = B / A" in QGuiApplication.clipboard().text()
    file = tmp_path / "areas.csv"
    desk.dock.export(str(file))
    with file.open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.reader(opened, delimiter=";"))
    assert lines[0][:4] == ["Name", "Indicator", "Value", "Unit"]
    assert any(line[1] == "Paved share" and line[3] == "%" and "roofs" in line[4] for line in lines)


def test_a_folder_that_is_not_there_is_told(desk, tmp_path):
    desk.draw()
    desk.dock.export(str(tmp_path / "nowhere" / "areas.csv"))
    assert any("cannot be written" in text for text in desk.context.iface.messages())


def test_a_map_in_another_reference_system_measures_in_rd(desk):
    rd = QgsCoordinateReferenceSystem("EPSG:28992")
    corners = [QgsPointXY(5.0, 52.0), QgsPointXY(5.001, 52.0), QgsPointXY(5.001, 52.001)]
    desk.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    found = desk.part._to_rd(corners)
    x, y, _nap = geo.to_rd([52.0], [5.0], [0.0])
    assert found[0] == pytest.approx((x[0], y[0]), abs=2)
    desk.canvas.setDestinationCrs(rd)
    assert desk.part._to_rd([QgsPointXY(1, 2)]) == [(1, 2)]


def test_a_large_plan_keeps_its_last_numbers_until_the_pointer_rests(desk, monkeypatch):
    monkeypatch.setattr(live_module, "LARGE", 50_000.0)
    desk.draw(CORNERS[:3], finish=False)
    before = desk.shown()
    desk.move(CORNERS[3])
    assert desk.shown() == before
    assert "recomputed" in desk.dock._state.text()
    desk.qtbot.waitUntil(lambda: desk.shown() != before, timeout=5000)
    assert "recomputed" not in desk.dock._state.text()


def test_surroundings_too_large_to_read_at_once_are_read_beside_qgis(desk, monkeypatch):
    monkeypatch.setattr(live_module, "AT_ONCE", 10_000.0)
    desk.draw()
    assert desk.shown()["area"] == "–"
    desk.qtbot.waitUntil(lambda: desk.shown()["area"] != "–", timeout=15_000)
    assert area(desk) == pytest.approx(60_000, rel=0.02)


def test_the_map_is_read_anew_after_an_import(desk):
    desk.draw(finish=False)
    desk.key(Qt.Key.Key_Escape)
    roof = row("new", 0, [(100_600, 400_000), (100_700, 400_000), (100_700, 400_100), (100_600, 400_100)])
    put_rows(desk.context.session.store, [roof])
    desk.context.session.changed.emit()
    desk.canvas.setExtent(QgsRectangle(100_550, 399_950, 100_800, 400_150))
    desk.draw([(100_610, 400_010), (100_690, 400_010), (100_690, 400_090), (100_610, 400_090)])
    assert desk.live.indicators.gsi.value == pytest.approx(1.0)


def test_without_a_store_the_tool_says_so(plugin, window, qtbot):
    desk = Desk(plugin, qtbot)
    desk.part.action.trigger()
    assert any("Open a store first" in text for text in window.messages())
    assert not desk.part.action.isChecked()
    assert window.mapCanvas().mapTool() is not desk.tool


def test_closing_the_store_takes_the_drawing_away(desk):
    desk.draw()
    desk.context.session.close()
    assert desk.tool.corners == []
    assert set(desk.shown().values()) == {"–"}
    assert desk.canvas.mapTool() is not desk.tool
