"""A fix says how far its RD coordinates may be trusted."""

import numpy as np
import pytest

from stadsveld import geo
from stadsveld.errors import BadInput, MissingComponent
from stadsveld.geo.fix import approximate_rd


def test_a_fix_in_the_country_is_exact():
    found = geo.rd_from_fix(51.728601274, 4.712120126, 301.7981)
    assert (found.x, found.y, found.nap) == pytest.approx((108360.8790, 415757.2745, 258.0057), abs=0.001)
    assert found.exact
    assert found.uncertainty_m == 0.001


def test_a_fix_without_height_has_no_nap():
    assert geo.rd_from_fix(52.0, 5.0).nap is None


def test_a_fix_abroad_is_approximate_and_says_so():
    found = geo.rd_from_fix(48.8584, 2.2945, 80.0)
    assert not found.exact
    assert found.uncertainty_m == 0.25
    assert found.nap is None


def test_without_the_grids_a_fix_is_off_by_less_than_it_says(monkeypatch):
    chance = np.random.default_rng(11)
    places = np.column_stack((chance.uniform(50.75, 53.7, 300), chance.uniform(3.2, 7.22, 300)))
    exact = [geo.rd_from_fix(lat, lon) for lat, lon in places]

    def missing():
        raise MissingComponent("no grids")

    monkeypatch.setattr("stadsveld.geo.fix.rdnap", missing)
    for (lat, lon), true in zip(places, exact, strict=True):
        found = geo.rd_from_fix(lat, lon, 43.0)
        assert not found.exact
        assert np.hypot(found.x - true.x, found.y - true.y) <= found.uncertainty_m


@pytest.mark.realdata
def test_beyond_the_grids_the_official_coordinates_are_the_approximate_ones(real_data):
    lines = real_data("crs/Z001_ETRS89andRDNAP.txt").read_text("ascii").splitlines()
    beyond = [line.split()[1:6] for line in lines if line.rstrip().endswith("*")]
    assert len(beyond) == 2041
    for lat, lon, _h, x, y in (map(float, row) for row in beyond):
        assert approximate_rd(lat, lon) == pytest.approx((x, y), abs=0.001)


@pytest.mark.parametrize(("lat", "lon"), [(90, 5), (float("nan"), 5), (52, 181), (52, float("inf"))])
def test_what_is_no_position_is_refused(lat, lon):
    with pytest.raises(BadInput, match="no position"):
        geo.rd_from_fix(lat, lon)
