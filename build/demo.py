"""The main job once, for real: base register -> store -> inspection without a network -> sync -> QGIS.

    demo.py [--bgt DELIVERY.zip] [--to FOLDER]

Runs the same commands that a person would type and the two real apps. With a display both windows
stay open; without one there are pictures and a summary in `out/demo/`.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from stadsveld.resources import resource
from stadsveld.text import _, language

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
#: Seconds after which a step of the demo has failed.
STEP_LIMIT = 900


class DemoError(Exception):
    """A step failed; the text says which and what it said."""


@dataclass
class Story:
    """What happened, for the summary.

    Attributes:
        folder: where everything is written.
        steps: (title, what a person may type, facts) of each step.
        pictures: (file, caption).
        port: where the central store listens, once it was started.
    """

    folder: Path
    steps: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    pictures: list[tuple[Path, str]] = field(default_factory=list)
    port: int = 0
    began: float = field(default_factory=time.monotonic)

    def tell(self, title: str, command: str = "", **facts: object) -> None:
        """Add a step and show it at once."""
        self.steps.append((title, command, facts))
        shown = "".join(f"\n        {name}: {value}" for name, value in facts.items())
        sys.stdout.write(f"[{time.monotonic() - self.began:5.1f} s] {title}{shown}\n")
        sys.stdout.flush()


def run(*arguments: str | Path, environment: dict[str, str] | None = None) -> str:
    """Run a command of the project and return what it printed.

    Raises:
        DemoError: it failed.
    """
    command = [str(argument) for argument in arguments]
    if command[0] == "stadsveld":
        command[0] = str(BIN / "stadsveld")
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=STEP_LIMIT,
        check=False,
        env={**os.environ, **(environment or {})},
        cwd=ROOT,
    )
    if done.returncode != 0:
        raise DemoError(f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-6000:]}")
    return done.stdout


class CentralStore:
    """The central store's service, running while the block runs."""

    def __init__(self, store: Path, port: int = 0) -> None:
        self._store = store
        self._port = port
        self.url = ""

    def __enter__(self) -> CentralStore:
        command = [str(BIN / "stadsveld"), "hub", "serve", str(self._store), "--port", str(self._port)]
        self._log = self._store.with_suffix(".log").open("a", encoding="utf-8")
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=ROOT
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.startswith("{"):
            raise DemoError(f"the central store did not start: {line}")
        self.url = json.loads(line)["url"]
        self._port = int(self.url.rsplit(":", 1)[1])
        return self

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    def __exit__(self, *_details: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=30)
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()


def fill_store(story: Story, store: Path, bgt: Path | None) -> None:
    """Make the store and import a real delivery, or the generated district with its registers."""
    run("stadsveld", "hub", "init", store)
    district = None
    if bgt is None:
        from stadsveld.work.district import generate_district

        district = generate_district(story.folder / "district")
        bgt = district.bgt
        objects = sum(district.objects.values())
        story.tell(
            _("A district was generated"), "make demo", **{_("objects"): objects, _("name"): district.name}
        )
    report = json.loads(run("stadsveld", "import", "bgt", bgt, "--store", store, "--json"))
    stored = sum(counts["stored"] for counts in report["classes"].values())
    closure = report["closure"]
    story.tell(
        _("The base register (BGT) is in the store"),
        f"stadsveld import bgt {bgt.name} --store {store.name}",
        **{
            _("objects"): stored,
            _("overlap"): f"{closure['overlap_m2']:.3f} m²",
            _("gap"): f"{closure['gap_m2']:.3f} m²",
        },
    )
    if district is None:
        run("stadsveld", "import", "sections", "--store", store)
        story.tell(_("Road sections follow from the BGT"), "stadsveld import sections")
        return
    registers = (
        ("road_section", district.road_sections),
        ("structure", district.structures),
        ("sensor", district.sensors),
    )
    for kind, file in registers:
        done = json.loads(
            run("stadsveld", "import", "register", file, "--kind", kind, "--store", store, "--json")
        )
        story.tell(
            _("The municipality's own register: {file}").format(file=file.name),
            f"stadsveld import register {file.name} --kind {kind}",
            **{_("objects"): done["imported"]},
        )
    series = ["--series", district.series]
    done = json.loads(
        run("stadsveld", "import", "readings", district.readings, *series, "--store", store, "--json")
    )
    story.tell(
        _("A year of sensor readings"), **{_("readings"): done["readings"], _("series"): done["series"]}
    )


def enrol(store: Path, url: str, replica: Path, role: str, name: str) -> None:
    """Enrol a device and make its working copy."""
    code = json.loads(run("stadsveld", "hub", "enrol", store, "--role", role, "--name", name, "--json"))[
        "code"
    ]
    run("stadsveld", "replica", "init", replica, "--hub", url, "--code", code)


