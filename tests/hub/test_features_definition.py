"""The OpenAPI document is true: schemathesis questions the running service by it, with all its checks."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stadsveld import geo
from stadsveld.hub.features.catalogue import COLLECTIONS
from stadsveld.model import new_id
from stadsveld.store import Store
from support.features_client import FeaturesClient
from support.live_hub import LiveHub

TESTS = Path(__file__).resolve().parent.parent
SEED = 1
X, Y = 203000.0, 503000.0
SHAPES = {
    "POINT": geo.point_wkb(X, Y),
    "MULTIPOINT": geo.multipoint_wkb([(X, Y)]),
    "MULTILINESTRING": geo.multilinestring_wkb([[(X, Y), (X + 1, Y)]]),
    "MULTIPOLYGON": geo.multipolygon_wkb([[[(X, Y), (X + 9, Y), (X, Y + 9), (X, Y)]]]),
}
VALUES = {
    "int": 3,
    "real": 1.5,
    "bool": 1,
    "date": "2026-05-01",
    "instant": "2026-05-01T10:00:00.000Z",
    "json": '{"a": [1]}',
}

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("schemathesis") is None,
    reason="schemathesis is not installed: pip install -c build/constraints.txt 'stadsveld[dev]'",
)


@pytest.fixture
def client(live_hub: LiveHub) -> FeaturesClient:
    """An administrator of a store with rows in every collection: whole ones, and ones without a value."""
    with Store.open(live_hub.path) as store, store.transaction(capture=False):
        for collection in COLLECTIONS.values():
            name, shape = collection.entity.name, SHAPES.get(collection.entity.geometry or "")
            fields = {
                field.name: VALUES.get(field.kind, f"some {field.name}") for field in collection.properties
            }
            for _number in range(3):
                store.put(name, new_id(), {**fields, "geom": shape} if shape else fields)
            store.put(name, new_id(), {})
    return FeaturesClient(live_hub)


def question(client: FeaturesClient, folder: Path, *options: str) -> str:
    """Run schemathesis with all its checks and return what it says."""
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{client.url}/openapi.json", "--no-color",
        "-H", f"Authorization: Bearer {client.token}", "--checks", "all", "--seed", str(SEED),
        "--generation-deterministic", "--continue-on-failure", *options,
    ]  # fmt: skip
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "support.features_hooks",
        "PYTHONPATH": str(TESTS),
        "FEATURE_IDS": json.dumps({name: client.items(name)["features"][0]["id"] for name in COLLECTIONS}),
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_answer_is_as_documented(client: FeaturesClient, tmp_path: Path) -> None:
    """What describes the interface, and one collection in depth: right, wrong and hostile questions."""
    paths = ["/", "/conformance", "/openapi.json", "/collections", "/collections/photos"]
    paths += [f"/collections/photos/{rest}" for rest in ("queryables", "items", "items/{featureId}")]
    chosen = [word for path in paths for word in ("--include-path", path)]
    told = question(client, tmp_path, *chosen, "--phases", "coverage,fuzzing,stateful", "-n", "8")
    assert f"{len(paths)} selected" in told


def test_every_collection_is_as_documented(client: FeaturesClient, tmp_path: Path) -> None:
    """All of them, some questions each."""
    told = question(client, tmp_path, "--phases", "fuzzing", "-n", "3")
    tested = re.search(r"Tested: (\d+)", told)
    assert tested is not None
    assert int(tested[1]) >= 4 * len(COLLECTIONS)
