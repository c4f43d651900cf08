"""The store in QGIS: opened alone, its layers styled, with forms, kept in step, and let go of."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import (
    QgsExpression,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRenderContext,
    QgsVectorLayer,
    QgsVectorLayerUtils,
)

from stadsveld import geo
from stadsveld.model import CODES, ENTITIES, is_uuid
from stadsveld.store import Store, statement
from stadsveld_qgis import files
from stadsveld_qgis.layers import forms, health, loader, styles

SQUARE = "MultiPolygon(((150000 400000,150010 400000,150010 400010,150000 400010,150000 400000)))"


@pytest.fixture
def session(plugin, store_path):
    return plugin.context.session


@pytest.fixture
def section(session):
    """One road section in the open store."""
    wkb = bytes(QgsGeometry.fromWkt(SQUARE).asWkb())
    fields = {"number": "W1", "street": "Dorpsstraat", "pavement": "asfalt", "area": 100.0, "geom": wkb}
    found = session.store.put("road_section", None, fields)
    session.keep_edits()
    return found


@pytest.fixture
def layers(plugin, session, section):
    """All layers of the store in the project."""
    plugin.dock.add([name for _key, names in loader.GROUPS for name in names])
    return loader.loaded(session.path)


def inspect(layers, section: str, severity: str) -> str:
    """Record an inspection with a damage by layer edits, as a form does; return the damage's id."""
    inspection = QgsVectorLayerUtils.createFeature(layers["inspection"])
    inspection["asset_entity"], inspection["asset_id"] = "road_section", section
    inspection["status"], inspection["result"] = "finished", "damage"
    damage = QgsVectorLayerUtils.createFeature(layers["damage"])
    damage["inspection_id"], damage["asset_id"], damage["asset_entity"] = (
        inspection["id"],
        section,
        "road_section",
    )
    damage["type"], damage["severity"], damage["extent"], damage["note"] = (
        "rafeling",
        severity,
        "2",
        "langs <b>de kant",
    )
    damage.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(150004, 400004)))
    for name, feature in (("inspection", inspection), ("damage", damage)):
        layers[name].startEditing()
        assert layers[name].addFeature(feature)
        assert layers[name].commitChanges(), layers[name].commitErrors()
    return damage["id"]


def test_every_entity_has_a_group_and_a_style(qgis_app) -> None:
    """Nothing of the model is forgotten in the tree; every spatial layer knows its look and place."""
    grouped = {name for _key, names in loader.GROUPS for name in names}
    assert set(ENTITIES) - grouped == {"reading_block", "norm_pack"}
    spatial = {name for name in grouped if ENTITIES[name].geometry}
    assert spatial == set(styles.book()["order"])
    assert spatial == set(styles.book()["layers"])


def test_all_layers_open_in_rd(layers) -> None:
    """Every layer of the store is valid, and spatial ones are in EPSG:28992."""
    assert set(layers) == {name for _key, names in loader.GROUPS for name in names}
    for name, layer in layers.items():
        assert layer.isValid(), name
        assert layer.providerType() == "ogr"
        if ENTITIES[name].geometry:
            assert layer.crs().authid() == "EPSG:28992", name
    assert QgsProject.instance().crs().authid() == "EPSG:28992"


def test_adding_twice_adds_nothing(plugin, session, layers) -> None:
    """What the project has already stays as it is."""
    before = set(QgsProject.instance().mapLayers())
    plugin.dock.add_all()
    assert set(QgsProject.instance().mapLayers()) == before


def test_sections_are_drawn_by_condition_with_a_letter(layers) -> None:
    """Each condition has a colour, a label in words and, where damage was found, its letter."""
    categories = layers["road_section"].renderer().categories()
    assert [category.value() for category in categories] == [*CODES["condition"].labels, "ended"]
    texts = {category.value(): category.label() for category in categories}
    assert texts["M"].startswith("M  ")
    assert texts["not_inspected"] == CODES["condition"].label("not_inspected")
    assert len({category.symbol().color().name() for category in categories[:5]}) == 5
    assert layers["road_section"].labelsEnabled()


