"""Clicking a sensor shows its year: faults by colour and sign, zoom, read-out, summary, rules."""

import json

import numpy as np
import pytest

pytest.importorskip("qgis")

from qgis.core import QgsCoordinateReferenceSystem, QgsPointXY, QgsProject, QgsRectangle
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QColor, QMouseEvent, QWheelEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from stadsveld import geo
from stadsveld.model import id_from_register
from stadsveld.observe import Flag, Series, pack, run_tests
from stadsveld.text import use_language
from stadsveld_qgis.layers import loader
from stadsveld_qgis.sensors import axis, readings, signs

QUARTER = 900_000
YEAR = 365 * 96
START = 1_759_276_800_000  # 2025-10-01T00:00:00Z
TESTS = {
    "gross_range": {"fail_span": [-40, 60], "suspect_span": [-20, 30]},
    "spike": {"suspect": 6, "fail": 12},
    "flat_line": {"suspect_seconds": 10800, "fail_seconds": 21600, "tolerance": 0.001},
    "gap": {"limit_seconds": 7200},
}
SENSOR, ROAD = id_from_register("test", "S1"), id_from_register("test", "road")
AIR, BARE, STRAIN = (id_from_register("test", name) for name in ("air", "bare", "strain"))


def a_year():
    """A quiet year with a spike, half a day stuck, hot days beyond what is expected, and a silence."""
    days = np.arange(YEAR) / 96
    values = np.round(10 + 8 * np.sin(days / 58) + 3 * np.sin(days * 6.28), 1)
    values[2000] += 25
    values[9000:9048] = values[9000]
    values[15_000:15_010] = 33.0
    times = START + np.arange(YEAR, dtype=np.int64) * QUARTER
    kept = np.ones(YEAR, bool)
    kept[20_000:20_600] = False
    return times[kept], values[kept]


def put_series(store, stream_id, times, values, **fields):
    flags = run_tests(values, times, TESTS)
    row = {"name": "S1 air_temperature", "observed_property": "air_temperature", "unit": "°C",
           "interval": 900.0, "quality_tests": json.dumps(TESTS), **fields}  # fmt: skip
    dataset = id_from_register("dataset", "test")
    with store.transaction(capture=False):
        store.register_writer("datastream", dataset).insert(("id", *row), [(stream_id, *row.values())])
        blocks = []
        for part in np.array_split(np.arange(len(times)), 12):
            payload = pack(Series(times[part], values[part], flags[part]))
            blocks.append((id_from_register("block", f"{stream_id}{part[0]}"), stream_id, payload))
        store.register_writer("reading_block", dataset).insert(("id", "datastream_id", "payload"), blocks)


@pytest.fixture
def filled(plugin, store_path):
    """An open store with two sensors, a road section with a strain gauge, and their readings."""
    use_language("en")
    store = plugin.context.session.store
    dataset = store.put("dataset", id_from_register("dataset", "test"), {"name": "test", "register": "test"})
    columns = ("id", "number", "name", "kind", "owner", "active_until", "geom")
    points = {SENSOR: (100_100.0, 400_100.0), BARE: (100_300.0, 400_100.0)}
    rows = [
        (
            row_id,
            number,
            name,
            "Temperatuursensor",
            "City",
            "2030-12-31",
            geo.blob_from_wkb(geo.point_wkb(*at)),
        )
        for (row_id, at), number, name in zip(points.items(), ("S1", "S2"), ("Mast", "Bare"), strict=True)
    ]
    square = [
        [(100_200, 400_200), (100_300, 400_200), (100_300, 400_300), (100_200, 400_300), (100_200, 400_200)]
    ]
    road = geo.blob_from_wkb(geo.canonical_wkb(geo.multipolygon_wkb([square])))
    with store.transaction(capture=False):
        store.register_writer("sensor", dataset).insert(columns, rows)
        store.register_writer("road_section", dataset).insert(
            ("id", "number", "street", "geom"), [(ROAD, "00101R1", "Main street", road)]
        )
    times, values = a_year()
    put_series(store, AIR, times, values, asset_entity="sensor", asset_id=SENSOR, sensor_id=SENSOR)
    put_series(
        store,
        STRAIN,
        times,
        values,
        name="W1 strain",
        unit="µm/m",
        asset_entity="road_section",
        asset_id=ROAD,
    )
    return store


