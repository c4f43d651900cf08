"""From tables to records: numbers, dates, codes, geometry, and everything that can be wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.errors import BadInput
from stadsveld.sources.register import Mapping, guess_mapping, read_register
from stadsveld.sources.register import values as cells

HEAD = "wegvakonderdeel;weg;wegvak;wegtype;verharding;oppervlakte;straat\n"


def register(tmp_path, text, kind="road_section", **more):
    file = tmp_path / "register.csv"
    file.write_text(text, encoding="utf-8")
    return read_register(file, kind, **more)


def test_dutch_headings_are_understood_and_values_become_codes(tmp_path):
    found = register(tmp_path, HEAD + "W1;12;3;5;Klinkers;1.234,5;Laan\n")
    record = found.records[0]
    assert record.number == "W1"
    assert record.fields == {
        "road": "12", "segment": "3", "road_type": "5", "pavement": "elementen", "area": 1234.5,
        "street": "Laan",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "code"),
    [("Asfalt", "asfalt"), ("cementbeton", "beton"), ("gebakken klinkers", "elementen"),
     ("grind", "halfverhard"),
     ("Zand", "onverhard"), ("gesloten verharding", "onbekend")],
)  # fmt: skip
def test_pavements_by_their_usual_names(tmp_path, value, code):
    assert register(tmp_path, HEAD + f"W1;1;1;5;{value};10;\n").records[0].fields["pavement"] == code


def test_an_unknown_code_is_a_problem_of_its_row_until_the_mapping_says_what_it_means(tmp_path):
    text = HEAD + "W1;1;1;5;GRINDASFALT;10;\nW2;1;1;5;asfalt;10;\n"
    found = register(tmp_path, text)
    assert [record.number for record in found.records] == ["W2"]
    assert "row 2 (W1)" in str(found.problems[0])
    assert "GRINDASFALT" in found.problems[0].reason
    mapping = Mapping("road_section", found.mapping.columns, {"pavement": {"grindasfalt": "asfalt"}})
    again = register(tmp_path, text, mapping=Mapping.from_json(mapping.to_json()))
    assert [record.fields["pavement"] for record in again.records] == ["asfalt", "asfalt"]


def test_a_number_twice_refuses_the_file_and_names_both_rows(tmp_path):
    with pytest.raises(BadInput, match="W1 occurs twice, in row 2 and row 4"):
        register(tmp_path, HEAD + "W1;1;1;5;asfalt;10;\nW2;1;1;5;asfalt;10;\nW1;1;1;5;asfalt;11;\n")


def test_a_number_twice_is_found_also_where_one_row_has_another_mistake(tmp_path):
    with pytest.raises(BadInput, match="occurs twice, in row 2 and row 3"):
        register(tmp_path, HEAD + "W1;1;1;9;asfalt;10;\nW1;1;1;5;asfalt;10;\n")


def test_both_decimal_signs_in_a_column_refuse_the_file(tmp_path):
    with pytest.raises(BadInput, match=r"comma in row 2 \(10,5\).*point in row 4 \(11\.25\)"):
        register(tmp_path, HEAD + "W1;1;1;5;asfalt;10,5;\nW2;1;1;5;asfalt;7;\nW3;1;1;5;asfalt;11.25;\n")


def test_a_point_that_may_be_thousands_or_decimals_beside_commas_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"1\.234"):
        register(tmp_path, HEAD + "W1;1;1;5;asfalt;10,5;\nW2;1;1;5;asfalt;1.234;\n")


def test_a_date_made_by_a_spreadsheet_refuses_the_file(tmp_path):
    with pytest.raises(BadInput, match=r"row 3.*turned a number into a date"):
        register(tmp_path, HEAD + "W1;1;1;5;asfalt;10;\n1-feb;1;1;5;asfalt;10;\n")


def test_excel_dates_in_numbers_and_areas_refuse_the_file(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    from datetime import datetime

    for row in (["W1", datetime(2026, 2, 1)], [datetime(2026, 2, 1), 5]):
        book = openpyxl.Workbook()
        book.active.append(["wegvakonderdeel", "oppervlakte"])
        book.active.append(row)
        book.save(tmp_path / "a.xlsx")
        with pytest.raises(BadInput, match="2026-02-01"):
            read_register(tmp_path / "a.xlsx", "road_section")


def test_numbers_from_excel_are_names_not_floats(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["wegvakonderdeel", "oppervlakte"])
    book.active.append([1001.0, 5])
    book.save(tmp_path / "a.xlsx")
    assert read_register(tmp_path / "a.xlsx", "road_section").records[0].number == "1001"


def test_rows_with_mistakes_are_reported_and_the_others_are_taken(tmp_path):
    text = HEAD + "W1;1;1;5;asfalt;tien;\n;1;1;5;asfalt;10;\nW3;1;1;5;asfalt;10;Laan;te veel\n;;;;;;\nW4;1\n"
    found = register(tmp_path, text)
    assert [record.number for record in found.records] == ["W4"]
    assert [(problem.place, problem.number) for problem in found.problems] == [(2, "W1"), (3, ""), (4, "W3")]
    assert "tien" in found.problems[0].reason


def test_without_a_column_of_numbers_the_headings_are_shown(tmp_path):
    with pytest.raises(BadInput, match="kleur, vorm"):
        register(tmp_path, "kleur;vorm\nrood;rond\n")


def test_columns_about_persons_are_left_out_and_told(tmp_path):
    found = register(tmp_path, "wegvakonderdeel;contactpersoon;E-mail\nW1;J. Jansen;j@example.org\n")
    assert found.records[0].fields == {}
    assert found.left_out == ["contactpersoon", "E-mail"]
    assert "contactpersoon, E-mail" in found.remarks[0]
    assert "Jansen" not in str(found)


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        ("LINESTRING (203000 503000, 203010 503000)", "no area"),
        ("POLYGON ((6 52, 7 52, 7 53, 6 52))", "outside the Netherlands"),
        ("POLYGON ((203000 503000, 203010 503000))", ""),
        ("cirkel", ""),
    ],
)
def test_wrong_geometries_are_problems_of_their_row(tmp_path, geometry, reason):
    found = register(tmp_path, f'wegvakonderdeel;wkt\nW1;"{geometry}"\nW2;\n')
    assert [record.number for record in found.records] == ["W2"]
    assert reason in found.problems[0].reason


def test_wkt_becomes_a_multipolygon_in_rd(tmp_path):
    text = (
        'wegvakonderdeel;wkt\nW1;"POLYGON ((203000 503000, 203010 503000, 203010 503010, 203000 503000))"\n'
    )
    geometry = register(tmp_path, text).records[0].geometry
    assert geo.parse(geometry).kind == 6
    assert geo.area(geometry) == 50


def test_sensors_have_a_position_in_rd_or_in_degrees(tmp_path):
    rd = register(tmp_path, "nummer;x;y\nS1;203000,5;503500\n", "sensor").records[0].geometry
    assert geo.wkb_bbox(rd) == (203000.5, 503500, 203000.5, 503500)
    degrees = register(tmp_path, "nummer;lat;lon\nS1;52.3676;4.9041\n", "sensor").records[0].geometry
    assert geo.wkb_bbox(degrees)[:2] == pytest.approx((122_096.8, 486_744.9), abs=0.3)
    found = register(tmp_path, "nummer;x;y\nS1;203000;\nS2;1;2\nS3;;\n", "sensor")
    assert [problem.number for problem in found.problems] == ["S1", "S2"]
    assert found.records[0].geometry is None


def test_several_bgt_ids_in_one_cell(tmp_path):
    found = register(tmp_path, 'wegvakonderdeel;bgt lokaal id\nW1;"G1.a, G1.b|G1.c G1.a"\n')
    assert found.records[0].links == ("G1.a", "G1.b", "G1.c")


def test_structures_have_a_row_per_component(tmp_path):
    head = "kunstwerk;naam;element;bouwdeel;materiaal;vervangingswaarde\n"
    found = register(
        tmp_path,
        head + "K1;Brug;Bovenbouw;leuning;staal;1.000,50\nK1;Brug;Bovenbouw;dek;beton;2000,00\n",
        "structure",
    )
    assert [record.parts["component"]["replacement_value"] for record in found.records] == [1000.5, 2000.0]
    with pytest.raises(BadInput, match="K1 / Bovenbouw / leuning occurs twice"):
        register(
            tmp_path, head + "K1;Brug;Bovenbouw;leuning;a;1\nK1;Brug;Bovenbouw;leuning;b;1\n", "structure"
        )
    with pytest.raises(BadInput, match="Rows 2 and 3 disagree about K1"):
        register(tmp_path, head + "K1;Brug;Bovenbouw;dek;a;1\nK1;Tunnel;Bovenbouw;leuning;b;1\n", "structure")


def test_a_mapping_of_another_kind_or_with_unknown_fields_is_refused(tmp_path):
    with pytest.raises(BadInput, match="sensor"):
        register(tmp_path, HEAD + "W1;1;1;5;asfalt;1;\n", mapping=Mapping("sensor", {"weg": "number"}))
    for text in (
        "{}",
        "[]",
        "no",
        '{"kind": "tree", "columns": {}}',
        '{"kind": "sensor", "columns": {"a": "colour"}}',
    ):
        with pytest.raises(BadInput):
            Mapping.from_json(text)


def test_the_guess_uses_every_column_and_field_once():
    mapping = guess_mapping(
        ["Nummer", "Wegvakonderdeel-nummer", "Oppervlakte (m²)", "", "Straat"], "road_section"
    )
    assert mapping.columns == {"Nummer": "number", "Oppervlakte (m²)": "area", "Straat": "street"}


@given(st.floats(-1e9, 1e9), st.sampled_from(",."), st.integers(1, 4))
def test_numbers_written_with_either_sign_come_back(value, sign, places):
    text = f"{value:.{places}f}".replace(".", sign)
    assert cells.number(text, sign) == pytest.approx(round(value, places), rel=1e-12, abs=1e-12)


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_dutch_thousands_come_back(whole, cents):
    text = f"{whole:,}".replace(",", ".") + f",{cents:02d}"
    assert cells.decimal_sign([(1, text)], "a", None) == ","
    assert cells.number(text, ",") == pytest.approx(whole + cents / 100)


@pytest.mark.parametrize("text", ["31-02-2026", "2026-13-01", "45292", "gisteren", "1/2"])
def test_what_is_no_date_is_a_wrong_cell(text):
    with pytest.raises(cells.WrongCell):
        cells.day(text)


@pytest.mark.parametrize(
    ("text", "iso"), [("01-05-2026", "2026-05-01"), ("2026-05-01", "2026-05-01"), ("", None)]
)
def test_dates_in_two_notations(text, iso):
    assert cells.day(text) == iso
