"""Results of inspections under the municipality's own numbers, as CSV, workbook and GeoPackage."""

import csv
import subprocess
import sys

import pytest

from stadsveld.errors import BadInput
from stadsveld.sources.register import read_table
from stadsveld.work.condition import recompute
from stadsveld.work.export_results import export_results
from stadsveld.work.import_register import import_register

SQUARE = "POLYGON ((203000 503000, 203010 503000, 203010 503010, 203000 503010, 203000 503000))"


@pytest.fixture
def inspected(store, tmp_path):
    """Three sections: one inspected twice, one without damage, one never."""
    file = tmp_path / "wegen.csv"
    file.write_text(
        f'wegvakonderdeel;straat;oppervlakte;wkt\nW1;Laan;100,5;"{SQUARE}"\nW2;=1+1;50;\nW3;Plein;20;\n',
        encoding="utf-8",
    )
    import_register(store, file, "road_section")
    ids = {row["number"]: row["id"] for row in store.rows("road_section")}

    def inspect(number, at, result, status="finished"):
        return store.put("inspection", None, {
            "asset_entity": "road_section", "asset_id": ids[number], "kind": "GVI", "status": status,
            "result": result, "inspected_at": at, "inspector": "J. Jansen",
        })  # fmt: skip

    old = inspect("W1", "2025-01-01T10:00:00Z", "damage")
    store.put("damage", old, {"inspection_id": old, "type": "gaten", "severity": "L", "extent": "1"})
    new = inspect("W1", "2026-01-01T10:00:00Z", "damage")
    for kind, severity in (("scheurvorming", "M"), ("randschade", "E")):
        fields = {"inspection_id": new, "type": kind, "severity": severity, "extent": "2", "measured": 1.25}
        store.put("damage", None, fields)
    inspect("W1", "2026-02-01T10:00:00Z", "damage", status="draft")
    inspect("W2", "2026-01-02T10:00:00Z", "no_damage")
    recompute(store)
    return store


def read(file):
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def test_the_last_finished_inspection_with_its_damages(inspected, tmp_path):
    assert export_results(inspected, "road_section", tmp_path / "uit.csv") == 4
    rows = read(tmp_path / "uit.csv")
    assert [row["nummer"] for row in rows] == ["W1", "W1", "W2", "W3"]
    assert {row["schade of gebrek"] for row in rows[:2]} == {"scheurvorming", "randschade"}
    assert rows[0]["gemeten waarde"] == "1,25"
    assert rows[0]["oppervlakte"] == "100,5"
    assert [row["toestand"] for row in rows] == ["E", "E", "no_damage", "not_inspected"]
    assert rows[2]["resultaat"] == "no_damage"
    assert rows[3]["inspectie tijdstip"] == ""


def test_names_of_inspectors_stay_inside_and_formulas_do_not_run(inspected, tmp_path):
    export_results(inspected, "road_section", tmp_path / "uit.csv")
    text = (tmp_path / "uit.csv").read_text(encoding="utf-8-sig")
    assert "Jansen" not in text
    assert read(tmp_path / "uit.csv")[2]["straat"] == "'=1+1"


def test_a_workbook_and_a_geopackage_hold_the_same(inspected, tmp_path):
    pytest.importorskip("openpyxl")
    for name in ("uit.xlsx", "uit.gpkg"):
        assert export_results(inspected, "road_section", tmp_path / name) == 4
    sheet, layer = read_table(tmp_path / "uit.xlsx"), read_table(tmp_path / "uit.gpkg")
    assert layer.epsg == 28992
    assert (
        [row.cells[0] for row in sheet.rows]
        == [row.cells[0] for row in layer.rows]
        == ["W1", "W1", "W2", "W3"]
    )
    assert [row.geometry is not None for row in layer.rows] == [True, True, False, False]


def test_another_reader_opens_the_geopackage(inspected, tmp_path):
    """In a process of its own: that reader's GDAL and SpatiaLite do not share one."""
    pytest.importorskip("fiona")
    export_results(inspected, "road_section", tmp_path / "uit.gpkg")
    story = (
        "import fiona, sys\n"
        "with fiona.open(sys.argv[1]) as layer:\n"
        "    row = next(iter(layer)).properties\n"
        "    print(layer.crs.to_epsg(), len(layer), layer.schema['geometry'], row['finding_measured'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", story, str(tmp_path / "uit.gpkg")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["28992", "4", "MultiPolygon", "1.25"], done.stderr


def test_defects_of_components_of_structures(store, tmp_path):
    file = tmp_path / "kunstwerken.csv"
    file.write_text("kunstwerk;element;bouwdeel\nK1;Bovenbouw;leuning\n", encoding="utf-8")
    import_register(store, file, "structure")
    bridge, part = next(iter(store.rows("structure"))), next(iter(store.rows("component")))
    inspection = store.put("inspection", None, {
        "asset_entity": "structure", "asset_id": bridge["id"], "kind": "NEN", "status": "finished",
        "inspected_at": "2026-01-01T10:00:00Z",
    })  # fmt: skip
    store.put("defect", None, {
        "inspection_id": inspection, "component_id": part["id"], "type": "corrosie", "intensity": 2,
        "extent_percent": 12.5, "importance": "serieus",
    })  # fmt: skip
    export_results(store, "structure", tmp_path / "uit.csv")
    row = read(tmp_path / "uit.csv")[0]
    assert (row["nummer"], row["bouwdeel"], row["schade of gebrek"], row["omvang procent"]) == (
        "K1", "leuning", "corrosie", "12,5",
    )  # fmt: skip


def test_what_cannot_be_written_leaves_nothing_behind(inspected, tmp_path):
    with pytest.raises(BadInput, match="CSV"):
        export_results(inspected, "road_section", tmp_path / "uit.pdf")
    with pytest.raises(BadInput, match="tree"):
        export_results(inspected, "tree", tmp_path / "uit.csv")
    (tmp_path / "map.csv").mkdir()
    with pytest.raises(BadInput, match=r"map\.csv"):
        export_results(inspected, "road_section", tmp_path / "map.csv")
    assert not list(tmp_path.glob(".*.part"))
    with pytest.raises(BadInput, match=r"uit\.csv"):
        export_results(inspected, "road_section", tmp_path / "absent" / "uit.csv")
