"""`stadsveld norm`: list, show, check and import norm packs, and score records under them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from .. import norms
from ..errors import BadInput
from ..norms.iri import explain_iri, iri
from ..norms.pci import pavement_index
from ..norms.structures import defect_from, exact, part_from
from ..norms.tables import TablePack, load_tables
from ..store import Store
from ..text import _
from ..work import import_norm
from ..work.scores import store_pack
from .records import Judge, answer_records


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `norm list`, `show`, `validate`, `template`, `import` and `score`."""
    topic = subparsers.add_parser("norm", description=_("Norm packs, and scores under them."))
    commands = topic.add_subparsers(required=True, metavar=_("COMMAND"))

    def command(name: str, purpose: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=purpose)
        parser.add_argument("--json", action="store_true", help=_("print JSON"))
        return parser

    listing = command("list", _("list the packs that ship with Stadsveld"))
    listing.add_argument("--all", action="store_true", help=_("also those that are no municipal practice"))
    listing.set_defaults(run=_list)
    show = command("show", _("print a pack with all its rows"))
    show.add_argument("pack", help=_("id of a pack, or a pack file"))
    show.set_defaults(run=_show)
    validate = command("validate", _("check a pack file"))
    validate.add_argument("file", type=Path, help=_("the pack file"))
    validate.set_defaults(run=_validate)
    template = command("template", _("write an empty table to fill in, with instructions in Dutch"))
    bring = command("import", _("make a pack with a table that the city has a licence for"))
    for parser in (template, bring):
        parser.add_argument("pack", help=_("id of a pack, or a pack file"))
        parser.add_argument("table", help=_("name of the table"))
        parser.add_argument("file", type=Path, help=_("the .csv or .xlsx file"))
    template.set_defaults(run=_template)
    bring.add_argument("--id", required=True, help=_("id of the new pack"))
    bring.add_argument("--edition", required=True, help=_("which edition the rows follow"))
    bring.add_argument("--source", required=True, help=_("where the rows come from"))
    bring.add_argument("--licence", required=True, help=_("under which terms the city may use them"))
    bring.add_argument("--out", type=Path, required=True, help=_("the pack file to write"))
    bring.add_argument("--store", type=Path, help=_("keep the pack in this store too"))
    bring.set_defaults(run=_import)
    score = command("score", _("score JSON lines on standard input"))
    score.add_argument("--pack", required=True, help=_("id of a pack, or a pack file"))
    score.set_defaults(run=_score)


def pack_of(name: str) -> TablePack:
    """Return the pack of an id or a file name, checked.

    Raises:
        BadInput: there is none, or it is damaged.
    """
    try:
        found = load_tables(Path(name) if name.endswith(".json") else name)
    except FileNotFoundError as error:
        known = ", ".join(pack.id for pack in norms.shipped_packs(hidden=True))
        text = _("There is no norm pack “{name}”; there are {known}, or give a file that ends in .json.")
        raise BadInput(text.format(name=name[:80], known=known)) from error
    return norms.checked_pack(found)


def _head(pack: TablePack) -> dict[str, Any]:
    rows = [row for table in pack.tables.values() for row in table]
    return {
        "id": pack.id,
        "kind": pack.kind,
        "title": dict(pack.titles),
        "edition": pack.edition,
        "publisher": pack.publisher,
        "source": pack.source,
        "licence": pack.licence,
        "example": pack.is_example,
        "rows": len(rows),
        "verified": sum(row["verified"] for row in rows),
        "signature": pack.signature,
    }


def _write(content: object) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")


def _list(arguments: argparse.Namespace) -> int:
    _write({"packs": [_head(pack) for pack in norms.shipped_packs(hidden=arguments.all)]})
    return 0


def _show(arguments: argparse.Namespace) -> int:
    pack = pack_of(arguments.pack)
    tables = {name: [dict(row) for row in rows] for name, rows in pack.tables.items()}
    _write({**_head(pack), "note": dict(pack.note), "tables": tables})
    return 0


def _validate(arguments: argparse.Namespace) -> int:
    pack = norms.checked_pack(load_tables(arguments.file))
    _write({"valid": True, **_head(pack)})
    return 0


def _template(arguments: argparse.Namespace) -> int:
    files = import_norm.write_template(pack_of(arguments.pack), arguments.table, arguments.file)
    _write({"files": [str(file) for file in files]})
    return 0


