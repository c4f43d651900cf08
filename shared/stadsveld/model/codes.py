"""Code lists: the values that a coded field may take, with what the screen calls them.

Domain lists that depend on a norm (damage types, defects) are norm packs, not code lists.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..text import N_, _


@dataclass(frozen=True)
class CodeList:
    """A closed list of codes.

    Attributes:
        name: how fields refer to it.
        labels: code -> English label, marked for translation, in the order to show.
    """

    name: str
    labels: dict[str, str]

    def label(self, code: str | None) -> str:
        """Return the label of `code` in the language in use; an unknown code stands for itself."""
        if code is None:
            return ""
        return _(self.labels[code]) if code in self.labels else str(code)


_LISTS = (
    CodeList(
        "pavement",
        {
            "asfalt": N_("asphalt"),
            "beton": N_("cement concrete"),
            "elementen": N_("elements"),
            "halfverhard": N_("half paved"),
            "onverhard": N_("unpaved"),
            "onbekend": N_("unknown"),
        },
    ),
    CodeList(
        "road_type",
        {
            "1": N_("1 main road network"),
            "2": N_("2 heavily loaded road"),
            "3": N_("3 moderately loaded road"),
            "4": N_("4 lightly loaded road"),
            "5": N_("5 road in residential area"),
            "6": N_("6 road in pedestrian area"),
            "7": N_("7 cycle path"),
        },
    ),
    CodeList("severity", {"L": N_("light"), "M": N_("moderate"), "E": N_("severe")}),
    CodeList("extent", {"1": N_("a little"), "2": N_("some"), "3": N_("much")}),
    CodeList("importance", {"gering": N_("minor"), "serieus": N_("major"), "ernstig": N_("critical")}),
    CodeList(
        "inspection_status",
        {
            "draft": N_("draft"),
            "finished": N_("finished"),
            "withdrawn": N_("withdrawn"),
        },
    ),
    CodeList(
        "inspection_result",
        {
            "damage": N_("damage found"),
            "no_damage": N_("inspected, no damage"),
            "not_possible": N_("could not be inspected"),
        },
    ),
    CodeList(
        "condition",
        {
            "not_inspected": N_("not inspected"),
            "no_damage": N_("inspected, no damage"),
            "L": N_("light damage"),
            "M": N_("moderate damage"),
            "E": N_("severe damage"),
        },
    ),
    CodeList(
        "task_status",
        {
            "reported": N_("reported"),
            "sent": N_("sent"),
            "accepted": N_("accepted"),
            "done": N_("done"),
            "checked": N_("checked"),
        },
    ),
    CodeList(
        "position_source",
        {
            "gnss": N_("GNSS receiver"),
            "manual": N_("placed on the map"),
            "asset": N_("position of the object"),
        },
    ),
    CodeList(
        "access_class",
        {
            "open": N_("open"),
            "restricted": N_("restricted"),
            "closed": N_("closed"),
        },
    ),
    CodeList("object_status", {"bestaand": N_("existing"), "plan": N_("planned")}),
    CodeList(
        "link_status",
        {
            "proposed": N_("proposed"),
            "confirmed": N_("confirmed"),
            "rejected": N_("rejected"),
        },
    ),
)

#: Code lists by name.
CODES: dict[str, CodeList] = {codes.name: codes for codes in _LISTS}
