"""NEN 2767 as far as it is publicly known: every cell, every worked number, and laws."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld.errors import BadInput
from stadsveld.norms.forms import structure_form
from stadsveld.norms.structures import Defect, Part, StructureNorm, decimal_text, exact
from stadsveld.norms.tables import load_tables, make_pack
from stadsveld.resources import resource

NORM = StructureNorm(load_tables("nen2767"))
IMPORTANCE = {"gering": 1, "serieus": 2, "ernstig": 3}
EXTENTS = {1: "1.99", 2: "2", 3: "10", 4: "30", 5: "70"}
FACTORS = {1: "1.00", 2: "1.02", 3: "1.10", 4: "1.30", 5: "1.70", 6: "2.00"}


@pytest.mark.parametrize("importance", IMPORTANCE)
@pytest.mark.parametrize("intensity", [1, 2, 3])
@pytest.mark.parametrize("extent", EXTENTS)
def test_every_cell_of_the_matrix(importance: str, intensity: int, extent: int) -> None:
    """All 45 equal the closed form, at the lower bound of their class of extent."""
    scored = NORM.component([Defect(importance, intensity, Fraction(EXTENTS[extent]))])
    assert scored.worst == max(1, IMPORTANCE[importance] + intensity + extent - 5)


@pytest.mark.parametrize(
    ("shares", "ratio", "score"),
    [
        ([(6, 20), (3, 8), (2, 32), (1, 40)], "1.2144", 4),
        ([(6, 2)], "1.02", 2),
        ([(6, 60)], "1.6", 5),
        ([(5, 20)], "1.14", 3),
        ([(4, 50)], "1.15", 3),
        *[([(score, 100)], decimal_text(Fraction(factor)), score) for score, factor in FACTORS.items()],
    ],
)
def test_the_worked_examples(shares: list[tuple[int, int]], ratio: str, score: int) -> None:
    """The course deck's 1.2144, and those computed from the formula; 1.15 lies on its bound exactly."""
    left = 100 - sum(percent for _score, percent in shares)
    parts = [Part(found, Fraction(percent)) for found, percent in shares]
    scored = NORM.whole([*parts, Part(1, Fraction(left))] if left else parts)
    assert (scored.ratio_text, scored.score) == (ratio, score)


def test_one_of_twenty_six_window_frames() -> None:
    """3.85 % is local: critical and advanced gives 2, final gives 3."""
    extent = exact("3.85", "extent")
    assert NORM.extent_class(extent)["extent"] == 2
    assert [NORM.component([Defect("ernstig", n, extent)]).worst for n in (2, 3)] == [2, 3]


def test_a_component_without_defects_is_as_new() -> None:
    """Inspected and nothing found is a score of 1."""
    scored = NORM.component([])
    assert (scored.score, scored.ratio) == (1, 1)


def test_more_than_all_of_it_is_shared_worst_first_with_a_warning() -> None:
    """Two defects over 70 % each: the worst takes its share, the other what is left."""
    scored = NORM.component([Defect("gering", 1, Fraction(70)), Defect("ernstig", 3, Fraction(70))])
    assert scored.ratio == (70 * Fraction(2) + 30 * Fraction("1.02")) / 100
    assert any("100 %" in text for text in scored.explanation.warnings)
    assert scored.score == 6


DEFECTS = st.builds(
    Defect,
    st.sampled_from(sorted(IMPORTANCE)),
    st.integers(1, 3),
    st.fractions(Fraction(1, 100), 100, max_denominator=100),
)


@given(st.lists(DEFECTS, max_size=6), DEFECTS)
def test_an_added_defect_never_improves_the_score(defects: list[Defect], added: Defect) -> None:
    """Whatever is there already."""
    assert NORM.component([*defects, added]).score >= NORM.component(defects).score


@given(st.lists(DEFECTS, min_size=1, max_size=5), st.data())
def test_a_worse_defect_never_improves_the_score(defects: list[Defect], data: st.DataObject) -> None:
    """More serious, further, or over more of it."""
    before = NORM.component(defects).score
    place = data.draw(st.integers(0, len(defects) - 1))
    found = defects[place]
    worse = Defect(
        data.draw(
            st.sampled_from([name for name in IMPORTANCE if IMPORTANCE[name] >= IMPORTANCE[found.importance]])
        ),
        data.draw(st.integers(found.intensity, 3)),
        data.draw(st.fractions(found.extent, 100, max_denominator=100)),
    )
    assert NORM.component([*defects[:place], worse, *defects[place + 1 :]]).score >= before


@given(st.lists(DEFECTS, max_size=6), st.randoms())
def test_the_order_of_the_defects_does_not_matter(defects: list[Defect], chance) -> None:
    """Score and ratio stay."""
    shuffled = list(defects)
    chance.shuffle(shuffled)
    one, other = NORM.component(defects), NORM.component(shuffled)
    assert (one.score, one.ratio, one.worst) == (other.score, other.ratio, other.worst)


