"""SpatiaLite blobs made and read without SpatiaLite are those that SpatiaLite makes and reads."""

import contextlib
import sqlite3
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.errors import BadInput

TEXTS = [
    "POINT (155000 463000.25)",
    "POINT Z (1 2 3)",
    "LINESTRING (0 0, 1 1, 2 0.5)",
    "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 1 2, 2 2, 2 1, 1 1))",
    "POLYGON ZM ((0 0 1 5, 1 0 1 5, 1 1 1 5, 0 0 1 5))",
    "MULTIPOINT ((1 2), (3 4))",
    "MULTILINESTRING ((1 2, 3 4), (5 6, 7 8, 9 9))",
    "MULTILINESTRING M ((1 2 7, 3 4 8))",
    "MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0), (4 1, 5 2, 5 1, 4 1)), ((20 20, 21 20, 21 21, 20 20)))",
]
coordinate = st.floats(-1e6, 1e6, allow_nan=False)
vertices = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=40)
any_wkb = st.one_of(
    st.builds(geo.point_wkb, coordinate, coordinate),
    st.builds(geo.linestring_wkb, vertices),
    st.builds(geo.multipoint_wkb, vertices),
    st.builds(geo.polygon_wkb, st.lists(vertices, min_size=1, max_size=3)),
    st.builds(geo.multilinestring_wkb, st.lists(vertices, min_size=1, max_size=3)),
    st.builds(
        geo.multipolygon_wkb, st.lists(st.lists(vertices, min_size=1, max_size=2), min_size=1, max_size=3)
    ),
)


@pytest.fixture(scope="module")
def spatialite():
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.enable_load_extension(True)
        connection.load_extension("mod_spatialite")
        connection.execute("SELECT InitSpatialMetaData(1)")
        yield connection


def ask(connection, function: str, *arguments):
    marks = ", ".join("?" * len(arguments))
    return connection.execute(f"SELECT {function}({marks})", arguments).fetchone()[0]


@pytest.mark.parametrize("text", TEXTS)
def test_a_blob_is_byte_for_byte_that_of_spatialite(spatialite, text):
    wkb = geo.wkb_from_wkt(text)
    assert geo.blob_from_wkb(wkb) == ask(spatialite, "GeomFromWKB", wkb, 28992)


@pytest.mark.parametrize("text", TEXTS)
def test_spatialite_reads_our_blob_as_the_same_geometry(spatialite, text):
    wkb = geo.wkb_from_wkt(text)
    blob = geo.blob_from_wkb(wkb, srid=4258)
    assert ask(spatialite, "AsBinary", blob) == wkb
    assert ask(spatialite, "ST_IsValid", blob) == 1
    assert ask(spatialite, "ST_SRID", blob) == geo.blob_srid(blob) == 4258


@given(any_wkb)
def test_wkb_comes_back_from_a_blob_as_it_went_in(wkb):
    blob = geo.blob_from_wkb(wkb)
    assert geo.wkb_from_blob(blob) == wkb
    assert geo.blob_bbox(blob) == geo.wkb_bbox(wkb)


@given(any_wkb)
def test_spatialite_agrees_about_any_geometry(spatialite, wkb):
    assert ask(spatialite, "GeomFromWKB", wkb, 28992) == geo.blob_from_wkb(wkb)


def test_a_polygon_with_many_vertices_keeps_them_all(spatialite):
    angle = np.linspace(0, 2 * np.pi, 20_001)
    ring = np.column_stack((155000 + 100 * np.cos(angle), 463000 + 100 * np.sin(angle)))
    ring[-1] = ring[0]
    wkb = geo.polygon_wkb([ring])
    blob = geo.blob_from_wkb(wkb)
    assert ask(spatialite, "ST_NPoints", blob) == 20_001
    assert ask(spatialite, "ST_Area", blob) == pytest.approx(geo.area(wkb))
    assert geo.blob_bbox(blob) == (154900.0, ring[:, 1].min(), 155100.0, ring[:, 1].max())


def test_a_big_endian_blob_of_an_old_computer_is_read(spatialite):
    ring = [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 0.0)]
    body = struct.pack(">II", 6, 1) + b"\x69" + struct.pack(">III", 3, 1, 4)
    body += b"".join(struct.pack(">dd", *vertex) for vertex in ring)
    blob = b"\x00\x00" + struct.pack(">i4d", 28992, 0, 0, 4, 3) + b"\x7c" + body + b"\xfe"
    assert ask(spatialite, "AsText", blob) == "MULTIPOLYGON(((0 0, 4 0, 4 3, 0 0)))"
    assert geo.wkb_from_blob(blob) == geo.multipolygon_wkb([[ring]])
    assert geo.blob_bbox(blob) == (0, 0, 4, 3)


@given(any_wkb, st.data())
def test_a_cut_off_blob_is_refused_in_words(wkb, data):
    blob = geo.blob_from_wkb(wkb)
    cut = blob[: data.draw(st.integers(0, len(blob) - 2))]
    with pytest.raises(BadInput):
        geo.wkb_from_blob(cut)
    with pytest.raises(BadInput):
        geo.wkb_from_blob(cut + b"\xfe")


@given(any_wkb, st.data())
def test_a_damaged_blob_is_read_or_refused_but_never_breaks(wkb, data):
    blob = bytearray(geo.blob_from_wkb(wkb))
    for _ in range(data.draw(st.integers(1, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadInput):
        geo.wkb_from_blob(bytes(blob))
        geo.blob_bbox(bytes(blob))


@given(st.binary(max_size=200))
def test_anything_else_is_refused_in_words(data):
    for function in (geo.wkb_from_blob, geo.blob_bbox, geo.blob_srid, geo.blob_from_wkb):
        with pytest.raises(BadInput):
            function(data)


@pytest.mark.parametrize("wkt", ["POLYGON EMPTY", "MULTIPOINT EMPTY", "POINT EMPTY", "LINESTRING EMPTY"])
def test_an_empty_geometry_is_not_stored(wkt):
    with pytest.raises(BadInput, match=r"empty|finite"):
        geo.blob_from_wkb(geo.wkb_from_wkt(wkt))


@pytest.mark.parametrize("count", [3, 300])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_coordinate_that_is_no_number_is_not_stored(count, bad):
    points = np.zeros((count, 2))
    points[1, 1] = bad
    with pytest.raises(BadInput, match="finite"):
        geo.blob_from_wkb(geo.linestring_wkb(points))
