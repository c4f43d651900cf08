"""Links between the municipality's objects and BGT objects: many to many, given or proposed.

A link is proposed where an object's area overlaps a BGT surface. The relative height level is
respected: a road section is on one level, so the deck of a bridge is never linked with what lies
below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .. import geo
from ..model import id_from_register
from ..store import Store
from .datasets import Row, bgt_id

#: What a link's object can consist of: its entity -> entities of BGT surfaces.
_SURFACES = {
    "road_section": ("road_part",),
    "structure": ("structure_part", "road_part"),
    "sensor": (),
}
#: Entities in which proposed links are sought.
_PROPOSED = {"road_section": ("road_part",), "structure": ("structure_part",)}
#: An overlap below this, in m², or below this share of both, is a border that was drawn twice.
_LEAST_AREA, _LEAST_SHARE = 1.0, 0.05


@dataclass(frozen=True)
class Part:
    """A BGT surface."""

    local_id: str
    level: int
    geom: bytes
    status: str | None


@dataclass(frozen=True)
class Link:
    """A link of one object.

    Attributes:
        local_id: the BGT object.
        status: `confirmed` (given by the register) or `proposed`.
        overlap: m², or None where it is not known.
        share: overlap as a share of the object's area, or None.
    """

    local_id: str
    status: str
    overlap: float | None = None
    share: float | None = None


def find_parts(store: Store, entity: str, local_ids: Iterable[str]) -> tuple[list[Part], list[str]]:
    """Return the BGT surfaces with these ids, and the ids that the store has not (any more)."""
    found: list[Part] = []
    absent: list[str] = []
    for local_id in local_ids:
        rows = (store.get(name, bgt_id(local_id)) for name in _SURFACES[entity])
        row = next((row for row in rows if row is not None and _is_there(row)), None)
        if row is None:
            absent.append(local_id)
        else:
            found.append(_part(row))
    return found, absent


def united(parts: Sequence[Part]) -> bytes | None:
    """Return the union of surfaces as a canonical multipolygon; a single one needs no engine.

    Raises:
        MissingComponent: if there are several and no geometry engine is installed.
    """
    if not parts:
        return None
    if len(parts) == 1:
        return geo.canonical_wkb(parts[0].geom)
    engine = geo.default_engine()
    union = engine.union([engine.from_wkb(part.geom) for part in parts])
    return as_multipolygon(engine.to_wkb(union))


def as_multipolygon(wkb: bytes) -> bytes:
    """Return a polygon or multipolygon as a canonical multipolygon in two dimensions."""
    shape = geo.parse(wkb)
    return geo.canonical_wkb(geo.multipolygon_wkb([[ring[:, :2] for ring in part] for part in shape.parts]))


def given_links(parts: Sequence[Part], absent: Sequence[str], geom: bytes | None) -> list[Link]:
    """Return the links that the register gives, with their overlap where it can be computed."""
    links = [Link(local_id, "confirmed") for local_id in absent]
    if geom is None:
        return links + [Link(part.local_id, "confirmed") for part in parts]
    total = geo.area(geom)
    for part in parts:
        overlap = _overlap(part.geom, geom) if len(parts) > 1 or part.geom != geom else total
        links.append(Link(part.local_id, "confirmed", round(overlap, 3), _share(overlap, total)))
    return links


def proposed_links(store: Store, entity: str, geom: bytes, level: int | None) -> list[Link]:
    """Return links with the BGT surfaces that an object overlaps, on one level only.

    Args:
        store: the store with the BGT.
        entity: kind of the object.
        geom: its area.
        level: its relative height level; without one, the level with the largest overlap, the
            ground where they are equal.
    """
    total = geo.area(geom)
    by_level: dict[int, list[tuple[Part, float]]] = {}
    for name in _PROPOSED.get(entity, ()):
        for row in store.window(name, geo.wkb_bbox(geom)):
            if row["ended"] is not None or row["status"] == "plan":
                continue
            part = _part(row)
            overlap = _overlap(part.geom, geom)
            smallest = min(total, geo.area(part.geom))
            if overlap >= _LEAST_AREA and overlap >= _LEAST_SHARE * smallest:
                by_level.setdefault(part.level, []).append((part, overlap))
    if not by_level:
        return []
    if level is None:
        sums = {at: round(sum(overlap for _, overlap in found), 1) for at, found in by_level.items()}
        level = min(sums, key=lambda at: (-sums[at], abs(at)))
    return [
        Link(part.local_id, "proposed", round(overlap, 3), _share(overlap, total))
        for part, overlap in sorted(by_level.get(level, []), key=lambda pair: pair[0].local_id)
    ]


def link_rows(name: str, entity: str, asset_id: str, links: Iterable[Link]) -> dict[str, Row]:
    """Return rows of `asset_link` by id."""
    rows: dict[str, Row] = {}
    for link in links:
        row_id = id_from_register(f"{name}/asset_link", f"{asset_id}/{link.local_id}")
        rows[row_id] = {
            "asset_entity": entity, "asset_id": asset_id, "bgt_local_id": link.local_id,
            "overlap": link.overlap, "share": link.share, "status": link.status,
        }  # fmt: skip
    return rows


def _is_there(row: dict[str, Any]) -> bool:
    return row["geom"] is not None and row["ended"] is None


def _part(row: dict[str, Any]) -> Part:
    return Part(row["local_id"], row["level"] or 0, row["geom"], row["status"])


def _overlap(one: bytes, other: bytes) -> float:
    engine = geo.default_engine()
    return engine.area(engine.intersection(engine.from_wkb(one), engine.from_wkb(other)))


def _share(overlap: float, total: float) -> float | None:
    return round(min(overlap / total, 1.0), 6) if total > 0 else None
