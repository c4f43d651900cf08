"""The ground, the streets with their crossings, the canal and the bridges of the demo district."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .canvas import Box, Canvas, Label, mm_point

#: Length of a row of parking bays and of the planted island behind it, m.
_BAYS, _ISLAND = 17.5, 2.5


@dataclass(frozen=True)
class Street:
    """A straight street of the plan.

    Attributes:
        number: its number in the road register.
        name: its name.
        along_v: whether it runs north-south in the plan.
        at: where its axis lies across, m.
        begin: where it begins along its axis, m.
        end: where it ends, m.
        carriageway: kind of its carriageway.
        profile: cross section from `plan.json`.
    """

    number: int
    name: str
    along_v: bool
    at: float
    begin: float
    end: float
    carriageway: str
    profile: Mapping[str, Any]

    @property
    def half(self) -> float:
        """Half the whole width, m."""
        return float(self.profile["half"])

    @property
    def kerb(self) -> float:
        """Half the width of the carriageway, m."""
        return float(self.profile["kerb"])

    def box(self, low: float, high: float, begin: float, end: float) -> Box:
        """Return the box from `low` to `high` across and `begin` to `end` along."""
        if self.along_v:
            return self.at + low, begin, self.at + high, end
        return begin, self.at + low, end, self.at + high

    def spot(self, across: float, along: float) -> tuple[float, float]:
        """Return the point at `across` from the axis and `along` it."""
        return (self.at + across, along) if self.along_v else (along, self.at + across)

    def meets(self, other: Street) -> bool:
        """Tell whether the axes cross or touch."""
        return (
            self.along_v != other.along_v
            and self.begin <= other.at <= self.end
            and other.begin <= self.at <= other.end
        )


def read_streets(plan: Mapping[str, Any]) -> list[Street]:
    """Return the streets of the plan, the most important first."""
    return [
        Street(
            place, row["name"], row["axis"] == "v", row["at"], row["from"], row["to"],
            row["carriageway"], plan["profiles"][row["profile"]],
        )
        for place, row in enumerate(plan["streets"], 1)
    ]  # fmt: skip


def paint_ground(canvas: Canvas, plan: Mapping[str, Any]) -> None:
    """Paint fields with ditches between them, and the green ground of the district."""
    size = plan["size"]
    ditches = [ditch["at"] for ditch in plan["ditches"]]
    borders = [0, *ditches, size]
    for west, east in pairwise(borders):
        canvas.paint("akker", (west, 0, east, size))
    for at in ditches:
        canvas.paint("oever", (at - 2.25, 0, at + 2.25, size))
        canvas.paint("sloot", (at - 1.25, 0, at + 1.25, size))
    canvas.paint("groen", tuple(plan["core"]))


def paint_streets(canvas: Canvas, streets: Sequence[Street], plan: Mapping[str, Any]) -> None:
    """Paint all streets, the least important first, then their crossings."""
    circles = [tuple(circle["at"]) for circle in plan["roundabouts"]]
    for street in reversed(streets):
        begin, end = _whole_length(street, streets)
        for kind, half in street.profile["bands"][:-1]:
            canvas.paint(kind, street.box(-half, half, begin, end), street=street.name)
    for street in reversed(streets):
        _paint_strips(canvas, street, streets)
    for street in reversed(streets):
        box = street.box(-street.kerb, street.kerb, street.begin, street.end)
        canvas.paint(street.carriageway, box, street=street.name)
        _paint_hump(canvas, street, streets)
    for first in streets:
        for second in streets:
            crosses = first.along_v and not second.along_v and first.meets(second)
            if crosses and (first.at, second.at) not in circles:
                _paint_crossing(canvas, first, second)
    for circle in plan["roundabouts"]:
        _paint_roundabout(canvas, circle, [street for street in streets if _passes(street, circle["at"])])


def _whole_length(street: Street, streets: Sequence[Street]) -> tuple[float, float]:
    """Return begin and end of the pavements, which go around a corner where two streets end."""
    begin, end = street.begin, street.end
    for other in streets:
        if street.meets(other) and street.at in (other.begin, other.end):
            begin = begin - other.half if other.at == street.begin else begin
            end = end + other.half if other.at == street.end else end
    return begin, end


def _paint_strips(canvas: Canvas, street: Street, streets: Sequence[Street]) -> None:
    """Paint parking bays with planted islands on one or both sides, and grass on the other."""
    parking = street.profile.get("parking")
    if parking is None:
        return
    low, high, sides = parking
    kind = "parkeervlak_gras" if street.number % 4 == 3 else "parkeervlak"
    for begin, end in free_stretches(street, streets, 6.0):
        for side in (1, -1)[:sides]:
            _paint_bays(canvas, street, kind, (side * low, side * high), begin, end)
        if "green" in street.profile:
            near, far = street.profile["green"]
            canvas.paint("gras", street.box(-far, -near, begin, end), street=street.name)
            for along in _every(begin + 4, end - 4, 11.0):
                canvas.point("vegetatieobject", "boom", *street.spot(-(near + far) / 2, along))


def _paint_bays(
    canvas: Canvas, street: Street, kind: str, across: tuple[float, float], begin: float, end: float
) -> None:
    low, high = sorted(across)
    here = begin
    while here + 6.0 <= end:
        stop = min(here + _BAYS, end)
        canvas.paint(kind, street.box(low, high, here, stop), street=street.name)
        if stop + _ISLAND + 6.0 > end:
            break
        canvas.paint("heesters", street.box(low, high, stop, stop + _ISLAND), street=street.name)
        canvas.point("vegetatieobject", "boom", *street.spot((low + high) / 2, stop + _ISLAND / 2))
        here = stop + _ISLAND


def free_stretches(street: Street, streets: Sequence[Street], margin: float) -> Iterator[tuple[float, float]]:
    """Yield the stretches of `street` that keep `margin` metres from all crossings."""
    crossings = sorted((other.at, other.half) for other in streets if street.meets(other))
    here = street.begin
    for at, half in crossings:
        if at - half - margin > here + 10:
            yield here, at - half - margin
        here = at + half + margin
    if street.end > here + 10:
        yield here, street.end


def _paint_hump(canvas: Canvas, street: Street, streets: Sequence[Street]) -> None:
    """Paint a speed hump in the middle of every long stretch of a residential street."""
    if street.profile["road_type"] != "5":
        return
    for begin, end in free_stretches(street, streets, 12.0):
        if end - begin > 90:
            middle = round((begin + end) / 2)
            box = street.box(-street.kerb, street.kerb, middle - 2.4, middle + 2.4)
            canvas.paint("drempel", box, street=street.name)


def _paint_crossing(canvas: Canvas, first: Street, second: Street) -> None:
    """Paint the crossing of a north-south and an east-west street with rounded kerbs."""
    u, v = first.at, second.at
    main = min(first, second, key=lambda street: street.number)
    west, east = second.begin < u - 1, second.end > u + 1
    south, north = first.begin < v - 1, first.end > v + 1
    reach_u, reach_v = first.profile["arm"], second.profile["arm"]
    along_u = (u - (reach_u if west else first.kerb), v - second.kerb,
               u + (reach_u if east else first.kerb), v + second.kerb)  # fmt: skip
    along_v = (u - first.kerb, v - (reach_v if south else second.kerb),
               u + first.kerb, v + (reach_v if north else second.kerb))  # fmt: skip
    canvas.paint(main.carriageway, along_u, along_v, street=main.name)
    radius = min(first.profile["radius"], second.profile["radius"])
    depth = max(first.half - first.kerb, second.half - second.kerb)
    for sign_u, has_u, lacks_u in ((-1, west, not east), (1, east, not west)):
        for sign_v, has_v, lacks_v in ((-1, south, not north), (1, north, not south)):
            kerb = (u + sign_u * first.kerb, v + sign_v * second.kerb)
            wall = (u + sign_u * first.half, v + sign_v * second.half)
            if has_u and has_v:
                canvas.round_corner(*kerb, radius)
                canvas.round_corner(*wall, max(radius - depth, 1.0))
                outer_kerb = (u - sign_u * first.kerb, v - sign_v * second.kerb)
                outer_wall = (u - sign_u * first.half, v - sign_v * second.half)
                if lacks_u and lacks_v:
                    canvas.round_corner(*outer_kerb, radius + 2 * min(first.kerb, second.kerb))
                    canvas.round_corner(*outer_wall, radius + depth + 2 * min(first.kerb, second.kerb))


def _passes(street: Street, spot: Sequence[float]) -> bool:
    across, along = (spot[0], spot[1]) if street.along_v else (spot[1], spot[0])
    return street.at == across and street.begin < along < street.end


def _paint_roundabout(canvas: Canvas, circle: Mapping[str, Any], streets: Sequence[Street]) -> None:
    """Paint rings of which all corner arcs have the same centre, their arms, and a round island."""
    u, v = circle["at"]
    main = streets[0].name
    for kind, half in circle["rings"]:
        canvas.paint(kind, (u - half, v - half, u + half, v + half), street=main)
        _round_square(canvas, u, v, half, half - circle["shift"])
    outer, inner = circle["rings"][0][1], circle["rings"][-1][1]
    for street in streets:
        along = v if street.along_v else u
        for begin, end in ((along - outer, along - inner), (along + inner, along + outer)):
            box = street.box(-street.kerb, street.kerb, begin, end)
            canvas.paint(street.carriageway, box, street=street.name)
    island = circle["island"]
    canvas.paint("verkeerseiland", (u - island, v - island, u + island, v + island), street=main)
    _round_square(canvas, u, v, island, island)
    canvas.point("vegetatieobject", "boom", u, v)


def _round_square(canvas: Canvas, u: float, v: float, half: float, radius: float) -> None:
    for sign_u in (-1, 1):
        for sign_v in (-1, 1):
            canvas.round_corner(u + sign_u * half, v + sign_v * half, radius)


def paint_canal(canvas: Canvas, plan: Mapping[str, Any]) -> None:
    """Paint the canal with its banks, which turns north and east again in two wide bends."""
    canal, size = plan["canal"], plan["size"]
    at, turn, jog, radius = canal["at"], canal["until"], canal["jog"], canal["radius"]
    for kind, half in (("oever", canal["half"] + canal["bank"]), ("gracht", canal["half"])):
        canvas.paint(
            kind,
            (0, at - half, turn + half, at + half),
            (turn - half, at - half, turn + half, at + jog + half),
            (turn - half, at + jog - half, size, at + jog + half),
        )
        inner, outer = radius + canal["half"] - half, radius + canal["half"] + half
        canvas.round_corner(turn + half, at - half, outer)
        canvas.round_corner(turn - half, at + half, inner)
        canvas.round_corner(turn + half, at + jog - half, inner)
        canvas.round_corner(turn - half, at + jog + half, outer)
    south = at - canal["half"]
    canvas.paint("kademuur", (500, south - 0.5, 606, south))
    canvas.paint("steiger", (540, south, 560, south + 1.8))
    canvas.paint("gemaal", (200, at + canal["half"], 205, at + canal["half"] + canal["bank"]))


def paint_bridges(canvas: Canvas, streets: Sequence[Street], plan: Mapping[str, Any]) -> None:
    """Put decks with their road at level 1 over the canal; piers and abutments stand at the ground."""
    canal = plan["canal"]
    reach, at = canal["half"] + canal["bank"], canal["at"]
    by_name = {street.name: street for street in streets}
    for bridge in plan["bridges"]:
        street = by_name[bridge["street"]]
        begin, end = at - reach, at + reach
        notes = {"street": street.name, "bridge": bridge["number"]}
        canvas.above("dek", street.box(-street.half, street.half, begin, end), **notes)
        for kind, low, high in _bands_side_by_side(street):
            canvas.above(kind, street.box(low, high, begin, end), **notes)
        for low, high in ((begin, begin + 1.2), (end - 1.2, end)):
            canvas.paint("landhoofd", street.box(-street.half, street.half, low, high), **notes)
        if bridge["piers"]:
            for along in (at - 2.5, at + 2.5):
                box = street.box(-street.half + 1, street.half - 1, along - 0.4, along + 0.4)
                canvas.paint("pijler", box, **notes)


def _bands_side_by_side(street: Street) -> Iterator[tuple[str, float, float]]:
    """Yield kind, low and high of the strips of a cross section, from one side to the other."""
    bands = [*street.profile["bands"][:-1], [street.carriageway, street.kerb]]
    for place, (kind, half) in enumerate(bands):
        inner = bands[place + 1][1] if place + 1 < len(bands) else 0.0
        kind = "voetpad" if kind in ("berm", "heesters") else kind
        if inner:
            yield kind, -half, -inner
            yield kind, inner, half
        else:
            yield kind, -half, half


def furnish_streets(canvas: Canvas, streets: Sequence[Street], plan: Mapping[str, Any]) -> None:
    """Put trees, lamp posts, gullies, manholes, signs, sensors, culverts and the street names."""
    canal = plan["canal"]
    water = (canal["at"] - canal["half"] - 3, canal["at"] + canal["half"] + 3)
    for street in streets:
        for begin, end in free_stretches(street, streets, 1.0):
            for low, high in _beside_water(street, begin, end, water):
                _furnish(canvas, street, low, high)
        canvas.point("bord", "straatnaambord", *street.spot(street.half - 0.3, street.begin + 8))
        angle = 90.0 if street.along_v else 0.0
        places = list(_every(street.begin + 40, street.end - 40, 220.0)) or [(street.begin + street.end) / 2]
        labels = [Label(street.name, mm_point(*street.spot(0, along)), angle) for along in places]
        canvas.text("openbareruimtelabel", labels)
    for kind, u, v in plan["sensors"]:
        canvas.point("sensor", kind, u, v)
    for culvert in plan["culverts"]:
        canvas.line("kunstwerkdeel", {"type": "niet-bgt", "plus_type": "duiker"}, culvert, level=-1)


def _beside_water(
    street: Street, begin: float, end: float, water: tuple[float, float]
) -> Iterator[tuple[float, float]]:
    """Yield the stretch, without the part over the water."""
    if street.along_v and begin < water[0] and end > water[1]:
        yield begin, water[0]
        yield water[1], end
    else:
        yield begin, end


def _furnish(canvas: Canvas, street: Street, begin: float, end: float) -> None:
    road_type = street.profile["road_type"]
    if street.carriageway != "zandpad":
        for along in _every(begin + 6, end - 3, 28.0):
            canvas.point("paal", "lichtmast", *street.spot(street.half - 0.4, along))
    if road_type == "3":
        for along in _every(begin + 18, end - 18, 12.0):
            canvas.point("vegetatieobject", "boom", *street.spot(4.75, along))
            canvas.point("vegetatieobject", "boom", *street.spot(-4.75, along))
    if road_type in ("3", "4", "5"):
        for along in _every(begin + 4, end - 4, 24.0):
            canvas.point("put", "kolk", *street.spot(street.kerb - 0.2, along))
            canvas.point("put", "kolk", *street.spot(0.2 - street.kerb, along))
        for along in _every(begin + 15, end - 5, 60.0):
            canvas.point("put", "inspectie- / rioolput", *street.spot(0.6, along))


def _every(begin: float, end: float, step: float) -> Iterator[float]:
    here = begin
    while here <= end:
        yield round(here, 3)
        here += step