def _import(arguments: argparse.Namespace) -> int:
    data = import_norm.import_table(
        pack_of(arguments.pack), arguments.table, arguments.file, pack_id=arguments.id,
        edition=arguments.edition, source=arguments.source, licence=arguments.licence,
    )  # fmt: skip
    import_norm.write_pack(data, arguments.out)
    if arguments.store is not None:
        with Store.open(arguments.store) as store:
            store_pack(store, pack_of(str(arguments.out)))
    _write({"file": str(arguments.out), **_head(pack_of(str(arguments.out)))})
    return 0


def _score(arguments: argparse.Namespace) -> int:
    return answer_records(_judge(pack_of(arguments.pack)))


def _judge(pack: TablePack) -> Judge:
    if pack.kind == "structure":
        structure = norms.StructureNorm(pack)
        return lambda record: _score_structure(structure, record)
    if pack.kind == "road":
        road = norms.NormPack(pack)
        return lambda record: _score_section(road, record)
    return {"astm-d6433": _score_sample, "astm-e1926": _score_profile}[pack.id]


def _score_structure(norm: norms.StructureNorm, record: Mapping[str, Any]) -> Mapping[str, Any]:
    if "elements" in record:
        scored = norm.whole([part_from(found) for found in _objects(record, "elements")])
    else:
        scored = norm.component([defect_from(found) for found in _objects(record, "defects")])
    return {
        "score": scored.score,
        "ratio": scored.ratio_text,
        "worst": scored.worst,
        "explanation": scored.explanation.as_json(),
    }


def _score_section(norm: norms.NormPack, record: Mapping[str, Any]) -> Mapping[str, Any]:
    if "damages" not in record:
        raise BadInput(_("“{key}” is missing.").format(key="damages"))
    none = record["damages"] is None
    damages = None if none else [_damage(found) for found in _objects(record, "damages")]
    scored = norm.section(str(record.get("pavement")), str(record.get("road_type")), damages)
    found = scored.determining
    determining = (
        None if found is None else {"type": found.type, "severity": found.severity, "extent": found.extent}
    )
    return {
        "status": scored.status,
        "quality_level": scored.quality_level,
        "planning_year": scored.planning_year,
        "determining": determining,
        "explanation": scored.explanation.as_json(),
    }


def _damage(record: Mapping[str, Any]) -> norms.RoadDamage:
    extent = record.get("extent")
    if isinstance(extent, str) and extent in ("1", "2", "3"):
        extent = int(extent)
    if type(extent) is not int:
        raise BadInput(_("The severity must be L, M or E, and the extent 1, 2 or 3."))
    cross = record.get("minor_maintenance") is True
    return norms.RoadDamage(str(record.get("type")), str(record.get("severity")), extent, cross)


def _score_sample(record: Mapping[str, Any]) -> Mapping[str, Any]:
    deducts, curves = record.get("deducts"), record.get("cdv", {})
    if not isinstance(deducts, list) or not isinstance(curves, dict):
        raise BadInput(_("“{key}” is missing.").format(key="deducts, cdv"))
    values = [exact(value, "deducts") for value in deducts]
    found = pavement_index(values, {_q(q): _points(points) for q, points in curves.items()})
    rounds = [{"q": one.q, "total": float(one.total), "cdv": float(one.cdv)} for one in found.iterations]
    return {
        "m": float(found.m),
        "iterations": rounds,
        "pci": float(found.pci),
        "explanation": found.explanation.as_json(),
    }


def _q(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise BadInput(_("“{field}” must be a whole number.").format(field="q"))
    return int(text)


def _points(points: object) -> list[tuple[Fraction, Fraction]]:
    if not isinstance(points, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in points):
        raise BadInput(_("A correction curve is a list of pairs of total and corrected value."))
    return [(exact(total, "cdv"), exact(value, "cdv")) for total, value in points]


def _score_profile(record: Mapping[str, Any]) -> Mapping[str, Any]:
    profile, dx, evened = record.get("profile"), record.get("dx"), record.get("moving_average", True)
    if not isinstance(profile, list) or not all(type(height) in (int, float) for height in profile):
        raise BadInput(_("The profile must be a list of heights without gaps."))
    step, is_evened = float(exact(dx, "dx")), evened is True
    value = iri(np.array(profile, np.float64), step, moving_average=is_evened)
    why = explain_iri(value, step, (len(profile) - 1) * step, moving_average=is_evened)
    return {"iri": value, "explanation": why.as_json()}


def _objects(record: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = record.get(key)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise BadInput(_("“{key}” must be a list of objects.").format(key=key))
    return found
