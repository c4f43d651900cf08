"""The indicator pack of paved surfaces: whole, and clear about what is wrong with a bad one."""

import json

import pytest

from stadsveld.design import load_pack
from stadsveld.errors import BadInput
from stadsveld.resources import resource
from stadsveld.text import use_language


@pytest.fixture(autouse=True)
def _english():
    use_language("en")


@pytest.fixture
def data():
    return json.loads(resource("indicator_packs", "paved.json").read_text(encoding="utf-8"))


def write(tmp_path, data):
    path = tmp_path / "own.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_every_class_of_the_plane_has_rows_in_both_languages():
    pack = load_pack()
    for name, look in pack.classes.items():
        assert set(look.titles) == {"nl", "en"}
        assert pack.row_of(name, "something new") is not None
    for row in pack.rows:
        assert set(row.source) == {"nl", "en"}
        assert set(row.assumption) in (set(), {"nl", "en"})


def test_what_nobody_checked_says_what_it_assumes():
    assert all(row.assumption for row in load_pack().rows if not row.verified)


@pytest.mark.parametrize(
    ("bgt_class", "value", "percent"),
    [
        ("pand", None, 100),
        ("wegdeel", "gesloten verharding", 100),
        ("wegdeel", "open verharding", 100),
        ("wegdeel", "half verhard", 50),
        ("wegdeel", "onverhard", 0),
        ("onbegroeidterreindeel", "erf", 0),
        ("begroeidterreindeel", "loofbos", 0),
        ("waterdeel", "waterloop", 0),
    ],
)
def test_it_follows_the_inlooptabel(bgt_class, value, percent):
    row = load_pack().row_of(bgt_class, value)
    assert (row.percent, row.verified) == (percent, True)


def test_a_class_that_lies_over_the_plane_has_no_row():
    assert load_pack().row_of("gebouwinstallatie", "luifel") is None


def test_a_municipality_brings_its_own_pack(tmp_path, data):
    own = {"surface": "half", "percent": 40, "span": [20, 60], "verified": True, "source": "own"}
    data["rows"].insert(0, {"class": "onbegroeidterreindeel", "value": "erf", **own})
    row = load_pack(write(tmp_path, data)).row_of("onbegroeidterreindeel", "erf")
    assert (row.percent, row.span) == (40, (20, 60))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.pop("rows"), "rows"),
        (lambda data: data["rows"][2].pop("percent"), "row 3"),
        (lambda data: data["rows"][4].update(percent=150), "row 5"),
        (lambda data: data["rows"][4].update(surface="lava"), "row 5"),
        (lambda data: data.update(rows=data["rows"][:1]), "overigbouwwerk"),
    ],
)
def test_a_bad_pack_names_file_place_and_reason(tmp_path, data, change, words):
    change(data)
    with pytest.raises(BadInput, match=r"own\.json") as error:
        load_pack(write(tmp_path, data))
    assert words in str(error.value)


def test_a_file_that_is_no_pack_is_refused(tmp_path):
    path = tmp_path / "own.json"
    path.write_text("no json", encoding="utf-8")
    with pytest.raises(BadInput, match="no indicator pack"):
        load_pack(path)
