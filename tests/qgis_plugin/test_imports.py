"""BGT and registers into the store from QGIS: by drop, by dialog and as Processing algorithms."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtWidgets import QTextBrowser

from stadsveld.store import Store
from stadsveld_qgis.catalogue import reports
from stadsveld_qgis.catalogue.dialogs import BgtDialog, ExportDialog, RegisterDialog, guess_kind
from stadsveld_qgis.catalogue.dock import DatasetsDock
from stadsveld_qgis.catalogue.drop import is_bgt, is_register, is_store
from stadsveld_qgis.catalogue.imports import read_vector


@pytest.fixture
def session(plugin, store_path):
    return plugin.context.session


def run(name: str, **parameters):
    algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"stadsveld:{name}")
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    outputs, succeeded = algorithm.run(parameters, context, QgsProcessingFeedback(), {}, False)
    assert succeeded
    return outputs


def at_rest(session) -> bool:
    return not session.is_busy


def test_the_whole_way_as_processing(plugin, district, tmp_path) -> None:
    """New store, BGT, sections from it, again without mutations, register over it, results out."""
    store = str(tmp_path / "uit de toolbox.sqlite")
    assert run("newstore", OUTPUT=store)["OUTPUT"] == store
    first = run("importbgt", STORE=store, INPUT=str(district.bgt))
    assert first["STORED"] > 5000
    assert first["OVERLAP"] < 1
    assert first["GAP"] < 1
    again = json.loads(run("importbgt", STORE=store, INPUT=str(district.bgt))["REPORT"])
    assert again["mutations"]["new"] == again["mutations"]["changed"] == again["mutations"]["ended"] == 0
    assert run("sectionsfrombgt", STORE=store)["SECTIONS"] > 100
    with Store.open(store) as opened:
        assert opened.spatial_index_is_right()
    out = str(tmp_path / "uitvoer.csv")
    assert run("exportresults", STORE=store, KIND=0, OUTPUT=out)["ROWS"] > 100
    assert Path(out).is_file()


def test_a_register_as_processing(plugin, district, tmp_path) -> None:
    """The municipality's own numbers become the visible ones; a second import changes nothing."""
    store = str(tmp_path / "register.sqlite")
    run("newstore", OUTPUT=store)
    run("importbgt", STORE=store, INPUT=str(district.bgt))
    found = run("importregister", STORE=store, INPUT=str(district.road_sections), KIND=0)
    assert found["IMPORTED"] == district.sections
    assert found["REFUSED"] == 0
    again = json.loads(
        run("importregister", STORE=store, INPUT=str(district.road_sections), KIND=0)["REPORT"]
    )
    assert again["mutations"]["new"] == again["mutations"]["changed"] == 0


def test_processing_tells_errors_in_peoples_words(plugin, tmp_path) -> None:
    """A file that is no delivery is named with the reason, and no store is hurt."""
    store = str(tmp_path / "store.sqlite")
    run("newstore", OUTPUT=store)
    nothing = tmp_path / "nothing.zip"
    nothing.write_bytes(b"no zip")
    with pytest.raises((QgsProcessingException, AssertionError)):
        run("importbgt", STORE=store, INPUT=str(nothing))
    with Store.open(store) as opened:
        assert opened.count("road_part") == 0


def test_a_dropped_delivery_asks_and_imports(plugin, session, district, settle, window, qtbot) -> None:
    """Dropping a delivery opens its dialog, filled in; the import runs beside QGIS and reports."""
    (handler,) = window.drop_handlers
    assert handler.handleFileDrop(str(district.bgt))
    (dialog,) = window.mainWindow().findChildren(BgtDialog)
    assert dialog.isVisible()
    assert not dialog.isModal()
    assert dialog.file.filePath() == str(district.bgt)
    dialog.accept()
    settle(lambda: at_rest(session) and bool(window.messages()), 120_000)
    assert session.store.count("building") > 500
    assert any("bgt.zip" in text for text in window.messages())
    datasets = window.mainWindow().findChild(DatasetsDock)
    assert datasets.findChild(QTextBrowser).toPlainText()


def test_only_an_area_and_a_date(plugin, session, district, settle, window) -> None:
    """The dialog passes its area in RD and its date to the import."""
    dialog = BgtDialog(plugin.context, plugin.imports, district.bgt)
    dialog.area.setChecked(True)
    left, bottom, _right, _top = district.bbox
    middle = QgsRectangle(left + 300, bottom + 300, left + 700, bottom + 700)
    dialog.area.setOutputExtentFromUser(middle, dialog.area.outputCrs())
    assert dialog._bbox() == pytest.approx((left + 300, bottom + 300, left + 700, bottom + 700))
    assert dialog._at() is None
    dialog.at_date.setChecked(True)
    assert len(dialog._at()) == len("2026-01-01")
    dialog.at_date.setChecked(False)
    dialog.accept()
    settle(lambda: at_rest(session) and session.store.count("building") > 0, 120_000)
    outside = list(session.store.window("building", (left, bottom, left + 100, bottom + 100)))
    assert outside == []


def test_a_cancelled_import_leaves_the_store_as_it_was(plugin, session, district, settle, window) -> None:
    """Cancelling in the task manager stops at the next report and nothing is stored."""
    plugin.imports.bgt(district.bgt)
    session._running.cancel()
    settle(lambda: at_rest(session), 120_000)
    assert session.store.count("building") == 0
    assert session.store.count("dataset") == 0
    assert window.messages()


