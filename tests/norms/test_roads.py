"""What a road inspection means: never guessed, and by the table of a pack where there is one."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld.errors import BadInput
from stadsveld.norms import NormPack, RoadDamage, load_pack
from stadsveld.norms.tables import make_pack
from stadsveld.resources import resource

CROW, EXAMPLE = load_pack("crow-gvi"), load_pack("road-example")
CODES = [f"{severity}{extent}" for severity, extent in product("LME", (1, 2, 3))]
PAVEMENTS = ("asfalt", "elementen", "beton")


def damage(code: str, kind: str = "oneffenheden", cross: bool = False) -> RoadDamage:
    """A damage with a code such as M2."""
    return RoadDamage(kind, code[0], int(code[1]), cross)


@pytest.mark.parametrize("pavement", PAVEMENTS)
def test_not_inspected_is_not_the_same_as_no_damage(pavement: str) -> None:
    """Nobody looked: nothing is known. Looked and nothing found: A+."""
    nobody, nothing = CROW.section(pavement, "5", None), CROW.section(pavement, "5", [])
    assert (nobody.status, nobody.quality_level) == ("not_inspected", None)
    assert (nothing.status, nothing.quality_level, nothing.planning_year) == ("no_damage", "A+", None)


@pytest.mark.parametrize("pavement", PAVEMENTS)
def test_without_a_table_a_damage_is_unrated(pavement: str) -> None:
    """No level, no year, and the explanation says which table is lacking."""
    scored = CROW.section(pavement, "5", [damage("E3")])
    assert (scored.status, scored.quality_level, scored.planning_year) == ("unrated", None, None)
    assert scored.determining is None
    assert "licence" in scored.explanation.as_text()


def test_an_example_says_that_it_is_one_wherever_it_shows() -> None:
    """In the explanation of every result that rests on it."""
    scored = EXAMPLE.section("asfalt", "5", [damage("M2")])
    assert (scored.status, scored.quality_level, scored.planning_year) == ("scored", "C", "2")
    assert "EXAMPLE" in scored.explanation.as_text()
    assert "EXAMPLE" in scored.explanation.as_html()
    assert scored.explanation.grade == "unverified"


def test_the_earliest_damage_decides() -> None:
    """In any order."""
    found = [damage("L1"), damage("E3", "scheurvorming"), damage("M1", "gaten")]
    for order in (found, found[::-1]):
        scored = EXAMPLE.section("asfalt", "2", order)
        assert (scored.quality_level, scored.planning_year) == ("D", "1")
        assert scored.determining == found[1]


def test_minor_maintenance_brings_a_light_damage_forward_and_a_heavy_one_not_back() -> None:
    """The cross means at least planning years 3 to 5."""
    assert EXAMPLE.section("asfalt", "5", [damage("L1")]).quality_level == "A"
    assert EXAMPLE.section("asfalt", "5", [damage("L1", cross=True)]).quality_level == "B"
    assert EXAMPLE.section("asfalt", "5", [damage("E3", cross=True)]).quality_level == "D"


def test_with_a_partial_table_only_the_worst_state_is_certain() -> None:
    """A damage that no table rates could still be the earliest one, unless nothing is earlier."""
    data = json.loads(Path(resource("norm_packs", "road-example.json")).read_text(encoding="utf-8"))
    for row in data["tables"]["states"]:
        row["damage"] = "scheurvorming"
    partial = NormPack(make_pack(data))
    rated, unrated = damage("M2", "scheurvorming"), damage("M2", "gaten")
    assert partial.section("asfalt", "5", [rated]).status == "scored"
    assert partial.section("asfalt", "5", [rated, unrated]).status == "unrated"
    overdue = damage("E3", "scheurvorming")
    assert partial.section("asfalt", "5", [unrated, overdue]).quality_level == "D"


@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=4), st.sampled_from(CODES), st.data())
def test_more_or_worse_damage_never_means_a_later_year(codes: list[str], added: str, data) -> None:
    """By the partial order of the codes."""
    order = ["D", "C", "B", "A", "A+"]
    before = EXAMPLE.section("asfalt", "5", [damage(code) for code in codes]).quality_level
    more = EXAMPLE.section("asfalt", "5", [damage(code) for code in [*codes, added]]).quality_level
    assert order.index(more) <= order.index(before)
    place = data.draw(st.integers(0, len(codes) - 1))
    worse = [code for code in CODES if damage(codes[place]).is_at_most(damage(code))]
    changed = [*codes[:place], data.draw(st.sampled_from(worse)), *codes[place + 1 :]]
    after = EXAMPLE.section("asfalt", "5", [damage(code) for code in changed]).quality_level
    assert order.index(after) <= order.index(before)


def test_the_codes_are_only_partly_ordered() -> None:
    """L3 and E1 are not comparable; L1 is below all."""
    assert not damage("L3").is_at_most(damage("E1"))
    assert not damage("E1").is_at_most(damage("L3"))
    assert all(damage("L1").is_at_most(damage(code)) for code in CODES)


@pytest.mark.parametrize(
    ("kind", "measured", "unit", "severity"),
    [
        ("oneffenheden", "5", "mm", None),
        ("oneffenheden", "5.1", "mm", "L"),
        ("oneffenheden", "10", "mm", "L"),
        ("oneffenheden", "15", "mm", "M"),
        ("oneffenheden", "15.001", "mm", "E"),
        ("gaten", "15", "mm", "L"),
        ("gaten", "40", "mm", "M"),
        ("gaten", "41", "mm", "E"),
        ("voegwijdte", "5", "mm", None),
        ("voegwijdte", "10", "mm", "M"),
        ("voegwijdte", "11", "mm", "E"),
        ("voegkantschade", "25", "mm", "L"),
        ("voegkantschade", "50", "mm", "M"),
        ("voegkantschade", "51", "mm", "E"),
        ("afwatering", "4.9", "%", None),
        ("afwatering", "5", "%", "L"),
        ("afwatering", "10", "%", "M"),
        ("afwatering", "20", "%", "E"),
    ],
)
def test_the_published_limits_of_concrete(kind: str, measured: str, unit: str, severity: str | None) -> None:
    """Every bound of the public table, with the side that it belongs to."""
    assert CROW.severity_of(kind, "beton", Fraction(measured), unit) == severity


def test_where_no_limit_is_public_the_inspector_classes_by_eye() -> None:
    """Asphalt and elements have none; another unit is refused too."""
    for pavement in ("asfalt", "elementen"):
        with pytest.raises(BadInput, match="by eye"):
            CROW.severity_of("oneffenheden", pavement, Fraction(10), "mm")
    with pytest.raises(BadInput, match="mm"):
        CROW.severity_of("oneffenheden", "beton", Fraction(1), "cm")


@pytest.mark.parametrize(
    ("pavement", "road_type", "found"),
    [
        ("onverhard", "5", []),
        ("asfalt", "8", []),
        ("asfalt", "5", [damage("M2", "voegkantschade")]),
        ("asfalt", "5", [RoadDamage("gaten", "X", 1)]),
        ("asfalt", "5", [RoadDamage("gaten", "L", 4)]),
    ],
)
def test_what_the_norm_does_not_know_is_refused(pavement: str, road_type: str, found: list) -> None:
    """Pavement, road type, damage of another pavement, severity, extent."""
    with pytest.raises(BadInput):
        EXAMPLE.section(pavement, road_type, found)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda tables: tables["states"].append(tables["states"][0]), "states, 28"),
        (lambda tables: tables["states"][8].update(state="other"), "states, 9"),
        (lambda tables: tables["states"][0].update(state="perhaps"), "states, 1"),
        (lambda tables: tables["thresholds"][1].update(above="11"), "thresholds, 2"),
        (lambda tables: tables["thresholds"][1].update(above="9"), "thresholds, 2"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(change, place: str) -> None:
    """Twice the same cell, a worse code later than a lighter one, gaps and overlaps."""
    data = json.loads(Path(resource("norm_packs", "road-example.json")).read_text(encoding="utf-8"))
    change(data["tables"])
    with pytest.raises(BadInput) as caught:
        NormPack(make_pack(data))
    assert caught.value.place == place
