"""The working copy as the inspector knows it: sections, inspections, drafts. No Kivy, no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from stadsveld import geo
from stadsveld.errors import BadInput
from stadsveld.model import CODES, dutch_time, new_id
from stadsveld.norms import NormPack, load_pack
from stadsveld.norms.forms import Form, road_form
from stadsveld.store import Store, statement
from stadsveld.store.store import now
from stadsveld.text import _
from stadsveld.work import condition

from .device import Fix
from .map.camera import Bbox
from .map.geometry import interior_point

Fields = dict[str, Any]


@dataclass(frozen=True)
class SectionCard:
    """A road section as the map's sheet shows it.

    Attributes:
        id: its id.
        number: its number in the register.
        street: its street, or "".
        pavement: code of its pavement, or None where unknown.
        area: m², or None.
        condition: code of its condition.
        inspected_on: date of the last inspection (ISO), or None.
        findings: what the last inspection found, one line each.
        draft: id of an unfinished inspection of it, or None.
        point: RD coordinates of a point in it.
        bbox: its box in RD.
    """

    id: str
    number: str
    street: str
    pavement: str | None
    area: float | None
    condition: str
    inspected_on: str | None
    findings: tuple[str, ...]
    draft: str | None
    point: tuple[float, float]
    bbox: Bbox


@dataclass(frozen=True)
class InspectionItem:
    """An inspection in the list, draft or finished.

    Attributes:
        id: id of the inspection, also that of its draft.
        title: street and number of its section.
        summary: what was found.
        when: Dutch date and time of it.
        is_draft: whether it is unfinished.
        status: `finished` or `withdrawn`; `draft` for a draft.
        section_id: the section.
    """

    id: str
    title: str
    summary: str
    when: str
    is_draft: bool
    status: str
    section_id: str


class Workspace:
    """An open working copy with the norm and the form that its inspections follow.

    Attributes:
        store: the file.
        pack: the norm pack.
        form: the definition of the damage form.
    """

    def __init__(self, store: Store, pack: NormPack, form: Form) -> None:
        self.store = store
        self.pack = pack
        self.form = form

    @classmethod
    def open(cls, path: str | Path) -> Workspace:
        """Open a working copy the way a phone does, without SpatiaLite.

        Raises:
            StoreError: the file is missing, foreign, damaged, newer or locked.
        """
        pack = load_pack("crow-gvi")
        form = road_form(pack, None)
        store = Store.open(path, spatialite=False)
        store.use_wal()
        return cls(store, pack, form)

    def close(self) -> None:
        """Close the file."""
        self.store.close()

    def extent(self) -> Bbox | None:
        """Return the box of all road sections, or None where there are none."""
        row = self.store.connection.execute(statement("extent", "road_section")).fetchone()
        return None if row["minx"] is None else (row["minx"], row["miny"], row["maxx"], row["maxy"])

    # Sections

    def section(self, section_id: str) -> SectionCard | None:
        """Return a road section, or None where the working copy has none with that id."""
        row = self.store.get("road_section", section_id)
        if row is None:
            return None
        point, bbox = _place(row["geom"])
        last = condition.last_inspection(self.store, section_id)
        drafts = [found for found in self.store.drafts() if found["fields"].get("section_id") == section_id]
        pavement = row["pavement"] if row["pavement"] not in (None, "", "onbekend") else None
        return SectionCard(
            id=section_id,
            number=row["number"] or "",
            street=row["street"] or "",
            pavement=pavement,
            area=row["area"],
            condition=row["condition"] or condition.NOT_INSPECTED,
            inspected_on=row["inspected_on"],
            findings=tuple(self._finding(found) for found in self.damages(last["id"])) if last else (),
            draft=drafts[0]["draft_id"] if drafts else None,
            point=point,
            bbox=bbox,
        )

    def _finding(self, damage: Mapping[str, Any]) -> str:
        name = self.pack.title_of(damage["type"]) if damage.get("type") else _("kind of damage missing")
        return f"{name} {damage.get('severity') or '?'}{damage.get('extent') or '?'}"

    # Inspections

    def damages(self, inspection_id: str) -> list[Fields]:
        """Return the damage rows of an inspection."""
        return list(self.store.rows("damage", inspection_id=inspection_id))

    def photos_of(self, damage_id: str) -> list[Fields]:
        """Return the photo rows of a damage."""
        return list(self.store.rows("photo", owner_id=damage_id))

    def inspections(self) -> list[InspectionItem]:
        """Return the unfinished inspections, then the others made here or received, newest first."""
        drafts = self.store.drafts()
        finished = [row for row in self.store.rows("inspection") if row["status"] != "draft"]
        finished.sort(key=lambda row: (row["inspected_at"] or "", row["id"]), reverse=True)
        correcting = {draft["draft_id"] for draft in drafts}
        damages: dict[str, list[Fields]] = {}
        for damage in self.store.rows("damage"):
            damages.setdefault(damage["inspection_id"], []).append(damage)
        return [self._draft_item(draft) for draft in drafts] + [
            self._item(row, damages.get(row["id"], [])) for row in finished if row["id"] not in correcting
        ]

    def _draft_item(self, draft: Fields) -> InspectionItem:
        fields = draft["fields"]
        filled = [one for one in fields["damages"] if one["type"] or one["severity"] or one["extent"]]
        return InspectionItem(
            draft["draft_id"],
            self.title_of(fields["section_id"]),
            ", ".join(self._finding(damage) for damage in filled),
            shown_time(draft["updated"]),
            True,
            "draft",
            fields["section_id"],
        )

    def _item(self, row: Fields, damages: list[Fields]) -> InspectionItem:
        summary = ", ".join(self._finding(damage) for damage in damages)
        if row["result"] != "damage":
            summary = CODES["inspection_result"].label(row["result"])
        return InspectionItem(
            row["id"],
            self.title_of(row["asset_id"]),
            summary,
            shown_time(row["inspected_at"]),
            False,
            row["status"] or "finished",
            row["asset_id"] or "",
        )

    def inspection(self, inspection_id: str) -> InspectionItem | None:
        """Return one finished or withdrawn inspection as the list shows it, or None."""
        row = self.store.get("inspection", inspection_id)
        return None if row is None else self._item(row, self.damages(inspection_id))

    def title_of(self, section_id: str | None) -> str:
        """Return street and number of a road section."""
        sql = statement("get_row", "road_section", columns=("street", "number"))
        row = self.store.connection.execute(sql, (section_id,)).fetchone()
        if row is None:
            return _("section that is not in this working copy")
        return " · ".join(part for part in row if part)

    def finish(self, inspection_id: str, fields: Fields) -> None:
        """Write an inspection with its damages and photos, and forget its draft: all or nothing.

        Args:
            inspection_id: id of the inspection and of its draft.
            fields: the draft, as `forms.damage.DamageForm` keeps it.

        Raises:
            StoreError: the file cannot be written; the draft is still there.
        """
        section_id = fields["section_id"]
        with self.store.transaction():
            self._record_pavement(section_id, fields.get("pavement"))
            self._put_inspection(inspection_id, section_id, "damage", fields["inspected_at"])
            kept = {damage["id"] for damage in fields["damages"]}
            for row in self.damages(inspection_id):
                if row["id"] not in kept:
                    self._delete_damage(row["id"])
            for damage in fields["damages"]:
                self._put_damage(inspection_id, section_id, damage)
            self.store.delete_draft(inspection_id)
            condition.recompute(self.store, [section_id])

    def record_no_damage(self, section_id: str) -> str:
        """Record that a section was inspected and has no damage; return the inspection's id."""
        inspection_id = new_id()
        with self.store.transaction():
            self._put_inspection(inspection_id, section_id, "no_damage", now())
            condition.recompute(self.store, [section_id])
        return inspection_id

    def withdraw(self, inspection_id: str) -> None:
        """Withdraw a finished inspection; it stays visible and no longer counts."""
        with self.store.transaction():
            row = self.store.get("inspection", inspection_id)
            if row is None:
                raise BadInput(_("This inspection is no longer in the working copy."))
            self.store.put("inspection", inspection_id, {"status": "withdrawn"})
            condition.recompute(self.store, [row["asset_id"]])

    def _record_pavement(self, section_id: str, pavement: str | None) -> None:
        row = self.store.get("road_section", section_id)
        if row is not None and pavement and row["pavement"] != pavement:
            self.store.put("road_section", section_id, {"pavement": pavement})

    def _put_inspection(self, inspection_id: str, section_id: str, result: str, at: str) -> None:
        section = self.section(section_id)
        if section is None:
            raise BadInput(_("This road section is no longer in the working copy."))
        x, y = section.point
        self.store.put(
            "inspection",
            inspection_id,
            {
                "asset_entity": "road_section",
                "asset_id": section_id,
                "kind": self.form.name,
                "status": "finished",
                "result": result,
                "inspected_at": at,
                "norm_pack": self.pack.name,
                "norm_edition": self.pack.edition,
                "norm_signature": self.pack.tables.signature,
                "position_source": "asset",
                "geom": geo.point_wkb(x, y),
            },
        )

    def _put_damage(self, inspection_id: str, section_id: str, damage: Fields) -> None:
        position = damage["position"]
        fix = position.get("fix") or {}
        self.store.put(
            "damage",
            damage["id"],
            {
                "inspection_id": inspection_id,
                "asset_entity": "road_section",
                "asset_id": section_id,
                "type": damage.get("type"),
                "severity": damage.get("severity"),
                "extent": damage.get("extent"),
                "note": damage.get("note") or None,
                "position_source": position["source"],
                "fix_lat": fix.get("lat"),
                "fix_lon": fix.get("lon"),
                "fix_height": fix.get("height"),
                "fix_accuracy": fix.get("accuracy"),
                "fix_time": fix.get("time"),
                "fix_source": fix.get("source"),
                "nap": position.get("nap"),
                "geom": geo.point_wkb(position["x"], position["y"]),
            },
        )
        wanted = {photo["id"]: photo for photo in damage["photos"]}
        for row in self.photos_of(damage["id"]):
            if row["id"] not in wanted:
                self.store.delete("photo", row["id"])
        for photo_id, photo in wanted.items():
            self.store.put(
                "photo",
                photo_id,
                {
                    "owner_entity": "damage",
                    "owner_id": damage["id"],
                    "sha256": photo["sha256"],
                    "media_type": photo["media_type"],
                    "size": photo["size"],
                    "geom": geo.point_wkb(position["x"], position["y"]),
                },
            )

    def _delete_damage(self, damage_id: str) -> None:
        for row in self.photos_of(damage_id):
            self.store.delete("photo", row["id"])
        self.store.delete("damage", damage_id)

    def inspection_of(self, entity: str, row_id: str) -> str | None:
        """Return the inspection that a row belongs to: itself, a damage or a photo of it."""
        if entity == "inspection":
            return row_id
        row = self.store.get(entity, row_id) if entity in ("damage", "photo") else None
        if row is None:
            return None
        if entity == "damage":
            return row["inspection_id"]
        return self.inspection_of(row["owner_entity"] or "", row["owner_id"] or "")


