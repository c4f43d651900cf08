"""Several working copies, random edits and synchronisations over a failing network: all converge."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from stadsveld import geo
from stadsveld.errors import StadsveldError, Unavailable
from stadsveld.model import new_id
from stadsveld.store import Store, statement
from stadsveld.sync import conflicts, dump, outbox, resolve, seal, sync, transport_of
from support.faulty import FaultyTransport
from support.live_hub import LiveHub

SEEDS = (1, 2, 3)
STEPS = 60


def edit(store: Store, chance: random.Random) -> None:
    """Insert, change, move or delete something, as an app or as plain SQL."""
    tasks = [row["id"] for row in store.rows("task")]
    what = chance.random()
    point = geo.point_wkb(203000 + chance.random() * 100, 503000 + chance.random() * 100)
    if what < 0.3 or not tasks:
        store.put("task", None, {"title": str(chance.random()), "geom": chance.choice([point, None])})
    elif what < 0.6:
        store.put("task", chance.choice(tasks), {chance.choice(["title", "note"]): chance.choice("abc")})
    elif what < 0.75:
        store.put("task", chance.choice(tasks), {"geom": chance.choice([point, None])})
    elif what < 0.85:
        store.delete("task", chance.choice(tasks))
    elif what < 0.95:
        store.connection.execute("UPDATE task SET status = ? WHERE fid % 2 = 0", (chance.choice("xy"),))
    else:
        for conflict in conflicts(store)[:1]:
            value = chance.choice(conflict.alternatives).value
            resolve(store, conflict.entity, conflict.entity_id, conflict.field, value)


@pytest.mark.parametrize("seed", SEEDS)
def test_all_converge(live_hub: LiveHub, tmp_path: Path, seed: int) -> None:
    """Whatever happened: one state, every sealed change at the central store, indexes right."""
    chance, faults = random.Random(seed), [None, None, None, "before", "after", "cut"]
    names = [f"r{n}" for n in range(4)]
    stores = [live_hub.replica(tmp_path / f"{name}.sqlite") for name in names]
    sealed: set[str] = set()
    for _step in range(STEPS):
        number = chance.randrange(len(stores))
        store = stores[number]
        if chance.random() < 0.1:
            path = store.path
            store.close()
            stores[number] = store = Store.open(path, spatialite=chance.random() < 0.5)
        if chance.random() < 0.1:
            store.set_setting("clock_offset_ms", str(chance.randrange(-3, 3) * 86_400_000))
        edit(store, chance)
        if chance.random() < 0.4:
            transport = FaultyTransport(transport_of(store), lambda _n, _m, _p: chance.choice(faults))
            try:
                sync(store, transport)
            except Unavailable:
                seal(store)
        sealed |= {item.change_id for item in outbox(store)}
    for store in (*stores, *stores):
        sync(store, transport_of(store))
    with Store.open(live_hub.path) as central:
        expected = list(dump(central))
        held = {row["change_id"] for row in central.connection.execute(statement("all_changes"))}
        assert sealed <= held
        assert central.problems() == []
    for store in stores:
        assert list(dump(store)) == expected, f"seed {seed}"
        assert outbox(store) == []
        path = store.path
        store.close()
        with Store.open(path) as checked:
            assert checked.problems() == []


def test_the_faults_are_felt(live_hub: LiveHub, tmp_path: Path) -> None:
    """A test of the test: a network that always fails lets nothing through."""
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        a.put("task", new_id(), {"title": "t"})
        for fault in ("before", "cut"):
            with pytest.raises(StadsveldError):
                sync(a, FaultyTransport(transport_of(a), lambda _n, _m, _p, how=fault: how))
        assert len(outbox(a)) == 1
