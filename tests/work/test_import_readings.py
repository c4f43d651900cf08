"""Readings of sensors: series, a block per month, flags, repeated and overlapping imports."""

import json

import numpy as np
import pytest

from stadsveld.errors import BadInput
from stadsveld.model import id_from_register
from stadsveld.observe import unpack
from stadsveld.work.district import generate_district
from stadsveld.work.import_readings import import_readings, read_series
from stadsveld.work.import_register import import_register


def write(tmp_path, text, name="metingen.csv"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def stream(store, name="A"):
    return id_from_register("gemeente/datastream", name)


def test_a_year_of_the_district_with_its_faults(store, tmp_path):
    pytest.importorskip("openpyxl")
    district = generate_district(tmp_path / "district")
    import_register(store, district.sensors, "sensor")
    report = import_readings(store, district.readings, series_file=district.series)
    assert (report.series, report.readings, report.blocks) == (16, 16 * 35_040, 16 * 12)
    assert report.end == "2026-09-30T23:45:00.000Z"
    series = read_series(store, stream(store, "S001 luchttemperatuur"))
    assert len(series) == 35_040
    for fault in district.faults:
        if fault.series == "S001 luchttemperatuur" and fault.kind == "spike":
            assert (series.flags[list(fault.places)] == 4).all()
    row = store.get("datastream", stream(store, "B001 rek"))
    sensor = next(iter(store.rows("sensor", number="B001")))
    assert (row["sensor_id"], row["asset_entity"], row["unit"]) == (sensor["id"], "structure", "µm/m")
    assert row["asset_id"] == id_from_register("gemeente/structure", "K01")
    block = next(iter(store.rows("reading_block", datastream_id=row["id"])))
    assert len(unpack(block["payload"])) == block["count"]
    again = import_readings(store, district.readings, series_file=district.series)
    assert all((found.new, found.changed, found.ended) == (0, 0, 0) for found in again.mutations.values())


def test_wide_and_long_files_mean_the_same(store, tmp_path):
    wide = "tijd;A;B\n2026-01-01T00:00:00Z;1,5;2\n2026-01-01T00:10:00Z;;3\n"
    import_readings(store, write(tmp_path, wide))
    first = read_series(store, stream(store))
    assert first.times.tolist() == [1767225600000, 1767226200000]
    assert first.values[0] == 1.5
    assert np.isnan(first.values[1])
    assert first.flags.tolist() == [1, 9]
    long = (
        "reeks;tijd;waarde\nA;2026-01-01T00:00:00Z;1.5\nB;2026-01-01T00:10:00Z;3\n"
        "A;2026-01-01T01:10:00+01:00;\nB;2026-01-01T00:00:00;2\n"
    )
    report = import_readings(store, write(tmp_path, long))
    assert report.mutations["reading_block"].unchanged == 2


def test_a_later_file_joins_by_time_and_wins(store, tmp_path):
    import_readings(store, write(tmp_path, "tijd;A\n2026-01-31T23:50:00Z;1\n2026-02-01T00:00:00Z;2\n"))
    later = "tijd;A\n2026-02-01T00:00:00Z;5\n2026-02-01T00:10:00Z;6\n"
    report = import_readings(store, write(tmp_path, later))
    counts = report.mutations["reading_block"]
    assert (counts.new, counts.changed, counts.ended) == (0, 1, 0)
    assert read_series(store, stream(store)).values.tolist() == [1, 5, 6]
    assert store.count("reading_block") == 2


def test_another_series_in_a_later_file_does_not_end_the_first(store, tmp_path):
    import_readings(store, write(tmp_path, "tijd;A\n2026-01-01T00:00:00Z;1\n"))
    import_readings(store, write(tmp_path, "tijd;B\n2026-01-01T00:00:00Z;1\n"))
    assert [row["ended"] for row in store.rows("datastream")] == [None, None]


def test_the_tests_of_a_series_come_from_the_list(store, tmp_path):
    tests = json.dumps({"gross_range": {"fail_span": [0, 10]}}).replace('"', '""')
    listed = (
        f'reeks;sensor;grootheid;eenheid;interval;kwaliteitstoetsen\nA;S1;water_level;m NAP;600;"{tests}"\n'
    )
    file = write(tmp_path, "tijd;A\n2026-01-01T00:00:00Z;1\n2026-01-01T00:10:00Z;11\n")
    import_readings(store, file, series_file=write(tmp_path, listed, "reeksen.csv"))
    assert read_series(store, stream(store)).flags.tolist() == [1, 4]
    row = store.get("datastream", stream(store))
    assert (row["observed_property"], row["interval"]) == ("water_level", 600)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("A;B\n1;2\n", "tijd"),
        ("tijd\n2026-01-01T00:00:00Z\n", "no series"),
        ("tijd;A\ngisteren;1\n", "row 2"),
        ("tijd;A\n2026-01-01T00:00:00Z;1\n2026-01-01T00:10:00Z;veel\n", "row 3"),
        ("tijd;A\n2026-01-01T00:00:00Z;1\n2026-01-01T00:00:00Z;2\n", "two readings"),
        ("tijd;A;A\n2026-01-01T00:00:00Z;1;2\n", "twice"),
        ("tijd;A\n2026-13-01T00:00:00Z;1\n", "row 2"),
    ],
)
def test_a_refused_file_names_the_row_and_leaves_the_store_as_it_was(store, tmp_path, text, reason):
    with pytest.raises(BadInput, match=reason):
        import_readings(store, write(tmp_path, text))
    assert (store.count("datastream"), store.count("reading_block"), store.count("dataset")) == (0, 0, 0)


@pytest.mark.parametrize(
    "text", ["naam;eenheid\nA;m\n", "reeks;interval\nA;vaak\n", "reeks;kwaliteitstoetsen\nA;{\n"]
)
def test_a_wrong_list_of_series_is_refused(store, tmp_path, text):
    file = write(tmp_path, "tijd;A\n2026-01-01T00:00:00Z;1\n")
    with pytest.raises(BadInput, match="row 2"):
        import_readings(store, file, series_file=write(tmp_path, text, "reeksen.csv"))


def test_an_unknown_data_quality_test_leaves_the_store_as_it_was(store, tmp_path):
    file = write(tmp_path, "tijd;A\n2026-01-01T00:00:00Z;1\n")
    listed = write(tmp_path, 'reeks;kwaliteitstoetsen\nA;"{""magic"": {}}"\n', "reeksen.csv")
    with pytest.raises(BadInput, match="magic"):
        import_readings(store, file, series_file=listed)
    assert store.count("datastream") == 0
