"""A norm pack is data that says what it knows and how sure it is."""

import json

import pytest

from stadsveld.errors import BadInput
from stadsveld.norms import load_pack
from stadsveld.text import use_language


def test_each_pavement_has_its_own_damage_types():
    pack = load_pack("crow-gvi")
    assert pack.pavements == ("asfalt", "elementen", "beton")
    of = {pavement: {found.code for found in pack.of_pavement(pavement)} for pavement in pack.pavements}
    assert "rafeling" in of["asfalt"]
    assert "rafeling" not in of["elementen"]
    assert "voegkantschade" in of["beton"]
    assert "kantopsluiting" in of["elementen"]


def test_what_the_norm_does_not_judge_has_no_damage_types():
    pack = load_pack("crow-gvi")
    assert pack.of_pavement("onverhard") == ()
    assert pack.of_pavement(None) == ()


def test_every_row_says_where_it_comes_from_and_whether_it_was_checked():
    rows = load_pack("crow-gvi").damage_types
    assert all(row.source for row in rows)
    assert all(row.source.startswith("source") == row.verified for row in rows)
    assert {row.verified for row in rows} == {True, False}


def test_no_code_stands_twice_on_one_pavement():
    rows = [(row.pavement, row.code) for row in load_pack("crow-gvi").damage_types]
    assert len(rows) == len(set(rows))


def test_concrete_is_judged_on_exactly_three_damages_in_the_global_inspection():
    main = {row.code for row in load_pack("crow-gvi").of_pavement("beton") if row.role == "main"}
    assert main == {"oneffenheden", "scheurvorming", "voegvulling"}


def test_titles_follow_the_language():
    pack = load_pack("crow-gvi")
    try:
        use_language("en")
        assert pack.title_of("gaten", "asfalt") == "Potholes"
        assert pack.title_of("gaten", "elementen") == "Holes (missing elements)"
        use_language("nl")
        assert pack.title_of("scheurvorming") == "Scheurvorming"
        assert pack.group_title("joints") == "Voegen"
        assert pack.title_of("code of another pack") == "code of another pack"
    finally:
        use_language("en")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("no json", "no norm pack"),
        ("[]", "no JSON object"),
        ('{"kind": "road"}', "lacks id"),
    ],
)
def test_a_file_that_is_no_pack_is_refused_by_name(tmp_path, content, says):
    path = tmp_path / "own.json"
    path.write_text(content)
    with pytest.raises(BadInput, match=r"own\.json.*" + says):
        load_pack(path)


def test_a_row_that_lacks_something_is_named(tmp_path):
    path = tmp_path / "own.json"
    text = {"nl": "x", "en": "x"}
    row = {"code": "a", "pavement": "asfalt", "group": "g", "role": "main", "title": text, "verified": False}
    group = {"group": "g", "title": text, "verified": False, "source": "us"}
    tables = {"groups": [group], "damage_types": [row]}
    tables |= {"thresholds": [], "states": [], "planning": [], "road_types": []}
    head = dict.fromkeys(("id", "edition", "publisher", "source", "licence"), "own")
    pack = {**head, "kind": "road", "title": text, "note": text, "tables": tables}
    path.write_text(json.dumps(pack))
    with pytest.raises(BadInput, match=r"damage_types, 1.*source"):
        load_pack(path)
    row["source"] = "us"
    path.write_text(json.dumps(pack))
    assert load_pack(path).of_pavement("asfalt")[0].code == "a"
    row["group"] = "unknown"
    path.write_text(json.dumps(pack))
    with pytest.raises(BadInput, match=r"damage_types, 1"):
        load_pack(path)
