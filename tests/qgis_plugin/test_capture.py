"""Whatever way QGIS writes to a store, the triggers know which field of which row changed, and no more."""

from __future__ import annotations

import pytest
from osgeo import ogr
from qgis.core import (
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsVectorLayer,
    QgsVectorLayerUtils,
)

from stadsveld.model import is_uuid
from stadsveld.store import Store, statement
from stadsveld.sync import seal

PROVIDERS = ("ogr", "spatialite")


def square(x: float, y: float, side: float = 10) -> QgsGeometry:
    corners = f"{x} {y},{x + side} {y},{x + side} {y + side},{x} {y + side},{x} {y}"
    return QgsGeometry.fromWkt(f"MultiPolygon((({corners})))")


@pytest.fixture
def store(qgis_app, tmp_path):
    """A store in a path with a space, as the plugin makes it, with three sections."""
    with Store.create(tmp_path / "een opslag.sqlite", wal=True) as made:
        for number in range(3):
            fields = {"number": f"W{number}", "street": "Dorpsstraat", "pavement": "asfalt", "area": 100.0}
            made.put(
                "road_section", None, {**fields, "geom": bytes(square(150000 + 20 * number, 400000).asWkb())}
            )
        seal(made)
        yield made
        assert made.spatial_index_is_right()


@pytest.fixture(params=PROVIDERS)
def layer(request, store):
    """The sections as a plain layer of either provider, without any help of the plugin."""
    sources = {
        "ogr": f"{store.path}|layername=road_section",
        "spatialite": f"dbname='{store.path}' table=\"road_section\" (geom)",
    }
    opened = QgsVectorLayer(sources[request.param], "sections", request.param)
    assert opened.isValid()
    return opened


def captured(store: Store) -> list[tuple[str, str, object]]:
    rows = store.connection.execute(statement("captured")).fetchall()
    return [(row["entity_id"], row["field"], row["old"]) for row in rows]


def commit(layer: QgsVectorLayer) -> None:
    assert layer.commitChanges(), layer.commitErrors()


def column(layer: QgsVectorLayer, name: str) -> int:
    return layer.fields().indexOf(name)


def ids_are_unique_uuids(store: Store) -> bool:
    ids = [row["id"] for row in store.rows("road_section")]
    return len(set(ids)) == len(ids) and all(map(is_uuid, ids))


def others(store: Store, row_id: str) -> list[dict]:
    return [row for row in store.rows("road_section") if row["id"] != row_id]


def test_a_form_edit_is_one_field_with_its_old_value(store, layer) -> None:
    """Changing the street in the form captures the street, and touches no other column or row."""
    feature = next(layer.getFeatures())
    before, beside = store.get("road_section", feature["id"]), others(store, feature["id"])
    layer.startEditing()
    layer.changeAttributeValue(feature.id(), column(layer, "street"), "Kerkstraat")
    commit(layer)
    assert captured(store) == [(feature["id"], "street", "Dorpsstraat")]
    assert store.get("road_section", feature["id"]) == {**before, "street": "Kerkstraat"}
    assert others(store, feature["id"]) == beside


def test_several_fields_of_one_form_are_several_captures(store, layer) -> None:
    """Number, area and geometry changed together are captured apart; emptying a field is a change too."""
    feature = next(layer.getFeatures())
    layer.startEditing()
    layer.changeAttributeValues(
        feature.id(),
        {column(layer, "number"): "W9", column(layer, "area"): 80.5, column(layer, "street"): None},
    )
    layer.changeGeometry(feature.id(), square(150000, 400000, 9))
    commit(layer)
    assert {(field, old) for _id, field, old in captured(store) if field != "geom"} == {
        ("number", "W0"), ("area", 100.0), ("street", "Dorpsstraat"),
    }  # fmt: skip
    assert "geom" in {field for _id, field, _old in captured(store)}


def test_writing_the_same_value_again_is_no_edit(store, layer) -> None:
    """A form that is saved without a real change leaves nothing behind."""
    feature = next(layer.getFeatures())
    layer.startEditing()
    layer.changeAttributeValue(feature.id(), column(layer, "street"), "Dorpsstraat")
    layer.changeGeometry(feature.id(), feature.geometry())
    commit(layer)
    assert seal(store) == 0


def test_a_pasted_copy_is_born_with_an_identity_of_its_own(store, layer) -> None:
    """QGIS gives a copy the made-up id `…_1`; the store replaces it."""
    feature = next(layer.getFeatures())
    layer.startEditing()
    copy = QgsVectorLayerUtils.createFeature(
        layer, feature.geometry(), dict(enumerate(feature.attributes())), layer.createExpressionContext()
    )
    assert layer.addFeature(copy)
    commit(layer)
    assert ids_are_unique_uuids(store)
    ((row_id, field, old),) = captured(store)
    assert (field, old) == ("_exists", None)
    assert row_id != feature["id"]
    assert store.get("road_section", row_id)["number"] == "W0"
    assert store.get("road_section", feature["id"])["number"] == "W0"


