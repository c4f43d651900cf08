"""Forms follow their pack: choices, limits and guidance; what does not show is not asked."""

from __future__ import annotations

import xml.dom.minidom

import pytest

from stadsveld.errors import BadInput
from stadsveld.model import CODES, ENTITIES
from stadsveld.norms import StructureNorm, load_pack, load_tables
from stadsveld.norms.forms import KINDS, drawing, drawing_svg, road_form, sensor_form, structure_form
from stadsveld.text import use_language

CROW = load_pack("crow-gvi")
NEN = StructureNorm(load_tables("nen2767"))
FORMS = [*(road_form(CROW, pavement) for pavement in CROW.pavements), structure_form(NEN), sensor_form()]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form_fits_its_entity_and_speaks_both_languages(form) -> None:
    """Every column exists, every choice has a name, every condition names an earlier field."""
    earlier: set[str] = set()
    columns = {*ENTITIES[form.entity].captured, "position", "photos"}
    for field in form.fields:
        assert field.kind in KINDS
        assert field.column == "" or field.column in columns
        assert set(field.visible_when or {}) <= earlier
        assert field.kind != "choice" or field.choices
        for words in (field.labels, *(choice.labels for choice in field.choices)):
            assert words["nl"]
            assert words["en"]
        earlier.add(field.name)


def test_choices_come_from_the_pack() -> None:
    """Damage types of that pavement, with the published limits as guidance where there are any."""
    form = road_form(CROW, "beton")
    kinds = {choice.code: choice for choice in form.fields[0].choices}
    assert set(kinds) == {found.code for found in CROW.of_pavement("beton")}
    assert kinds["oneffenheden"].guidance["en"] == "L: > 5 … ≤ 10 mm; M: > 10 … ≤ 15 mm; E: > 15 mm"
    assert kinds["afwatering"].guidance["nl"] == "L: ≥ 5 … < 10 %; M: ≥ 10 … < 20 %; E: ≥ 20 %"
    asphalt = {choice.code: choice for choice in road_form(CROW, "asfalt").fields[0].choices}
    assert asphalt["rafeling"].guidance["en"] == ""
    assert form.signature == CROW.tables.signature
    with pytest.raises(BadInput):
        road_form(CROW, "onverhard")


def test_codes_are_those_of_the_store() -> None:
    """What a form stores the store knows."""
    for form in FORMS:
        for field in form.fields:
            known = {found.name: found.codes for found in ENTITIES[form.entity].fields}.get(field.column)
            if known and field.kind == "choice":
                assert {choice.code for choice in field.choices} <= set(CODES[known].labels)


def test_what_is_missing_or_wrong_is_named_and_the_rest_goes_on() -> None:
    """Required, range, choice; a whole sentence each."""
    form = structure_form(NEN)
    assert {name for name, _text in form.problems({})} == {
        "type",
        "importance",
        "intensity",
        "extent_percent",
    }
    good = {"type": "rot", "importance": "ernstig", "intensity": 2, "extent_percent": 12.5}
    assert list(form.problems(good)) == []
    for change in (
        {"extent_percent": 0},
        {"extent_percent": 101},
        {"extent_percent": "much"},
        {"intensity": 4},
    ):
        [(name, text)] = form.problems({**good, **change})
        assert name == next(iter(change))
        assert text.endswith(".")
    assert form.record(good) == good


def test_a_question_that_does_not_show_is_not_asked_and_not_stored() -> None:
    """The voltage only with a battery; what was damaged only where something is."""
    form = sensor_form()
    base = {"register_found": True, "mounting": "fixed"}
    assert list(form.problems(base)) == []
    assert "battery_voltage" not in {field.name for field in form.visible({**base, "power": "mains"})}
    assert "battery_voltage" in {field.name for field in form.visible({**base, "power": "solar"})}
    assert [name for name, _text in form.problems({**base, "housing": "tampered"})] == ["tamper_note"]
    assert [name for name, _text in form.problems({**base, "hand_reading": 3})] == ["hand_reading_unit"]
    stored = form.record({**base, "power": "mains", "battery_voltage": 12, "hand_reading": 3.5, "note": "n"})
    assert stored == {"hand_reading": 3.5, "note": "n", "answers": {**base, "power": "mains"}}


def test_every_drawing_is_a_small_picture_of_its_own() -> None:
    """All differ, stay on their field, and make proper SVG."""
    names = [choice.drawing for form in FORMS for field in form.fields for choice in field.choices]
    pictures = {name: drawing(name) for name in names if name and not name.startswith("importance")}
    assert len(pictures) == len(set(pictures.values())) == 9
    for name, strokes in pictures.items():
        assert all(-5 <= value <= 115 for stroke in strokes for value in stroke)
        assert all(len(stroke) % 2 == 0 for stroke in strokes)
        assert xml.dom.minidom.parseString(drawing_svg(name)).documentElement.tagName == "svg"
    assert drawing("nonsense") == ()


def test_names_follow_the_language() -> None:
    """Titles, labels and sentences."""
    form = structure_form(NEN)
    try:
        use_language("nl")
        assert form.title == "Gebrek aan een bouwdeel"
        assert dict(form.problems({}))["intensity"] == "Kies de intensiteit: 1, 2 of 3."
    finally:
        use_language("en")
    assert form.title == "Defect of a component"
