"""The attribute forms of the layers, made from the model: names, lists, dates, references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qgis.core import (
    Qgis,
    QgsAttributeEditorContainer,
    QgsAttributeEditorField,
    QgsAttributeEditorRelation,
    QgsAttributeEditorTextElement,
    QgsDefaultValue,
    QgsEditFormConfig,
    QgsEditorWidgetSetup,
    QgsFieldConstraints,
    QgsVectorLayer,
)

from ..core import model, norms, part
from ..text import capital, label, tr

#: Fields that are the machinery's: on no form and in no table.
_NEVER = {"fid", "attributes", "payload", "quality_tests", "answers", "norm_pack", "norm_edition",
          "norm_signature", "inspected", "risks", "content", "drawing"}  # fmt: skip
#: Fields of the second tab: where it is and how that is known.
_POSITION = {
    "position_source", "fix_lat", "fix_lon", "fix_height", "fix_accuracy", "fix_time", "fix_source", "nap",
}  # fmt: skip
#: Fields of the last tab: where the row comes from.
_RECORD = {"id", "dataset_id", "ended", "derived_from", "asset_entity", "asset_id", "registered", "sha256",
           "owner_entity", "owner_id", "object_begin", "in_investigation", "source_holder"}  # fmt: skip
#: Values of a new row, as expressions; functions of `functions.py`.
_DEFAULTS = {
    ("inspection", "status"): "'draft'",
    ("inspection", "kind"): "'road_global'",
    ("inspection", "inspected_at"): "stadsveld_now()",
    ("inspection", "inspector"): "stadsveld_inspector()",
    ("inspection", "position_source"): "'manual'",
    ("damage", "position_source"): "'manual'",
    ("task", "status"): "'reported'",
}
#: Text fields with room for more than a line.
_LONG = {"note", "purpose", "legal_ground"}


def apply(layer: QgsVectorLayer, name: str, layers: dict[str, QgsVectorLayer]) -> None:
    """Give a layer of the entity `name` its form.

    Args:
        layer: the layer.
        name: its entity.
        layers: layers of the same store by entity, to refer to.
    """
    entity = model.ENTITIES[name]
    for index, column in enumerate(layer.fields()):
        layer.setFieldAlias(index, alias(entity, column.name()))
    _identity(layer)
    for field in entity.fields:
        index = layer.fields().indexOf(field.name)
        layer.setEditorWidgetSetup(index, _widget(entity, field, layers))
        if field.required:
            layer.setFieldConstraint(
                index,
                QgsFieldConstraints.Constraint.ConstraintNotNull,
                QgsFieldConstraints.ConstraintStrength.ConstraintStrengthSoft,
            )
        default = _DEFAULTS.get((name, field.name))
        if default:
            layer.setDefaultValueDefinition(index, QgsDefaultValue(default, False))
    if name == "inspection":
        _sign(layer)
    _layout(layer, entity)


def alias(entity: Any, column: str) -> str:
    """Return what the screen calls a column, with its unit."""
    if column in {"fid", "id"}:
        return tr("Row") if column == "fid" else tr("Identity")
    field = entity.field(column)
    name = capital(label(field.label))
    return f"{name} ({field.unit})" if field.unit else name


def _identity(layer: QgsVectorLayer) -> None:
    """New and pasted rows get an identity of their own at once, so that others can refer to them."""
    index = layer.fields().indexOf("id")
    layer.setDefaultValueDefinition(index, QgsDefaultValue("stadsveld_new_id()", False))
    layer.setFieldConstraint(index, QgsFieldConstraints.Constraint.ConstraintUnique)
    layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("TextEdit", {}))
    for policy in ("setFieldSplitPolicy", "setFieldDuplicatePolicy"):
        if hasattr(layer, policy):
            kind = Qgis.FieldDomainSplitPolicy if "Split" in policy else Qgis.FieldDuplicatePolicy
            value = getattr(kind, "DefaultValue", None) or getattr(kind, "UnsetField", None)
            getattr(layer, policy)(index, value)
    layer.setEditorWidgetSetup(layer.fields().indexOf("fid"), QgsEditorWidgetSetup("Hidden", {}))


def _sign(layer: QgsVectorLayer) -> None:
    """Record with a new inspection the norm pack, edition and signature that its kind follows."""
    road, structure = norms.load_pack("crow-gvi").tables, norms.load_tables("nen2767")
    is_other = f"\"norm_signature\" NOT IN ('{road.signature}', '{structure.signature}')"
    columns = {"norm_pack": "id", "norm_edition": "edition", "norm_signature": "signature"}
    for field, attribute in columns.items():
        of_road, of_structure = (getattr(pack, attribute).replace("'", "''") for pack in (road, structure))
        # What was recorded under another edition keeps it.
        expression = (
            f"CASE WHEN {is_other} THEN \"{field}\" "
            f"WHEN \"kind\" = 'road_global' THEN '{of_road}' "
            f"WHEN \"kind\" = 'structure_defect' THEN '{of_structure}' END"
        )
        index = layer.fields().indexOf(field)
        layer.setDefaultValueDefinition(index, QgsDefaultValue(expression, True))


def _widget(entity: Any, field: Any, layers: dict[str, QgsVectorLayer]) -> QgsEditorWidgetSetup:
    if field.name in _NEVER or field.kind in {"json", "blob"}:
        return QgsEditorWidgetSetup("Hidden", {})
    values = _values(entity, field)
    if values:
        return QgsEditorWidgetSetup("ValueMap", {"map": [{title: code} for code, title in values]})
    if field.kind == "ref" and field.refers_to in layers:
        return _reference(layers[field.refers_to], field)
    if field.kind == "date":
        return QgsEditorWidgetSetup(
            "DateTime",
            {"display_format": "dd-MM-yyyy", "field_format": "yyyy-MM-dd", "field_format_overwrite": True,
             "calendar_popup": True, "allow_null": True},
        )  # fmt: skip
    if field.kind == "bool":
        return QgsEditorWidgetSetup("CheckBox", {"CheckedState": "1", "UncheckedState": "0"})
    return QgsEditorWidgetSetup("TextEdit", {"IsMultiline": field.name in _LONG})


def _values(entity: Any, field: Any) -> list[tuple[str, str]]:
    """Return (code, title) of a field that has a closed list of values."""
    if field.codes:
        codes = model.CODES[field.codes]
        return [(code, codes.label(code)) for code in codes.labels]
    if field.name in {"asset_entity", "owner_entity"}:
        return [(found.name, label(found.label)) for found in model.ENTITIES.values()]
    if (entity.name, field.name) == ("damage", "type"):
        titles = {found.code: found.title for found in norms.load_pack("crow-gvi").damage_types}
        return list(titles.items())
    if (entity.name, field.name) == ("inspection", "kind"):
        others = (_structure_form(), part("norms.forms").sensor_form())
        own = [(form.name, form.title) for form in others]
        return [("road_global", norms.load_pack("crow-gvi").title), *own]
    if (entity.name, field.name) == ("defect", "intensity"):
        found = next(one for one in _structure_form().fields if one.name == field.name)
        return [(choice.code, choice.label) for choice in found.choices]
    return []


def _structure_form() -> Any:
    return part("norms.forms").structure_form(norms.StructureNorm(norms.load_tables("nen2767")))


def _reference(target: QgsVectorLayer, field: Any) -> QgsEditorWidgetSetup:
    shown = next((name for name in ("title", "number", "name") if target.fields().indexOf(name) >= 0), "id")
    return QgsEditorWidgetSetup(
        "ValueRelation",
        {"Layer": target.id(), "LayerName": target.name(), "LayerSource": target.publicSource(),
         "LayerProviderName": target.providerType(), "Key": "id", "Value": shown, "AllowNull": True,
         "OrderByValue": True, "UseCompleter": True, "AllowMulti": False},
    )  # fmt: skip


def _layout(layer: QgsVectorLayer, entity: Any) -> None:
    config = layer.editFormConfig()
    config.setLayout(Qgis.AttributeFormLayout.DragAndDrop)
    config.clearTabs()
    root = config.invisibleRootContainer()
    for title, names in _tabs(entity):
        tab = QgsAttributeEditorContainer(title, root)
        tab.setType(Qgis.AttributeEditorContainerType.Tab)
        for name in names:
            index = layer.fields().indexOf(name)
            if index >= 0:
                tab.addChildElement(_element(entity, name, index, tab))
                config.setReadOnly(index, _is_read_only(entity, name))
        if tab.children():
            config.addTab(tab)
    config.setSuppress(QgsEditFormConfig.FeatureFormSuppress.SuppressOff)
    layer.setEditFormConfig(config)


def _element(entity: Any, name: str, index: int, tab: QgsAttributeEditorContainer) -> Any:
    if name == "id" or entity.field(name).kind != "instant":
        return QgsAttributeEditorField(name, index, tab)
    shown = QgsAttributeEditorTextElement(alias(entity, name), tab)
    shown.setText(f'[% stadsveld_time("{name}") %]')
    return shown


def _tabs(entity: Any) -> Iterator[tuple[str, list[str]]]:
    shown = [field.name for field in entity.fields if field.name not in _NEVER | {"answers"}
             and field.kind not in {"json", "blob"}]  # fmt: skip
    yield tr("General"), [name for name in shown if name not in _POSITION | _RECORD]
    yield tr("Position"), [name for name in shown if name in _POSITION]
    yield tr("Record"), ["id", *(name for name in shown if name in _RECORD)]


def _is_read_only(entity: Any, name: str) -> bool:
    if name in {"id", "dataset_id", "ended", "derived_from", "sha256", "size", "media_type"}:
        return True
    if name.startswith("fix_") or name == "nap":
        return True
    field = entity.field(name)
    return field.derived or field.kind == "instant" or entity.name.endswith("_block")


def add_children(layer: QgsVectorLayer, relation_id: str, title: str) -> None:
    """Add a tab with the rows that refer to a row, e.g. the damages of an inspection."""
    config = layer.editFormConfig()
    tab = QgsAttributeEditorContainer(title, config.invisibleRootContainer())
    tab.setType(Qgis.AttributeEditorContainerType.Tab)
    children = QgsAttributeEditorRelation(relation_id, tab)
    children.setRelationWidgetTypeId("relation_editor")
    tab.addChildElement(children)
    config.addTab(tab)
    layer.setEditFormConfig(config)


def can_be_edited(name: str) -> bool:
    """Tell whether people edit rows of an entity in QGIS; registers are edited by importing them."""
    people = {
        "task",
        "inspection",
        "damage",
        "defect",
        "sensor_check",
        "calibration",
        "photo",
        "plan",
        "variant",
        "plan_feature",
    }
    own = {"road_section", "structure", "structure_element", "component", "sensor", "dataset"}
    return name in people | own
