"""An invented base map that fills the plane exactly once: rows as a store returns them."""

from __future__ import annotations

import random

from stadsveld import geo
from stadsveld.model import id_from_register

#: (entity, class, field, value) of what occurs in it.
KINDS = (
    ("building", "pand", "appearance", None),
    ("road_part", "wegdeel", "appearance", "gesloten verharding"),
    ("road_part", "wegdeel", "appearance", "open verharding"),
    ("road_part", "wegdeel", "appearance", "half verhard"),
    ("road_part", "ondersteunendwegdeel", "appearance", "groenvoorziening"),
    ("terrain_part", "onbegroeidterreindeel", "appearance", "erf"),
    ("terrain_part", "onbegroeidterreindeel", "appearance", "open verharding"),
    ("terrain_part", "begroeidterreindeel", "appearance", "groenvoorziening"),
    ("terrain_part", "begroeidterreindeel", "appearance", "grasland overig"),
    ("water_part", "waterdeel", "type", "waterloop"),
    ("barrier_part", "scheiding", "type", "muur"),
    ("structure_part", "overbruggingsdeel", "type", "dek"),
)
DATASET_ID = id_from_register("dataset", "bgt")
DATASET = {"name": "BGT", "register": "bgt", "edition_date": "2026-11-01"}


def closed(points):
    """A ring of corners, closed."""
    return [*points, points[0]]


def polygon(*points):
    """WKB of a polygon from its corners."""
    return geo.polygon_wkb([closed(list(points))])


def rectangle(x1, y1, x2, y2):
    """WKB of a rectangle."""
    return polygon((x1, y1), (x2, y1), (x2, y2), (x1, y2))


def row(place, kind, points, **other):
    """A row of the base map: a polygon of one of `KINDS`, or of any (entity, class, field, value)."""
    entity, bgt_class, field, value = KINDS[kind] if isinstance(kind, int) else kind
    return {
        "entity": entity, "id": id_from_register("test", str(place)), "bgt_class": bgt_class,
        "local_id": str(place), "status": "bestaand", "level": 0, "appearance": None, "type": None,
        "function": None, "ended": None, "dataset_id": DATASET_ID,
        "geom": geo.multipolygon_wkb([[closed(points)]]), **({field: value} if value else {}), **other,
    }  # fmt: skip


def mosaic(parts, bbox=(100_000.0, 400_000.0, 100_500.0, 400_500.0), seed=1):
    """Rows of convex surfaces that fill `bbox`: the largest is cut again and again by slanting lines."""
    chance = random.Random(seed)
    x1, y1, x2, y2 = bbox
    pieces = [[(x1, y1), (x2, y1), (x2, y2), (x1, y2)]]
    while len(pieces) < parts:
        largest = max(range(len(pieces)), key=lambda place: geo.area(polygon(*pieces[place])))
        pieces += _cut(pieces.pop(largest), chance)
    return [row(place, chance.randrange(len(KINDS)), piece) for place, piece in enumerate(pieces)]


def _cut(piece, chance):
    sides = list(zip(piece, closed(piece)[1:], strict=False))
    lengths = [(a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 for a, b in sides]
    first = lengths.index(max(lengths))
    second = (first + len(sides) // 2) % len(sides)
    (place_a, a), (place_b, b) = sorted(
        (side, _between(*sides[side], chance.uniform(0.35, 0.65))) for side in (first, second)
    )
    return [
        [a, *piece[place_a + 1 : place_b + 1], b],
        [b, *piece[place_b + 1 :], *piece[: place_a + 1], a],
    ]


def _between(a, b, part):
    return tuple(round(u + part * (v - u), 3) for u, v in zip(a, b, strict=True))


def put_rows(store, rows):
    """Put rows into a store as an import would, with their dataset."""
    store.put("dataset", DATASET_ID, DATASET)
    columns = ("id", "bgt_class", "local_id", "status", "level", "appearance", "type", "function", "ended")
    with store.transaction(capture=False):
        for entity in {found["entity"] for found in rows}:
            values = (
                (*(found[name] for name in columns), geo.blob_from_wkb(geo.canonical_wkb(found["geom"])))
                for found in rows
                if found["entity"] == entity
            )
            store.register_writer(entity, DATASET_ID).insert((*columns, "geom"), values)
