"""The one door to computational geometry."""

import builtins
import sys

import pytest

from stadsveld import geo
from stadsveld.errors import BadInput, MissingComponent

SQUARE = geo.polygon_wkb([[(0, 0), (4, 0), (4, 4), (0, 4)]])
SHIFTED = geo.polygon_wkb([[(2, 0), (6, 0), (6, 4), (2, 4)]])


@pytest.fixture
def engine():
    geo.use_engine(None)
    yield geo.default_engine()
    geo.use_engine(None)


def test_two_overlapping_squares(engine):
    a, b = engine.from_wkb(SQUARE), engine.from_wkb(SHIFTED)
    assert engine.intersects(a, b)
    assert engine.area(engine.intersection(a, b)) == 8
    assert engine.area(engine.difference(a, b)) == 8
    assert engine.area(engine.union([a, b])) == 24
    assert engine.length(a) == 16
    assert engine.distance(a, engine.from_wkb(geo.point_wkb(7, 2))) == 3
    assert engine.area(engine.buffer(a, 1)) == pytest.approx(16 + 16 + 3.14, abs=0.1)
    assert list(engine.areas(engine.intersections(engine.from_wkbs([SQUARE, SHIFTED]), a))) == [16, 8]


def test_what_goes_out_is_plain_wkb(engine):
    square = engine.from_wkb(SQUARE)
    assert geo.canonical_wkb(engine.to_wkb(square)) == geo.canonical_wkb(SQUARE)
    high = geo.wkb_from_wkt("POINT Z (1 2 3)")
    assert engine.to_wkb(engine.from_wkb(high)) == high


def test_a_bow_tie_is_invalid_and_can_be_made_valid(engine):
    bow_tie = engine.from_wkb(geo.polygon_wkb([[(0, 0), (2, 2), (2, 0), (0, 2)]]))
    assert not engine.is_valid(bow_tie)
    assert engine.area(engine.make_valid(bow_tie)) == 2


def test_nothing_in_common_is_empty(engine):
    apart = engine.from_wkb(geo.point_wkb(100, 100))
    assert engine.is_empty(engine.intersection(engine.from_wkb(SQUARE), apart))


def test_a_damaged_geometry_is_refused_in_words(engine):
    with pytest.raises(BadInput, match="cannot be read"):
        engine.from_wkb(SQUARE[:-3])


def test_without_shapely_the_error_says_how_to_install_it(engine, monkeypatch):
    real_import = builtins.__import__

    def without_shapely(name, *arguments, **options):
        if name == "shapely":
            raise ImportError(name)
        return real_import(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_shapely)
    geo.use_engine(None)
    with pytest.raises(MissingComponent, match="pip install"):
        geo.default_engine()


def test_an_old_shapely_is_not_enough(engine, monkeypatch):
    monkeypatch.setattr(sys.modules["shapely"], "__version__", "1.8.5")
    with pytest.raises(MissingComponent, match=r"1\.8\.5"):
        geo.shapely_engine()


def test_a_front_can_bring_its_own_engine(engine):
    own = geo.shapely_engine()
    geo.use_engine(own)
    assert geo.default_engine() is own
