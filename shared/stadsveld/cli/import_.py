"""`stadsveld import`: the base register (BGT) here, the municipality's own data beside it."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..jobs import Progress
from ..store import Store
from ..text import _
from ..work.import_bgt import ImportReport, import_bgt
from . import import_register

Bbox = tuple[float, float, float, float]

_CLEAR_LINE = "\r\x1b[K"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the topic `import` with all that can be imported."""
    topic = subparsers.add_parser(
        "import", help=_("read the base register (BGT) or the own register into a store")
    )
    kinds = topic.add_subparsers(title=_("what"), metavar=_("WHAT"), required=True)
    bgt = kinds.add_parser("bgt", help=_("a BGT delivery of PDOK"))
    bgt.add_argument("file", type=Path, help=_("zip of GML files, unpacked folder, or one GML file"))
    bgt.add_argument("--store", type=Path, required=True, help=_("the store; made if it is not there"))
    bgt.add_argument(
        "--bbox", type=_bbox, metavar="x1,y1,x2,y2", help=_("only objects that touch it (RD, metres)")
    )
    bgt.add_argument("--at", metavar=_("DATE"), help=_("as valid at the end of this date; now by default"))
    bgt.add_argument("--json", action="store_true", help=_("print one JSON object"))
    bgt.set_defaults(run=_import_bgt)
    import_register.add_parser(kinds)


def _bbox(text: str) -> Bbox:
    try:
        x1, y1, x2, y2 = (float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(_("four numbers with commas between them are needed")) from error
    return x1, y1, x2, y2


def _import_bgt(arguments: argparse.Namespace) -> int:
    is_new = not arguments.store.exists()
    store = Store.create(arguments.store) if is_new else Store.open(arguments.store)
    is_done = False
    try:
        with store, _progress() as progress:
            report = import_bgt(store, arguments.file, arguments.bbox, arguments.at, progress)
        is_done = True
    finally:
        if is_new and not is_done:
            arguments.store.unlink(missing_ok=True)
    text = json.dumps(report.as_json(), ensure_ascii=False) if arguments.json else described(report)
    sys.stdout.write(text + "\n")
    return 0


@contextmanager
def _progress() -> Iterator[Progress]:
    """A progress that draws a bar on a terminal, and that Ctrl-C cancels at a safe moment."""
    asked: list[int] = []

    def show(fraction: float, doing: str) -> None:
        bar = "#" * round(fraction * 30)
        sys.stderr.write(f"{_CLEAR_LINE}[{bar:<30}] {fraction:4.0%} {doing:.60}")
        sys.stderr.flush()

    is_terminal = sys.stderr.isatty()
    before = signal.signal(signal.SIGINT, lambda number, _frame: asked.append(number))
    try:
        yield Progress(show if is_terminal else None, lambda: bool(asked))
    finally:
        signal.signal(signal.SIGINT, before)
        if is_terminal:
            sys.stderr.write(_CLEAR_LINE)


def described(report: ImportReport) -> str:
    """Return the report of a BGT import for people."""
    names = ("present", "read", "current", "ended", "planned", "invalid", "stored")
    heads = (
        _("present"), _("read"), _("current"), _("ended"), _("planned"), _("refused"), _("stored"),
    )  # fmt: skip
    lines = [f"{_('class'):<26}" + "".join(f"{head:>12}" for head in heads)]
    for name, counts in sorted(report.classes.items()):
        if counts.present:
            lines.append(f"{name:<26}" + "".join(f"{getattr(counts, key):>12}" for key in names))
    found = report.mutations
    text = _("Against what the store held: {new} new, {changed} changed, {ended} ended.")
    lines += ["", text.format(new=found.new, changed=found.changed, ended=found.ended)]
    lines.append(_described_closure(report))
    lines += [_("Refused: {problem}").format(problem=refusal) for refusal in report.refused]
    return "\n".join(lines)


def _described_closure(report: ImportReport) -> str:
    closure = report.closure
    if closure is None:
        return _("The closure check needs Shapely, which is not installed.")
    if closure.bbox is None:
        return _("The closure check found no tile that the delivery covers wholly.")
    if closure.closes:
        text = _(
            "The surfaces close: on {area:.0f} m² the overlap is {overlap:.2f} m², the gap {gap:.2f} m²."
        )
    else:
        text = _(
            "The surfaces do NOT close: of {area:.0f} m² {overlap:.2f} m² overlap, {gap:.2f} m² lie open."
        )
    return text.format(area=closure.square_m2, overlap=closure.overlap_m2, gap=closure.gap_m2)
