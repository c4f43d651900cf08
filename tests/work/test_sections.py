"""Road sections and bridges that follow from the BGT."""

import pytest

from stadsveld import geo
from stadsveld.model import id_from_register
from stadsveld.work.sections import pavement_of, sections_from_bgt
from support.district_store import put_district

pytest.importorskip("shapely")


@pytest.mark.parametrize(
    ("appearance", "detail", "pavement"),
    [
        ("gesloten verharding", "asfalt", "asfalt"),
        ("gesloten verharding", "cementbeton", "beton"),
        ("gesloten verharding", "waardeOnbekend", "onbekend"),
        ("gesloten verharding", None, "onbekend"),
        ("open verharding", "tegels", "elementen"),
        ("open verharding", None, "elementen"),
        ("half verhard", "grind", "halfverhard"),
        ("onverhard", "zand", "onverhard"),
        ("transitie", None, "onbekend"),
        (None, None, "onbekend"),
    ],
)
def test_pavement_follows_from_appearance_and_is_never_assumed(appearance, detail, pavement):
    assert pavement_of(appearance, detail) == pavement


def roads(features):
    return [
        found
        for found in features
        if found.bgt_class == "wegdeel" and found.values["function"] != "inrit" and found.rings
    ]


def test_every_road_surface_becomes_one_section_with_its_link(store):
    features = put_district(store)
    report = sections_from_bgt(store)
    assert report.sections == len(roads(features))
    sections = list(store.rows("road_section"))
    assert len({row["number"] for row in sections}) == len(sections)
    links = {
        row["asset_id"]: row for row in store.rows("asset_link") if row["asset_entity"] == "road_section"
    }
    for row in sections:
        link = links[row["id"]]
        assert row["derived_from"] == f"BGT wegdeel {link['bgt_local_id']}"
        assert row["id"] == id_from_register("bgt/road_section", link["bgt_local_id"])
        assert row["area"] == pytest.approx(geo.area(row["geom"]), abs=0.01)
        assert row["condition"] == "not_inspected"
    assert store.spatial_index_is_right()


def test_the_street_is_the_nearest_name(store):
    features = {found.local_id: found for found in put_district(store)}
    sections_from_bgt(store)
    carriageways = [row for row in store.rows("road_section") if row["function"] == "rijbaan regionale weg"]
    streets = [row["street"] for row in carriageways]
    named = [features[row["derived_from"].split()[-1]].notes["street"] for row in carriageways]
    agree = sum(one == other for one, other in zip(streets, named, strict=True))
    assert agree >= 0.6 * len(streets)
    assert "Wederiklaan" in streets


def test_deriving_again_changes_nothing_and_keeps_numbers(store):
    put_district(store)
    sections_from_bgt(store)
    before = sorted(map(repr, store.rows("road_section")))
    again = sections_from_bgt(store)
    assert all((found.new, found.changed, found.ended) == (0, 0, 0) for found in again.mutations.values())
    assert sorted(map(repr, store.rows("road_section"))) == before


def test_an_ended_road_surface_ends_its_section_and_a_new_one_gets_a_new_number(store):
    put_district(store)
    sections_from_bgt(store)
    road = next(row for row in store.rows("road_part") if row["function"] == "fietspad")
    dataset = id_from_register("dataset", "bgt")
    blob = geo.blob_from_wkb(road["geom"])
    columns = ("id", "bgt_class", "local_id", "status", "level", "function", "appearance", "geom")
    values = (
        id_from_register("bgt", "G9999.new"),
        "wegdeel",
        "G9999.new",
        "bestaand",
        0,
        "fietspad",
        None,
        blob,
    )
    with store.transaction(capture=False):
        writer = store.register_writer("road_part", dataset)
        writer.end(road["id"], "2026-01-01")
        writer.insert(columns, [values])
    numbers = {row["number"] for row in store.rows("road_section")}
    report = sections_from_bgt(store)
    counts = report.mutations["road_section"]
    assert (counts.new, counts.changed, counts.ended) == (1, 0, 1)
    fresh = store.get("road_section", id_from_register("bgt/road_section", "G9999.new"))
    assert fresh["number"] not in numbers
    assert fresh["pavement"] == "onbekend"
    assert fresh["road_type"] == "7"


def test_planned_and_ended_surfaces_and_drives_are_no_sections(store):
    square = geo.blob_from_wkb(
        geo.canonical_wkb(geo.multipolygon_wkb([[[(203000, 503000), (203009, 503000), (203009, 503009)]]]))
    )
    columns = ("id", "bgt_class", "local_id", "status", "ended", "function", "geom")
    cases = [
        ("a", "wegdeel", "bestaand", None, "rijbaan lokale weg"),
        ("b", "wegdeel", "plan", None, "rijbaan lokale weg"),
        ("c", "wegdeel", "bestaand", "2025-01-01", "rijbaan lokale weg"),
        ("d", "wegdeel", "bestaand", None, "inrit"),
        ("e", "wegdeel", "bestaand", None, "OV-baan"),
        ("f", "ondersteunendwegdeel", "bestaand", None, "berm"),
    ]
    rows = [
        (id_from_register("bgt", name), kind, name, status, ended, function, square)
        for name, kind, status, ended, function in cases
    ]
    with store.transaction(capture=False):
        store.register_writer("road_part", id_from_register("dataset", "bgt")).insert(columns, rows)
    assert sections_from_bgt(store).sections == 1
    section = next(iter(store.rows("road_section")))
    assert section["derived_from"] == "BGT wegdeel a"
    assert section["street"] is None


def test_bridges_follow_from_decks_with_their_parts(store):
    put_district(store)
    report = sections_from_bgt(store)
    assert report.structures == 3
    bridges = {row["number"]: row for row in store.rows("structure")}
    main = next(row for row in bridges.values() if row["name"] == "Wederiklaan")
    elements = {row["name"] for row in store.rows("structure_element", structure_id=main["id"])}
    assert elements == {"dek", "landhoofd", "pijler"}


def test_an_empty_store_has_no_sections(store):
    report = sections_from_bgt(store)
    assert (report.sections, report.structures) == (0, 0)
