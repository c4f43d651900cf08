"""The damage form: one inspection of a road section with its damages, kept from the first keystroke."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from stadsveld import geo
from stadsveld.errors import BadInput, StoreError
from stadsveld.model import CODES, new_id
from stadsveld.norms import DamageType
from stadsveld.store.store import now
from stadsveld.text import _

from ..device import Fix, PickedPhoto
from ..presenter import Presenter
from ..workspace import SectionCard, Workspace, position_from_fix

Fields = dict[str, Any]

#: How many steps can be undone.
UNDO_STEPS = 100


@dataclass(frozen=True)
class Finding:
    """Something that is missing.

    Attributes:
        damage: which damage, from 0.
        field: name of the field.
        text: what to do, a whole sentence.
    """

    damage: int
    field: str
    text: str


class DamageForm(Presenter):
    """Fills in the damages of one section.

    Every change is written as a draft before the method returns; a form that is left untouched
    writes nothing.

    Attributes:
        inspection_id: id of the inspection, and of its draft.
        section: the road section.
        current: number of the damage that is shown, from 0.
        is_correction: whether a finished inspection is being corrected.
        is_finished: whether it has been written.
        problem: why the last change is not on the disk yet, or "".
    """

    def __init__(self, workspace: Workspace, inspection_id: str, fields: Fields) -> None:
        super().__init__()
        section = workspace.section(fields["section_id"])
        if section is None:
            raise BadInput(_("This road section is no longer in the working copy."))
        self._workspace = workspace
        self.inspection_id = inspection_id
        self.section: SectionCard = section
        self._fields = fields
        self._pristine = copy.deepcopy(fields)
        self._undo: list[Fields] = []
        self._last_edit: tuple[int, str] | None = None
        self._shown_findings: list[Finding] = []
        self.is_finished = False
        self.problem = ""

    # Ways to open it

    @classmethod
    def open(cls, workspace: Workspace, section_id: str) -> DamageForm:
        """Open the unfinished inspection of a section, or a new one.

        Raises:
            BadInput: the section is not in the working copy.
        """
        section = workspace.section(section_id)
        if section is None:
            raise BadInput(_("This road section is no longer in the working copy."))
        if section.draft is not None:
            return cls.resume(workspace, section.draft)
        fields = {
            "section_id": section_id,
            "pavement": section.pavement,
            "inspected_at": None,
            "current": 0,
            "is_correction": False,
            "damages": [_new_damage(section)],
        }
        return cls(workspace, new_id(), fields)

    @classmethod
    def resume(cls, workspace: Workspace, inspection_id: str) -> DamageForm:
        """Open a draft exactly as it was left.

        Raises:
            BadInput: there is no such draft.
        """
        draft = workspace.store.draft(inspection_id)
        if draft is None:
            raise BadInput(_("This draft is no longer in the working copy."))
        return cls(workspace, inspection_id, draft["fields"])

    @classmethod
    def correct(cls, workspace: Workspace, inspection_id: str) -> DamageForm:
        """Open a finished inspection to correct it; a draft of a correction is resumed.

        Raises:
            BadInput: there is no such inspection, or its section is not in the working copy.
        """
        if workspace.store.draft(inspection_id) is not None:
            return cls.resume(workspace, inspection_id)
        row = workspace.store.get("inspection", inspection_id)
        section = workspace.section(row["asset_id"]) if row and row["asset_id"] else None
        if row is None or section is None:
            raise BadInput(_("This inspection is no longer in the working copy."))
        damages = [_damage_of(workspace, found) for found in workspace.damages(inspection_id)]
        fields = {
            "section_id": section.id,
            "pavement": section.pavement,
            "inspected_at": row["inspected_at"],
            "current": 0,
            "is_correction": True,
            "damages": damages or [_new_damage(section)],
        }
        return cls(workspace, inspection_id, fields)

    # What the screen shows

    @property
    def is_correction(self) -> bool:
        """Whether a finished inspection is being corrected."""
        return bool(self._fields["is_correction"])

    @property
    def current(self) -> int:
        """Number of the damage that is shown, from 0."""
        return int(self._fields["current"])

    @property
    def damages(self) -> list[Fields]:
        """All damages of the inspection; read only."""
        return list(self._fields["damages"])

    @property
    def damage(self) -> Fields:
        """The damage that is shown; read only."""
        return self._fields["damages"][self.current]

    @property
    def pavement(self) -> str | None:
        """The pavement by which damages are judged, or None while it is unknown."""
        return self._fields["pavement"]

    @property
    def asks_pavement(self) -> bool:
        """Whether the register does not know the pavement, so that the inspector is asked."""
        return self.section.pavement is None

    @property
    def pavement_choices(self) -> list[tuple[str, str]]:
        """(code, label) of the pavements that the norm judges."""
        return [(code, CODES["pavement"].label(code)) for code in self._workspace.pack.pavements]

    @property
    def type_choices(self) -> list[DamageType]:
        """The damage types of the pavement, the decisive ones first."""
        order = {"main": 0, "other": 1, "optional": 2}
        return sorted(self._workspace.pack.of_pavement(self.pavement), key=lambda found: order[found.role])

    @property
    def is_judged(self) -> bool:
        """Whether the norm knows damages for the pavement."""
        return self.pavement is None or bool(self.type_choices)

    @property
    def shown_findings(self) -> list[Finding]:
        """What the last attempt to finish found missing and is still missing."""
        return list(self._shown_findings)

    def finding(self, field: str) -> str:
        """Return what is missing in a field of the damage that is shown, or ""."""
        found = [one.text for one in self._shown_findings if (one.damage, one.field) == (self.current, field)]
        return found[0] if found else ""

    def position_text(self) -> str:
        """Return where the damage is and how that is known."""
        position = self.damage["position"]
        label = CODES["position_source"].label(position["source"])
        if position["source"] != "gnss":
            return label[:1].upper() + label[1:]
        accuracy = position["fix"]["accuracy"]
        return label if accuracy is None else f"{label}, ± {accuracy:.1f} m"

    def label(self, field: str) -> str:
        """Return what the screen calls a field."""
        return self._workspace.form.field(field).label

    # Changes

    def set(self, field: str, value: Any) -> None:
        """Change a field of the damage that is shown; the same value again changes nothing."""
        old = self.damage.get(field)
        if old == value:
            return
        edit = (self.current, field)
        in_one_word = field == "note" and self._last_edit == edit and not str(old or "").endswith((" ", "\n"))
        self._remember(merge=in_one_word)
        self._last_edit = edit
        self.damage[field] = value
        self._keep()

    def set_pavement(self, code: str) -> None:
        """Answer which pavement the section has; damage types of another one are let go."""
        if code == self.pavement:
            return
        self._remember()
        self._fields["pavement"] = code
        known = {found.code for found in self.type_choices}
        for damage in self._fields["damages"]:
            if damage.get("type") not in known:
                damage["type"] = None
        self._keep()

    def place(self, x: float, y: float) -> None:
        """Say where the damage is by hand, in RD."""
        self.set("position", {"source": "manual", "x": round(x, 3), "y": round(y, 3)})

    def place_by_fix(self, fix: Fix) -> None:
        """Take the position of a GNSS fix, raw and in RD and NAP.

        Raises:
            BadInput: the fix is no position on earth.
        """
        self.set("position", position_from_fix(fix))

    def add_photo(self, photo: PickedPhoto) -> None:
        """Keep a photo and bind it to the damage; the same photo twice is one.

        Raises:
            OSError: the disk is full; the form is as it was.
        """
        sha256 = self._workspace.store.photos.add(photo.content)
        if any(known["sha256"] == sha256 for known in self.damage["photos"]):
            return
        self._remember()
        self.damage["photos"].append(
            {
                "id": new_id(),
                "sha256": sha256,
                "media_type": photo.media_type,
                "size": len(photo.content),
            }
        )
        self._keep()

    def remove_photo(self, photo_id: str) -> None:
        """Take a photo off the damage."""
        self._remember()
        self.damage["photos"] = [photo for photo in self.damage["photos"] if photo["id"] != photo_id]
        self._keep()

    def photo_path(self, photo: Fields) -> str:
        """Return the file of a photo of this form."""
        return str(self._workspace.store.photos.path(photo["sha256"]))

    def add_damage(self) -> None:
        """Add another damage and show it."""
        self._remember()
        self._fields["damages"].append(_new_damage(self.section))
        self._fields["current"] = len(self._fields["damages"]) - 1
        self._keep()

    def show_damage(self, number: int) -> None:
        """Show another damage of the inspection."""
        if number != self.current and 0 <= number < len(self._fields["damages"]):
            self._fields["current"] = number
            self._last_edit = None
            if self._is_kept():
                self._save()
            self.changed()

    def remove_damage(self) -> None:
        """Take the damage that is shown away; the last one is emptied."""
        self._remember()
        damages = self._fields["damages"]
        del damages[self.current]
        if not damages:
            damages.append(_new_damage(self.section))
        self._fields["current"] = min(self.current, len(damages) - 1)
        self._keep()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._undo)

    def undo(self) -> None:
        """Take the last change back."""
        if self._undo:
            self._fields = self._undo.pop()
            self._last_edit = None
            self._keep()

    # The end

    def findings(self) -> list[Finding]:
        """Return what is missing, by damage and field."""
        required = [found for found in self._workspace.form.fields if found.required]
        found = [
            Finding(number, field.name, field.missing_text)
            for number, damage in enumerate(self._fields["damages"])
            for field in required
            if not damage.get(field.name)
        ]
        if self.pavement is None:
            found.insert(
                0, Finding(0, "pavement", _("Choose the pavement, so that its damages can be shown."))
            )
        return found

    def finish(self, *, anyway: bool = False) -> list[Finding]:
        """Write the inspection, unless something is missing; return what is missing.

        Args:
            anyway: write it although something is missing.

        Raises:
            StoreError: the working copy cannot be written; the draft is still there.
        """
        found = self.findings()
        self._shown_findings = found
        if found and not anyway:
            self._fields["current"] = found[0].damage
            self.changed()
            return found
        self._fields["inspected_at"] = self._fields["inspected_at"] or now()
        self._workspace.finish(self.inspection_id, self._fields)
        self.is_finished = True
        self.changed()
        return found

    def discard(self) -> None:
        """Throw the draft away; a finished inspection stays as it was."""
        self._workspace.store.delete_draft(self.inspection_id)
        self._fields = copy.deepcopy(self._pristine)
        self._undo.clear()
        self.changed()

    # Keeping

    def _remember(self, *, merge: bool = False) -> None:
        self._last_edit = None
        if not merge:
            self._undo.append(copy.deepcopy(self._fields))
            del self._undo[:-UNDO_STEPS]

    def _is_kept(self) -> bool:
        return self._workspace.store.draft(self.inspection_id) is not None

    def _keep(self) -> None:
        if self._shown_findings:
            still = {(one.damage, one.field) for one in self.findings()}
            self._shown_findings = [one for one in self._shown_findings if (one.damage, one.field) in still]
        self._fields["inspected_at"] = self._fields["inspected_at"] or now()
        self._save()
        self.changed()

    def _save(self) -> None:
        """Write the draft; where that fails it is said, and the next keystroke tries again."""
        try:
            self._workspace.store.save_draft(
                self.inspection_id, "inspection", self.inspection_id, self._fields
            )
        except StoreError as error:
            self.problem = _("Not saved yet: {reason}").format(reason=error)
        else:
            self.problem = ""


def _new_damage(section: SectionCard) -> Fields:
    x, y = section.point
    return {
        "id": new_id(),
        "type": None,
        "severity": None,
        "extent": None,
        "note": "",
        "photos": [],
        "position": {"source": "asset", "x": round(x, 3), "y": round(y, 3)},
    }


def _damage_of(workspace: Workspace, row: Fields) -> Fields:
    """Return a damage row as a form keeps it."""
    point = geo.parse(row["geom"]).parts[0][0][0] if row["geom"] is not None else (0.0, 0.0)
    position: Fields = {
        "source": row["position_source"] or "asset",
        "x": float(point[0]),
        "y": float(point[1]),
    }
    if row["fix_lat"] is not None:
        names = ("lat", "lon", "height", "accuracy", "time", "source")
        position |= {"nap": row["nap"], "fix": {name: row[f"fix_{name}"] for name in names}}
    photos = [
        {key: photo[key] for key in ("id", "sha256", "media_type", "size")}
        for photo in workspace.photos_of(row["id"])
    ]
    fields = {key: row[key] for key in ("id", "type", "severity", "extent")}
    return {**fields, "note": row["note"] or "", "photos": photos, "position": position}
