"""QgsGeometry as geometry engine gives what Shapely gives, so a QGIS without Shapely counts the same."""

from __future__ import annotations

import pytest

pytest.importorskip("shapely", minversion="2")

from qgis.core import QgsGeometry

from stadsveld import geo
from stadsveld.errors import BadInput, MissingComponent
from stadsveld_qgis.layers import engine

SQUARE = "Polygon((0 0,10 0,10 10,0 10,0 0))"
SHIFTED = "Polygon((5 5,15 5,15 15,5 15,5 5))"
AWAY = "Polygon((100 100,110 100,110 110,100 110,100 100))"
BOW_TIE = "Polygon((0 0,10 10,10 0,0 10,0 0))"
HOLED = "MultiPolygon(((0 0,10 0,10 10,0 10,0 0),(2 2,2 4,4 4,4 2,2 2)))"


def wkb(text: str) -> bytes:
    return bytes(QgsGeometry.fromWkt(text).asWkb())


@pytest.fixture(params=[engine.QgisEngine, geo.shapely_engine], ids=["qgis", "shapely"])
def either(request, qgis_app):
    return request.param()


def test_areas_of_overlays(either) -> None:
    """Intersection, difference and union of two squares."""
    a, b, c = either.from_wkbs([wkb(SQUARE), wkb(SHIFTED), wkb(AWAY)])
    assert either.area(either.intersection(a, b)) == pytest.approx(25)
    assert either.area(either.difference(a, b)) == pytest.approx(75)
    assert either.area(either.union([a, b, c])) == pytest.approx(275)
    assert list(either.areas(either.intersections([a, b, c], a))) == pytest.approx([100, 25, 0])
    assert either.is_empty(either.intersection(a, c))
    assert either.is_empty(either.difference(a, a))
    assert either.is_empty(either.union([]))


def test_measures(either) -> None:
    """Length, distance, contact, buffer and holes."""
    a, c, holed = either.from_wkbs([wkb(SQUARE), wkb(AWAY), wkb(HOLED)])
    assert either.length(a) == pytest.approx(40)
    assert either.distance(a, c) == pytest.approx(127.279, abs=1e-3)
    assert not either.intersects(a, c)
    assert either.area(holed) == pytest.approx(96)
    assert either.area(either.buffer(a, 1)) == pytest.approx(100 + 40 + 3.14, abs=0.05)


def test_what_is_invalid_is_seen_and_mended(either) -> None:
    """A bow tie is invalid; made valid it covers its two triangles."""
    tie = either.from_wkb(wkb(BOW_TIE))
    assert not either.is_valid(tie)
    assert either.area(either.make_valid(tie)) == pytest.approx(50)


def test_through_wkb_and_back(either) -> None:
    """A geometry comes out as it went in; what is no WKB is refused."""
    assert either.area(either.from_wkb(either.to_wkb(either.from_wkb(wkb(HOLED))))) == pytest.approx(96)
    with pytest.raises(BadInput):
        either.from_wkb(b"nonsense")


def test_without_shapely_qgis_itself_is_chosen(qgis_app, monkeypatch) -> None:
    """Where Shapely is lacking or too old, the plugin hands in its own engine."""

    def missing():
        raise MissingComponent("none")

    monkeypatch.setattr(geo, "shapely_engine", missing)
    engine.choose()
    assert isinstance(geo.default_engine(), engine.QgisEngine)
    geo.use_engine(None)