@given(st.lists(st.builds(Part, st.integers(1, 6), st.fractions(1, 1000)), min_size=1, max_size=6))
def test_a_whole_lies_between_its_best_and_its_worst_part(parts: list[Part]) -> None:
    """Weighing never leaves the range of what it weighs."""
    scored = NORM.whole(parts)
    assert (
        min(part.score for part in parts) <= scored.score <= max(part.score for part in parts) == scored.worst
    )


@pytest.mark.parametrize(
    ("defect", "says"),
    [
        (Defect("ernstig", 2, Fraction(101)), "100 %"),
        (Defect("ernstig", 2, Fraction(0)), "0 %"),
        (Defect("ernstig", 0, Fraction(5)), "1, 2, 3"),
        (Defect("erg", 1, Fraction(5)), "gering"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_change(defect: Defect, says: str) -> None:
    """The reason names the range or the choices."""
    with pytest.raises(BadInput, match=says):
        NORM.component([defect])


@pytest.mark.parametrize("value", [float("nan"), "a", None, True, float("inf")])
def test_what_is_no_number_is_refused(value: object) -> None:
    """NaN among them."""
    with pytest.raises(BadInput, match="extent"):
        exact(value, "extent")


def test_the_explanation_says_what_is_not_known_of_the_norm() -> None:
    """The bound and the choice of the worst are not verified, and no defect list was imported."""
    why = NORM.component([Defect("ernstig", 3, Fraction(20), "crack")]).explanation
    text = why.as_text()
    assert why.verified is False
    assert "crack" in text
    assert "no defect list" in text
    assert "Not certified" in text
    assert "1.2 → 4" in text or "→" in text


def changed(change) -> dict:
    """The shipped pack with a change made to it."""
    data = json.loads(Path(resource("norm_packs", "nen2767.json")).read_text(encoding="utf-8"))
    change(data["tables"])
    return data


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda tables: tables["matrix"].pop(), "matrix"),
        (lambda tables: tables["matrix"].append(tables["matrix"][0]), "matrix, 46"),
        (lambda tables: tables["extent_classes"][1].update({"from": "3"}), "extent_classes, 1"),
        (lambda tables: tables["extent_classes"][1].update({"below": "9"}), "extent_classes, 2"),
        (lambda tables: tables["bounds"][2].update({"at_most": "1.00"}), "bounds, 3"),
        (lambda tables: tables["factors"][0].update({"factor": 1.02}), "factors, 1"),
        (lambda tables: tables["factors"][0].pop("verified"), "factors, 1"),
        (lambda tables: tables["scale"][0].update({"title": {"nl": "a"}}), "scale, 1"),
        (lambda tables: tables.pop("rules"), "rules"),
    ],
)
def test_a_pack_with_a_gap_an_overlap_or_a_wrong_cell_names_the_row(change, place: str) -> None:
    """Before anything is scored under it."""
    with pytest.raises(BadInput) as caught:
        StructureNorm(make_pack(changed(change)))
    assert caught.value.place.startswith(place)


def test_another_rule_gives_another_score_and_another_signature() -> None:
    """An exclusive bound puts 1.15 in the worse class; the pack is then another one."""
    data = changed(lambda tables: tables["rules"][0].update({"value": False}))
    other = StructureNorm(make_pack(data))
    parts = [Part(4, Fraction(50)), Part(1, Fraction(50))]
    assert (NORM.whole(parts).score, other.whole(parts).score) == (3, 4)
    assert NORM.pack.signature != other.pack.signature


def test_an_imported_defect_list_fixes_the_importance() -> None:
    """The most particular row counts; the form then asks for the defect and not for its importance."""
    words = {"nl": "rot", "en": "rot"}
    about = {"code": "rot", "title": words, "verified": True, "source": "our licensed list"}
    rows = [
        {**about, "component": "*", "material": "*", "importance": "gering"},
        {**about, "component": "plank", "material": "wood", "importance": "ernstig"},
    ]
    norm = StructureNorm(make_pack(changed(lambda tables: tables["defect_list"].extend(rows))))
    assert norm.importance_of("rot", "plank", "wood") == "ernstig"
    assert norm.importance_of("rot", "beam", "steel") == "gering"
    assert norm.importance_of("crack", "plank", "wood") is None
    assert NORM.importance_of("rot", "plank", "wood") is None
    names = {found.name: found for found in structure_form(norm, "plank", "wood").fields}
    assert "importance" not in names
    assert {choice.code for choice in names["type"].choices} == {"rot"}
    assert "importance" in {found.name for found in structure_form(NORM).fields}
    listed = norm.component([Defect("ernstig", 3, Fraction(20), "rot", is_listed=True)])
    assert "no defect list" not in listed.explanation.as_text()
    wrong = {**rows[0], "importance": "erg"}
    with pytest.raises(BadInput) as caught:
        StructureNorm(make_pack(changed(lambda tables: tables["defect_list"].append(wrong))))
    assert caught.value.place == "defect_list, 1"
