"""Deliveries that are damaged, unsafe or no deliveries at all: a clear refusal, and nothing unpacked."""

from __future__ import annotations

import os
import struct
import zipfile

import pytest

from stadsveld.errors import BadInput
from stadsveld.sources import bgt
from stadsveld.sources.bgt import delivery as module
from support import bgt_gml as x

PAAL = x.bgt_object("paal", "G.a", x.point(181000, 457000))


def contents(path):
    """Read everything in a delivery."""
    with bgt.open_delivery(path) as delivery:
        found = []
        for file in delivery.files:
            with delivery.open(file) as stream:
                found += list(bgt.FileReader(file).read(stream))
        return found


@pytest.fixture
def zipped(tmp_path):
    return x.write_zip(tmp_path / "bgt.zip", paal=(PAAL,), wijk=())


def test_a_zip_a_folder_and_a_file_hold_the_same(tmp_path, zipped):
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    (folder / "bgt_paal.gfs").write_text("<GMLFeatureClassList/>")
    for path in (zipped, folder, folder / "bgt_paal.gml"):
        assert [found.local_id for found in contents(path)] == ["G.a"], path
    with bgt.open_delivery(zipped) as delivery:
        assert [file.bgt_class for file in delivery.files] == ["paal", "wijk"]
        assert delivery.date == "2020-08-05"


def test_files_in_a_folder_of_the_zip_count_and_others_do_not(tmp_path):
    path = tmp_path / "bgt.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("levering/BGT_Paal.GML", x.gml(PAAL))
        archive.writestr("levering/leesmij.txt", "hello")
        archive.writestr("__MACOSX/._bgt_paal.gml", "rubbish")
    assert len(contents(path)) == 1


def test_nothing_there(tmp_path):
    with pytest.raises(BadInput, match=r"absent\.zip"):
        bgt.open_delivery(tmp_path / "absent.zip")


@pytest.mark.parametrize("name", ["bgt.zip", "bgt_pand.gml"])
def test_an_empty_file(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(BadInput, match="empty"):
        bgt.open_delivery(tmp_path / name)


@pytest.mark.parametrize("content", [b"hello, I am no zip", b"PK\x03\x04" + b"\0" * 100, b"\xff" * 5000])
def test_no_zip(tmp_path, content):
    path = tmp_path / "bgt.zip"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"bgt\.zip: it is no zip"):
        bgt.open_delivery(path)


def test_no_bgt_inside(tmp_path):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("holiday.jpg", b"...")
    for found in (path, tmp_path):
        with pytest.raises(BadInput, match=r"bgt_<class>\.gml"):
            bgt.open_delivery(found)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(zipped):
    zipped.chmod(0)
    with pytest.raises(BadInput, match="ermission"):
        bgt.open_delivery(zipped)


def test_an_unreadable_file_says_which_and_why(monkeypatch, zipped):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(BadInput, match=r"bgt\.zip: it cannot be read: Permission denied"):
        bgt.open_delivery(zipped)


@pytest.mark.parametrize(
    "name",
    ["../bgt_paal.gml", "/etc/bgt_paal.gml", "a/../../bgt_paal.gml", "..\\bgt_paal.gml", "C:\\bgt_paal.gml"],
)
def test_a_path_that_leads_out_of_the_zip(tmp_path, name):
    path = tmp_path / "bgt.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, x.gml(PAAL))
    with pytest.raises(BadInput, match="leads out of the zip"):
        bgt.open_delivery(path)
    assert [found.name for found in tmp_path.iterdir()] == ["bgt.zip"]


def test_an_encrypted_zip(zipped):
    """The flag that a file is encrypted, in the central directory and in the local header."""
    data = bytearray(zipped.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = data.find(mark)
        while at >= 0:
            struct.pack_into("<H", data, at + offset, 1)
            at = data.find(mark, at + 1)
    zipped.write_bytes(data)
    with pytest.raises(BadInput, match="encrypted"):
        bgt.open_delivery(zipped)


def test_a_zip_that_is_cut_off(zipped):
    data = zipped.read_bytes()
    zipped.write_bytes(data[: len(data) // 2])
    with pytest.raises(BadInput, match="cut off"):
        bgt.open_delivery(zipped)


def test_a_zip_that_is_damaged_inside(tmp_path):
    objects = tuple(x.bgt_object("paal", f"G.{n}", x.point(181000 + n, 457000)) for n in range(500))
    path = x.write_zip(tmp_path / "bgt.zip", paal=objects)
    data = bytearray(path.read_bytes())
    for at in range(2000, 2100):
        data[at] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"bgt\.zip: bgt_paal\.gml|bgt_paal\.gml"):
        contents(path)


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    path = x.write_zip(tmp_path / "bgt.zip", paal=x.HEAD + " " * 30_000_000 + x.TAIL)
    assert path.stat().st_size < 100_000
    with pytest.raises(BadInput, match="unpacks to more than"):
        bgt.open_delivery(path)


def test_a_bomb_of_many_files_is_not_unpacked(tmp_path):
    """Each below the size at which its ratio counts, together far above it."""
    path = tmp_path / "bgt.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"{number}/bgt_paal.gml", x.HEAD + " " * 9_000_000 + x.TAIL)
    with pytest.raises(BadInput, match="unpacks to more than"):
        bgt.open_delivery(path)


def test_more_than_any_delivery_is_not_read(zipped, monkeypatch):
    monkeypatch.setattr(module, "MAX_TOTAL", 100)
    with pytest.raises(BadInput, match="larger than any BGT delivery"):
        bgt.open_delivery(zipped)


def test_a_real_city_is_no_bomb(tmp_path):
    """Ended versions repeat each other and shrink well; 12 MB of them are read."""
    objects = [
        x.bgt_object(
            "paal", f"G0228.{n:032x}", x.point(181000 + n % 977, 457000 + n % 991), ended="2019-01-01"
        )
        for n in range(11_000)
    ]
    path = x.write_zip(tmp_path / "bgt.zip", paal=tuple(objects))
    with bgt.open_delivery(path) as delivery:
        assert delivery.size > module.RATIO_FROM
    assert len(contents(path)) == 11_000
