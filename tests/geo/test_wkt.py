"""WKT is written with every digit and read as people write it."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.errors import BadInput

coordinate = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    "text",
    [
        "POINT (1 2.5)",
        "POINT EMPTY",
        "LINESTRING Z (0 0 1, 1 1 2)",
        "POLYGON ((0 0, 1 0, 1 1, 0 0), (0.1 0.1, 0.2 0.1, 0.2 0.2, 0.1 0.1))",
        "MULTIPOINT ((1 2), (3 4))",
        "MULTILINESTRING ((1 2, 3 4), (5 6, 7 8))",
        "MULTIPOLYGON ZM (((0 0 1 2, 1 0 1 2, 1 1 1 2, 0 0 1 2)))",
        "MULTIPOLYGON EMPTY",
    ],
)
def test_text_comes_back_as_it_went_in(text):
    assert geo.wkt_from_wkb(geo.wkb_from_wkt(text)) == text


@given(st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=5))
def test_no_digit_is_lost(points):
    wkb = geo.linestring_wkb(points)
    assert geo.wkb_from_wkt(geo.wkt_from_wkb(wkb)) == wkb
    assert shapely.from_wkt(geo.wkt_from_wkb(wkb)).coords[:] == points


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("multipoint(1 2,3 4)", "MULTIPOINT ((1 2), (3 4))"),
        ("  Point\n(1e3 -.5) ", "POINT (1000 -0.5)"),
        ("POINT(1 2 3)", "POINT Z (1 2 3)"),
    ],
)
def test_the_spellings_of_people_and_programs_are_read(text, same):
    assert geo.wkb_from_wkt(text) == geo.wkb_from_wkt(same)


@pytest.mark.parametrize(
    "text",
    [
        "", "POINT", "POINT (", "POINT (1)", "POINT (1 2", "POINT (1 2) x", "POINT (1 2, 3 4)", "POINT (a b)",
        "POINT (1 2 3 4 5)", "POINT Z (1 2)", "CIRCLE (1 2)", "POLYGON (0 0, 1 1)", "LINESTRING (1 2; 3 4)",
        "POINT (1e999 2)", "MULTIPOINT ((1 2) (3 4))", "POINT (1,5 2,5)", "LINESTRING (0 0, 1 1 1)",
    ],
)  # fmt: skip
def test_a_wrong_text_is_refused_with_the_place(text):
    with pytest.raises(BadInput, match="at sign"):
        geo.wkb_from_wkt(text)


@given(st.text(alphabet="POINTLYGMUZE ()0123456789.,-eE", max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        wkb = geo.wkb_from_wkt(text)
    except BadInput:
        return
    assert geo.wkb_from_wkt(geo.wkt_from_wkb(wkb)) == wkb
