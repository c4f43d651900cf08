"""What a device must hold: the dump of the central store as far as that device may see it."""

from __future__ import annotations

import json

from stadsveld.hub.devices import device_by_id
from stadsveld.hub.visibility import Visibility
from stadsveld.store import Store
from stadsveld.sync import dump, sync, transport_of
from support.live_hub import LiveHub


def go(*stores: Store):
    """Synchronise each in turn; the report of the last."""
    for store in stores:
        report = sync(store, transport_of(store))
    return report


def visible_dump(hub: LiveHub, device_id: str) -> list[str]:
    """The lines of the central dump that a device may see."""
    with Store.open(hub.path) as central:
        device = device_by_id(central, device_id)
        assert device is not None
        visible = Visibility(central, device)
        lines = [(json.loads(line), line) for line in dump(central)]
        return [line for found, line in lines if visible.has(found["entity"], found["id"])]


def holds_what_it_may_see(hub: LiveHub, *stores: Store) -> None:
    """Each working copy agrees with the whole on what it may see, and holds nothing else."""
    for store in stores:
        held, expected = set(dump(store)), set(visible_dump(hub, store.device_id))
        assert held - expected == set(), f"{store.path.name} holds too much: {held - expected}"
        assert expected - held == set(), f"{store.path.name} lacks {expected - held}"
        assert list(dump(store)) == visible_dump(hub, store.device_id), store.path.name
        assert store.problems() == []
        for table in ("stadsveld_head", "stadsveld_change_parent"):
            known = "(SELECT change_id FROM stadsveld_change)"
            loose = f"SELECT count(*) FROM {table} WHERE change_id NOT IN {known}"
            assert store.connection.execute(loose).fetchone()[0] == 0, table
        assert store.connection.execute("SELECT count(*) FROM stadsveld_capture").fetchone()[0] == 0


def changes_of(store: Store, entity: str, entity_id: str) -> set[tuple[str, str, str | None]]:
    """The changes of a thing that a file holds: id, state, values."""
    rows = store.connection.execute(
        "SELECT change_id, state, fields FROM stadsveld_change WHERE entity = ? AND entity_id = ?",
        (entity, entity_id),
    )
    return {tuple(row) for row in rows}
