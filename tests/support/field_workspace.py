"""A small neighbourhood for tests of the field app: a few road sections, a canal, houses."""

from __future__ import annotations

from pathlib import Path

from stadsveld import geo
from stadsveld.model import id_from_register, new_id
from stadsveld.store import Store

#: Left bottom corner of the neighbourhood in RD.
CORNER = (155_000.0, 463_000.0)


def section_id(number: str) -> str:
    """Return the id of the road section with that number."""
    return id_from_register("test/wegen", number)


def box(x: float, y: float, width: float, height: float) -> bytes:
    """Return a rectangle in the neighbourhood as a geometry blob."""
    left, low = CORNER[0] + x, CORNER[1] + y
    ring = [(left, low), (left + width, low), (left + width, low + height), (left, low + height)]
    return geo.blob_from_wkb(geo.multipolygon_wkb([[ring]]))


#: number: street, pavement, x, y, width, height; metres from the corner.
SECTIONS = {
    "W-001": ("Lindelaan", "asfalt", 0, 100, 95, 8),
    "W-002": ("Lindelaan", "asfalt", 105, 100, 95, 8),
    "W-003": ("Beukenhof", "elementen", 96, 0, 8, 95),
    "W-004": ("Beukenhof", None, 96, 112, 8, 88),
    "W-005": ("Kanaalpad", "beton", 0, 30, 90, 4),
    "W-006": ("Zandpad", "onverhard", 110, 30, 80, 4),
}


def make_store(path: Path) -> Path:
    """Make the neighbourhood's store at `path` and return the path."""
    with Store.create(path) as store, store.transaction(capture=False):
        dataset = new_id()
        columns = ("id", "number", "street", "pavement", "area", "geom")
        rows = [
            (section_id(number), number, street, pavement, float(width * height), box(x, y, width, height))
            for number, (street, pavement, x, y, width, height) in SECTIONS.items()
        ]
        store.register_writer("road_section", dataset).insert(columns, rows)
        boxes = {
            "water_part": [(0, 10, 90, 12)],
            "building": [(15 + 30 * at, 118, 18, 12) for at in range(3)],
            "terrain_part": [(0, 115, 90, 80), (110, 40, 90, 55)],
        }
        for entity, found in boxes.items():
            values = [(new_id(), entity, "begroeidterreindeel", box(*one)) for one in found]
            store.register_writer(entity, dataset).insert(("id", "local_id", "bgt_class", "geom"), values)
    return path
