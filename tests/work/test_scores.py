"""Scores from what is stored: under the pack of the day, under another, and never of what nobody saw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stadsveld import geo
from stadsveld.errors import BadInput
from stadsveld.norms import load_tables
from stadsveld.norms.extent import drawn_extent, drawn_length
from stadsveld.norms.tables import make_pack, pack_as_json
from stadsveld.store import Store
from stadsveld.work.derive import derive
from stadsveld.work.scores import rescore_structures, section_score, store_pack, structure_score


@pytest.fixture
def store(tmp_path: Path):
    """An empty store."""
    with Store.create(tmp_path / "s.sqlite") as made:
        yield made


def bridge(
    store: Store, values: tuple[float | None, ...] = (100.0, 300.0, 600.0)
) -> tuple[str, list[str], list[str]]:
    """A bridge of two elements: a deck with two components, and a railing with one."""
    structure = store.put("structure", None, {"number": "B1"})
    names = ("deck", "railing")
    about = [{"structure_id": structure, "name": name} for name in names]
    elements = [store.put("structure_element", None, fields) for fields in about]
    owners = (elements[0], elements[0], elements[1])
    components = [
        store.put("component", None, {"element_id": owner, "name": f"c{n}", "replacement_value": value})
        for n, (owner, value) in enumerate(zip(owners, values, strict=True))
    ]
    return structure, elements, components


def inspect(store: Store, structure: str, inspected: list[str], **fields: object) -> str:
    """A finished inspection of a structure in which these components were looked at."""
    row = {
        "asset_entity": "structure", "asset_id": structure, "kind": "structure", "status": "finished",
        "result": "damage", "inspected_at": "2026-05-01T10:00:00Z", "inspected": inspected, **fields,
    }  # fmt: skip
    return store.put("inspection", None, row)


def defect(store: Store, inspection: str, component: str, intensity: int = 3, extent: float = 80) -> None:
    """A critical defect on a component."""
    fields = {
        "inspection_id": inspection, "component_id": component, "type": "rot", "importance": "ernstig",
        "intensity": intensity, "extent_percent": extent,
    }  # fmt: skip
    store.put("defect", None, fields)


def test_a_bridge_is_scored_from_its_components_up(store: Store) -> None:
    """One component at its end of life, two as new: weighed by value."""
    structure, elements, components = bridge(store)
    risks = {"safety": {"chance": 2, "effect": 3}}
    inspection = inspect(store, structure, components, care_score=3, risks=risks)
    defect(store, inspection, components[0])
    found = structure_score(store, structure)
    assert [found.components[key].score for key in components] == [6, 1, 1]
    assert found.elements[elements[0]].ratio_text == "1.25"
    assert found.elements[elements[0]].score == 4
    assert found.whole.score == 3
    assert found.worst == 4
    assert (found.care, found.risks) == (3, risks)
    assert "deck" in found.explanation.as_text()


def test_what_nobody_looked_at_has_no_score(store: Store) -> None:
    """Neither has the element it is part of, nor the bridge; the explanation names it."""
    structure, elements, components = bridge(store)
    inspection = inspect(store, structure, components[:2])
    defect(store, inspection, components[0])
    found = structure_score(store, structure)
    assert components[2] not in found.components
    assert set(found.elements) == {elements[0]}
    assert found.whole is None
    assert "c2" in found.explanation.as_text()
    other = store.put("structure", None, {"number": "B2"})
    assert structure_score(store, other).whole is None


def test_without_replacement_values_parts_weigh_the_same_and_it_says_so(store: Store) -> None:
    """A missing value does not become a weight of one euro."""
    structure, elements, components = bridge(store, (100_000.0, None, 300_000.0))
    defect(store, inspect(store, structure, components), components[0])
    found = structure_score(store, structure)
    assert found.elements[elements[0]].ratio_text == "1.5"
    assert "replacement value" in found.explanation.as_text()


def test_scores_are_derived_and_never_anybody_s_change(store: Store) -> None:
    """Rescoring writes rows, makes no change, and again changes nothing."""
    structure, elements, components = bridge(store)
    defect(store, inspect(store, structure, components), components[0])
    before = store.connection.execute("SELECT count(*) FROM stadsveld_capture").fetchone()[0]
    assert rescore_structures(store) > 0
    assert rescore_structures(store) == 0
    assert store.connection.execute("SELECT count(*) FROM stadsveld_capture").fetchone()[0] == before
    assert store.get("structure", structure)["worst_score"] == 4
    assert store.get("structure_element", elements[1])["condition_score"] == 1
    assert store.get("component", components[0])["condition_score"] == 6


def test_a_half_filled_defect_leaves_that_bridge_without_a_score_and_not_the_others(store: Store) -> None:
    """Partial edits are allowed; the score waits until the record is repaired."""
    (broken, _e, parts), (whole, _f, others) = bridge(store), bridge(store)
    defect(store, inspect(store, broken, parts), parts[0])
    inspect(store, whole, others)
    found = next(store.rows("defect"))
    store.put("defect", found["id"], {"extent_percent": None})
    derive(store)
    assert store.get("structure", broken)["condition_score"] is None
    assert store.get("structure", whole)["condition_score"] == 1
    store.put("defect", found["id"], {"extent_percent": 80.0})
    derive(store)
    assert store.get("structure", broken)["condition_score"] == 3


def another_edition() -> dict:
    """The shipped pack with exclusive bounds, as the city's own edition."""
    data = json.loads(json.dumps(pack_as_json(load_tables("nen2767"))))
    data.update(id="own", edition="own 2026")
    data["tables"]["rules"][0]["value"] = False
    return data


