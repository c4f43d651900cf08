"""QGIS's own OGC API – Features provider reads the central store: every collection, whole, in its place."""

from __future__ import annotations

import pytest

pytest.importorskip("starlette")

import requests
from qgis.core import (
    QgsApplication,
    QgsAuthMethodConfig,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)

from stadsveld import geo
from stadsveld.hub.features.catalogue import COLLECTIONS
from stadsveld.model import id_from_register, new_id
from stadsveld.store import Store
from support.live_hub import LiveHub

PAGE = 1000
MANY = 2500
FEW = 3
X, Y = 203000.0, 503000.0


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A central store with all collections filled, three of them beyond one page."""
    path = tmp_path_factory.mktemp("oapif") / "central.sqlite"
    running = LiveHub(path)
    with Store.open(path) as store, store.transaction(capture=False):
        fill(store)
    yield running
    running.stop()


def fill(store: Store) -> None:
    dataset = new_id()
    store.put("dataset", dataset, {"name": "d", "register": "r", "access_class": "restricted"})
    for collection in COLLECTIONS.values():
        entity = collection.entity
        count = MANY if entity.name in {"task", "road_part", "datastream"} else FEW
        for number in range(count):
            fields = {field.name: value_of(field, number) for field in collection.properties}
            if collection.has_dataset:
                fields["dataset_id"] = dataset
            if entity.geometry:
                fields["geom"] = shape(entity.geometry, number)
            store.put(entity.name, id_from_register(entity.name, str(number)), fields)


def value_of(field, number: int) -> object:
    if field.kind in {"int", "real", "bool"}:
        return number % 2
    return {"date": "2026-05-01", "instant": "2026-05-01T10:00:00.000Z", "json": '{"a": 1}'}.get(
        field.kind, f"{field.name} {number}"
    )


def shape(kind: str, number: int) -> bytes:
    x, y = X + number % 50 * 10, Y + number // 50 * 10
    square = [(x, y), (x + 5, y), (x + 5, y + 5), (x, y + 5), (x, y)]
    return {
        "POINT": lambda: geo.point_wkb(x, y),
        "MULTIPOINT": lambda: geo.multipoint_wkb([(x, y)]),
        "MULTILINESTRING": lambda: geo.multilinestring_wkb([square[:3]]),
        "MULTIPOLYGON": lambda: geo.multipolygon_wkb([[square]]),
    }[kind]()


@pytest.fixture(scope="module")
def token(hub) -> str:
    made = "t" * 20 + new_id()
    wish = {"code": hub.code("planner", "gis"), "name": "gis", "token": made}
    assert requests.post(f"{hub.url}/v1/enrol", json=wish, timeout=30).status_code == 200
    return made


@pytest.fixture(scope="module")
def authcfg(token, qgis_app):
    """The token as a QGIS authentication configuration that sends a header."""
    manager = QgsApplication.authManager()
    if manager.isDisabled() or not manager.setMasterPassword("only for this test", True):
        pytest.skip("QGIS has no authentication database here")
    config = QgsAuthMethodConfig("APIHeader")
    config.setName("stadsveld")
    config.setConfig("Authorization", f"Bearer {token}")
    stored = manager.storeAuthenticationConfig(config)
    assert stored[0] if isinstance(stored, tuple) else stored
    yield config.id()
    manager.removeAuthenticationConfig(config.id())
    manager.clearMasterPassword()


def layer_of(hub: LiveHub, collection: str, authcfg: str, **more: str) -> QgsVectorLayer:
    given = {"url": hub.url, "typename": collection, "authcfg": authcfg, "pageSize": str(PAGE), **more}
    uri = " ".join(f"{key}='{value}'" for key, value in given.items())
    return QgsVectorLayer(uri, collection, "OAPIF")


@pytest.mark.parametrize("name", list(COLLECTIONS))
def test_every_collection_is_read_whole(hub, authcfg, name: str) -> None:
    """QGIS gets all features with all properties, each once, in RD where they were put."""
    collection = COLLECTIONS[name]
    layer = layer_of(hub, name, authcfg)
    assert layer.isValid(), layer.error().summary()
    features = list(layer.getFeatures())
    rows = rows_of(hub, collection.entity.name)
    assert sorted(feature["id"] for feature in features) == sorted(rows)
    names = ["id", *(field.name for field in collection.properties), "_conflict"]
    assert layer.fields().names() == names
    for feature in features:
        row = rows[feature["id"]]
        for field in collection.properties:
            if field.kind in {"text", "code", "ref"}:
                assert feature[field.name] == row[field.name], field.name
    if collection.entity.geometry is None:
        assert not layer.isSpatial()
        return
    assert layer.crs().authid() == "EPSG:28992"
    for feature in features:
        expected = QgsGeometry()
        expected.fromWkb(rows[feature["id"]]["geom"])
        assert feature.geometry().hausdorffDistance(expected) < 0.0011, feature["id"]
        assert feature.geometry().type() == expected.type()


def rows_of(hub: LiveHub, entity: str) -> dict[str, dict]:
    with Store.open(hub.path, readonly=True) as store:
        return {row["id"]: row for row in store.rows(entity)}


@pytest.mark.parametrize("code", ["OGC:CRS84", "EPSG:4258", "EPSG:4326", "EPSG:3857"])
def test_other_systems_lie_where_rd_lies(hub, authcfg, code: str) -> None:
    """Whatever the order of its axes, QGIS brings a position back to within what its own RD differs."""
    layer = layer_of(hub, "inspections", authcfg, srsname=code)
    assert layer.isValid(), layer.error().summary()
    assert layer.crs().authid() == code
    rows = rows_of(hub, "inspection")
    context = QgsProject.instance().transformContext()
    way = QgsCoordinateTransform(layer.crs(), QgsCoordinateReferenceSystem("EPSG:28992"), context)
    features = list(layer.getFeatures())
    assert len(features) == len(rows)
    for feature in features:
        moved, expected = feature.geometry(), QgsGeometry()
        moved.transform(way)
        expected.fromWkb(rows[feature["id"]]["geom"])
        # Without the grids QGIS has only an approximation of RD; swapped axes would be off by 100 km.
        assert moved.distance(expected) < 1


def test_a_window_of_the_map_holds_what_lies_in_it(hub, authcfg) -> None:
    """QGIS asks the server for the box of its window, across pages, and gets what lies there."""
    layer = layer_of(hub, "tasks", authcfg, restrictToRequestBBOX="1")
    window = QgsRectangle(X - 1, Y - 1, X + 245, Y + 1)
    found = {feature["id"] for feature in layer.getFeatures(QgsFeatureRequest(window))}
    inside = {
        row_id
        for row_id, row in rows_of(hub, "task").items()
        if window.intersects(QgsRectangle(*geo.wkb_bbox(row["geom"])))
    }
    assert found == inside
    assert len(inside) == 25


def test_without_the_token_there_is_no_layer_to_read(hub, qgis_app) -> None:
    """QGIS learns of the collection, and gets none of its features."""
    layer = layer_of(hub, "tasks", "")
    assert not list(layer.getFeatures())