def drawn(layer: QgsVectorLayer, feature: QgsFeature) -> bool:
    """Whether the renderer of a layer would draw a feature."""
    context = QgsRenderContext()
    context.expressionContext().appendScopes(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.expressionContext().setFeature(feature)
    renderer = layer.renderer().clone()
    renderer.startRender(context, layer.fields())
    will = renderer.willRenderFeature(feature, context)
    renderer.stopRender(context)
    return bool(will)


def test_what_a_register_ended_is_not_drawn_until_asked_for(plugin, session, section, layers) -> None:
    """A section that ended disappears from the map, one without a condition is drawn as not inspected."""
    layer = layers["road_section"]
    (feature,) = layer.getFeatures()
    assert drawn(layer, feature)
    with session.store.transaction(capture=False):
        session.store.register_writer("road_section", "x").end(section, "2026-01-01")
    layer.dataProvider().reloadData()
    (feature,) = layer.getFeatures()
    assert feature["ended"] == "2026-01-01"
    assert not drawn(layer, feature)
    layer.renderer().checkLegendSymbolItem(layer.renderer().legendSymbolItems()[-1].ruleKey(), True)
    assert drawn(layer, feature)


def test_forms_speak_to_people(layers) -> None:
    """Lists of codes, titles with units, dates with a calendar, derived and technical fields out of reach."""
    layer = layers["road_section"]

    def setup(field: str):
        return layer.editorWidgetSetup(layer.fields().indexOf(field))

    assert setup("pavement").type() == "ValueMap"
    assert {CODES["pavement"].label(code): code for code in CODES["pavement"].labels}.items() <= {
        key: value for entry in setup("pavement").config()["map"] for key, value in entry.items()
    }.items()
    assert layer.attributeDisplayName(layer.fields().indexOf("area")) == "Area (m²)"
    assert setup("inspected_on").type() == "DateTime"
    assert setup("fid").type() == "Hidden"
    for field in ("condition", "inspected_on", "id", "dataset_id"):
        assert layer.editFormConfig().readOnly(layer.fields().indexOf(field)), field
    assert not layer.editFormConfig().readOnly(layer.fields().indexOf("street"))
    inspection = layers["damage"]
    reference = inspection.editorWidgetSetup(inspection.fields().indexOf("inspection_id"))
    assert reference.config()["Layer"] == layers["inspection"].id()


def test_people_edit_their_rows_and_not_the_base_register(layers) -> None:
    """Tasks, inspections and damages are editable; BGT layers are not."""
    for name in ("task", "inspection", "damage"):
        assert forms.can_be_edited(name)
        assert not layers[name].readOnly()
    assert layers["road_part"].readOnly()


def test_an_inspection_by_forms_becomes_changes_and_colours_the_section(
    session, layers, section, settle
) -> None:
    """New rows get an identity at once, are sealed into changes, and the condition follows."""
    inspect(layers, section, "M")
    settle(lambda: session.store.get("road_section", section)["condition"] == "M")
    row = next(session.store.rows("inspection"))
    assert is_uuid(row["id"])
    assert row["kind"] == "road_global"
    assert row["inspected_at"].endswith("Z")
    assert session.store.connection.execute(statement("any_captured")).fetchone() is None
    kinds = [found["entity"] for found in session.store.connection.execute(statement("all_changes"))]
    assert kinds.count("inspection") == kinds.count("damage") == 1
    shown = next(layers["road_section"].getFeatures())
    settle(lambda: next(layers["road_section"].getFeatures())["condition"] == "M")
    assert shown["id"] == section


def test_a_worse_damage_later_makes_the_section_worse(session, layers, section, settle) -> None:
    """Editing a damage's severity is followed by its section."""
    inspect(layers, section, "L")
    settle(lambda: session.store.get("road_section", section)["condition"] == "L")
    layer = layers["damage"]
    layer.startEditing()
    (feature,) = layer.getFeatures()
    layer.changeAttributeValue(feature.id(), layer.fields().indexOf("severity"), "E")
    assert layer.commitChanges()
    settle(lambda: session.store.get("road_section", section)["condition"] == "E")


def test_a_pasted_inspection_gets_an_identity_at_once(layers, section, session) -> None:
    """Copies made in QGIS carry a UUID of their own before they are saved, so others can refer to them."""
    inspect(layers, section, "L")
    layer = layers["inspection"]
    (feature,) = layer.getFeatures()
    layer.startEditing()
    copy = QgsVectorLayerUtils.createFeature(layer, feature.geometry(), dict(enumerate(feature.attributes())))
    assert is_uuid(copy["id"])
    assert copy["id"] != feature["id"]
    layer.rollBack()


def test_the_map_tip_tells_text_and_photo(session, layers, section) -> None:
    """The tip of a damage and of its section shows words, judgement, note (as text) and the photo's file."""
    damage = inspect(layers, section, "E")
    sha = session.store.photos.add(b"\xff\xd8 a photo")
    session.store.put("photo", None, {"owner_entity": "damage", "owner_id": damage, "sha256": sha})
    for name, row_id in (("damage", damage), ("road_section", section)):
        tip = QgsExpression(f"stadsveld_tip('{name}', '{row_id}')").evaluate()
        assert "E2" in tip
        assert "langs &lt;b&gt;de kant" in tip
        assert session.store.photos.path(sha).as_uri() in tip
    assert QgsExpression(f"stadsveld_photo('{section}')").evaluate() == ""


def test_a_moved_store_is_missed_and_mended(plugin, session, layers, window, tmp_path: Path) -> None:
    """A project whose store was moved says so, names the file, and works again when it is shown where."""
    path = session.path
    project_file = tmp_path / "project.qgz"
    QgsProject.instance().write(str(project_file))
    plugin.close_store()
    QgsProject.instance().clear()
    moved = path.rename(tmp_path / "verhuisd.sqlite")
    QgsProject.instance().read(str(project_file))
    (finding,) = health.check()
    assert finding.file == path
    assert any(str(path) in text for text in window.messages())
    assert health.mend(path, moved) == len(finding.layers)
    assert health.check() == []


def test_closing_lets_go_of_the_file(plugin, session, layers) -> None:
    """After closing, nothing holds the file: on Windows it could be replaced."""
    path = session.path
    plugin.close_store()
    assert files.layers_in(path) == []
    held = [
        link
        for link in Path("/proc/self/fd").iterdir()
        if link.exists() and path.name in str(link.readlink())
    ]
    assert held == []
    with Store.open(path) as again:
        assert again.count("road_section") == 1


def test_recent_stores_are_remembered(plugin, session, tmp_path: Path) -> None:
    """The last opened store stands first, and a damaged file changes nothing but tells why."""
    first = str(session.path)
    assert plugin.context.session.create(tmp_path / "tweede")
    assert plugin.context.preferences.recent == [str(tmp_path / "tweede.sqlite"), first]
    foreign = tmp_path / "foreign.sqlite"
    foreign.write_bytes(b"no store at all" * 20)
    assert not plugin.context.session.open(foreign)
    assert plugin.context.session.path == tmp_path / "tweede.sqlite"


@pytest.mark.parametrize(
    ("path", "shared"),
    [
        (r"\\server\share\opslag.sqlite", True),
        ("//server/share/opslag.sqlite", True),
        (r"\\?\C:\data\opslag.sqlite", False),
        ("/tmp/opslag.sqlite", False),
    ],
)
def test_network_shares_are_recognised(qgis_app, path: str, shared: bool) -> None:
    """UNC paths are shares, long local paths of Windows are not."""
    assert files.is_on_network(path) is shared


def test_a_feature_outside_any_form_is_safe(layers, session, settle) -> None:
    """A task digitised with nothing filled in gets its identity and its first status."""
    layer = layers["task"]
    layer.startEditing()
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(150001, 400001)))
    layer.addFeature(feature)
    assert layer.commitChanges()
    settle(lambda: session.store.connection.execute(statement("any_captured")).fetchone() is None)
    (row,) = session.store.rows("task")
    assert is_uuid(row["id"])


def test_opening_a_layer_is_what_ogr_itself_opens(session, section) -> None:
    """Our source is the plain source of the ogr provider, so opening costs what it costs there."""
    plain = QgsVectorLayer(f"{session.path}|layername=road_section", "plain", "ogr")
    assert loader.make_layer(session.path, "road_section").source() == plain.source()


def test_geometry_blobs_written_by_the_core_are_what_qgis_reads(session, section) -> None:
    """One geometry, three readers."""
    layer = loader.make_layer(session.path, "road_section")
    (feature,) = layer.getFeatures()
    stored = session.store.get("road_section", section)["geom"]
    assert geo.canonical_wkb(bytes(feature.geometry().asWkb())) == geo.canonical_wkb(stored)
