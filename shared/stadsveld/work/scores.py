"""Scores of what was inspected: under the norm pack of its day, or compared under another.

Nothing of this is anybody's change: raw observations are stored, scores are derived wherever they are
needed. A component that nobody looked at has no score, and neither has what it is part of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..errors import BadInput
from ..model import id_from_register
from ..model.explanation import Explanation
from ..norms import (
    Defect,
    NormPack,
    Part,
    RoadDamage,
    Scored,
    SectionScore,
    StructureNorm,
    TablePack,
    load_tables,
    shipped_packs,
)
from ..norms.structures import exact
from ..norms.tables import make_pack, pack_as_json
from ..store import Store, statement
from ..store.store import Row
from ..text import _
from .condition import last_inspection

_ROADS, _STRUCTURES = "crow-gvi", "nen2767"


@dataclass(frozen=True)
class StructureScore:
    """Scores of a structure and its parts from one inspection.

    Attributes:
        components: component id -> its score; those that nobody looked at are missing.
        elements: element id -> its score; missing where a component of it is.
        whole: score of the structure, or None where an element has none.
        care: care score as the inspector gave it; never folded into the condition.
        risks: risk aspects as given; never folded into the condition.
        explanation: why, or why there is none.
    """

    components: Mapping[str, Scored]
    elements: Mapping[str, Scored]
    whole: Scored | None
    care: int | None
    risks: Mapping[str, Any]
    explanation: Explanation

    @property
    def worst(self) -> int | None:
        """The worst element, a second indicator beside the score."""
        return max((scored.score for scored in self.elements.values()), default=None)


def store_pack(store: Store, pack: TablePack) -> str:
    """Keep a pack in the store, so that every working copy scores under it; return its id."""
    row_id = id_from_register("norm_pack", pack.signature)
    fields = {
        "pack": pack.id,
        "edition": pack.edition,
        "signature": pack.signature,
        "content": json.dumps(pack_as_json(pack), ensure_ascii=False, sort_keys=True),
    }
    return store.put("norm_pack", row_id, fields)


def packs_of(store: Store) -> Iterator[TablePack]:
    """Yield the packs that can be scored under: those of the store, then the shipped ones."""
    for row in store.rows("norm_pack"):
        yield make_pack(json.loads(row["content"] or "{}"))
    yield from shipped_packs(hidden=True)


def pack_of_inspection(store: Store, inspection: Row, default: str) -> TablePack:
    """Return the pack under which an inspection was recorded.

    Args:
        store: store or working copy.
        inspection: its row.
        default: id of the pack where the inspection names none.

    Raises:
        BadInput: that edition is not here; import it, or compare under another.
    """
    signature, name = inspection["norm_signature"], inspection["norm_pack"] or default
    for pack in packs_of(store):
        if pack.signature == signature or (not signature and pack.id == name):
            return pack
    text = _("The norm pack “{name}” ({edition}) of this inspection is not here: import it first.")
    raise BadInput(text.format(name=name, edition=inspection["norm_edition"] or "?"))


def section_score(store: Store, section_id: str, pack: TablePack | None = None) -> SectionScore:
    """Return what the last inspection of a road section means.

    Args:
        store: store or working copy.
        section_id: the section.
        pack: score under this pack; under that of the inspection when None.

    Raises:
        BadInput: there is no such section, or its data cannot be judged under the pack.
    """
    section = store.get("road_section", section_id)
    if section is None:
        raise BadInput(_("There is no road section {id}.").format(id=section_id[:80]))
    inspection = last_inspection(store, section_id)
    if pack is None:
        pack = load_tables(_ROADS) if inspection is None else pack_of_inspection(store, inspection, _ROADS)
    norm = NormPack(pack)
    damages = None
    if inspection is not None:
        damages = [_damage(row) for row in store.rows("damage", inspection_id=inspection["id"])]
    return norm.section(section["pavement"] or "", section["road_type"] or "", damages)


def structure_score(store: Store, structure_id: str, pack: TablePack | None = None) -> StructureScore:
    """Return the scores of a structure and its parts from its last finished inspection.

    Args:
        store: store or working copy.
        structure_id: the structure.
        pack: score under this pack; under that of the inspection when None.

    Raises:
        BadInput: an observation cannot be judged under the pack.
    """
    inspection = _last_of_structure(store, structure_id)
    if inspection is None:
        return _nothing(_("Nobody has inspected this structure."))
    norm = StructureNorm(pack or pack_of_inspection(store, inspection, _STRUCTURES))
    components = _component_scores(store, norm, inspection)
    elements: dict[str, Scored] = {}
    missing: list[str] = []
    for element in store.rows("structure_element", structure_id=structure_id):
        scored = _element_score(store, norm, element, components, missing)
        if scored is not None:
            elements[element["id"]] = scored
    care, risks = inspection["care_score"], _json(inspection["risks"], {})
    if missing or not elements:
        reason = _("Not every component was inspected: {names}.").format(names=", ".join(missing) or "–")
        return StructureScore(components, elements, None, care, risks, _without(reason))
    whole = _whole(store, norm, structure_id, elements)
    return StructureScore(components, elements, whole, care, risks, whole.explanation)


def rescore_structures(store: Store, structure_ids: Iterable[str] | None = None) -> int:
    """Derive the scores of structures and their parts again; return how many rows changed.

    Raises:
        StoreError: the file cannot be written; nothing changed.
    """
    wanted = structure_ids if structure_ids is not None else _with_inspections(store)
    changed = 0
    with store.transaction(capture=False):
        for structure_id in list(wanted):
            changed += _rescore(store, structure_id)
    return changed


def _with_inspections(store: Store) -> list[str]:
    rows = store.connection.execute(statement("inspected_structures"))
    return [row["id"] for row in rows]


def _rescore(store: Store, structure_id: str) -> int:
    try:
        found = structure_score(store, structure_id)
    except BadInput as error:
        # A half-filled record is a finding to repair; it must not keep the others from their scores.
        found = _nothing(str(error))
    whole = None if found.whole is None else found.whole.score
    changed = _keep(store, "structure", structure_id, {"condition_score": whole, "worst_score": found.worst})
    for element in store.rows("structure_element", structure_id=structure_id):
        scored = found.elements.get(element["id"])
        changed += _keep(store, "structure_element", element["id"], _score(scored))
        for component in store.rows("component", element_id=element["id"]):
            score = _score(found.components.get(component["id"]))
            changed += _keep(store, "component", component["id"], score)
    return changed


def _score(scored: Scored | None) -> dict[str, int | None]:
    return {"condition_score": None if scored is None else scored.score}


def _keep(store: Store, name: str, row_id: str, fields: Mapping[str, Any]) -> int:
    row = store.get(name, row_id)
    if row is None or all(row[key] == value for key, value in fields.items()):
        return 0
    store.put(name, row_id, fields)
    return 1


def _last_of_structure(store: Store, structure_id: str) -> Row | None:
    rows = store.rows("inspection", asset_id=structure_id)
    finished = [row for row in rows if row["status"] == "finished" and row["result"] != "not_possible"]
    return max(finished, key=lambda row: (row["inspected_at"] or "", row["id"]), default=None)


def _component_scores(store: Store, norm: StructureNorm, inspection: Row) -> dict[str, Scored]:
    defects: dict[str, list[Defect]] = {str(seen): [] for seen in _json(inspection["inspected"], [])}
    for row in store.rows("defect", inspection_id=inspection["id"]):
        if row["component_id"]:
            extent = exact(row["extent_percent"], "extent_percent")
            defects.setdefault(row["component_id"], []).append(_defect(store, norm, row, extent))
    return {component_id: norm.component(found) for component_id, found in defects.items()}


def _defect(store: Store, norm: StructureNorm, row: Row, extent: Fraction) -> Defect:
    """Return a defect; an imported list that knows it fixes its importance."""
    component = store.get("component", row["component_id"]) or {}
    code = row["type"] or ""
    fixed = norm.importance_of(code, component.get("name"), component.get("material"))
    importance = fixed or str(row["importance"])
    return Defect(importance, row["intensity"], extent, code, is_listed=fixed is not None)


def _element_score(
    store: Store, norm: StructureNorm, element: Row, components: Mapping[str, Scored], missing: list[str]
) -> Scored | None:
    rows = list(store.rows("component", element_id=element["id"]))
    unseen = [row["name"] or row["id"] for row in rows if row["id"] not in components]
    missing.extend(unseen)
    if unseen or not rows:
        return None
    values, warnings = _weights(rows)
    named = zip(rows, values, strict=True)
    parts = [Part(components[row["id"]].score, value, row["name"] or "") for row, value in named]
    return norm.whole(parts, warnings)


def _whole(store: Store, norm: StructureNorm, structure_id: str, elements: Mapping[str, Scored]) -> Scored:
    """Score a structure from its elements; each weighs what its components weigh together."""
    rows = list(store.rows("structure_element", structure_id=structure_id))
    components = [list(store.rows("component", element_id=row["id"])) for row in rows]
    _values, warnings = _weights([row for group in components for row in group])
    parts = []
    for row, group in zip(rows, components, strict=True):
        weight = (
            sum((_value(found) for found in group), Fraction(0)) if not warnings else Fraction(len(group))
        )
        parts.append(Part(elements[row["id"]].score, weight, row["name"] or ""))
    return norm.whole(parts, warnings)


def _weights(components: Sequence[Row]) -> tuple[list[Fraction], list[str]]:
    """Return the replacement values; where one is missing all weigh the same, and a warning says so."""
    if all(row["replacement_value"] for row in components):
        return [_value(row) for row in components], []
    warning = _("Not every component has a replacement value in the register: all weigh the same.")
    return [Fraction(1)] * len(components), [warning]


def _value(component: Row) -> Fraction:
    return exact(component["replacement_value"], "replacement_value")


def _damage(row: Row) -> RoadDamage:
    extent = int(row["extent"]) if str(row["extent"]).isdecimal() else 0
    return RoadDamage(row["type"] or "", row["severity"] or "", extent, bool(row["minor_maintenance"]))


def _json(text: Any, default: Any) -> Any:
    try:
        found = json.loads(text) if isinstance(text, str) else default
    except ValueError:
        return default
    return found if isinstance(found, type(default)) else default


def _nothing(reason: str) -> StructureScore:
    return StructureScore({}, {}, None, None, {}, _without(reason))


def _without(reason: str) -> Explanation:
    return Explanation(_("Condition of the whole"), None, reason=reason)
