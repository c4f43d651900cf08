"""Puts the invented district's BGT objects straight into a store, as an import of its delivery would."""

from stadsveld import geo
from stadsveld.model import id_from_register
from stadsveld.work.district import draw_district

ENTITY_OF = {
    "wegdeel": "road_part",
    "ondersteunendwegdeel": "road_part",
    "waterdeel": "water_part",
    "overbruggingsdeel": "structure_part",
    "kunstwerkdeel": "structure_part",
}
COLUMNS = (
    "id", "bgt_class", "local_id", "status", "level", "type", "function", "appearance", "plus_appearance",
    "plus_function", "name", "geom",
)  # fmt: skip


def metres(points):
    return [(x / 1000, y / 1000) for x, y in points]


def put_district(store, seed=8011):
    """Put roads, water, bridges and street names of the district into `store`; return the features."""
    features, frame = draw_district(seed)
    for feature in features:
        frame.place(feature)
    rows = {"road_part": [], "water_part": [], "structure_part": [], "label": []}
    for feature in features:
        values = feature.values
        if feature.bgt_class == "openbareruimtelabel":
            geom = geo.multipoint_wkb(metres([label.at for label in feature.labels]))
            name, entity = feature.labels[0].text, "label"
        elif feature.bgt_class in ENTITY_OF and feature.rings:
            geom = geo.multipolygon_wkb([[metres(ring.points()) for ring in feature.rings]])
            name, entity = None, ENTITY_OF[feature.bgt_class]
        else:
            continue
        rows[entity].append((
            id_from_register("bgt", feature.local_id), feature.bgt_class, feature.local_id, "bestaand",
            feature.level, values.get("type"), values.get("function"), values.get("appearance"),
            values.get("plus_appearance"), values.get("plus_function"), name,
            geo.blob_from_wkb(geo.canonical_wkb(geom)),
        ))  # fmt: skip
    with store.transaction(capture=False):
        for entity, found in rows.items():
            store.register_writer(entity, id_from_register("dataset", "bgt")).insert(COLUMNS, found)
    return features
