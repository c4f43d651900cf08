"""Selecting a section or a bridge says what its inspection means and why, under its norm or another."""

import pytest

pytest.importorskip("qgis")

from qgis.core import QgsProject, QgsVectorLayerUtils

from stadsveld import geo
from stadsveld.norms import shipped_packs
from stadsveld.text import use_language
from stadsveld_qgis.layers import loader

SQUARE = geo.wkb_from_wkt("MULTIPOLYGON (((203000 503000, 203010 503000, 203010 503010, 203000 503000)))")


@pytest.fixture
def desk(plugin, store_path):
    """An open store with a damaged section and a bridge of one component, its layers loaded."""
    use_language("en")
    store = plugin.context.session.store
    section = store.put(
        "road_section", None, {"number": "R1", "pavement": "asfalt", "road_type": "5", "geom": SQUARE}
    )
    bridge = store.put("structure", None, {"number": "B1", "name": "Mill bridge", "geom": SQUARE})
    element = store.put("structure_element", None, {"structure_id": bridge, "name": "deck"})
    component = store.put("component", None, {"element_id": element, "name": "planks"})
    for entity, asset, more in (
        ("road_section", section, {}),
        ("structure", bridge, {"inspected": [component], "care_score": 3}),
    ):
        about = {"asset_entity": entity, "asset_id": asset, "status": "finished", "result": "damage", **more}
        inspection = store.put("inspection", None, {**about, "inspected_at": "2026-05-01T10:00:00Z"})
        if entity == "road_section":
            fields = {"inspection_id": inspection, "type": "gaten", "severity": "M", "extent": "2"}
            store.put("damage", None, fields)
        else:
            fields = {"inspection_id": inspection, "component_id": component, "type": "rot"}
            fields |= {"importance": "ernstig", "intensity": 3, "extent_percent": 20.0}
            store.put("defect", None, fields)
    layers = loader.add(store_path, ["road_section", "structure"])
    part = next(part for part in plugin.parts if type(part).__name__ == "InspectionsPart")
    part.dock.show()
    return plugin, part.dock, layers


def select(layer) -> None:
    """Select the only feature, as a click does."""
    layer.selectByIds([feature.id() for feature in layer.getFeatures()])


def test_a_section_says_that_no_table_rates_it_and_an_example_does(desk, monkeypatch) -> None:
    """Never guessed; compared under the example it carries that word."""
    _plugin, dock, layers = desk
    monkeypatch.setattr(dock, "isVisible", lambda: True)
    select(layers["road_section"])
    assert "No table says" in dock.told.toPlainText()
    names = [dock.choice.itemText(place) for place in range(dock.choice.count())]
    example = next(place for place, name in enumerate(names) if "EXAMPLE" in name)
    dock.choice.setCurrentIndex(example)
    told = dock.told.toPlainText()
    assert "Quality level of the section: C" in told
    assert "EXAMPLE" in told


def test_a_bridge_shows_score_worst_element_and_care_apart(desk, monkeypatch) -> None:
    """And every step of it; an edit renews it."""
    plugin, dock, layers = desk
    monkeypatch.setattr(dock, "isVisible", lambda: True)
    select(layers["structure"])
    told = dock.told.toPlainText()
    assert "Condition of the whole: 4" in told
    assert "Worst element: 4" in told
    assert "Care score, apart from the condition: 3" in told
    assert "not verified" in told
    store = plugin.context.session.store
    for row in list(store.rows("defect")):
        store.put("defect", row["id"], {"extent_percent": None})
    dock.renew()
    assert "must be a number" in dock.told.toPlainText()


def test_without_a_selection_it_says_what_to_do(desk) -> None:
    """Also after the store was closed."""
    plugin, dock, _layers = desk
    plugin.context.session.close()
    assert dock.choice.isHidden()
    assert dock.told.toPlainText() == ""
    QgsProject.instance().clear()


@pytest.mark.parametrize(("kind", "pack"), [("road_global", "crow-gvi"), ("structure_defect", "nen2767")])
def test_a_new_inspection_is_signed_with_its_norm(desk, store_path, kind: str, pack: str) -> None:
    """Pack, edition and signature of the day; one that has them keeps them."""
    plugin, _dock, _layers = desk
    layer = loader.add(store_path, ["inspection"])["inspection"]
    expected = {found.id: found.signature for found in shipped_packs()}[pack]
    for given, kept in ((None, expected), ("of another day", "of another day")):
        feature = QgsVectorLayerUtils.createFeature(layer)
        feature["kind"] = kind
        feature["norm_signature"] = given
        for index in layer.attributeList():
            if layer.fields()[index].name().startswith("norm_"):
                feature[index] = layer.defaultValue(index, feature)
        layer.startEditing()
        assert layer.addFeature(feature)
        assert layer.commitChanges()
        row = plugin.context.session.store.get("inspection", feature["id"])
        assert row["norm_signature"] == kept
        assert given or row["norm_pack"] == pack