def test_a_register_by_dialog_with_its_report(plugin, session, district, settle, window) -> None:
    """The kind is guessed from the name; afterwards the counts are told and the report lists columns."""
    dialog = RegisterDialog(plugin.context, plugin.imports, district.sensors)
    assert dialog.kind.currentData() == "sensor"
    dialog.accept()
    settle(lambda: at_rest(session) and session.store.count("sensor") > 0)
    assert any("sensoren.csv" in text for text in window.messages())


def test_the_report_names_overlap_gap_and_every_refusal() -> None:
    """Nothing is hidden in a percentage; names of objects are shown as text."""
    text = reports.bgt(
        {
            "classes": {"pand": dict.fromkeys(("present", "read", "current", "stored"), 2)},
            "closure": {"square_m2": 250000.0, "overlap_m2": 0.25, "gap_m2": 12.5},
            "mutations": {"new": 2, "changed": 0, "ended": 0},
            "problems": [{"class": "pand", "object": "G1<2", "reason": "ring is open"}],
        }
    )  # fmt: skip
    assert "0.250" in text
    assert "12.500" in text
    assert "do not close" in text
    assert "G1&lt;2" in text
    assert "%" not in text


def test_what_is_dropped_is_recognised_by_content(store_path, district, tmp_path) -> None:
    """A store, a delivery and a register are ours; other files stay QGIS's."""
    assert is_store(store_path)
    assert is_bgt(district.bgt)
    assert is_register(district.road_sections)
    other = tmp_path / "photos.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("holiday.jpg", b"x")
    assert not is_bgt(other)
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(district.bgt.read_bytes()[:1000])
    assert not is_bgt(damaged)
    database = tmp_path / "other.sqlite"
    database.write_bytes(b"SQLite format 3\0" + bytes(200))
    assert not is_store(database)
    table = tmp_path / "telefoonlijst.csv"
    table.write_text("naam;nummer\n", encoding="utf-8")
    assert not is_register(table)


def test_files_that_are_not_ours_are_left_to_qgis(plugin, session, window, tmp_path) -> None:
    """The handler says no to a file it does not know, to a folder, and to what is not there."""
    (handler,) = window.drop_handlers
    other = tmp_path / "map.geojson"
    other.write_text("{}", encoding="utf-8")
    for path in (other, tmp_path, tmp_path / "gone.zip"):
        assert not handler.handleFileDrop(str(path))


def test_a_dropped_store_opens(plugin, session, window, tmp_path) -> None:
    """Dropping a store on QGIS opens it."""
    with Store.create(tmp_path / "ander.sqlite"):
        pass
    (handler,) = window.drop_handlers
    assert handler.handleFileDrop(str(tmp_path / "ander.sqlite"))
    assert session.path == tmp_path / "ander.sqlite"


def test_shapefiles_are_read_by_qgis(qgis_app, tmp_path) -> None:
    """Headings, values as Python knows them, WKB and the EPSG code."""
    layer = QgsVectorLayer("Point?crs=EPSG:28992&field=nummer:string(10)&field=jaar:integer", "x", "memory")
    from qgis.core import QgsFeature, QgsGeometry

    for number, year in (("K1", 1999), ("K2", None)):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([number, year])
        feature.setGeometry(QgsGeometry.fromWkt("Point(150000 400000)"))
        layer.dataProvider().addFeature(feature)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "ESRI Shapefile"
    target = tmp_path / "kunstwerken.shp"
    QgsVectorFileWriter.writeAsVectorFormatV3(
        layer, str(target), QgsProject.instance().transformContext(), options
    )
    headings, rows, code = read_vector(target, None)
    assert headings == ["nummer", "jaar"]
    assert [values for values, _wkb in rows] == [["K1", 1999], ["K2", None]]
    assert code == 28992


def test_dialogs_can_be_used_by_keyboard_and_ear(plugin, session, district) -> None:
    """Every field has an accessible name, its label leads to it, and the button waits for a file."""
    for dialog in (
        BgtDialog(plugin.context, plugin.imports),
        RegisterDialog(plugin.context, plugin.imports),
        ExportDialog(plugin.context, plugin.imports),
    ):
        assert not dialog.accept_button.isEnabled()
        assert dialog.file.accessibleName()
        dialog.file.setFilePath(str(district.bgt))
        assert dialog.accept_button.isEnabled()
        dialog.close()


def test_kinds_are_guessed_from_names() -> None:
    """Words of the trade in a file name choose the kind of objects."""
    assert guess_kind(Path("Kunstwerken 2026.xlsx")) == "structure"
    assert guess_kind(Path("sensorregister.csv")) == "sensor"
    assert guess_kind(Path("wegvakonderdelen.gpkg")) == "road_section"


def test_a_register_without_our_columns_tells_so(plugin, session, settle, window, tmp_path) -> None:
    """A job that fails shows the reason in the message bar and never a box."""
    copy = tmp_path / "copy.csv"
    copy.write_text("no;columns;of;ours\n1;2;3;4\n", encoding="utf-8")
    plugin.imports.register(copy, "road_section")
    settle(lambda: at_rest(session) and bool(window.messages()))
    assert any("copy.csv" in text for text in window.messages())
    assert session.store.count("road_section") == 0