def inspect(story: Story, replica: Path, *, sync: bool) -> None:
    """Let the scripted inspector work in the real app: record damage, or synchronise what was recorded."""
    pictures = story.folder / "field" / ("sync" if sync else "work")
    arguments = ["--replica", str(replica), "--screenshots", str(pictures), "--language", language()]
    run(sys.executable, "-m", "stadsveld_field.scripted", *arguments, *(["--only-sync"] if sync else []))
    story.pictures += [(path, path.stem) for path in sorted(pictures.glob("*.png"))]


def look_in_qgis(story: Story, desk: Path) -> None:
    """Open the desk's working copy in QGIS with the plugin and keep what it shows."""
    pictures = story.folder / "qgis"
    arguments = ["--store", str(desk), "--screenshots", str(pictures), "--language", language()]
    run(sys.executable, ROOT / "build" / "qgis_tour.py", *arguments)
    story.pictures += [(path, path.stem) for path in sorted(pictures.glob("*.png"))]
    story.tell(_("QGIS shows the inspection on the desk's working copy"), "qgis")


def prepare(story: Story, bgt: Path | None) -> tuple[Path, Path, Path]:
    """Fill the central store and give inspector and desk their working copies; return the three files."""
    store, phone, desk = (
        story.folder / name for name in ("central.sqlite", "inspector.sqlite", "desk.sqlite")
    )
    fill_store(story, store, bgt)
    with CentralStore(store) as service:
        enrol(store, service.url, phone, "inspector", "Inspecteur")
        enrol(store, service.url, desk, "planner", "GIS")
        for replica in (phone, desk):
            run("stadsveld", "replica", "sync", replica)
        story.port = service.port
    story.tell(_("Inspector and desk have their working copies; the central store is switched off"))
    return store, phone, desk


def inspect_and_synchronise(story: Story, store: Path, phone: Path, desk: Path) -> None:
    """Record damage without a network, then bring phone and desk together."""
    inspect(story, phone, sync=False)
    story.tell(_("The inspector recorded damage without a network"), "stadsveld-field")
    with CentralStore(store, story.port):
        inspect(story, phone, sync=True)
        story.tell(_("Back in range: the inspector synchronised with one button"))
        report = json.loads(run("stadsveld", "replica", "sync", desk, "--json"))
        story.tell(_("The desk synchronised"), "stadsveld replica sync", **{_("received"): report["pulled"]})


def write_summary(story: Story) -> Path:
    """Write the summary page with all pictures and return it."""
    steps = "".join(
        f"<li><b>{html.escape(title)}</b> <code>{html.escape(command)}</code><dl>"
        + "".join(f"<dt>{html.escape(str(k))}</dt><dd>{html.escape(str(v))}</dd>" for k, v in facts.items())
        + "</dl></li>"
        for title, command, facts in story.steps
    )
    pictures = "".join(
        f'<figure><img src="{path.relative_to(story.folder).as_posix()}" alt="{html.escape(caption)}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        for path, caption in story.pictures
    )
    title = _("Stadsveld: from a base register to a synchronised inspection")
    page = Template(resource("demo", "summary.html").read_text(encoding="utf-8")).substitute(
        language=language(), title=html.escape(title), steps=steps, pictures=pictures
    )
    target = story.folder / "index.html"
    target.write_text(page, encoding="utf-8")
    return target


def leave_open(store: Path, phone: Path, desk: Path) -> None:
    """With a display: open both apps and say what to try."""
    with CentralStore(store) as service:
        field_app = subprocess.Popen(
            [sys.executable, str(ROOT / "field_app" / "main.py"), str(phone)], cwd=ROOT
        )
        tour = [sys.executable, str(ROOT / "build" / "qgis_tour.py"), "--store", str(desk), "--leave-open"]
        qgis = subprocess.Popen(tour, cwd=ROOT)
        sys.stdout.write(
            _(
                "Both windows are open and the central store listens on {url}.\n"
                "Try: tap a road section in the field app and record damage; press Synchronise; press\n"
                "Synchronise in QGIS and see it appear. Close both windows to stop."
            ).format(url=service.url)
            + "\n"
        )
        field_app.wait()
        qgis.wait()


def main() -> int:
    """Play the demo; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bgt", type=Path, help="a BGT delivery (zip) instead of the generated district")
    parser.add_argument("--to", type=Path, default=ROOT / "out" / "demo")
    arguments = parser.parse_args()
    if arguments.bgt and not arguments.bgt.is_file():
        parser.error(f"{arguments.bgt} does not exist")
    shutil.rmtree(arguments.to, ignore_errors=True)
    arguments.to.mkdir(parents=True)
    story = Story(arguments.to.resolve())
    try:
        files = prepare(story, arguments.bgt)
        inspect_and_synchronise(story, *files)
        look_in_qgis(story, files[2])
    except DemoError as error:
        sys.stderr.write(f"\nThe demo stopped:\n{error}\n")
        return 1
    sys.stdout.write(f"\n{write_summary(story)}\n")
    for path, _caption in story.pictures:
        sys.stdout.write(f"{path}\n")
    if os.environ.get("DISPLAY"):
        leave_open(*files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
