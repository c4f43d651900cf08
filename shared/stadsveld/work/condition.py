"""The condition of road sections, derived from their inspections.

The condition is that of the last finished inspection that could judge the section: its worst
damage, or "no damage". A section without one is "not inspected", which is never the same as
without damage. Nothing of this is anybody's change: it is computed again wherever it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model.times import dutch_time
from ..store import Store, statement
from ..store.store import Row

NOT_INSPECTED = "not_inspected"
NO_DAMAGE = "no_damage"
#: Severities from light to severe, the order in which the worst is found.
_SEVERITIES = ("L", "M", "E")


def recompute(store: Store, section_ids: Iterable[str] | None = None) -> int:
    """Derive `condition` and `inspected_on` of road sections again; return how many changed.

    Args:
        store: store or working copy.
        section_ids: the sections to look at; all when None.

    Raises:
        StoreError: the file cannot be written; nothing changed.
    """
    wanted = None if section_ids is None else list(dict.fromkeys(section_ids))
    with store.transaction(capture=False):
        latest = _latest(_inspections(store, wanted))
        if wanted is None:
            sections = store.connection.execute(statement("section_conditions")).fetchall()
        else:
            found = (store.get("road_section", section_id) for section_id in wanted or ())
            sections = [row for row in found if row is not None]
        changed = 0
        for section in sections:
            condition, inspected_on = _condition(store, latest.get(section["id"]))
            if (section["condition"], section["inspected_on"]) != (condition, inspected_on):
                fields = {"condition": condition, "inspected_on": inspected_on}
                store.put("road_section", section["id"], fields)
                changed += 1
    return changed


def last_inspection(store: Store, section_id: str) -> Row | None:
    """Return the last finished inspection of a section that could judge it, or None."""
    return _latest(_inspections(store, [section_id])).get(section_id)


def _inspections(store: Store, section_ids: Iterable[str] | None) -> Iterator[Row]:
    if section_ids is None:
        yield from store.rows("inspection", asset_entity="road_section")
        return
    for section_id in section_ids:
        yield from store.rows("inspection", asset_id=section_id)


def _latest(inspections: Iterable[Row]) -> dict[str, Row]:
    latest: dict[str, Row] = {}
    for row in inspections:
        judged = row["status"] == "finished" and row["result"] in ("damage", NO_DAMAGE)
        if judged and row["asset_entity"] == "road_section" and row["asset_id"]:
            known = latest.get(row["asset_id"])
            if known is None or _age(known) < _age(row):
                latest[row["asset_id"]] = row
    return latest


def _age(inspection: Row) -> tuple[str, str]:
    return inspection["inspected_at"] or "", inspection["id"]


def _condition(store: Store, inspection: Row | None) -> tuple[str, str | None]:
    if inspection is None:
        return NOT_INSPECTED, None
    inspected_on = _dutch_day(inspection["inspected_at"])
    if inspection["result"] == NO_DAMAGE:
        return NO_DAMAGE, inspected_on
    found = {damage["severity"] for damage in store.rows("damage", inspection_id=inspection["id"])}
    worst = [severity for severity in _SEVERITIES if severity in found]
    return (worst[-1] if worst else NOT_INSPECTED), inspected_on


def _dutch_day(instant: str | None) -> str | None:
    """Return the Dutch date of an instant, or None where somebody wrote something else."""
    try:
        return dutch_time(instant).date().isoformat() if instant else None
    except ValueError:
        return None