def position_from_fix(fix: Fix) -> Fields:
    """Return a position as drafts keep it: the raw fix and RD/NAP computed from it."""
    found = geo.rd_from_fix(fix.lat, fix.lon, fix.height)
    return {
        "source": "gnss",
        "x": found.x,
        "y": found.y,
        "nap": found.nap,
        "fix": {
            "lat": fix.lat,
            "lon": fix.lon,
            "height": fix.height,
            "accuracy": fix.accuracy,
            "time": fix.time,
            "source": fix.source,
        },
    }


def shown_time(instant: str | None) -> str:
    """Return an instant as the screen shows it: Dutch date and time; what is no instant as it is."""
    if not instant:
        return ""
    try:
        return dutch_time(instant).strftime("%d-%m-%Y %H:%M")
    except ValueError:
        return instant


def shown_date(day: str | None) -> str:
    """Return an ISO date as the screen shows it; what is no date as it is."""
    if not day:
        return ""
    try:
        return date.fromisoformat(day).strftime("%d-%m-%Y")
    except ValueError:
        return day


def _place(wkb: bytes | None) -> tuple[tuple[float, float], Bbox]:
    if wkb is None:
        return (0.0, 0.0), (0.0, 0.0, 0.0, 0.0)
    parts: Iterable[Any] = geo.parse(wkb).parts
    largest = max(parts, key=lambda part: abs(float(part[0][:, 0].max() - part[0][:, 0].min())))
    return interior_point([ring[:, :2] for ring in largest]), geo.wkb_bbox(wkb)
