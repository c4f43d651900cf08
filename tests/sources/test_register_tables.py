"""Reading tables: CSV, XLSX, GeoPackage and Shapefile, good ones and bad ones."""

import sqlite3
import struct
import zipfile
from datetime import datetime

import pytest

from stadsveld import geo
from stadsveld.errors import BadInput
from stadsveld.sources.register import read_table
from stadsveld.sources.register.gpkg import geopackage_blob
from stadsveld.work.xlsx import write_xlsx


def write(tmp_path, name, content):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_separator_is_found(tmp_path, separator):
    table = read_table(write(tmp_path, "a.csv", f"nummer{separator}straat\nW1{separator}Laan\n"))
    assert table.headings == ["nummer", "straat"]
    assert table.rows[0].cells == ("W1", "Laan")
    assert table.rows[0].place == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found_and_a_guess_is_told(tmp_path, encoding):
    table = read_table(write(tmp_path, "a.csv", "nummer;straat\nW1;Señorita Ångströmlaan\n".encode(encoding)))
    assert table.headings[0] == "nummer"
    assert table.rows[0].cells[1] == "Señorita Ångströmlaan"
    assert bool(table.remarks) == (encoding == "cp1252")


def test_row_numbers_are_lines_also_after_empty_rows_and_line_breaks_in_cells(tmp_path):
    text = '\r\nnummer;straat\r\n;;\r\nW1;"Laan\r\nvan Noord"\r\n\r\nW2;Plein\r\n'
    table = read_table(write(tmp_path, "a.csv", text))
    assert [(row.place, row.cells[0]) for row in table.rows] == [(4, "W1"), (7, "W2")]


def test_short_rows_are_filled_and_surplus_cells_are_kept_apart(tmp_path):
    table = read_table(write(tmp_path, "a.csv", "a;b;c\n1\n1;2;3;;\n1;2;3;4\n"))
    assert [row.cells for row in table.rows] == [("1", None, None), ("1", "2", "3"), ("1", "2", "3")]
    assert [row.surplus for row in table.rows] == [(), (), ("4",)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("headings.csv", b"nummer;straat\n"),
        ("blank.csv", b"\n\n;;\n"),
        ("zip.csv", b"PK\x03\x04abc"),
        ("binary.csv", b"a;b\n\0\0\0\n"),
        ("quote.csv", b"a;b\n" + b'"' + b"x" * 5_000_000 + b'";2\n'),
        ("no.xlsx", b"this is text"),
        ("no.gpkg", b"this is text, long enough to be looked at as a database file" * 20),
        ("no.shp", b"this is text"),
        ("a.docx", b"PK"),
    ],
)
def test_what_is_no_register_is_refused_with_its_name(tmp_path, name, content):
    file = write(tmp_path, name, content)
    with pytest.raises(BadInput, match=name.replace(".", r"\.")):
        read_table(file)
    assert [found.name for found in tmp_path.iterdir()] == [name], "nothing was written beside it"