def test_a_score_follows_the_edition_of_its_day_and_can_be_compared(store: Store) -> None:
    """Recorded under the city's edition it is scored under that one; compared under the shipped one."""
    own = make_pack(another_edition())
    structure, elements, components = bridge(store, (1.0, 1.0, 1.0))
    about = {"norm_pack": own.id, "norm_edition": own.edition, "norm_signature": own.signature}
    inspection = inspect(store, structure, components, **about)
    defect(store, inspection, components[0], intensity=1, extent=40)
    with pytest.raises(BadInput, match="own 2026"):
        structure_score(store, structure)
    store_pack(store, own)
    then = structure_score(store, structure)
    now = structure_score(store, structure, load_tables("nen2767"))
    assert then.elements[elements[0]].ratio == now.elements[elements[0]].ratio
    assert then.elements[elements[0]].ratio_text == "1.05"
    assert "own 2026" in then.explanation.as_text()
    assert "own 2026" not in now.explanation.as_text()


@pytest.mark.parametrize(
    ("result", "damages", "status"),
    [(None, [], "not_inspected"), ("no_damage", [], "no_damage"), ("damage", [("M", "2")], "unrated")],
)
def test_a_section_says_which_of_the_four_it_is(store: Store, result, damages, status) -> None:
    """From its last finished inspection."""
    section = store.put("road_section", None, {"number": "1", "pavement": "asfalt", "road_type": "5"})
    if result:
        row = {"asset_entity": "road_section", "asset_id": section, "status": "finished", "result": result}
        inspection = store.put("inspection", None, {**row, "inspected_at": "2026-05-01T10:00:00Z"})
        for severity, extent in damages:
            fields = {"inspection_id": inspection, "type": "gaten", "severity": severity, "extent": extent}
            store.put("damage", None, fields)
    assert section_score(store, section).status == status
    if damages:
        assert section_score(store, section, load_tables("road-example")).quality_level == "C"


SECTION = geo.wkb_from_wkt("MULTIPOLYGON (((0 0, 100 0, 100 10, 0 10, 0 0)))")


def test_the_extent_is_that_of_the_union_within_the_section() -> None:
    """Overlapping drawings count once, and what sticks out does not count."""
    pytest.importorskip("shapely", reason="Shapely is not installed")
    squares = ["POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))", "POLYGON ((5 0, 15 0, 15 10, 5 10, 5 0))"]
    outside = ["POLYGON ((90 5, 110 5, 110 20, 90 20, 90 5))"]
    found = drawn_extent(SECTION, [geo.wkb_from_wkt(wkt) for wkt in squares + outside])
    assert found.value == pytest.approx((150 + 50) / 1000 * 100)
    lines = ["LINESTRING (0 5, 50 5)", "LINESTRING (40 5, 120 5)"]
    assert drawn_length(SECTION, [geo.wkb_from_wkt(wkt) for wkt in lines]).value == pytest.approx(100)
    assert drawn_extent(SECTION, []).value == 0
    with pytest.raises(BadInput):
        drawn_extent(SECTION, [geo.wkb_from_wkt(lines[0])])
