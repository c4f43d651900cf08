"""The command finds its topics, fails in words and imports no more than it needs."""

import subprocess
import sys

import pytest

from stadsveld import __version__, cli
from stadsveld.errors import StadsveldError


def command(*arguments: str, **options):
    return subprocess.run(
        [sys.executable, "-m", "stadsveld.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def test_the_version():
    assert command("--version").stdout == f"stadsveld {__version__}\n"


def test_help_names_every_topic():
    text = command("--help").stdout
    assert all(topic in text for topic in cli.TOPICS)


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["crs"], ["crs", "sideways"], ["--nonsense"]])
def test_wrong_usage_is_explained_with_exit_code_two(arguments):
    done = command(*arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_a_topic_that_this_installation_lacks_does_not_break_the_others(monkeypatch, capsys):
    monkeypatch.setitem(cli.TOPICS, "flying", ("not_there", "fly"))
    assert cli.main(["flying"]) == 1
    assert "flying" in capsys.readouterr().err
    with pytest.raises(SystemExit) as leaving:
        cli.main(["crs", "--help"])
    assert leaving.value.code == 0


def test_an_error_of_the_product_becomes_a_message_and_exit_code_one(monkeypatch, capsys):
    def refuse(_arguments):
        raise StadsveldError("The store is locked; close QGIS and try again.")

    monkeypatch.setattr(cli, "_run", refuse)
    assert cli.main([]) == 1
    assert capsys.readouterr().err == "stadsveld: The store is locked; close QGIS and try again.\n"


def test_an_interrupted_command_ends_without_a_traceback(monkeypatch):
    def interrupt(_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupt)
    assert cli.main([]) == 130


def test_a_reader_that_has_enough_is_no_error():
    lines = "52,5,43\n" * 200_000
    piped = f"{sys.executable} -m stadsveld.cli crs to-rd | head -1"
    done = subprocess.run(piped, shell=True, input=lines, capture_output=True, text=True, timeout=60)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_converting_coordinates_imports_neither_the_store_nor_the_web():
    program = (
        "import io, sys; sys.stdin = io.TextIOWrapper(io.BytesIO(b'52,5,43'))\n"
        "from stadsveld import cli; cli.main(['crs', 'to-rd'])\n"
        "print(sorted({'stadsveld.store', 'shapely', 'starlette', 'sqlite3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["128410.0958,445806.4959,-0.4754", "[]"]
