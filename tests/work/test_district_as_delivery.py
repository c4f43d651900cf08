"""The invented district through the very importer that reads real deliveries."""

import pytest

from stadsveld.work.district import generate_district
from stadsveld.work.import_bgt import import_bgt
from stadsveld.work.import_register import import_register
from stadsveld.work.sections import sections_from_bgt

pytest.importorskip("shapely")
pytest.importorskip("openpyxl")


def test_the_district_closes_and_its_registers_fit(store, tmp_path):
    district = generate_district(tmp_path / "district")
    report = import_bgt(store, district.bgt)
    assert {name: found.present for name, found in report.classes.items()} == district.objects
    assert all(found.invalid == 0 for found in report.classes.values())
    assert report.classes["pand"].planned == 12
    assert report.closure.overlap_m2 < 0.01
    assert report.closure.gap_m2 < 0.01
    derived = sections_from_bgt(store)
    assert derived.structures == 3
    imported = import_register(store, district.road_sections, "road_section")
    assert imported.links["absent"] == 0
    assert imported.imported == district.sections
    assert import_register(store, district.structures, "structure").links["absent"] == 0
