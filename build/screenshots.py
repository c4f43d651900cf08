"""Make the pictures of both apps: `out/screenshots/`, and those of README and manual.

    screenshots.py [--keep]

Plays the demo's story in both languages, by day and night, at phone and tablet size, and tours QGIS.
The pictures that README and manual show are renewed in `resources/help/pictures/`, unless `--keep`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

import demo
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "resources" / "help" / "pictures"
LANGUAGES = ("nl", "en")
#: Folder -> options of the field app's story.
FIELD = {
    "phone-day": ["--size", "540x960", "--theme", "day"],
    "phone-night": ["--size", "540x960", "--theme", "night"],
    "tablet-day": ["--size", "1280x800", "--theme", "day"],
}
#: Picture of the manual -> (folder, end of the file name) where it comes from.
MANUAL = {
    "field-map": ("phone-day", "-map"),
    "field-section": ("phone-day", "-section"),
    "field-after": ("phone-day", "-map-after"),
    "field-form": ("phone-day", "-form-filled"),
    "field-inspections": ("phone-day", "-inspections"),
    "field-sync": ("phone-day", "-sync-result"),
    "qgis-overview": ("qgis", "-tip"),
    "qgis-import": ("qgis", "-import"),
    "qgis-design": ("qgis", "-design"),
    "qgis-sensor": ("qgis", "-sensor"),
    "qgis-score": ("qgis", "-score"),
    "norms-why": ("explanations", "-all"),
}
#: Width of the pictures of QGIS in the manual, pixels.
WIDTH = 1200


def play_field(store: Path, url: str, target: Path, language: str, options: list[str]) -> None:
    """Play the inspector's story on a device of its own."""
    replica = store.with_name(f"{target.name}-{language}.sqlite")
    demo.enrol(store, url, replica, "inspector", f"{target.name} {language}")
    demo.run("stadsveld", "replica", "sync", replica)
    command = [sys.executable, "-m", "stadsveld_field.scripted", "--replica", str(replica), "--sync"]
    demo.run(*command, "--screenshots", str(target), "--language", language, *options)


def tour_qgis(desk: Path, target: Path, language: str) -> None:
    """Tour QGIS on the desk's working copy."""
    tour = str(ROOT / "build" / "qgis_tour.py")
    demo.run(sys.executable, tour, "--store", desk, "--screenshots", target, "--language", language)


def renew_manual(made: Path) -> list[str]:
    """Copy the pictures of the manual; return what is missing."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    missing = []
    for language in LANGUAGES:
        for name, (folder, ending) in MANUAL.items():
            found = sorted((made / language / folder).glob(f"*{ending}.png"))
            if not found:
                missing.append(f"{name}-{language}")
                continue
            save_small(Image.open(found[0]), PICTURES / f"{name}-{language}.png")
    compose_overview(PICTURES)
    return missing


def save_small(picture: Image.Image, target: Path) -> None:
    """Save a picture no wider than the manual shows it; all colours stay, for legends need them."""
    picture = picture.convert("RGB")
    if picture.width > WIDTH:
        height = round(picture.height * WIDTH / picture.width)
        picture = picture.resize((WIDTH, height), Image.Resampling.LANCZOS)
    picture.save(target, optimize=True)


def compose_overview(folder: Path) -> None:
    """Put the field app beside QGIS, for README."""
    desk, phone = folder / "qgis-overview-nl.png", folder / "field-after-nl.png"
    if not (desk.exists() and phone.exists()):
        return
    left, right = Image.open(phone).convert("RGB"), Image.open(desk).convert("RGB")
    height = 720
    sizes = [(round(image.width * height / image.height), height) for image in (left, right)]
    sheet = Image.new("RGB", (sizes[0][0] + sizes[1][0] + 24, height), "white")
    sheet.paste(left.resize(sizes[0], Image.Resampling.LANCZOS), (0, 0))
    sheet.paste(right.resize(sizes[1], Image.Resampling.LANCZOS), (sizes[0][0] + 24, 0))
    sheet.save(folder / "overview.png", optimize=True)


def main() -> int:
    """Make all pictures; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the pictures of the manual as they are")
    arguments = parser.parse_args()
    made = ROOT / "out" / "screenshots"
    shutil.rmtree(made, ignore_errors=True)
    work = made / "stores"
    work.mkdir(parents=True)
    os.environ.pop("DISPLAY", None)
    story = demo.Story(work)
    try:
        store, _phone, desk = demo.prepare(story, None)
        with demo.CentralStore(store, story.port) as service:
            for language in LANGUAGES:
                for folder, options in FIELD.items():
                    play_field(store, service.url, made / language / folder, language, options)
                    sys.stdout.write(f"{made / language / folder}\n")
            demo.run("stadsveld", "replica", "sync", desk)
        for language in LANGUAGES:
            tour_qgis(desk, made / language / "qgis", language)
            sys.stdout.write(f"{made / language / 'qgis'}\n")
            explanations = str(ROOT / "build" / "explanations.py")
            demo.run(sys.executable, explanations, made / language / "explanations", language)
    except demo.DemoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    missing = [] if arguments.keep else renew_manual(made)
    if missing:
        sys.stderr.write(f"not made: {json.dumps(missing)}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
