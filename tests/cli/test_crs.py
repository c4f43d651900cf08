"""`stadsveld crs` as a person pipes coordinates through it."""

import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "stadsveld.cli", "crs"]


def crs(command: str, text: str | bytes, language: str = "en"):
    done = subprocess.run(
        [*COMMAND, command],
        input=text.encode() if isinstance(text, str) else text,
        capture_output=True,
        timeout=60,
        check=False,
        env={"STADSVELD_LANGUAGE": language, "PYTHONIOENCODING": "utf-8"},
    )
    return done.returncode, done.stdout.decode().splitlines(), done.stderr.decode().splitlines()


def test_official_points_to_rd_and_back():
    etrs, rd = "51.665048744,6.975755518,95.5102", "264897.3013,409670.0085,50.7614"
    assert crs("to-rd", etrs + "\n") == (0, [rd], [])
    assert crs("to-etrs", rd + "\n") == (0, [etrs], [])


def test_a_point_outside_says_so_and_the_others_go_on():
    code, lines, errors = crs("to-rd", "52,5,43\n40.4,-3.7,650\n53,6,43\n")
    assert (code, errors) == (0, [])
    assert lines[1] == "outside"
    assert [line.count(",") for line in lines] == [2, 0, 2]
    assert crs("to-etrs", "1e9,5,0\n")[1] == ["outside"]


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "52;5;43",
        "52,5",
        "52,5,43,1",
        "lat,lon,h",
        "52,5,nan",
        "inf,5,43",
        "5_2,5,43",
        "52,5,43 m",
        "52,,43",
    ],
)
def test_a_line_that_cannot_be_read_keeps_its_place_and_is_named(wrong):
    code, lines, errors = crs("to-rd", f"52,5,43\n{wrong}\n53,6,43\n")
    assert code == 1
    assert len(lines) == 3
    assert lines[1] == "error"
    assert len(errors) == 1
    assert "line 2" in errors[0]


def test_line_numbers_count_through_a_long_input():
    wrong = {3, 70_000, 100_000}
    text = "".join("what\n" if number in wrong else "52,5,43\n" for number in range(1, 100_001))
    code, lines, errors = crs("to-rd", text)
    assert code == 1
    assert len(lines) == 100_000
    assert {number for number, line in enumerate(lines, 1) if line == "error"} == wrong
    assert [line.split(": ")[1] for line in errors] == ["line 3", "line 70000", "line 100000"]


def test_the_line_ends_of_windows_a_byte_order_mark_and_a_missing_last_line_end_are_fine():
    code, lines, errors = crs("to-rd", b"\xef\xbb\xbf52,5,43\r\n 52 , 5 , 43 \r\n52,5,43")
    assert (code, errors) == (0, [])
    assert len(set(lines)) == 1
    assert len(lines) == 3


def test_no_input_gives_no_output():
    assert crs("to-rd", "") == (0, [], [])


def test_bytes_that_are_no_text_are_refused():
    code, lines, errors = crs("to-rd", bytes(1_000_000))
    assert (code, lines) == (1, [])
    assert "no list of coordinates" in errors[0]


def test_zero_has_no_minus_sign():
    assert crs("to-etrs", "155000,463000,-0.0\n")[1][0].count("-") == 0
    _code, lines, _errors = crs("to-rd", "52,5,43.47541\n")
    assert "-0.0000" not in lines[0]


def test_whoever_writes_one_line_and_waits_gets_its_answer():
    with subprocess.Popen(
        [*COMMAND, "to-rd"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        for _ in range(2):
            process.stdin.write("51.665048744,6.975755518,95.5102\n")
            process.stdin.flush()
            assert process.stdout.readline() == "264897.3013,409670.0085,50.7614\n"
        process.stdin.close()
        assert process.wait(timeout=60) == 0


@pytest.mark.realdata
def test_every_official_point_through_the_command_both_ways(real_data):
    rows = [
        line.split()[1:] for line in real_data("crs/Z001_ETRS89andRDNAP.txt").read_text("ascii").splitlines()
    ]
    code, lines, errors = crs("to-rd", "".join(f"{row[0]},{row[1]},{row[2]}\n" for row in rows))
    assert (code, errors) == (0, [])
    reached = [row for row in rows if row[5] != "*"]
    assert [line == "outside" for line in lines] == [row[5] == "*" for row in rows]
    for row, line in zip(reached, (line for line in lines if line != "outside"), strict=True):
        assert [float(value) for value in line.split(",")] == pytest.approx(
            list(map(float, row[3:])), abs=0.001
        )
    code, lines, errors = crs("to-etrs", "".join(f"{row[3]},{row[4]},{row[5]}\n" for row in reached))
    assert (code, errors) == (0, [])
    for row, line in zip(reached, lines, strict=True):
        lat, lon, h = map(float, line.split(","))
        assert lat == pytest.approx(float(row[0]), abs=9e-9)
        assert lon == pytest.approx(float(row[1]), abs=1.5e-8)
        assert h == pytest.approx(float(row[2]), abs=0.001)
