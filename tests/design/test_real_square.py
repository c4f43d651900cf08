"""A real square kilometre: the figures are those that the data's own reference table gives."""

import pytest

from stadsveld.design import Surroundings, measure
from stadsveld.text import use_language
from stadsveld.work.import_bgt import import_bgt
from support.plane_rows import rectangle

SQUARE = (180_500.0, 456_500.0, 181_500.0, 457_500.0)
#: m², arcs linearised at 4°; exact arcs differ by a few m².
REFERENCE = {
    "pand": 77_132.6,
    "wegdeel": 81_415.5,
    "ondersteunendwegdeel": 25_863.9,
    "begroeidterreindeel": 455_159.8,
    "onbegroeidterreindeel": 339_654.7,
    "waterdeel": 17_392.0,
    "ondersteunendwaterdeel": 2_795.1,
    "overigbouwwerk": 432.1,
    "scheiding": 154.3,
}


@pytest.mark.realdata
def test_areas_and_density_of_a_real_square_kilometre(store, real_data):
    use_language("en")
    import_bgt(store, real_data("bgt/otterlo.zip"), bbox=SQUARE)
    found = measure(rectangle(*SQUARE), Surroundings.read(store, SQUARE))
    assert {part.name: part.area for part in found.classes} == pytest.approx(REFERENCE, abs=5.0)
    assert found.gsi.value == pytest.approx(0.07713, abs=5e-6)
    assert "Planned buildings left out: 7." in found.gsi.warnings
    assert not any("covered" in text or "overlap" in text for text in found.warnings)