class Desk:
    def __init__(self, plugin, qtbot):
        self.part = next(part for part in plugin.parts if type(part).__name__ == "SensorsPart")
        self.context = plugin.context
        self.dock, self.plot = self.part.dock, self.part.dock.plot
        self.canvas = plugin.context.iface.mapCanvas()
        self.qtbot = qtbot

    def click(self, x, y):
        at = self.canvas.getCoordinateTransform().transform(QgsPointXY(x, y))
        where = QPoint(round(at.x()), round(at.y()))
        QTest.mouseClick(
            self.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where
        )

    def x_of(self, place):
        return self.plot._x(self.plot._series.times[place], self.plot._frame())

    def point_at(self, instant):
        frame = self.plot._frame()
        self.move(QPoint(round(self.plot._x(instant, frame)), round(frame.center().y())))

    def move(self, to, button=Qt.MouseButton.NoButton):
        """Move the mouse over the plot, which may lie beyond the offscreen display of 800 × 800."""
        kind = QEvent.Type.MouseMove
        event = QMouseEvent(
            kind, QPointF(to), Qt.MouseButton.NoButton, button, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(self.plot, event)

    def colours(self):
        """Every colour that the plot shows, with how often."""
        image = self.plot.grab().toImage()
        counts = {}
        for x in range(image.width()):
            for y in range(image.height()):
                name = QColor(image.pixel(x, y)).name()
                counts[name] = counts.get(name, 0) + 1
        return counts


@pytest.fixture
def desk(plugin, filled, qtbot):
    made = Desk(plugin, qtbot)
    window = plugin.context.iface.mainWindow()
    window.resize(1400, 900)
    window.show()
    qtbot.waitExposed(window)
    made.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:28992"))
    made.part.action.trigger()
    QApplication.processEvents()
    made.canvas.setExtent(QgsRectangle(100_000, 400_000, 100_500, 400_400))
    yield made
    window.hide()


def test_a_click_near_a_sensor_shows_its_register_data_and_its_year(desk):
    desk.click(100_102, 400_099)
    assert "S1 – Mast" in desk.dock._facts.text()
    assert "Temperatuursensor" in desk.dock._facts.text()
    assert "31 Dec 2030" in desk.dock._facts.text()
    assert len(desk.plot._series) == YEAR - 600
    assert desk.plot.view == (START, START + (YEAR - 1) * QUARTER + 1)
    assert desk.dock._choice.currentText() == "S1 air temperature"


def test_faults_are_seen_by_their_colour(desk):
    desk.click(100_100, 400_100)
    colours = desk.colours()
    assert colours.get(signs.FAIL.name(), 0) > 20
    assert colours.get(signs.SUSPECT.name(), 0) > 20
    assert colours.get(signs.LINE.name(), 0) > 100


def test_the_legend_counts_every_flag_in_words(desk):
    desk.click(100_100, 400_100)
    words = [text for _flag, text in desk.dock._legend.entries()]
    flags = desk.plot._series.flags
    assert words[1] == f"suspect {np.count_nonzero(flags == Flag.SUSPECT)}"
    assert words[2] == f"wrong {np.count_nonzero(flags == Flag.FAIL)}"
    assert words[3] == "missing 600"


def test_the_dock_tells_which_test_found_what_by_which_rule(desk):
    desk.click(100_100, 400_100)
    told = desk.dock._told.text()
    assert "Data quality" in told
    assert "11 suspect" in told
    assert "-20\u202f°C to 30\u202f°C: suspect" in told
    assert "6 hours: wrong" in told
    assert "good readings" in desk.dock._summary.text()


def test_the_pointer_reads_out_time_value_and_judgement(desk):
    desk.click(100_100, 400_100)
    series = desk.plot._series
    for _step in range(30):
        desk.plot.zoom(0.7, desk.plot._fraction(desk.x_of(2000)))
    desk.point_at(series.times[2000])
    assert desk.dock._said.text().startswith("21 Oct 2025 22:00")
    assert f"{series.values[2000]:.1f}\u202f°C · wrong" in desk.dock._said.text()


def test_the_pointer_reads_out_what_is_missing(desk):
    desk.click(100_100, 400_100)
    desk.point_at(START + 20_300 * QUARTER)
    assert desk.dock._said.text().startswith("missing from 27 Apr 2026")


def test_the_wheel_zooms_around_the_pointer_and_double_click_shows_all(desk):
    desk.click(100_100, 400_100)
    whole = desk.plot.view
    frame = desk.plot._frame()
    at = QPointF(frame.left() + 0.25 * frame.width(), frame.center().y())
    wheel = QWheelEvent(
        at, QPointF(desk.plot.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(desk.plot, wheel)
    begin, end = desk.plot.view
    assert end - begin == pytest.approx(0.64 * (whole[1] - whole[0]), rel=1e-3)
    assert begin + 0.25 * (end - begin) == pytest.approx(whole[0] + 0.25 * (whole[1] - whole[0]), rel=1e-6)
    QTest.mouseDClick(desk.plot, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at.toPoint())
    assert desk.plot.view == whole


def test_dragging_moves_and_never_beyond_the_series(desk):
    desk.click(100_100, 400_100)
    desk.plot.zoom(0.25)
    begin, end = desk.plot.view
    frame = desk.plot._frame()
    middle = frame.center().toPoint()
    QTest.mousePress(desk.plot, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    desk.move(middle + QPoint(100, 0), Qt.MouseButton.LeftButton)
    QTest.mouseRelease(desk.plot, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    moved = desk.plot.view
    assert moved[0] == pytest.approx(begin - 100 / frame.width() * (end - begin), rel=1e-6)
    assert moved[1] - moved[0] == end - begin
    desk.plot.move_by(-50)
    assert desk.plot.view[0] == START


def test_keys_do_what_the_mouse_does(desk):
    desk.click(100_100, 400_100)
    whole = desk.plot.view
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Right):
        QTest.keyClick(desk.plot, key)
    assert desk.plot.view[1] - desk.plot.view[0] < 0.6 * (whole[1] - whole[0])
    QTest.keyClick(desk.plot, Qt.Key.Key_Home)
    assert desk.plot.view == whole


def test_the_summary_follows_what_is_in_sight(desk):
    desk.click(100_100, 400_100)
    before = desk.dock._summary.text()
    desk.plot.zoom(0.1, 0.0)
    assert desk.dock._summary.text() != before
    assert "1 Oct 2025" in desk.dock._summary.text()
    assert desk.dock._legend.entries()[3][1] == "missing 0"


def test_a_road_section_that_is_measured_opens_the_same_way(desk):
    desk.click(100_250, 400_250)
    assert "00101R1" in desk.dock._facts.text()
    assert desk.dock._choice.currentText() == "W1 strain"
    assert len(desk.plot._series) == YEAR - 600


def test_selecting_a_sensor_in_its_layer_shows_it(desk):
    layers = loader.add(desk.context.session.path, ["sensor", "road_section"])
    sensor = layers["sensor"]
    sensor.selectByExpression(f"\"id\" = '{SENSOR}'")
    assert "S1 – Mast" in desk.dock._facts.text()
    layers["road_section"].selectAll()
    assert "00101R1" in desk.dock._facts.text()
    QgsProject.instance().removeAllMapLayers()


def test_a_sensor_without_series_says_so(desk):
    desk.click(100_300, 400_100)
    assert "S2 – Bare" in desk.dock._facts.text()
    assert "No measurement series" in desk.dock._said.text()
    assert not desk.plot.isVisibleTo(desk.dock)


def test_where_nothing_is_measured_a_click_says_so(desk):
    desk.click(100_450, 400_350)
    assert any("Nothing is measured here" in text for text in desk.context.iface.messages())


def test_a_damaged_block_is_told_and_nothing_is_drawn(desk):
    store = desk.context.session.store
    row = next(iter(store.rows("reading_block", datastream_id=AIR)))
    with store.transaction(capture=False):
        store.put("reading_block", row["id"], {"payload": b"rubbish"})
    desk.click(100_100, 400_100)
    assert any("damaged" in text for text in desk.context.iface.messages())
    assert desk.plot._series is None


def test_a_long_series_shows_its_last_year_first(desk):
    times = START + np.arange(500_000, dtype=np.int64) * QUARTER
    values = np.sin(np.arange(500_000) / 500)
    desk.plot.show_series(Series.of(times, values), "°C", 900.0)
    begin, end = desk.plot.view
    assert end == times[-1] + 1
    assert end - begin == 366 * 24 * 3_600_000
    assert not desk.plot.grab().isNull()


def test_closing_the_store_empties_the_dock(desk):
    desk.click(100_100, 400_100)
    desk.context.session.close()
    assert desk.plot._series is None
    assert "Click a sensor" in desk.dock._facts.text()


def test_the_nearest_of_two_sensors_is_meant(filled):
    assert readings.measured_at(filled, 100_110.0, 400_100.0, 500.0).row_id == SENSOR
    assert readings.measured_at(filled, 100_290.0, 400_100.0, 500.0).row_id == BARE
    assert readings.measured_at(filled, 100_110.0, 400_100.0, 5.0) is None


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (-5.3, 21.0, ["\u22125", "0", "5", "10", "15", "20"]),
        (0.12, 0.48, ["0.2", "0.3", "0.4"]),
        (4.0, 4.0, ["4.0"]),
    ],
)
def test_values_on_the_axis_are_round(low, high, texts):
    use_language("en")
    assert [mark.text for mark in axis.value_marks(low, high, 5)] == texts


def test_dates_on_the_axis_follow_dutch_time_and_language():
    use_language("nl")
    months = axis.time_marks(START, START + YEAR * QUARTER, 12)
    assert [mark.text for mark in months][:4] == ["nov", "dec", "2026", "feb"]
    assert axis.when(months[0].at) == "1 nov 2025 00:00"
    use_language("en")
    hours = axis.time_marks(START, START + 86_400_000, 8)
    assert hours[0].text == "03:00"
    assert {mark.text for mark in hours} >= {"12:00", "2 Oct"}


def test_days_stay_at_midnight_when_the_clocks_change():
    begin = 1_774_652_400_000  # 2026-03-28T00:00 in the Netherlands, the day before summer time
    marks = axis.time_marks(begin, begin + 4 * 86_400_000, 4)
    assert all(axis.when(mark.at).endswith("00:00") for mark in marks)
    assert len(marks) >= 4
