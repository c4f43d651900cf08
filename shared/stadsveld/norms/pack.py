"""The norm of a road inspection: its damage types, and what they mean for planning and quality.

Limits that are not public are empty tables, so a section is `unrated` rather than guessed. A city
that has a licence imports its table, and the same code derives planning year and quality level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

from ..errors import BadInput
from ..model.explanation import Explanation
from ..text import _
from .tables import Row, TablePack, in_language, load_tables, number, source_of

#: What a damage may be in the planning: decisive, counted, or only noted where a city wants it.
ROLES = ("main", "other", "optional")
SEVERITIES, EXTENTS = ("L", "M", "E"), (1, 2, 3)
NOT_INSPECTED, NO_DAMAGE, UNRATED, SCORED = "not_inspected", "no_damage", "unrated", "scored"
#: State of a section without damage, and the least state where minor maintenance is asked for.
_NONE, _WARNING = "none", "warning"
_ANY = "*"


@dataclass(frozen=True)
class DamageType:
    """One kind of damage on one kind of pavement.

    Attributes:
        code: how damage rows name it; the same code on every pavement that knows it.
        pavement: code of the pavement (code list `pavement`).
        group: code of the damage group.
        role: one of `ROLES`.
        titles: language -> name on the screen.
        verified: whether somebody checked the row against the norm itself.
        source: where the row comes from.
    """

    code: str
    pavement: str
    group: str
    role: str
    titles: Mapping[str, str]
    verified: bool
    source: str

    @property
    def title(self) -> str:
        """Its name in the language in use."""
        return in_language(self.titles)


@dataclass(frozen=True)
class RoadDamage:
    """A damage as the inspector classed it.

    Attributes:
        type: code of the damage type.
        severity: `L`, `M` or `E`.
        extent: 1, 2 or 3.
        minor_maintenance: the cross “klein onderhoud”.
    """

    type: str
    severity: str
    extent: int
    minor_maintenance: bool = False

    @property
    def code(self) -> str:
        """Severity and extent as one code, such as `M2`."""
        return f"{self.severity}{self.extent}"

    def is_at_most(self, other: RoadDamage) -> bool:
        """Tell whether this is no worse than `other` in both; codes such as L3 and E1 are not comparable."""
        return (
            SEVERITIES.index(self.severity) <= SEVERITIES.index(other.severity)
            and self.extent <= other.extent
        )


@dataclass(frozen=True)
class SectionScore:
    """What an inspection means for a road section.

    Attributes:
        status: `not_inspected`, `no_damage`, `unrated` or `scored`.
        quality_level: A+ to D, or None.
        planning_year: such as `2` or `3-5`, or None.
        determining: the damage that decided, or None.
        explanation: why.
    """

    status: str
    quality_level: str | None
    planning_year: str | None
    determining: RoadDamage | None
    explanation: Explanation


class NormPack:
    """The norm of a road inspection under one pack of the kind `road`.

    Args:
        tables: the pack.

    Raises:
        BadInput: rows contradict each other or leave a gap; names table and row.
    """

    def __init__(self, tables: TablePack) -> None:
        self.tables = tables
        self.groups: dict[str, Mapping[str, str]] = {
            row["group"]: row["title"] for row in tables.tables["groups"]
        }
        self.damage_types = tuple(
            self._damage_type(count, row) for count, row in enumerate(tables.tables["damage_types"], 1)
        )
        self._planning = list(tables.tables["planning"])
        self._order = [row["state"] for row in self._planning]
        self._states = self._checked_states()
        self._check_thresholds()

    @property
    def name(self) -> str:
        """Its id, as inspections record it."""
        return self.tables.id

    @property
    def edition(self) -> str:
        """Which edition the rows follow."""
        return self.tables.edition

    @property
    def title(self) -> str:
        """Its name in the language in use."""
        return self.tables.title

    @property
    def notice(self) -> str:
        """What a reader has to know before trusting it, in the language in use."""
        return self.tables.notice

    @cached_property
    def pavements(self) -> tuple[str, ...]:
        """The pavements that this norm judges, in the order of the pack."""
        return tuple(dict.fromkeys(found.pavement for found in self.damage_types))

    def of_pavement(self, pavement: str | None) -> tuple[DamageType, ...]:
        """Return the damage types of a pavement; empty where the norm does not judge it."""
        return tuple(found for found in self.damage_types if found.pavement == pavement)

    def damage_type(self, code: str, pavement: str | None = None) -> DamageType | None:
        """Return the damage type `code`, preferably of `pavement`, or None where the pack has none."""
        same = [found for found in self.damage_types if found.code == code]
        return next((found for found in same if found.pavement == pavement), same[0] if same else None)

    def title_of(self, code: str, pavement: str | None = None) -> str:
        """Return what the screen calls a damage; a code of another pack stands for itself."""
        found = self.damage_type(code, pavement)
        return found.title if found else code

    def group_title(self, group: str) -> str:
        """Return what the screen calls a damage group."""
        return in_language(self.groups[group])

    # From a measured value to a severity

    def thresholds(self, damage: str, pavement: str) -> list[Row]:
        """Return the published limits of a damage, from light to severe; empty where none are public."""
        rows = self.tables.tables["thresholds"]
        return [row for row in rows if (row["damage"], row["pavement"]) == (damage, pavement)]

    def severity_of(self, damage: str, pavement: str, measured: Fraction, unit: str) -> str | None:
        """Return the severity that a measured value means, or None below the lightest class.

        Raises:
            BadInput: no limits are known for it, or the value is in another unit.
        """
        rows = self.thresholds(damage, pavement)
        if not rows:
            raise BadInput(_("No limits are known for this damage: class it by eye."))
        if any(row["unit"] != unit for row in rows):
            raise BadInput(_("Give this measurement in {unit}.").format(unit=rows[0]["unit"]))
        found = [row["severity"] for row in rows if _is_within(row, measured)]
        return found[0] if found else None

    # From damages to planning year and quality level

    def section(self, pavement: str, road_type: str, damages: Sequence[RoadDamage] | None) -> SectionScore:
        """Return what an inspection means for a section; the earliest damage decides.

        Args:
            pavement: code of the pavement.
            road_type: `1` to `7`.
            damages: what was found; empty where nothing was, None where nobody inspected.

        Raises:
            BadInput: the norm does not judge this pavement, road type, damage, severity or extent.
        """
        self._check_section(pavement, road_type)
        if damages is None:
            return self._without_score(NOT_INSPECTED, _("Nobody has inspected this section."), ())
        judged = [(damage, self._state(pavement, road_type, damage)) for damage in damages]
        why = tuple(self._explain_damage(pavement, damage, row) for damage, row in judged)
        if not damages:
            return self._with_state(NO_DAMAGE, _NONE, None, why)
        known = [(self._state_rank(damage, row), damage) for damage, row in judged if row is not None]
        rank, determining = min(known, key=lambda found: found[0], default=(None, None))
        if rank is None or (rank > 0 and len(known) < len(judged)):
            text = _("No table says what these damages mean: import the one that the city has a licence for.")
            return self._without_score(UNRATED, text, why)
        return self._with_state(SCORED, self._order[rank], determining, why)

    def _check_section(self, pavement: str, road_type: str) -> None:
        if pavement not in self.pavements:
            text = _("This norm does not judge the pavement “{pavement}”; it knows {known}.")
            raise BadInput(text.format(pavement=pavement, known=", ".join(self.pavements)))
        known = [row["road_type"] for row in self.tables.tables["road_types"]]
        if road_type not in known:
            raise BadInput(_("The road type must be one of {values}.").format(values=", ".join(known)))

    def _state(self, pavement: str, road_type: str, damage: RoadDamage) -> Row | None:
        """Return the row that decides what a damage means, the most particular one, or None."""
        if damage.type not in {found.code for found in self.of_pavement(pavement)}:
            text = _("The damage “{damage}” does not exist on {surface}.")
            raise BadInput(text.format(damage=damage.type, surface=pavement))
        if damage.severity not in SEVERITIES or damage.extent not in EXTENTS:
            raise BadInput(_("The severity must be L, M or E, and the extent 1, 2 or 3."))
        for kind in (damage.type, _ANY):
            for road in (road_type, _ANY):
                row = self._states.get((kind, pavement, road, damage.code))
                if row is not None:
                    return row
        return None

    def _state_rank(self, damage: RoadDamage, row: Row) -> int:
        rank = self._order.index(row["state"])
        return min(rank, self._order.index(_WARNING)) if damage.minor_maintenance else rank

    def _with_state(
        self, status: str, state: str, determining: RoadDamage | None, inputs: tuple[Explanation, ...]
    ) -> SectionScore:
        row = next(found for found in self._planning if found["state"] == state)
        level, year = row["quality_level"], row["planning_year"]
        words = f"{in_language(row['technical'])}: {in_language(row['meaning'])}"
        why = Explanation(
            _("Quality level of the section"), None, text=level, reason=words,
            formula=_("the earliest planning year of its damages decides"), inputs=inputs,
            basis=f"{self.tables.label}: {source_of(row)}", verified=row["verified"],
            warnings=(self.notice,),
        )  # fmt: skip
        return SectionScore(status, level, year, determining, why)

    def _without_score(self, status: str, reason: str, inputs: tuple[Explanation, ...]) -> SectionScore:
        why = Explanation(
            _("Quality level of the section"), None, reason=reason, inputs=inputs, basis=self.tables.label,
            warnings=(self.notice,),
        )  # fmt: skip
        return SectionScore(status, None, None, None, why)

    def _explain_damage(self, pavement: str, damage: RoadDamage, row: Row | None) -> Explanation:
        found = self.damage_type(damage.type, pavement)
        title = found.title if found else damage.type
        cross = (_("minor maintenance asked for"),) if damage.minor_maintenance else ()
        if row is None:
            return Explanation(
                title, None, text=damage.code, reason=_("not rated: no table"), assumptions=cross
            )
        planning = next(known for known in self._planning if known["state"] == row["state"])
        return Explanation(
            title, None, text=damage.code, formula=in_language(planning["meaning"]), assumptions=cross,
            basis=f"{self.tables.label}: {source_of(row)}", verified=row["verified"],
        )  # fmt: skip

    # Checks of the pack

    def _damage_type(self, count: int, row: Row) -> DamageType:
        if row["group"] not in self.groups or row["role"] not in ROLES:
            raise BadInput(
                _("The group or the role of the damage type is unknown."), place=f"damage_types, {count}"
            )
        return DamageType(
            row["code"], row["pavement"], row["group"], row["role"], row["title"], row["verified"],
            source_of(row),
        )  # fmt: skip

    def _checked_states(self) -> dict[tuple[str, str, str, str], Row]:
        """Return the state of every code; a worse code never means a later year."""
        states: dict[tuple[str, str, str, str], Row] = {}
        for count, row in enumerate(self.tables.tables["states"], 1):
            place = f"states, {count}"
            damage = RoadDamage(row["damage"], row["severity"], row["extent"])
            if (
                row["state"] not in self._order
                or damage.severity not in SEVERITIES
                or damage.extent not in EXTENTS
            ):
                raise BadInput(_("The severity, the extent or the state is unknown."), place=place)
            key = (row["damage"], row["pavement"], row["road_type"], damage.code)
            if key in states:
                raise BadInput(_("This cell stands twice."), place=place)
            for severity in SEVERITIES:
                for extent in EXTENTS:
                    lighter = RoadDamage(row["damage"], severity, extent)
                    known = states.get((*key[:3], lighter.code))
                    if known is not None and _contradict(self._order, damage, row, lighter, known):
                        raise BadInput(
                            _("A worse code means a later year than a lighter one ({code}).").format(
                                code=lighter.code
                            ),
                            place=place,
                        )
            states[key] = row
        return states

    def _check_thresholds(self) -> None:
        by_damage: dict[tuple[str, str], list[tuple[int, Row]]] = {}
        for count, row in enumerate(self.tables.tables["thresholds"], 1):
            by_damage.setdefault((row["damage"], row["pavement"]), []).append((count, row))
        for rows in by_damage.values():
            for (_count, row), (count, following) in pairwise(rows):
                gap = row["up_to"] is None or number(row["up_to"]) != number(following["above"])
                if gap or row["closed"] != following["closed"] or row["unit"] != following["unit"]:
                    raise BadInput(
                        _("The class must end where the next begins: no gap and no overlap."),
                        place=f"thresholds, {count}",
                    )


def load_pack(name: str | Path) -> NormPack:
    """Return the norm of a road inspection: a shipped one by its id, or the city's own by its path.

    Raises:
        FileNotFoundError: no pack of that id is shipped.
        BadInput: the file is no norm pack for roads; names the table, the row and the reason.
    """
    return NormPack(load_tables(name)) if isinstance(name, Path) else _shipped(name)


@lru_cache(maxsize=8)
def _shipped(name: str) -> NormPack:
    return NormPack(load_tables(name))


def _is_within(row: Row, measured: Fraction) -> bool:
    lower = number(row["above"])
    upper = None if row["up_to"] is None else number(row["up_to"])
    if row["closed"] == "lower":
        return lower <= measured and (upper is None or measured < upper)
    return lower < measured and (upper is None or measured <= upper)


def _contradict(order: list[str], one: RoadDamage, row: Row, other: RoadDamage, known: Row) -> bool:
    ranks = order.index(row["state"]), order.index(known["state"])
    return (other.is_at_most(one) and ranks[0] > ranks[1]) or (one.is_at_most(other) and ranks[1] > ranks[0])
