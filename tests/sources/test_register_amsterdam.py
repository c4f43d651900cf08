"""The sensor form of Amsterdam: real files, with the outcome that the city's own importer has."""

import pytest

from stadsveld import geo
from stadsveld.errors import BadInput
from stadsveld.sources.register import read_register

FOLDER = "sensorregister/amsterdam/"


def read(real_data, name):
    return read_register(real_data(FOLDER + name) / "Sensorregistratie.csv", "sensor")


def test_bulk_takes_the_good_sensor_and_reports_the_one_without_privacy_statement(real_data):
    found = read(real_data, "bulk")
    assert [record.number for record in found.records] == ["7079-2296"]
    assert [(problem.place, problem.number) for problem in found.problems] == [(3, "7079-2297")]
    assert "privacy statement" in found.problems[0].reason
    sensor = found.records[0]
    assert sensor.fields["owner"] == "Gemeente Amsterdam"
    assert sensor.fields["theme"] == "Veiligheid"
    assert sensor.fields["personal_data"] is False
    assert sensor.fields["active_until"] == "2021-07-06"
    assert geo.wkb_bbox(sensor.geometry)[:2] == pytest.approx((122_096.8, 486_744.9), abs=0.3)
    assert "Ersoon" not in str(found)
    assert "06123456789" not in str(found)


@pytest.mark.parametrize("name", ["bulk_duplicate_references", "iprox_duplicate_references"])
def test_duplicate_references_refuse_the_whole_file(real_data, name):
    with pytest.raises(BadInput, match=r"Reference 7079-2296\.0 occurs twice, in row \d and row \d"):
        read(real_data, name)


@pytest.mark.parametrize("name", ["empty_rows_columns_bulk", "empty_rows_columns_iprox"])
def test_empty_rows_and_columns_leave_exactly_one_sensor(real_data, name):
    found = read(real_data, name)
    assert (len(found.records), found.problems) == (1, [])


def test_the_web_form_has_up_to_five_sensors_side_by_side(real_data):
    found = read(real_data, "iprox_five_sensors")
    assert [record.number for record in found.records] == [f"7079-2296.{index}" for index in range(5)]
    assert all(record.geometry is None for record in found.records)
    assert "1011 PN 3" in " ".join(found.remarks)


def test_web_form_rows_with_one_and_two_sensors(real_data):
    single = read(real_data, "iprox_single")
    assert [record.number for record in single.records] == ["7079-2296.0"]
    assert [problem.number for problem in single.problems] == ["7079-2296.1"]
    several = read(real_data, "iprox_multiple")
    assert [record.number for record in several.records] == ["7079-2296.0"]
    assert [problem.place for problem in several.problems] == [3]


def test_the_empty_official_workbook_says_that_there_is_nothing_in_it(real_data):
    pytest.importorskip("openpyxl")
    with pytest.raises(BadInput, match="no rows"):
        read_register(real_data(FOLDER + "bulk.xlsx"), "sensor")


def test_the_official_workbook_filled_in(real_data):
    openpyxl = pytest.importorskip("openpyxl")
    file = real_data(FOLDER + "bulk.xlsx")
    book = openpyxl.load_workbook(file)
    row = ["R1", "Geluidsensor", 52.3676, 4.9041, None, "Geluid", "Overlast", "Milieu: geluid", *[None] * 7]
    book["Sensorregistratie"].append([*row, "Nee", None, None, "01-01-2050", None])
    book.save(file)
    found = read_register(file, "sensor")
    assert [record.number for record in found.records] == ["R1"]
    assert found.records[0].fields["theme"] == "Milieu: geluid"


HEADINGS = (
    "Referentie;Kies soort / type sensor;Latitude;Longitude;In welk gebied bevindt zich de mobiele sensor?;"
    "Wat meet de sensor?;Waarvoor meet u dat?;Thema 1;"
    + "".join(f"Thema {place} (niet verplicht);" for place in range(2, 9))
    + "Worden er persoonsgegevens verwerkt?;Wettelijke grondslag;Privacyverklaring;"
    "Wanneer wordt de sensor verwijderd?;Opmerking (niet verplicht);Project\n"
)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("R1;;52.3;4.9;;a;b;Lucht;;;;;;;;Nee;;;01-01-2050;;", "kind of sensor"),
        ("R1;Geluidsensor;52.3;4.9;;a;b;;;;;;;;;Nee;;;01-01-2050;;", "theme"),
        ("R1;Geluidsensor;noord;4.9;;a;b;Lucht;;;;;;;;Nee;;;01-01-2050;;", "no number"),
        ("R1;Geluidsensor;;4.9;;a;b;Lucht;;;;;;;;Nee;;;01-01-2050;;", "needed"),
        ("R1;Geluidsensor;4.9;52.3;;a;b;Lucht;;;;;;;;Nee;;;01-01-2050;;", "outside the Netherlands"),
        ("R1;Geluidsensor;52.3;4.9;;a;b;Lucht;;;;;;;;Misschien;;;01-01-2050;;", "Ja or Nee"),
        ("R1;Geluidsensor;52.3;4.9;;a;b;Lucht;;;;;;;;Ja;;https://example.org;01-01-2050;;", "legal ground"),
        ("R1;Geluidsensor;52.3;4.9;;a;b;Lucht;;;;;;;;Nee;;geen adres;01-01-2050;;", "internet address"),
        ("R1;Geluidsensor;52.3;4.9;;a;b;Lucht;;;;;;;;Nee;;;2050;;", "no date"),
        ("R1;Geluidsensor;52.3;4.9;;a;b;Lucht;;;;;;;;Nee;;;;;", "date"),
        (";Geluidsensor;52.3;4.9;;a;b;Lucht;;;;;;;;Nee;;;01-01-2050;;", "no reference"),
    ],
)
def test_every_rule_of_the_form_is_held_per_sensor(tmp_path, row, reason):
    good = "R2;Geluidsensor;52.3;4.9;;a;b;Lucht;;;;;;;;Ja;Publieke taak;https://example.org;01-01-2050;;"
    file = tmp_path / "Sensorregistratie.csv"
    file.write_text(HEADINGS + row + "\n" + good + "\n", encoding="utf-8")
    found = read_register(file, "sensor")
    assert [record.number for record in found.records] == ["R2"]
    assert reason in found.problems[0].reason
