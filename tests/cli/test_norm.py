"""`stadsveld norm`: records in, records out, packs listed, checked and imported."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from stadsveld.cli import main
from stadsveld.store import Store
from stadsveld.work.scores import packs_of


def run(capsys, *words: object, code: int = 0) -> dict:
    """What a command prints as JSON, or its error."""
    assert main([str(word) for word in words]) == code
    said = capsys.readouterr()
    return json.loads(said.out) if code == 0 else {"error": said.err}


@pytest.fixture
def score(capsys, monkeypatch):
    """Score records (or raw lines) under a pack."""

    def scored(pack: str, *records: object) -> list[dict]:
        lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
        given = io.TextIOWrapper(io.BytesIO("".join(line + "\n" for line in lines).encode()))
        monkeypatch.setattr("sys.stdin", given)
        assert main(["norm", "score", "--pack", pack]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return scored


def test_structures_are_scored_line_by_line(score) -> None:
    """A component, a whole, and errors on the lines that they are about."""
    component = {"importance": "ernstig", "intensity": 3, "extent": 20}
    answers = score(
        "nen2767",
        {"defects": [component]},
        {"elements": [{"value": 100, "score": 2}, {"value": 300, "score": 4}]},
        {"defects": [{**component, "intensity": 0}]},
        {"defects": [{**component, "extent": 101}]},
        '{"defects": [{"importance": "ernstig", "intensity": 3, "extent": NaN}]}',
        "no json",
        [],
        {},
        {"defects": [3]},
        {"elements": []},
        {"defects": [{**component, "extent": 0.1}]},
        {"defects": []},
    )
    assert [answer.get("score") for answer in answers] == [4, 4, *[None] * 8, 2, 1]
    assert answers[0]["ratio"] == "1.06"
    assert answers[1]["ratio"] == "1.23"
    assert all(answer["error"] for answer in answers[2:10])
    assert answers[0]["explanation"]["grade"] == "unverified"
    assert answers[0]["explanation"]["inputs"]


def test_road_sections_are_never_guessed(score) -> None:
    """Each of the four statuses, and errors per line."""
    section = {"pavement": "asfalt", "road_type": 5}
    found = [{"type": "scheurvorming", "severity": "M", "extent": 2}]
    crow = score(
        "crow-gvi",
        {**section, "damages": None},
        {**section, "damages": []},
        {**section, "damages": found},
        section,
        {**section, "damages": [{**found[0], "type": "voegkantschade"}]},
        {**section, "pavement": "gras", "damages": []},
        {**section, "damages": [{**found[0], "extent": 2.5}]},
    )
    assert [answer.get("status") for answer in crow] == ["not_inspected", "no_damage", "unrated", *[None] * 4]
    assert crow[1]["quality_level"] == "A+"
    [example] = score("road-example", {**section, "damages": found})
    assert (example["status"], example["quality_level"], example["planning_year"]) == ("scored", "C", "2")
    assert example["determining"] == found[0]
    assert "EXAMPLE" in json.dumps(example["explanation"])


def test_the_optional_indexes(score) -> None:
    """The worked PCI with flat curves, a missing curve, and a sine for the IRI."""
    deducts = [7.9, 23.4, 7.5, 25.1, 17.9, 11.2, 6.9, 5.3]
    corrected = {8: 51, 7: 50, 6: 46, 5: 47, 4: 48, 3: 48, 2: 44, 1: 38}
    cdv = {str(q): [[0, value], [200, value]] for q, value in corrected.items()}
    good, bad, odd = score(
        "astm-d6433", {"deducts": deducts, "cdv": cdv}, {"deducts": deducts, "cdv": {}}, {"deducts": 3}
    )
    assert good["pci"] == 49
    assert good["m"] == pytest.approx(7.8786, abs=5e-5)
    assert [one["q"] for one in good["iterations"]] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert "q = 8" in bad["error"]
    assert odd["error"]
    flat, short = score(
        "astm-e1926",
        {"dx": 0.25, "moving_average": True, "profile": [0.0] * 100},
        {"dx": 0.25, "profile": [1.0, None]},
    )
    assert flat["iri"] == 0
    assert short["error"]


def test_packs_are_listed_shown_and_hidden(capsys) -> None:
    """What is no municipal practice only when asked for; every pack is signed."""
    shown = {pack["id"]: pack for pack in run(capsys, "norm", "list", "--json")["packs"]}
    every = {pack["id"]: pack for pack in run(capsys, "norm", "list", "--all")["packs"]}
    assert set(shown) == {"air-limits", "crow-gvi", "nen2767", "road-example"}
    assert set(every) - set(shown) == {"astm-d6433", "astm-e1926"}
    assert shown["road-example"]["example"] is True
    assert len(shown["nen2767"]["signature"]) == 64
    assert len(run(capsys, "norm", "show", "nen2767")["tables"]["matrix"]) == 45
    assert "nen2767" in run(capsys, "norm", "show", "nonsense", code=1)["error"]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_city_fills_in_a_template_and_scores_under_it(score, capsys, tmp_path: Path, ending: str) -> None:
    """From the template through the import to a score that names the city's own edition."""
    file, pack = tmp_path / f"states{ending}", tmp_path / "own.json"
    written = run(capsys, "norm", "template", "road-example", "states", file)["files"]
    assert all(Path(name).is_file() for name in written)
    if ending == ".csv":
        assert "gelicentieerde" in Path(written[1]).read_text(encoding="utf-8")
    about = ["--id", "own", "--edition", "own 2026", "--source", "our table", "--licence", "internal use"]
    made = run(capsys, "norm", "import", "crow-gvi", "states", file, *about, "--out", pack)
    assert (made["id"], made["example"]) == ("own", False)
    assert run(capsys, "norm", "validate", pack)["valid"] is True
    record = {
        "pavement": "beton",
        "road_type": 5,
        "damages": [{"type": "gaten", "severity": "E", "extent": 3}],
    }
    [answer] = score(str(pack), record)
    assert answer["quality_level"] == "D"
    assert "own 2026" in json.dumps(answer["explanation"])
    run(capsys, "norm", "import", "crow-gvi", "states", file, *about, "--out", pack, code=1)
    with Store.create(tmp_path / "s.sqlite"):
        pass
    again, kept = tmp_path / "again.json", ["--store", tmp_path / "s.sqlite"]
    run(capsys, "norm", "import", "crow-gvi", "states", file, *about, "--out", again, *kept)
    with Store.open(tmp_path / "s.sqlite") as store:
        assert made["signature"] in {found.signature for found in packs_of(store)}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("overdue", "perhaps", "states, 8"),
        (";3;overdue", ";drie;overdue", "row"),
        ("nee", "misschien", "ja of nee"),
        ("severity", "ernst", "severity"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_written(
    capsys, tmp_path: Path, old: str, new: str, says: str
) -> None:
    """The row as the person sees it, or the table and row of the pack."""
    file, pack = tmp_path / "states.csv", tmp_path / "own.json"
    run(capsys, "norm", "template", "road-example", "states", file)
    text = file.read_text(encoding="utf-8-sig")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8-sig")
    about = ["--id", "own", "--edition", "1", "--source", "us", "--licence", "us"]
    error = run(capsys, "norm", "import", "crow-gvi", "states", file, *about, "--out", pack, code=1)["error"]
    assert says in error
    assert not pack.exists()


def test_a_damaged_pack_is_refused_with_table_and_row(capsys, tmp_path: Path) -> None:
    """`validate` exits with 1 and says where."""
    pack = tmp_path / "own.json"
    pack.write_text("{}")
    assert "lacks" in run(capsys, "norm", "validate", pack, code=1)["error"]
