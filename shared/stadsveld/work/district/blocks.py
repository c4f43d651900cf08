"""What stands between the streets of the demo district: houses, flats, shops, a school, a park."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .canvas import Box, Canvas, Label, mm_point
from .streets import Street

_HOUSE_WIDTH, _HOUSE_DEPTH, _FRONT = 5.7, 9.0, 5.0
_HOUSES_PER_ROW = 7
_PASSAGE = 1.5
_MARGIN = 3.0


class Builder:
    """Draws blocks and hands out house numbers."""

    def __init__(self, canvas: Canvas, streets: Sequence[Street], rng: np.random.Generator) -> None:
        self._canvas = canvas
        self._streets = streets
        self._rng = rng
        self._numbers: dict[tuple[str, int], int] = {}

    def build(self, plan: Mapping[str, Any]) -> None:
        """Draw all blocks of the plan, the planned buildings and some trees."""
        draw: dict[str, Callable[[Box], None]] = {
            "rows": self._rows, "flats": self._flats, "shops": self._shops, "school": self._school,
            "field": self._field, "pond": self._pond, "wood": self._wood, "lawn": self._lawn,
        }  # fmt: skip
        for block in plan["blocks"]:
            draw[block["type"]](tuple(block["area"]))
        for u, v in plan["planned"]:
            self._canvas.plan("pand", (u, v, u + 11, v + 9))

    def _rows(self, area: Box) -> None:
        """Two rows of houses back to back, with gardens and a path behind them."""
        west, south, east, north = area
        middle = (west + east) / 2
        self._canvas.paint("gras", area)
        self._canvas.paint("achterpad", (middle - 0.75, south, middle + 0.75, north))
        for begin, houses in self._groups(south + _MARGIN, north - _MARGIN):
            passage = begin + houses * _HOUSE_WIDTH + 0.5
            if passage + _PASSAGE < north - _MARGIN:
                self._canvas.paint("achterpad", (west, passage, middle, passage + _PASSAGE))
                self._canvas.paint("achterpad", (middle, passage, east, passage + _PASSAGE))
            setback = round(float(self._rng.integers(0, 3)) * 0.5, 1)
            for place in range(houses):
                low = round(begin + place * _HOUSE_WIDTH, 3)
                self._house(west, middle - 0.75, low, setback)
                self._house(east, middle + 0.75, low, setback)

    def _groups(self, begin: float, end: float) -> Iterator[tuple[float, int]]:
        here = begin
        while here + 2 * _HOUSE_WIDTH <= end:
            houses = min(_HOUSES_PER_ROW, int((end - here) / _HOUSE_WIDTH))
            yield round(here, 3), houses
            here += houses * _HOUSE_WIDTH + 0.5 + _PASSAGE + 0.5

    def _house(self, front: float, back: float, low: float, setback: float) -> None:
        """One house with gardens from the street side `front` to the path `back`."""
        sign = 1.0 if back > front else -1.0
        high = round(low + _HOUSE_WIDTH, 3)
        wall = front + sign * (_FRONT + setback)
        rear = wall + sign * _HOUSE_DEPTH

        def strip(begin: float, end: float, south: float = low, north: float = high) -> Box:
            return min(begin, end), south, max(begin, end), north

        self._canvas.paint("erf", strip(front, wall))
        self._canvas.paint("erf", strip(rear, back))
        boxes = [strip(wall, rear)]
        if self._rng.random() < 0.3:
            boxes.append(strip(rear, rear + sign * 3.0, low, low + 2.9))
        street = self._street_beside(front)
        number = self._next_number(street, 1 if sign > 0 else 0)
        at = mm_point((wall + rear) / 2, (low + high) / 2)
        self._canvas.paint("pand", *boxes, labels=[Label(number, at, 0.0)], street=street)
        if self._rng.random() < 0.6:
            shed = (back - sign * 2.4, back)
            self._canvas.paint("pand", strip(*shed, high - 3.1, high))
        elif self._rng.random() < 0.5:
            self._canvas.point("vegetatieobject", "boom", back - sign * 3.0, (low + high) / 2)
        if self._rng.random() < 0.15:
            hedge = [(front + sign * 0.4, low + 0.3), (front + sign * 0.4, high - 0.3)]
            self._canvas.line("vegetatieobject", {"type": "niet-bgt", "plus_type": "haag"}, hedge)

    def _street_beside(self, u: float) -> str:
        beside = [street for street in self._streets if street.along_v]
        return min(beside, key=lambda street: abs(abs(street.at - u) - street.half)).name

    def _next_number(self, street: str, odd: int) -> str:
        number = self._numbers.get((street, odd), 1 if odd else 2)
        self._numbers[street, odd] = number + 2
        return str(number)

    def _flats(self, area: Box) -> None:
        """Blocks of flats in open rows, with green courts, a playground and garages between them."""
        west, south, east, north = area
        self._canvas.paint("gras", area)
        garages = max(1, int((north - south) // 90))
        depth = (north - south) / garages
        for row in range(garages):
            low = south + row * depth
            self._flat_row((west, low, east, low + depth))

    def _flat_row(self, area: Box) -> None:
        west, south, east, north = area
        count = int((east - west + 20) // 48)
        pitch = (east - west) / count
        length = min(62.0, north - south - 28)
        for place in range(count):
            left = round(west + place * pitch + 6, 3)
            low = south + 8
            self._canvas.paint("voetpad", (left + 13, south, left + 14.8, low + length), street="")
            self._canvas.paint("heesters", (left - 3, low, left, low + length))
            for step in range(3):
                door = low + length * (step + 0.5) / 3
                self._canvas.paint("voetpad", (left + 11, door - 1, left + 13, door + 1), street="")
            first = 2 * 24 * place + 1
            at = mm_point(left + 5.5, low + length / 2)
            self._canvas.paint(
                "pand",
                (left, low, left + 11, low + length),
                labels=[Label(f"{first}-{first + 46}", at, 90.0)],
            )
            self._court((left + 15.5, low, round(left + pitch - 4, 3), low + length))
        self._garages(west + 8, north - 15, min(10, int((east - west - 30) / 3.2)))

    def _court(self, area: Box) -> None:
        west, south, east, north = area
        if east - west < 8:
            return
        middle = (south + north) / 2
        self._canvas.paint("zandbak", (west + 2, middle - 4, min(west + 10, east), middle + 4))
        self._canvas.paint("heesters", (west + 1, north - 5, east - 1, north - 1))
        for u, v in self._scatter((west, south, east, middle - 6), 5):
            self._canvas.point("vegetatieobject", "boom", u, v)
        for u, v in self._scatter((west, middle + 6, east, north - 6), 3):
            self._canvas.point("vegetatieobject", "boom", u, v)
        self._canvas.point("straatmeubilair", "bank", west + 4, middle + 6)
        self._canvas.point("bak", "afvalbak", west + 6, middle + 6)

    def _garages(self, west: float, south: float, count: int) -> None:
        self._canvas.paint("garagehof", (west - 1, south - 6, west + count * 3.2 + 1, south))
        for place in range(count):
            left = round(west + place * 3.2, 3)
            self._canvas.paint("pand", (left, south, left + 3.2, south + 6))
        self._canvas.point("put", "kolk", west + 1, south - 3)

    def _shops(self, area: Box) -> None:
        """A row of shops on a square, with a car park."""
        west, south, east, north = area
        self._canvas.paint("voetgangersgebied", area, street="")
        self._canvas.paint("parkeervlak", (west + 4, south + 4, east - 8, south + 40), street="")
        for place in range(6):
            low = south + 50 + place * 9
            at = mm_point(east - 20, low + 4.5)
            number = self._next_number("Veldwijklaan", 1)
            self._canvas.paint("pand", (east - 32, low, east - 12, low + 9), labels=[Label(number, at, 0.0)])
            self._canvas.above("luifel", (east - 34, low, east - 32, low + 9))
        for u, v in ((west + 8, north - 20), (west + 8, north - 30), (west + 16, north - 20)):
            self._canvas.point("straatmeubilair", "fietsenrek", u, v)
            self._canvas.point("vegetatieobject", "boom", u + 2, v + 4)
        self._canvas.point("kast", "openbare verlichtingkast", west + 2, north - 2)
        self._canvas.point("sensor", "camera", east - 34, north - 6)

    def _school(self, area: Box) -> None:
        """A school around its playground, and a bicycle shed."""
        west, south, east, north = area
        self._canvas.paint("gras", area)
        self._canvas.paint("plein", (west + 30, south + 20, east - 40, north - 20))
        hall = (west + 40, south + 30, west + 60, north - 30)
        wing = (west + 60, north - 46, east - 70, north - 30)
        at = mm_point(west + 50, (south + north) / 2)
        self._canvas.paint("pand", hall, wing, labels=[Label("2", at, 0.0)], street="Noordkade")
        self._canvas.paint("loods", (east - 60, south + 24, east - 46, south + 29))
        self._canvas.paint("bassin", (west + 10, north - 16, west + 22, north - 8))
        self._canvas.paint("inrit", (west + 50, south - 8.5, west + 54, south + 20), street="Noordkade")
        fence = [(west + 30, south + 20), (west + 48, south + 20)]
        self._canvas.line("scheiding", {"type": "hek"}, fence)
        for u, v in self._scatter((west + 62, south + 34, east - 62, north - 50), 12):
            self._canvas.point("vegetatieobject", "boom", u, v)

    def _field(self, area: Box) -> None:
        self._canvas.paint("speelveld", area)
        west, south, east, north = area
        for along in np.arange(west, east, 9.0).tolist():
            self._canvas.point("vegetatieobject", "boom", along, north + 3)
            self._canvas.point("vegetatieobject", "boom", along, south - 3)

    def _pond(self, area: Box) -> None:
        west, south, east, north = area
        for kind, margin in (("oever", 0.0), ("vijver", 2.0)):
            box = (west + margin, south + margin, east - margin, north - margin)
            self._canvas.paint(kind, box)
            for u in (box[0], box[2]):
                for v in (box[1], box[3]):
                    self._canvas.round_corner(u, v, 30.0 - margin)
        self._canvas.point("sensor", "waterstandmeter", west + 20, south + 1)

    def _wood(self, area: Box) -> None:
        self._canvas.paint("bosplantsoen", area)
        for u, v in self._scatter(area, int((area[2] - area[0]) * (area[3] - area[1]) / 130)):
            self._canvas.point("vegetatieobject", "boom", u, v)

    def _lawn(self, area: Box) -> None:
        for u, v in self._scatter(area, int((area[2] - area[0]) * (area[3] - area[1]) / 300)):
            self._canvas.point("vegetatieobject", "boom", u, v)

    def _scatter(self, area: Box, count: int) -> list[tuple[float, float]]:
        west, south, east, north = area
        us = self._rng.uniform(west + 1, max(east - 1, west + 1.1), count)
        vs = self._rng.uniform(south + 1, max(north - 1, south + 1.1), count)
        return [(round(float(u), 2), round(float(v), 2)) for u, v in zip(us, vs, strict=True)]
