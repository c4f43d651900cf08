"""The commands for the municipality's own data."""

import argparse
import json

import pytest

from stadsveld.cli import export, import_register
from stadsveld.errors import BadInput, StadsveldError
from stadsveld.store import Store


def run(*arguments):
    parser = argparse.ArgumentParser()
    topics = parser.add_subparsers(required=True)
    import_register.add_parser(topics.add_parser("import").add_subparsers(required=True))
    export.add_parser(topics)
    parsed = parser.parse_args([str(argument) for argument in arguments])
    return parsed.run(parsed)


def test_register_readings_sections_and_results(tmp_path, capsys):
    register, readings, store = tmp_path / "wegen.csv", tmp_path / "metingen.csv", tmp_path / "a.sqlite"
    register.write_text("wegvakonderdeel;verharding\nW1;asfalt\nW2;raar\n", encoding="utf-8")
    readings.write_text("tijd;A\n2026-01-01T00:00:00Z;1\n", encoding="utf-8")
    assert run("import", "register", register, "--kind", "road_section", "--store", store, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["mutations"]["new"] == 1
    assert report["refused"][0]["number"] == "W2"
    assert run("import", "readings", readings, "--store", store) == 0
    assert "series: 1" in capsys.readouterr().out
    assert run("import", "sections", "--store", store, "--json") == 0
    assert "own" in json.loads(capsys.readouterr().out)["skipped"]
    assert (
        run("export", "results", "--store", store, "--kind", "road_section", "--to", tmp_path / "u.csv") == 0
    )
    assert "1 rows" in capsys.readouterr().out
    assert (tmp_path / "u.csv").read_text(encoding="utf-8-sig").count("\n") == 2


def test_a_mapping_file_says_what_columns_and_values_mean(tmp_path, capsys):
    register, mapping, store = tmp_path / "wegen.csv", tmp_path / "mapping.json", tmp_path / "a.sqlite"
    register.write_text("ding;laag\nW1;zwart\n", encoding="utf-8")
    content = {
        "kind": "road_section",
        "columns": {"ding": "number", "laag": "pavement"},
        "values": {"pavement": {"zwart": "asfalt"}},
    }
    mapping.write_text(json.dumps(content), encoding="utf-8")
    run("import", "register", register, "--kind", "road_section", "--store", store, "--mapping", mapping)
    assert "imported: 1" in capsys.readouterr().out
    with Store.open(store) as opened:
        assert [row["pavement"] for row in opened.rows("road_section")] == ["asfalt"]
    mapping.write_text("no json", encoding="utf-8")
    with pytest.raises(BadInput, match=r"mapping\.json"):
        run("import", "register", register, "--kind", "road_section", "--store", store, "--mapping", mapping)


def test_a_refused_register_leaves_no_new_store_behind(tmp_path):
    register, store = tmp_path / "wegen.csv", tmp_path / "a.sqlite"
    register.write_text("kleur\nrood\n", encoding="utf-8")
    with pytest.raises(StadsveldError):
        run("import", "register", register, "--kind", "road_section", "--store", store)
    assert not store.exists()
