"""The store at half a million objects: a window of 1 km², and opening a layer of it in QGIS."""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from harness import Result, against, race, without_peer

from stadsveld import geo
from stadsveld.model import id_from_register
from stadsveld.store import Store

OBJECTS = 500_000
#: A municipality of 11 × 11 km, the size of Zwolle: a window of 1 km² holds some 4,100 of them.
CITY = (150_000.0, 400_000.0, 11_000.0)
WINDOW_MS = 30.0
WINDOW, LAYER = "window of 1 km² out of 500,000 objects", "opening a layer of 500,000 objects"
_COLUMNS = ("id", "bgt_class", "local_id", "status", "level", "function", "geom")


def run() -> list[Result]:
    """Measure both."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "city.sqlite"
        fill(path)
        return [*measure_window(path), *measure_layer(path)]


def fill(path: Path) -> None:
    """Make the store with its houses."""
    with Store.create(path, wal=True) as store, store.transaction(capture=False):
        writer = store.register_writer("building", id_from_register("dataset", "bgt"))
        writer.insert(_COLUMNS, houses())
        store.connection.execute("ANALYZE")


def houses() -> Iterator[tuple[object, ...]]:
    """Yield squares of some 9 m at random places."""
    chance = np.random.default_rng(500)
    left, bottom, size = CITY
    for number, (x, y) in enumerate(
        chance.uniform((left, bottom), (left + size, bottom + size), (OBJECTS, 2)).round(3)
    ):
        corners = [(x, y), (x + 9, y), (x + 9, y + 9), (x, y + 9), (x, y)]
        rings = struct.pack("<BIIBIII", 1, 6, 1, 1, 3, 1, 5) + b"".join(
            struct.pack("<dd", *at) for at in corners
        )
        row_id = id_from_register("bgt", str(number))
        yield row_id, "pand", f"G{number:032d}", "bestaand", 0, None, geo.blob_from_wkb(rings)


def measure_window(path: Path) -> list[Result]:
    """Read every row of a window with all its fields, as the map of the field app and the import do."""
    left, bottom, size = CITY
    window = (left + size / 2, bottom + size / 2, left + size / 2 + 1000, bottom + size / 2 + 1000)
    with Store.open(path) as store:
        (ours,) = race(lambda: sum(1 for _row in store.window("building", window)))
    layer = open_in_qgis(path)
    peer = None
    if layer is not None:
        from qgis.core import QgsFeatureRequest, QgsRectangle

        request = QgsFeatureRequest(QgsRectangle(*window))
        (seconds,) = race(lambda: sum(1 for _feature in layer.getFeatures(request)))
        peer = seconds * 1000
    name = "QGIS, ogr provider, same file" if peer else "missing: QGIS is not installed"
    found = ours * 1000
    ratio = found / peer if peer else None
    return [Result(WINDOW, "ms", found, peer, name, ratio, f"at most {WINDOW_MS:g} ms", found <= WINDOW_MS)]


def measure_layer(path: Path) -> list[Result]:
    """Open and dress the layer as the plugin does, against the bare layer of the ogr provider."""
    if open_in_qgis(path) is None:
        return [without_peer(LAYER, "s", float("nan"), "QGIS is not installed")]
    from qgis.core import QgsVectorLayer

    from stadsveld_qgis.layers import loader

    def plain() -> None:
        layer = QgsVectorLayer(loader.source(path, "building"), "building", "ogr")
        layer.featureCount()

    def dressed() -> None:
        layer = loader.make_layer(path, "building")
        loader.dress(layer, "building", {})
        layer.featureCount()

    ours, peer = race(dressed, plain, rounds=25)
    return [against(LAYER, "s", ours, peer, "QGIS, ogr provider, bare layer", ratio_at_most=1.2)]


def open_in_qgis(path: Path):
    """Return the houses as a layer, or None without QGIS."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        from qgis.core import QgsApplication, QgsVectorLayer
    except ImportError:
        return None
    if QgsApplication.instance() is None:
        open_in_qgis.application = QgsApplication([], True)
        QgsApplication.initQgis()
    return QgsVectorLayer(f"{path}|layername=building", "building", "ogr")
