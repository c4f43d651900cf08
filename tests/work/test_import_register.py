"""Importing the municipality's own registers: ids stay, people's work stays, links respect levels."""

import csv
import json

import pytest

from stadsveld import geo
from stadsveld.errors import BadInput, Cancelled, MissingComponent
from stadsveld.jobs import Progress
from stadsveld.model import id_from_register
from stadsveld.sources.register import Mapping
from stadsveld.store import Store
from stadsveld.work.district import generate_district
from stadsveld.work.import_register import import_register, saved_mapping
from stadsveld.work.sections import sections_from_bgt
from support.district_store import put_district

pytest.importorskip("shapely")
pytest.importorskip("openpyxl")

HEAD = "wegvakonderdeel;verharding;oppervlakte;straat;wkt\n"


@pytest.fixture(scope="module")
def district(tmp_path_factory):
    return generate_district(tmp_path_factory.mktemp("district"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    path = tmp_path_factory.mktemp("filled") / "store.sqlite"
    with Store.create(path) as made:
        put_district(made)
    return path


@pytest.fixture
def with_bgt(filled, tmp_path):
    """A store with the BGT of the district."""
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(filled.read_bytes())
    with Store.open(copy) as opened:
        yield opened


def square(x, y, size=10):
    return f"POLYGON (({x} {y}, {x + size} {y}, {x + size} {y + size}, {x} {y + size}, {x} {y}))"


def write(tmp_path, text, name="register.csv"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def dump(store):
    """Everything that an import could change."""
    return [sorted(map(repr, store.rows(name))) for name in ("road_section", "asset_link", "dataset")]


def test_the_districts_registers_come_in_under_their_own_numbers(with_bgt, district):
    sections = import_register(with_bgt, district.road_sections, "road_section").as_dict()
    assert sections["mutations"]["new"] == sections["imported"] == district.sections
    assert sections["refused"] == []
    assert sections["links"]["confirmed"] > district.sections
    assert sections["links"]["absent"] == 0
    section = next(iter(with_bgt.rows("road_section", number="00101R1")))
    assert section["id"] == id_from_register("gemeente/road_section", "00101R1")
    assert section["condition"] == "not_inspected"
    assert section["area"] == pytest.approx(geo.area(section["geom"]), rel=0.02)

    structures = import_register(with_bgt, district.structures, "structure").as_dict()
    assert structures["imported"] == 3
    bridge = next(iter(with_bgt.rows("structure", number="K01")))
    assert bridge["replacement_value"] > 100_000
    elements = list(with_bgt.rows("structure_element", structure_id=bridge["id"]))
    assert {element["name"] for element in elements} >= {"Onderbouw", "Bovenbouw"}
    components = [
        part for element in elements for part in with_bgt.rows("component", element_id=element["id"])
    ]
    assert {"leuning", "brugdek"} <= {part["name"] for part in components}

    sensors = import_register(with_bgt, district.sensors, "sensor").as_dict()
    assert sensors["imported"] == 12
    built_in = next(iter(with_bgt.rows("sensor", number="B001")))
    assert (built_in["asset_entity"], built_in["asset_id"]) == ("structure", bridge["id"])
    measured = next(iter(with_bgt.rows("sensor", number="W001")))
    assert with_bgt.get("road_section", measured["asset_id"]) is not None
    assert with_bgt.spatial_index_is_right()


def test_the_same_file_twice_changes_nothing(with_bgt, district):
    for file, kind in (
        (district.road_sections, "road_section"),
        (district.structures, "structure"),
        (district.sensors, "sensor"),
    ):
        import_register(with_bgt, file, kind)
        before = dump(with_bgt)
        again = import_register(with_bgt, file, kind)
        for counts in again.mutations.values():
            assert (counts.new, counts.changed, counts.ended) == (0, 0, 0)
        assert dump(with_bgt) == before


def test_a_newer_edition_updates_adds_and_ends_without_new_ids(store, tmp_path):
    first = HEAD + f'W1;asfalt;100;Laan;"{square(203000, 503000)}"\nW2;klinkers;100;Laan;\n'
    import_register(store, write(tmp_path, first), "road_section")
    ids = {row["number"]: row["id"] for row in store.rows("road_section")}
    second = HEAD + f'W1;beton;100;Laan;"{square(203000, 503000, 12)}"\nW3;klinkers;100;Laan;\n'
    report = import_register(store, write(tmp_path, second), "road_section").as_dict()
    assert report["mutations"] == {"new": 1, "changed": 1, "ended": 1, "unchanged": 0, "kept": 0}
    rows = {row["number"]: row for row in store.rows("road_section")}
    assert {number: rows[number]["id"] for number in ids} == ids
    assert rows["W1"]["pavement"] == "beton"
    assert geo.area(rows["W1"]["geom"]) == 144
    assert rows["W2"]["ended"] is not None
    third = import_register(store, write(tmp_path, first), "road_section").as_dict()
    assert third["mutations"] == {"new": 0, "changed": 2, "ended": 1, "unchanged": 0, "kept": 0}
    assert next(iter(store.rows("road_section", number="W2")))["ended"] is None


def test_what_people_changed_stays_when_the_register_comes_again(store, tmp_path):
    file = write(tmp_path, HEAD + "W1;asfalt;100;Laan;\n")
    import_register(store, file, "road_section")
    section = next(iter(store.rows("road_section")))
    store.put("road_section", section["id"], {"pavement": "beton"})
    again = import_register(store, file, "road_section").as_dict()
    assert again["mutations"] == {"new": 0, "changed": 0, "ended": 0, "unchanged": 1, "kept": 1}
    newer = write(tmp_path, HEAD + "W1;klinkers;200;Laan;\n")
    import_register(store, newer, "road_section")
    found = store.get("road_section", section["id"])
    assert (found["pavement"], found["area"]) == ("beton", 200)


def test_a_wrong_row_leaves_its_object_as_it_was(store, tmp_path):
    import_register(
        store, write(tmp_path, HEAD + "W1;asfalt;100;Laan;\nW2;asfalt;100;Laan;\n"), "road_section"
    )
    report = import_register(
        store, write(tmp_path, HEAD + "W1;asfalt;veel;Laan;\nW2;beton;100;Laan;\n"), "road_section"
    ).as_dict()
    assert report["refused"][0]["row"] == 2
    assert report["mutations"]["ended"] == 0
    assert next(iter(store.rows("road_section", number="W1")))["ended"] is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wegvakonderdeel\n",
        "kleur\nrood\n",
        HEAD + "W1;asfalt;1;;\nW1;asfalt;2;;\n",
        HEAD + "W1;asfalt;1,5;;\nW2;asfalt;1.5;;\n",
        HEAD + "W1;asfalt;1;;\njan-26;asfalt;1;;\n",
        HEAD + "W1;asfalt;veel;;\n",
    ],
)
def test_a_refused_file_leaves_the_store_as_it_was(store, tmp_path, text):
    import_register(store, write(tmp_path, HEAD + "W9;asfalt;1;;\n"), "road_section")
    before = dump(store)
    with pytest.raises(BadInput, match="bad"):
        import_register(store, write(tmp_path, text, "bad.csv"), "road_section")
    assert dump(store) == before


def test_a_cancelled_import_leaves_the_store_as_it_was(store, tmp_path):
    asked = []

    def is_cancelled():
        asked.append(1)
        return len(asked) > 1

    file = write(tmp_path, HEAD + "W1;asfalt;1;;\n")
    with pytest.raises(Cancelled):
        import_register(store, file, "road_section", progress=Progress(is_cancelled=is_cancelled))
    assert dump(store) == [[], [], []]
    assert store.setting("register_name") is None


def test_nobodys_change_is_captured_by_an_import(with_bgt, district):
    import_register(with_bgt, district.road_sections, "road_section")
    captured = with_bgt.connection.execute("SELECT count(*) FROM stadsveld_capture").fetchone()[0]
    assert captured == 0


def test_links_are_proposed_by_overlap_and_counted(with_bgt, tmp_path):
    road = next(
        row for row in with_bgt.rows("road_part") if row["level"] == 0 and geo.area(row["geom"]) > 400
    )
    wkt = geo.wkt_from_wkb(road["geom"])
    report = import_register(with_bgt, write(tmp_path, HEAD + f'W1;asfalt;;Laan;"{wkt}"\n'), "road_section")
    assert report.links == {"confirmed": 0, "proposed": 1, "absent": 0}
    link = next(iter(with_bgt.rows("asset_link")))
    assert (link["bgt_local_id"], link["status"]) == (road["local_id"], "proposed")
    assert link["share"] == pytest.approx(1.0, abs=1e-4)
    assert link["overlap"] == pytest.approx(geo.area(road["geom"]), abs=0.01)


def bridge_store(store, levels=(0, 1)):
    """A road at the ground and the deck of another one right over it."""
    columns = ("id", "bgt_class", "local_id", "status", "level", "function", "geom")
    rows = []
    for level in levels:
        wide = geo.multipolygon_wkb(
            [[[(203000, 503000), (203010, 503000), (203010, 503010), (203000, 503010)]]]
        )
        name = f"G9999.{level}"
        blob = geo.blob_from_wkb(geo.canonical_wkb(wide))
        rows.append(
            (id_from_register("bgt", name), "wegdeel", name, "bestaand", level, "rijbaan lokale weg", blob)
        )
    with store.transaction(capture=False):
        store.register_writer("road_part", id_from_register("dataset", "bgt")).insert(columns, rows)


def test_a_bridge_deck_is_never_linked_with_what_lies_below(store, tmp_path):
    bridge_store(store)
    shape = square(203000, 503000)
    text = f'wegvakonderdeel;hoogteligging;wkt\nW0;0;"{shape}"\nW1;1;"{shape}"\nW;;"{shape}"\n'
    import_register(store, write(tmp_path, text), "road_section")
    numbers = {row["id"]: row["number"] for row in store.rows("road_section")}
    links = {(numbers[row["asset_id"]], row["bgt_local_id"]) for row in store.rows("asset_link")}
    assert links == {("W0", "G9999.0"), ("W1", "G9999.1"), ("W", "G9999.0")}


def test_a_rejected_proposal_stays_rejected(store, tmp_path):
    bridge_store(store, levels=(0,))
    file = write(tmp_path, HEAD + f'W1;asfalt;;;"{square(203000, 503000)}"\n')
    import_register(store, file, "road_section")
    link = next(iter(store.rows("asset_link")))
    store.put("asset_link", link["id"], {"status": "rejected"})
    import_register(store, file, "road_section")
    assert store.get("asset_link", link["id"])["status"] == "rejected"


def test_many_to_many_links_that_the_register_gives(store, tmp_path):
    bridge_store(store, levels=(0,))
    text = "wegvakonderdeel;bgt lokaal id\nW1;G9999.0\nW2;G9999.0 G9999.absent\n"
    report = import_register(store, write(tmp_path, text), "road_section")
    assert report.links == {"confirmed": 3, "proposed": 0, "absent": 1}
    assert any("G9999.absent" in remark for remark in report.remarks)
    rows = {row["number"]: row for row in store.rows("road_section")}
    assert geo.area(rows["W1"]["geom"]) == geo.area(rows["W2"]["geom"]) == 100
    assert rows["W1"]["area"] == 100


def test_without_an_engine_links_need_none_or_the_report_says_what_to_install(store, tmp_path):
    bridge_store(store, levels=(0,))

    class Absent:
        def __getattr__(self, name):
            raise MissingComponent("Shapely is not installed.")

    geo.use_engine(Absent())
    try:
        text = f'wegvakonderdeel;wkt\nW1;"{square(203000, 503000)}"\n'
        report = import_register(store, write(tmp_path, text), "road_section")
    finally:
        geo.use_engine(None)
    assert (report.imported, report.links["proposed"]) == (1, 0)
    assert "Shapely is not installed." in report.remarks


def test_the_mapping_is_kept_with_the_store_and_used_again(store, tmp_path):
    mapping = Mapping(
        "road_section", {"code van ons": "number", "laag": "pavement"}, {"pavement": {"zwart": "asfalt"}}
    )
    text = "code van ons;laag;verharding\nW1;zwart;klinkers\n"
    import_register(store, write(tmp_path, text), "road_section", mapping=mapping)
    assert saved_mapping(store, "road_section").columns == mapping.columns
    assert saved_mapping(store, "sensor") is None
    report = import_register(store, write(tmp_path, text), "road_section")
    assert report.as_dict()["mutations"]["unchanged"] == 1
    assert next(iter(store.rows("road_section")))["pavement"] == "asfalt"


def test_other_headings_than_last_time_are_guessed_again(store, tmp_path):
    import_register(store, write(tmp_path, "nummer;straat\nW1;Laan\n"), "road_section")
    import_register(store, write(tmp_path, "wegvakonderdeel;straat\nW1;Plein\n"), "road_section")
    assert [row["street"] for row in store.rows("road_section")] == ["Plein"]


def test_another_name_for_the_same_registers_is_refused(store, tmp_path):
    file = write(tmp_path, HEAD + "W1;asfalt;1;;\n")
    import_register(store, file, "road_section", name="stadsveld")
    with pytest.raises(BadInput, match="stadsveld"):
        import_register(store, file, "road_section", name="elders")
    assert next(iter(store.rows("road_section")))["id"] == id_from_register("stadsveld/road_section", "W1")


def test_own_sections_take_the_place_of_those_that_followed_from_the_bgt(with_bgt, district):
    derived = sections_from_bgt(with_bgt).sections
    report = import_register(with_bgt, district.road_sections, "road_section")
    assert str(derived) in " ".join(report.remarks)
    current = [row for row in with_bgt.rows("road_section") if row["ended"] is None]
    assert len(current) == district.sections
    assert "own" in sections_from_bgt(with_bgt).skipped


def test_the_datasets_say_where_the_rows_come_from(store, tmp_path):
    import_register(store, write(tmp_path, HEAD + "W1;asfalt;1;;\n"), "road_section", name="stadsveld")
    section = next(iter(store.rows("road_section")))
    dataset = store.get("dataset", section["dataset_id"])
    assert (dataset["register"], dataset["source"]) == ("stadsveld", "register.csv")


def test_the_amsterdam_form_imports_sensors(store, real_data):
    file = real_data("sensorregister/amsterdam/bulk") / "Sensorregistratie.csv"
    report = import_register(store, file, "sensor").as_dict()
    assert (report["rows"], report["imported"]) == (2, 1)
    sensor = next(iter(store.rows("sensor")))
    assert (sensor["number"], sensor["owner"]) == ("7079-2296", "Gemeente Amsterdam")
    json.dumps(report)


def test_thousands_of_rows_with_every_kind_of_accent(store, tmp_path):
    file = tmp_path / "groot.csv"
    with file.open("w", encoding="cp1252", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(["wegvakonderdeel", "straat", "oppervlakte"])
        writer.writerows([f"W{place}", "Café-laan", f"{place},5"] for place in range(3000))
    report = import_register(store, file, "road_section").as_dict()
    assert report["mutations"]["new"] == 3000
    assert "Windows-1252" in report["remarks"][0]
