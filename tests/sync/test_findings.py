"""What is to be repaired is named, and nothing is refused for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stadsveld.model import new_id
from stadsveld.store import Store
from stadsveld.sync import findings, sync, transport_of
from support.live_hub import LiveHub


def found(store: Store) -> set[tuple[str, str, str]]:
    """Kind, entity and field of all findings."""
    return {(item.kind, item.entity, item.field) for item in findings(store)}


def test_a_missing_field_is_a_finding_until_it_is_filled_in(tmp_path: Path) -> None:
    """A damage without its extent is stored, named, and no longer named once repaired."""
    with Store.create(tmp_path / "s.sqlite") as store:
        inspection = store.put("inspection", None, {"kind": "global", "status": "finished"})
        fields = {"inspection_id": inspection, "type": "craquelé", "severity": "M", "asset_id": None}
        damage = store.put("damage", None, fields)
        assert found(store) == {("missing", "damage", "extent")}
        store.put("damage", damage, {"extent": "2"})
        assert found(store) == set()
        store.put("damage", damage, {"severity": ""})
        assert found(store) == {("missing", "damage", "severity"), ("unknown_code", "damage", "severity")}


def test_an_unknown_code_is_a_finding(tmp_path: Path) -> None:
    """What a newer version or a script wrote is kept and shown."""
    with Store.create(tmp_path / "s.sqlite") as store:
        task = store.put("task", None, {"title": "t", "status": "perhaps"})
        [finding] = findings(store)
        assert (finding.kind, finding.entity_id, finding.field) == ("unknown_code", task, "status")
        assert "perhaps" in finding.text


@pytest.mark.parametrize("parent_first", [False, True])
def test_a_child_waits_for_its_parent_and_is_no_finding_when_it_comes(
    live_hub: LiveHub, tmp_path: Path, parent_first: bool
) -> None:
    """Whoever comes first, the child keeps to its parent."""
    a, b = (live_hub.replica(tmp_path / f"{name}.sqlite") for name in "ab")
    inspection = new_id()
    damage = {"inspection_id": inspection, "type": "gat", "severity": "E", "extent": "1"}
    row = b.put("damage", None, damage)
    assert found(b) == {("waits", "damage", "inspection_id")}
    a.put("inspection", inspection, {"kind": "global", "status": "finished"})
    for store in (a, b, a, b) if parent_first else (b, a, b, a):
        sync(store, transport_of(store))
    for store in (a, b):
        assert store.get("damage", row)["inspection_id"] == inspection
        assert found(store) == set()


def test_a_child_whose_parent_was_deleted_elsewhere_is_kept_and_named(
    live_hub: LiveHub, tmp_path: Path
) -> None:
    """A finding, not a casualty."""
    a, b = (live_hub.replica(tmp_path / f"{name}.sqlite") for name in "ab")
    inspection = a.put("inspection", None, {"kind": "global", "status": "finished"})
    for store in (a, b):
        sync(store, transport_of(store))
    damage = {"inspection_id": inspection, "type": "gat", "severity": "E", "extent": "1"}
    row = b.put("damage", None, damage)
    a.delete("inspection", inspection)
    for store in (a, b, a):
        sync(store, transport_of(store))
    for store in (a, b):
        assert store.get("damage", row) is not None
        assert found(store) == {("parent_gone", "damage", "inspection_id")}


def test_rows_of_a_register_are_not_people_s_to_repair(tmp_path: Path) -> None:
    """An edition with gaps is repaired at its source; a row that a person touched is checked."""
    with Store.create(tmp_path / "s.sqlite") as store:
        with store.transaction(capture=False):
            store.put("dataset", dataset := new_id(), {"name": "d", "register": "r"})
            rows = [new_id(), new_id()]
            for row in rows:
                store.put("road_section", row, {"number": None, "dataset_id": dataset})
        assert found(store) == set()
        store.put("road_section", rows[0], {"pavement": "asfalt"})
        assert [(item.entity_id, item.field) for item in findings(store)] == [(rows[0], "number")]
