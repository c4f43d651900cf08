"""Adds the store's layers to the project: grouped, styled, with forms, tips and relations."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qgis.core import QgsLayerTreeGroup, QgsProject, QgsRelation, QgsVectorLayer

from ..core import model
from ..files import same_file
from ..inspections import tips
from ..text import capital, label, tr
from . import forms, styles

#: Custom property that says which entity a layer shows; it survives saving the project.
ENTITY_PROPERTY = "stadsveld/entity"

#: Groups of layers, topmost first: (key, entities).
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("inspections", ("damage", "defect", "sensor_check", "photo", "inspection")),
    ("tasks", ("task",)),
    ("sensors", ("sensor", "datastream", "calibration")),
    ("structures", ("structure", "structure_element", "component")),
    ("road_sections", ("road_section",)),
    ("designs", ("plan_feature", "plan", "variant")),
    (
        "base_map",
        (
            "label",
            "street_object",
            "street_object_line",
            "street_object_part",
            "structure_point",
            "structure_line",
            "barrier_line",
            "barrier_part",
            "structure_part",
            "building",
            "road_part",
            "water_part",
            "terrain_part",
            "district",
        ),
    ),
    ("datasets", ("dataset", "asset_link")),
)
#: Icons of the groups.
ICONS = {
    "inspections": "inspection",
    "tasks": "task",
    "sensors": "sensor",
    "structures": "structure",
    "road_sections": "sections",
    "designs": "layers_add",
    "base_map": "group_base",
    "datasets": "datasets",
}
#: (child, its field, parent, title of the tab): what a form shows of what refers to it.
_CHILDREN = (
    ("damage", "inspection_id", "inspection"),
    ("inspection", "asset_id", "road_section"),
    ("structure_element", "structure_id", "structure"),
    ("component", "element_id", "structure_element"),
)


def group_title(key: str) -> str:
    """Return what the screen calls a group."""
    return {
        "inspections": tr("Inspections"),
        "tasks": tr("Tasks"),
        "sensors": tr("Sensors"),
        "structures": tr("Structures"),
        "road_sections": tr("Road sections"),
        "designs": tr("Designs"),
        "base_map": tr("Base map (BGT)"),
        "datasets": tr("Datasets"),
    }[key]


def group_of(name: str) -> str:
    """Return the key of the group of an entity."""
    return next(key for key, names in GROUPS if name in names)


def entity_of(layer: Any) -> str | None:
    """Return the entity that a layer of a store shows, or None for any other layer."""
    found = layer.customProperty(ENTITY_PROPERTY)
    return found if isinstance(found, str) and found in model.ENTITIES else None


def source(path: Path, name: str) -> str:
    """Return the source of the layer of an entity for the ogr provider."""
    return f"{path}|layername={name}"


def make_layer(path: Path, name: str) -> QgsVectorLayer:
    """Return a layer of an entity, not yet styled, not yet in any project."""
    entity = model.ENTITIES[name]
    layer = QgsVectorLayer(source(path, name), _title(entity), "ogr")
    layer.setCustomProperty(ENTITY_PROPERTY, name)
    return layer


def _title(entity: Any) -> str:
    return capital(label(entity.label))


def loaded(path: Path, project: QgsProject | None = None) -> dict[str, QgsVectorLayer]:
    """Return the layers of a store that the project has, by entity."""
    found: dict[str, QgsVectorLayer] = {}
    for layer in (project or QgsProject.instance()).mapLayers().values():
        name = entity_of(layer)
        if name and same_file(Path(layer.source().split("|", 1)[0]), path):
            found.setdefault(name, layer)
    return found


def add(path: Path, names: Iterable[str], project: QgsProject | None = None) -> dict[str, QgsVectorLayer]:
    """Add the layers of entities to the project and return those that are new, by entity.

    What the project has already stays as it is.
    """
    project = project or QgsProject.instance()
    present = loaded(path, project)
    wanted = [name for name in names if name not in present]
    made = {name: make_layer(path, name) for name in wanted}
    made = {name: layer for name, layer in made.items() if layer.isValid()}
    project.addMapLayers(list(made.values()), False)
    together = {**present, **made}
    for name, layer in made.items():
        dress(layer, name, together)
    _place(path, made, project)
    _relate(together, made, project)
    return made


def dress(layer: QgsVectorLayer, name: str, layers: dict[str, QgsVectorLayer]) -> None:
    """Give a layer its style, form and map tip."""
    if layer.isSpatial():
        styles.apply(layer, name)
    forms.apply(layer, name, layers)
    shown = next((f for f in ("title", "number", "name", "type") if layer.fields().indexOf(f) >= 0), "id")
    layer.setDisplayExpression(f'coalesce("{shown}", "id")')
    if name in tips.ENTITIES:
        layer.setMapTipTemplate(f"[% stadsveld_tip('{name}', \"id\") %]")
    layer.setReadOnly(not forms.can_be_edited(name))


def _place(path: Path, made: dict[str, QgsVectorLayer], project: QgsProject) -> None:
    """Put new layers into their groups, in drawing order; base maps closed, tables last."""
    root = project.layerTreeRoot()
    title = f"Stadsveld – {path.stem}"
    top = root.findGroup(title) or root.insertGroup(0, title)
    for key, names in GROUPS:
        for name in (name for name in names if name in made):
            group = top.findGroup(group_title(key)) or _new_group(top, key)
            node = group.addLayer(made[name])
            node.setExpanded(key in {"road_sections", "inspections"} and name in {"road_section", "damage"})
            node.setItemVisibilityChecked(name not in {"photo", "district"})


def _new_group(top: QgsLayerTreeGroup, key: str) -> QgsLayerTreeGroup:
    order = [group_title(name) for name, _names in GROUPS]
    present = [child.name() for child in top.children()]
    before = [name for name in order[: order.index(group_title(key))] if name in present]
    group = top.insertGroup(len(before), group_title(key))
    group.setExpanded(key not in {"base_map", "datasets", "designs"})
    return group


def _relate(layers: dict[str, QgsVectorLayer], made: dict[str, QgsVectorLayer], project: QgsProject) -> None:
    for child, field, parent in _CHILDREN:
        if child not in layers or parent not in layers or not {child, parent} & made.keys():
            continue
        relation = QgsRelation()
        relation.setId(f"stadsveld_{layers[parent].id()}_{child}_{field}")
        relation.setName(_title(model.ENTITIES[child]))
        relation.setReferencingLayer(layers[child].id())
        relation.setReferencedLayer(layers[parent].id())
        relation.addFieldPair(field, "id")
        if relation.isValid():
            project.relationManager().addRelation(relation)
            forms.add_children(layers[parent], relation.id(), _title(model.ENTITIES[child]))