def test_a_split_keeps_the_identity_of_one_part(store, layer) -> None:
    """Splitting a section changes the geometry of the old one and bears a new one."""
    feature = next(layer.getFeatures())
    layer.startEditing()
    layer.selectByIds([feature.id()])
    assert layer.splitFeatures([QgsPointXY(150005, 399990), QgsPointXY(150005, 400020)], False) == 0
    commit(layer)
    assert ids_are_unique_uuids(store)
    assert {(field, row_id == feature["id"]) for row_id, field, _old in captured(store)} == {
        ("geom", True), ("_exists", False),
    }  # fmt: skip
    areas = sorted(round(QgsGeometry.fromWkt(f.geometry().asWkt()).area()) for f in layer.getFeatures())
    assert areas == [50, 50, 100, 100]


def test_the_field_calculator_captures_every_row_it_changed(store, layer) -> None:
    """An expression over all rows captures the one field of each row whose value became another."""
    expression = QgsExpression("'fiets' || \"number\"")
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    layer.startEditing()
    for feature in layer.getFeatures():
        context.setFeature(feature)
        layer.changeAttributeValue(feature.id(), column(layer, "function"), expression.evaluate(context))
    commit(layer)
    assert {field for _id, field, _old in captured(store)} == {"function"}
    assert len(captured(store)) == 3
    assert {row["function"] for row in store.rows("road_section")} == {"fietsW0", "fietsW1", "fietsW2"}


def test_deleting_captures_the_death_and_what_the_register_said(store, layer) -> None:
    """A deleted row is captured once, with its last values; the others stay."""
    feature = next(layer.getFeatures())
    beside = others(store, feature["id"])
    layer.startEditing()
    layer.deleteFeature(feature.id())
    commit(layer)
    found = {field: old for _id, field, old in captured(store)}
    assert found["_exists"] == "1"
    assert found["number"] == "W0"
    assert list(store.rows("road_section")) == beside


def test_what_is_undone_before_saving_never_happened(store, layer) -> None:
    """Undo, and rolling all back, leave no capture and no change."""
    before = list(store.rows("road_section"))
    feature = next(layer.getFeatures())
    layer.startEditing()
    layer.changeAttributeValue(feature.id(), column(layer, "street"), "Kerkstraat")
    layer.undoStack().undo()
    commit(layer)
    layer.startEditing()
    layer.deleteFeature(feature.id())
    assert layer.rollBack()
    assert captured(store) == []
    assert list(store.rows("road_section")) == before


def test_an_edit_and_its_reverse_are_no_change(store, layer) -> None:
    """What is put back before sealing is not told to anybody."""
    feature = next(layer.getFeatures())
    for street in ("Kerkstraat", "Dorpsstraat"):
        layer.startEditing()
        layer.changeAttributeValue(feature.id(), column(layer, "street"), street)
        commit(layer)
    assert len(captured(store)) == 2
    assert seal(store) == 0
    assert captured(store) == []


def test_a_feature_without_id_gets_one(store, layer) -> None:
    """A digitised feature that knows only its geometry and number becomes a proper row."""
    feature = QgsFeature(layer.fields())
    feature.setGeometry(square(150200, 400200))
    feature["number"] = "W7"
    layer.startEditing()
    layer.addFeature(feature)
    commit(layer)
    assert ids_are_unique_uuids(store)
    assert [row["number"] for row in store.window("road_section", (150199, 400199, 150211, 400211))] == ["W7"]


def test_a_raw_insert_by_another_program_is_captured(store) -> None:
    """OGR without QGIS, as a script or an FME-like tool would: id made, capture made, index right."""
    source = ogr.Open(str(store.path), update=1)
    table = source.GetLayerByName("road_section")
    feature = ogr.Feature(table.GetLayerDefn())
    feature.SetField("number", "W8")
    feature.SetGeometry(ogr.CreateGeometryFromWkt(square(150300, 400300).asWkt()))
    assert table.CreateFeature(feature) == 0
    del feature, table, source
    ((row_id, field, _old),) = captured(store)
    assert field == "_exists"
    assert is_uuid(row_id)
    assert ids_are_unique_uuids(store)
    assert [row["id"] for row in store.window("road_section", (150299, 400299, 150311, 400311))] == [row_id]


def test_the_identity_of_a_row_cannot_be_overwritten(store, layer) -> None:
    """Typing into the id is refused and changes nothing; the ogr provider also tells why."""
    feature = next(layer.getFeatures())
    layer.startEditing()
    layer.changeAttributeValue(feature.id(), column(layer, "id"), "not an identity")
    assert not layer.commitChanges()
    if layer.providerType() == "ogr":
        assert "never changes" in " ".join(layer.commitErrors())
    layer.rollBack()
    assert store.get("road_section", feature["id"]) is not None


def test_sealing_makes_changes_of_exactly_the_edited_fields(store, layer) -> None:
    """After an edit in QGIS the change that travels names the field, and nothing else."""
    feature = next(layer.getFeatures())
    layer.startEditing()
    layer.changeAttributeValue(feature.id(), column(layer, "street"), "Kerkstraat")
    commit(layer)
    assert seal(store) == 1
    rows = store.connection.execute(statement("entity_changes"), ("road_section", feature["id"])).fetchall()
    assert rows[-1]["fields"] == '{"street":"Kerkstraat"}'
