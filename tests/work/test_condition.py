"""The condition of a section follows from its last finished inspection, and from nothing else."""

import pytest

from stadsveld import geo
from stadsveld.model import new_id
from stadsveld.work import condition


@pytest.fixture
def section(store):
    """A road section in a store."""
    section_id = new_id()
    square = geo.blob_from_wkb(geo.multipolygon_wkb([[[(0, 0), (10, 0), (10, 10), (0, 10)]]]))
    with store.transaction(capture=False):
        store.register_writer("road_section", new_id()).insert(
            ("id", "number", "geom"), [(section_id, "W1", square)]
        )
    return section_id


def inspect(store, section, at, *severities, status="finished", result=None):
    inspection = store.put(
        "inspection",
        None,
        {
            "asset_entity": "road_section",
            "asset_id": section,
            "kind": "road_global",
            "status": status,
            "result": result or ("damage" if severities else "no_damage"),
            "inspected_at": at,
        },
    )
    for severity in severities:
        store.put("damage", None, {"inspection_id": inspection, "severity": severity, "type": "gaten"})
    return inspection


def state(store, section):
    row = store.get("road_section", section)
    return row["condition"], row["inspected_on"]


def test_without_an_inspection_a_section_is_not_inspected(store, section):
    condition.recompute(store)
    assert state(store, section) == ("not_inspected", None)


def test_the_worst_damage_counts(store, section):
    inspect(store, section, "2026-05-01T09:00:00.000Z", "L", "E", "M")
    assert condition.recompute(store) == 1
    assert state(store, section) == ("E", "2026-05-01")


def test_the_last_inspection_counts_not_the_worst(store, section):
    inspect(store, section, "2026-05-01T09:00:00.000Z", "E")
    inspect(store, section, "2026-06-01T09:00:00.000Z")
    condition.recompute(store, [section])
    assert state(store, section) == ("no_damage", "2026-06-01")


@pytest.mark.parametrize("status", ["draft", "withdrawn"])
def test_drafts_and_withdrawn_inspections_do_not_count(store, section, status):
    inspect(store, section, "2026-05-01T09:00:00.000Z", "E", status=status)
    condition.recompute(store)
    assert state(store, section) == ("not_inspected", None)


def test_not_inspected_is_never_no_damage(store, section):
    inspect(store, section, "2026-05-01T09:00:00.000Z", result="not_possible")
    condition.recompute(store)
    assert state(store, section) == ("not_inspected", None)


def test_the_date_is_the_dutch_one(store, section):
    inspect(store, section, "2026-06-30T22:30:00.000Z")
    condition.recompute(store)
    assert state(store, section)[1] == "2026-07-01"


def test_recomputing_is_nobodys_change_and_changes_nothing_the_second_time(store, section):
    inspect(store, section, "2026-05-01T09:00:00.000Z", "M")
    captured = "SELECT count(*) FROM stadsveld_capture WHERE entity = 'road_section'"
    assert condition.recompute(store) == 1
    assert condition.recompute(store) == 0
    assert store.connection.execute(captured).fetchone()[0] == 0


def test_the_last_inspection_can_be_asked_for(store, section):
    assert condition.last_inspection(store, section) is None
    inspect(store, section, "2026-05-01T09:00:00.000Z", "M")
    second = inspect(store, section, "2026-05-02T09:00:00.000Z", "L")
    assert condition.last_inspection(store, section)["id"] == second


def test_a_date_that_is_none_does_not_stop_the_rest(store, section):
    inspect(store, section, "yesterday", "M")
    condition.recompute(store)
    assert state(store, section) == ("M", None)
