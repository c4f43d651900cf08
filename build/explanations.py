"""Make a picture of an explanation of each kind of score: `explanations.py FOLDER nl|en`.

The observations are made up for the picture; the norms, limits and texts are the shipped ones.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from qgis.PyQt.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter, QTextDocument

from stadsveld import norms, observe
from stadsveld.model.explanation import Explanation
from stadsveld.norms.iri import explain_iri, iri
from stadsveld.norms.pci import pavement_index
from stadsveld.text import use_language

WIDTH, MARGIN = 1100, 24
HOUR = 3_600_000


def kinds() -> Iterator[tuple[str, Explanation]]:
    """Yield (name, explanation) of every kind of score."""
    damages = [norms.RoadDamage("scheurvorming", "M", 2), norms.RoadDamage("gaten", "L", 1, True)]
    yield "road-unrated", norms.load_pack("crow-gvi").section("asfalt", "5", damages).explanation
    yield "road-example", norms.load_pack("road-example").section("asfalt", "5", damages).explanation
    structure = norms.StructureNorm(norms.load_tables("nen2767"))
    defects = [
        norms.Defect("ernstig", 2, Fraction("3.85")),
        norms.Defect("serieus", 3, Fraction(40)),
    ]
    yield "component", structure.component(defects).explanation
    parts = [norms.Part(4, Fraction(250_000)), norms.Part(2, Fraction(750_000))]
    yield "structure", structure.whole(parts).explanation
    curves = {q: [(Fraction(0), Fraction(0)), (Fraction(100), Fraction(100 - 4 * q))] for q in range(1, 5)}
    yield "pci", pavement_index([Fraction(25), Fraction(18), Fraction(8)], curves).explanation
    profile = np.cumsum(np.random.default_rng(5).normal(0, 0.001, 4001))
    yield "iri", explain_iri(iri(profile, 0.25), 0.25, 1000.0, moving_average=True)
    yield "limit", limit()
    times = np.arange(60) * 30 * 24 * HOUR
    cracks = 1 + 0.4 * np.arange(60) / 12 + np.random.default_rng(2).normal(0, 0.05, 60)
    yield "trend", observe.explain_trend(observe.trend(times, cracks), "mm")
    yield from readings()


def limit() -> Explanation:
    """How often a made-up limit was exceeded in a made-up week."""
    values = 35 + 15 * np.sin(np.arange(168) / 4)
    rule = {
        "quantity": "NO2", "unit": "µg/m³", "period": "hour", "limit": 45, "allowed": 10, "coverage": 0.75,
        "source": {"nl": "verzonnen voor deze afbeelding", "en": "made up for this picture"},
        "verified": False,
    }  # fmt: skip
    times = np.arange(168, dtype=np.int64) * HOUR
    series = observe.Series(times, values, np.ones(168, np.uint8))
    return observe.exceedances(series, observe.rule_from(rule), "µg/m³", 3600).explain()


def readings() -> Iterator[tuple[str, Explanation]]:
    """What the data quality tests say of a made-up series."""
    values = 10 + np.sin(np.arange(200) / 9)
    values[50] = 60
    values[120:150] = values[120]
    times = np.arange(200, dtype=np.int64) * HOUR
    tests = {
        "gross_range": {"fail_span": [-40, 60], "suspect_span": [-20, 30]},
        "flat_line": {"suspect_seconds": 10800, "fail_seconds": 36000, "tolerance": 0.001},
    }
    series = observe.Series(times, values, observe.run_tests(values, times, tests))
    for found in observe.explain_tests(series, tests, "°C"):
        yield "readings", found


def main() -> int:
    """Write one picture with all of them; return the exit code."""
    folder, language = Path(sys.argv[1]), sys.argv[2]
    folder.mkdir(parents=True, exist_ok=True)
    use_language(language)
    application = QGuiApplication([])
    page = QTextDocument()
    page.setDefaultFont(QFont("DejaVu Sans", 10))
    page.setTextWidth(WIDTH - 2 * MARGIN)
    page.setHtml("<hr>".join(f"<p>{found.as_html()}</p>" for _name, found in kinds()))
    picture = QImage(WIDTH, int(page.size().height()) + 2 * MARGIN, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    painter = QPainter(picture)
    painter.translate(MARGIN, MARGIN)
    page.drawContents(painter)
    painter.end()
    picture.save(str(folder / "01-all.png"))
    del application
    return 0


if __name__ == "__main__":
    sys.exit(main())
