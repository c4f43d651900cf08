"""A number that can be asked why, in text and HTML, in two languages."""

import pytest

from stadsveld.model.explanation import Explanation, shown
from stadsveld.text import use_language

BUILT = Explanation("B", 2500.0, "m²", source="BGT, edition of 2026-11-01", basis="row 1", verified=False)
GSI = Explanation("GSI", 0.25, decimals=3, formula="B / A", inputs=(BUILT,), warnings=("<3 left out>",))


@pytest.fixture(autouse=True)
def _english():
    use_language("en")


def test_numbers_are_written_as_people_here_write_them():
    assert shown(1234.56, "m²", 1) == "1,234.6\u202fm²"
    use_language("nl")
    assert shown(1234.56, "m²", 1) == "1.234,6\u202fm²"


def test_nothing_is_a_dash_and_a_rounded_zero_has_no_sign():
    assert shown(None, "m²") == "–"
    assert shown(-0.001, "", 2) == "0.00"


def test_text_tells_value_formula_inputs_source_and_doubt():
    lines = GSI.as_text().splitlines()
    assert lines[0] == "GSI: 0.250 · B / A"
    assert "  ⚠ <3 left out>" in lines
    assert "  B: 2,500\u202fm²" in lines
    assert "    Source: BGT, edition of 2026-11-01" in lines
    assert any("row 1 (not verified)" in line for line in lines)


def test_html_tells_the_same_and_lets_no_markup_through():
    html = GSI.as_html()
    assert "&lt;3 left out&gt;" in html
    assert "<3" not in html
    assert "2,500" in html