def test_an_absent_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(BadInput, match="no such file"):
        read_table(tmp_path / "absent.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(BadInput, match=r"folder\.csv"):
        read_table(tmp_path / "folder.csv")


def test_a_workbook_of_our_own_reads_back(tmp_path):
    pytest.importorskip("openpyxl")
    file = tmp_path / "a.xlsx"
    write_xlsx(
        file, "Blad", [("nummer", "lengte", "naam"), ("K1", 2.5, "<brug> & \x07 “é”"), ("K2", 3, None)]
    )
    table = read_table(file)
    assert [row.cells for row in table.rows] == [("K1", 2.5, "<brug> &  “é”"), ("K2", 3, None)]


def test_sheets_are_chosen_by_name_and_dates_stay_dates(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["leeswijzer"])
    sheet = book.create_sheet("Wegen")
    sheet.append([None, None])
    sheet.append(["nummer", "datum"])
    sheet.append(["W1", datetime(2026, 5, 1)])
    book.save(tmp_path / "a.xlsx")
    table = read_table(tmp_path / "a.xlsx", "Wegen")
    assert (table.rows[0].place, table.rows[0].cells) == (3, ("W1", datetime(2026, 5, 1)))
    with pytest.raises(BadInput, match="Wegen"):
        read_table(tmp_path / "a.xlsx", "Bruggen")


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("stadsveld.sources.register.tables._LARGEST", 1_000_000)
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", b"0" * 2_000_000)
    with pytest.raises(BadInput, match="too large"):
        read_table(tmp_path / "bomb.xlsx")


def geopackage(file, rows, *, srs=("EPSG", 28992), column="geom", table="wegen"):
    connection = sqlite3.connect(file)
    quoted = '"' + table.replace('"', '""') + '"'
    connection.executescript(
        "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT);"
        "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);"
        "CREATE TABLE gpkg_spatial_ref_sys "
        "(srs_id INTEGER, srs_name TEXT, organization TEXT, organization_coordsys_id INTEGER);"
        f"CREATE TABLE {quoted} (fid INTEGER PRIMARY KEY, {column} BLOB, nummer TEXT, straat TEXT);"
    )
    connection.execute("INSERT INTO gpkg_contents VALUES (?, 'features')", (table,))
    connection.execute("INSERT INTO gpkg_geometry_columns VALUES (?, ?, 1)", (table, column))
    connection.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (1, 'a', ?, ?)", srs)
    connection.executemany(f"INSERT INTO {quoted} VALUES (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return file


def test_a_geopackage_reads_without_anything_written_beside_it(tmp_path):
    wkb = geo.point_wkb(203000, 503500)
    rows = [(7, geopackage_blob(wkb), "W1", "Laan"), (9, None, "W2", None)]
    table = read_table(geopackage(tmp_path / "a.gpkg", rows, table='wegen "oud"'))
    assert table.headings == ["nummer", "straat"]
    assert [(row.place, row.cells, row.geometry) for row in table.rows] == [
        (7, ("W1", "Laan"), wkb),
        (9, ("W2", None), None),
    ]
    assert table.epsg == 28992
    assert [found.name for found in tmp_path.iterdir()] == ["a.gpkg"]


def test_envelopes_and_empty_geometries_in_a_geopackage(tmp_path):
    wkb = geo.point_wkb(1, 2)
    enveloped = b"GP\x00\x03" + (1).to_bytes(4, "little") + bytes(32) + wkb
    empty = b"GP\x00\x11" + bytes(4) + wkb
    rows = [(1, enveloped, "W1", None), (2, empty, "W2", None)]
    table = read_table(geopackage(tmp_path / "a.gpkg", rows))
    assert [row.geometry for row in table.rows] == [wkb, None]


def test_a_damaged_geometry_names_its_row(tmp_path):
    file = geopackage(tmp_path / "a.gpkg", [(5, b"rubbish!", "W1", None)])
    with pytest.raises(BadInput, match="row 5"):
        read_table(file)


RING = [(203000, 503000), (203000, 503010), (203010, 503010), (203010, 503000), (203000, 503000)]
HOLE = [(203002, 503002), (203004, 503002), (203004, 503004), (203002, 503004), (203002, 503002)]


def shapefile(folder, rows, *, kind=5, prj='PROJCS["Amersfoort / RD New"]', encoding="cp1252"):
    """Write a Shapefile of (rings, number, area) rows by hand."""
    shapes = b""
    for place, (rings, _number, _area) in enumerate(rows, 1):
        points = [point for ring in rings for point in ring]
        starts = [sum(map(len, rings[:index])) for index in range(len(rings))]
        body = struct.pack("<i4d2i", kind, 0, 0, 0, 0, len(rings), len(points))
        body += struct.pack(f"<{len(rings)}i", *starts)
        body += b"".join(struct.pack("<2d", *point) for point in points)
        body = body if rings else struct.pack("<i", 0)
        shapes += struct.pack(">2i", place, len(body) // 2) + body
    head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 50 + len(shapes) // 2) + struct.pack(
        "<2i8d", 1000, kind, *[0] * 8
    )
    (folder / "a.shp").write_bytes(head + shapes)
    fields = [(b"nummer", b"C", 10, 0), (b"opp", b"N", 10, 2)]
    table = struct.pack("<4BIHH20x", 3, 126, 1, 1, len(rows), 32 + 32 * len(fields) + 1, 21)
    for name, letter, width, places in fields:
        table += struct.pack("<11sc4xBB14x", name, letter, width, places)
    table += b"\r"
    for _rings, number, area in rows:
        table += b" " + number.encode(encoding).ljust(10) + f"{area:10.2f}".encode()
    (folder / "a.dbf").write_bytes(table + b"\x1a")
    if prj:
        (folder / "a.prj").write_text(prj)
    return folder / "a.shp"


def test_a_shapefile_reads_with_holes_accents_and_empty_shapes(tmp_path):
    rows = [([RING, HOLE], "Café 1", 96.5), ([], "W2", 0)]
    table = read_table(shapefile(tmp_path, rows))
    assert table.headings == ["nummer", "opp"]
    assert [row.cells for row in table.rows] == [("Café 1", 96.5), ("W2", 0.0)]
    assert geo.area(table.rows[0].geometry) == 96
    assert table.rows[1].geometry is None
    assert table.epsg == 28992


def test_another_reader_of_shapefiles_can_be_handed_in(tmp_path):
    file = shapefile(tmp_path, [([RING], "W1", 1)])
    other = read_table(file, vector_reader=lambda _file, _layer: (["nummer"], [(["W9"], None)], None))
    assert other.rows[0].cells == ("W9",)


def test_a_shapefile_in_another_system_or_damaged_is_refused(tmp_path):
    with pytest.raises(BadInput, match="UTM"):
        read_table(shapefile(tmp_path, [([RING], "W1", 1)], prj='PROJCS["UTM 32N"]'))
    file = shapefile(tmp_path, [([RING], "W1", 1)])
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(BadInput, match="row 1"):
        read_table(file)
    shapefile(tmp_path, [([RING], "W1", 1)])
    file.with_suffix(".dbf").write_bytes(file.with_suffix(".dbf").read_bytes()[:100])
    with pytest.raises(BadInput, match=r"a\.dbf"):
        read_table(file)


def test_a_shapefile_as_another_program_reads_it(real_data):
    table = read_table(real_data("inlooptool/akersloot/statistiek_gebieden_buurten.shp"))
    assert len(table.rows) == 5
    assert len(table.headings) == 207
    assert sum(geo.area(row.geometry) for row in table.rows) == pytest.approx(3_142_955.5, abs=0.5)


def test_the_real_geopackages_with_empty_geometries_and_degrees_read(real_data):
    table = read_table(real_data("bag/bag-wgs84.gpkg"), "verblijfsobjecten")
    assert table.epsg == 4326
    assert len(table.rows) == 1836
    assert all(row.geometry is not None for row in table.rows)


def test_the_real_shapefile_without_attributes_says_so(real_data):
    with pytest.raises(BadInput, match="kolken"):
        read_table(real_data("inlooptool/akersloot/kolken_Castricum_Limmen_Akersloot.shp"))
