"""`stadsveld qc`: readings in, flags out, errors on the line that they are about."""

from __future__ import annotations

import io
import json

import pytest

from stadsveld.cli import main

TIMES = [f"2026-05-01T{hour:02d}:00:00Z" for hour in range(6)]
GOOD = {"times": TIMES, "values": [1, 2, None, 40, 3, 3], "tests": {}}


@pytest.fixture
def qc(capsys, monkeypatch):
    """Run records through the command."""

    def run(*records: dict) -> list[dict]:
        text = "".join(json.dumps(record) + "\n" for record in records)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert main(["qc"]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def test_every_test_flags_and_the_aggregate_takes_the_worst(qc) -> None:
    """Per test one flag a reading."""
    tests = {
        "gross_range": {"fail": [0, 50], "suspect": [0, 30]},
        "spike": {"suspect": 5, "fail": 30},
        "rate_of_change": {"threshold": 10 / 3600},
        "flat_line": {"tolerance": 0.5, "suspect": 3600, "fail": 7200},
    }
    [answer] = qc({**GOOD, "tests": tests})
    assert answer["flags"]["gross_range"] == [1, 1, 9, 3, 1, 1]
    assert answer["flags"]["rate_of_change"] == [1, 1, 9, 1, 3, 1]
    assert answer["flags"]["flat_line"] == [1, 1, 9, 3, 1, 3]
    assert answer["flags"]["spike"] == [2, 2, 9, 2, 3, 2]
    assert answer["aggregate"] == [1, 1, 9, 3, 3, 3]


def test_without_tests_missing_is_still_missing(qc) -> None:
    """Nothing is made good that is not there."""
    assert qc(GOOD)[0]["aggregate"] == [1, 1, 9, 1, 1, 1]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"times": TIMES[::-1]}, "Reading 2"),
        ({"times": [TIMES[0], TIMES[0], *TIMES[2:]]}, "Reading 2"),
        ({"times": TIMES[:3]}, "as many times"),
        ({"times": ["yesterday", *TIMES[1:]]}, "Time 1"),
        ({"values": [1, "2", None, 4, 5, 6]}, "Reading 2"),
        ({"values": None}, "values"),
        ({"tests": None}, "tests"),
        ({"tests": {"nonsense": {}}}, "nonsense"),
        ({"tests": {"spike": {"treshold": 5}}}, "suspect"),
        ({"tests": {"gross_range": {}}}, "fail_span"),
        ({"tests": {"gross_range": {"fail": [5, 1]}}}, "lowest"),
        ({"tests": {"gross_range": {"fail": "5"}}}, "two numbers"),
        ({"unit": "°C", "tests": {"spike": {"suspect": 5, "unit": "K"}}}, "convert"),
    ],
)
def test_what_cannot_be_judged_says_what_to_change_and_the_others_go_on(qc, change: dict, says: str) -> None:
    """One wrong record between two right ones."""
    first, wrong, last = qc(GOOD, {**GOOD, **change}, GOOD)
    assert says in wrong["error"]
    assert first == last
    assert "error" not in first
