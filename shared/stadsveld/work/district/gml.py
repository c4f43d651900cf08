"""Writes features as a BGT delivery: a zip with one IMGeo 2.1.1 GML file per class."""

from __future__ import annotations

import html
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...jobs import Progress
from .canvas import Feature, Label
from .mosaic import Point, Ring

_DEFINITIONS = "http://www.geostandaarden.nl/imgeo/def/2.1#"
_CITYGML = "http://www.opengis.net/citygml/"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<CityModel xmlns:gml="http://www.opengis.net/gml" xmlns:imgeo="http://www.geostandaarden.nl/imgeo/2.1" '
    'xmlns="http://www.opengis.net/citygml/2.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.geostandaarden.nl/imgeo/2.1 '
    'http://register.geostandaarden.nl/gmlapplicatieschema/imgeo/2.1.1/imgeo.xsd">\n'
)
_TAIL = "</CityModel>"
_CRS = ' srsName="urn:ogc:def:crs:EPSG::28992"'
_VOID = ("waardeOnbekend", "geenWaarde")
_DEFAULTS = {
    "talud": "false", "movable": "false", "belongs_to": "brug", "plus_appearance": "waardeOnbekend",
    "plus_function": "waardeOnbekend", "plus_type": "waardeOnbekend", "type": "niet-bgt",
}  # fmt: skip


@dataclass(frozen=True)
class Version:
    """One version of an object in the delivery.

    Attributes:
        feature: the object as it is in this version.
        gml_id: id of the version.
        created: date on which the object began.
        registered: instant of registration.
        ended: instant at which this version ended, or "".
        terminated: date on which the object itself ended, or "".
    """

    feature: Feature
    gml_id: str
    created: str
    registered: str
    ended: str = ""
    terminated: str = ""


def write_delivery(
    file: Path,
    versions: Sequence[Version],
    imgeo: Mapping[str, Any],
    stamp: tuple[int, int, int, int, int, int],
    progress: Progress,
) -> dict[str, int]:
    """Write the zip and return the number of object elements per class.

    Args:
        file: where to write it.
        versions: all versions.
        imgeo: how classes are written, from `imgeo.json`.
        stamp: date and time of the files in the zip, so that every run makes the same bytes.
        progress: told after every class.
    """
    names = sorted([*imgeo["classes"], *imgeo["empty"]])
    counts: dict[str, int] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as delivery:
        for place, name in enumerate(names):
            progress.report(place / len(names), name)
            found = [version for version in versions if version.feature.bgt_class == name]
            members = [_member(version, imgeo["classes"][name]) for version in found]
            entry = zipfile.ZipInfo(f"bgt_{name}.gml", stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            delivery.writestr(entry, _HEAD + "".join(members) + _TAIL)
            counts[name] = len(members)
    return counts


def _member(version: Version, how: Mapping[str, Any]) -> str:
    namespace = how.get("namespace")
    element = how["element"] if namespace else f"imgeo:{how['element']}"
    xmlns = f' xmlns="{_CITYGML}{namespace}/2.0"' if namespace else ""
    feature = version.feature
    lines = [
        f'<{element}{xmlns} gml:id="{version.gml_id}">',
        *_common(version),
        *(_property(row, feature.values) for row in how["before"]),
        _geometry(feature, how),
        *(_property(row, feature.values) for row in how["after"]),
        *_labels(feature, how),
        f"</{element}>",
    ]
    body = "\n        ".join(line for line in lines if line)
    return f"    <cityObjectMember>\n        {body}\n    </cityObjectMember>\n"


def _common(version: Version) -> Iterator[str]:
    """Yield what every object carries."""
    feature = version.feature
    yield f'<creationDate xmlns="{_CITYGML}2.0">{version.created}</creationDate>'
    if version.terminated:
        yield f'<terminationDate xmlns="{_CITYGML}2.0">{version.terminated}</terminationDate>'
    yield f"<imgeo:LV-publicatiedatum>{version.ended or version.registered}</imgeo:LV-publicatiedatum>"
    yield f"<imgeo:relatieveHoogteligging>{feature.level}</imgeo:relatieveHoogteligging>"
    yield "<imgeo:inOnderzoek>false</imgeo:inOnderzoek>"
    if version.ended:
        yield f"<imgeo:eindRegistratie>{version.ended}</imgeo:eindRegistratie>"
    yield f"<imgeo:tijdstipRegistratie>{version.registered}.000</imgeo:tijdstipRegistratie>"
    yield (
        "<imgeo:identificatie><imgeo:NEN3610ID><imgeo:namespace>NL.IMGeo</imgeo:namespace>"
        f"<imgeo:lokaalID>{feature.local_id}</imgeo:lokaalID></imgeo:NEN3610ID></imgeo:identificatie>"
    )
    yield f"<imgeo:bronhouder>{feature.local_id.partition('.')[0]}</imgeo:bronhouder>"
    bgt, plus = ("geenWaarde", "plan") if feature.planned else ("bestaand", "geenWaarde")
    yield _coded("imgeo:bgt-status", bgt, "Status")
    yield _coded("imgeo:plus-status", plus, "StatusPlus")


def _property(row: Sequence[str | None], values: Mapping[str, str]) -> str:
    tag, key, codes = row
    if tag is None:
        return ""
    if key is None:
        return f'<{tag} xsi:nil="true" nilReason="waardeOnbekend" />'
    value = values.get(key) or _DEFAULTS.get(key, "")
    if codes is None:
        return f"<{tag}>{html.escape(value)}</{tag}>" if value else ""
    for prefix, namespace in (("furniture:", "cityfurniture"), ("water:", "waterbody")):
        if tag.startswith(prefix):
            return _coded(tag.removeprefix(prefix), value, codes, f' xmlns="{_CITYGML}{namespace}/2.0"')
    return _coded(tag, value, codes)


def _coded(tag: str, value: str, codes: str, xmlns: str = "") -> str:
    codes = "VoidReasonValue" if value in _VOID else codes
    return f'<{tag}{xmlns} codeSpace="{_DEFINITIONS}{codes}">{html.escape(value)}</{tag}>'


def _geometry(feature: Feature, how: Mapping[str, Any]) -> str:
    name = how["geometry"]
    if name is None:
        return ""
    if feature.point is not None:
        body = f'<gml:Point{_CRS}><gml:pos srsDimension="2">{_numbers([feature.point])}</gml:pos></gml:Point>'
    elif feature.line:
        body = f"<gml:LineString{_CRS}>{_positions(feature.line)}</gml:LineString>"
    elif how.get("multi"):
        body = (
            f"<gml:MultiSurface{_CRS}><gml:surfaceMember><gml:Polygon>{_polygon(feature.rings)}"
            "</gml:Polygon></gml:surfaceMember></gml:MultiSurface>"
        )
    else:
        body = f"<gml:Polygon{_CRS}>{_polygon(feature.rings)}</gml:Polygon>"
    return f"<imgeo:{name}>{body}</imgeo:{name}>"


def _polygon(rings: Sequence[Ring]) -> str:
    outer = f"<gml:exterior>{_ring(rings[0])}</gml:exterior>"
    return outer + "".join(f"<gml:interior>{_ring(ring)}</gml:interior>" for ring in rings[1:])


def _ring(ring: Ring) -> str:
    if all(len(piece) == 1 for piece in ring.pieces):
        points = ring.points()
        return f"<gml:LinearRing>{_positions([*points, points[0]])}</gml:LinearRing>"
    segments = "".join(_segments(ring))
    return (
        f"<gml:Ring><gml:curveMember><gml:Curve><gml:segments>{segments}</gml:segments>"
        "</gml:Curve></gml:curveMember></gml:Ring>"
    )


def _segments(ring: Ring) -> Iterator[str]:
    """Yield straight stretches and arcs, beginning and ending at the ring's first point."""
    straight: list[Point] = []
    for piece in (*ring.pieces, ring.pieces[0][:1]):
        if not straight or straight[-1] != piece[0]:
            straight.append(piece[0])
        if len(piece) == 3:
            if len(straight) > 1:
                yield f"<gml:LineStringSegment>{_positions(straight)}</gml:LineStringSegment>"
            yield f"<gml:Arc>{_positions(piece)}</gml:Arc>"
            straight = [piece[2]]
    if len(straight) > 1:
        yield f"<gml:LineStringSegment>{_positions(straight)}</gml:LineStringSegment>"


def _positions(points: Sequence[Point]) -> str:
    return f'<gml:posList srsDimension="2">{_numbers(points)}</gml:posList>'


def _numbers(points: Sequence[Point]) -> str:
    return " ".join(f"{number // 1000}.{number % 1000:03d}" for point in points for number in point)


def _labels(feature: Feature, how: Mapping[str, Any]) -> Iterator[str]:
    if not feature.labels:
        return
    if how["geometry"] is None:
        places = "".join(_place(label) for label in feature.labels)
        text = html.escape(feature.labels[0].text)
        yield (
            "<imgeo:openbareRuimteNaam><imgeo:Label>"
            f"<imgeo:tekst>{text}</imgeo:tekst>{places}</imgeo:Label></imgeo:openbareRuimteNaam>"
        )
        yield _coded("imgeo:openbareRuimteType", "Weg", "TypeOpenbareRuimte")
        return
    for label in feature.labels:
        yield (
            "<imgeo:nummeraanduidingreeks><imgeo:Nummeraanduidingreeks><imgeo:nummeraanduidingreeks>"
            f"<imgeo:Label><imgeo:tekst>{label.text}</imgeo:tekst>{_place(label)}</imgeo:Label>"
            "</imgeo:nummeraanduidingreeks><imgeo:identificatieBAGVBOLaagsteHuisnummer>"
            f"{feature.values['vbo_id']}</imgeo:identificatieBAGVBOLaagsteHuisnummer>"
            "</imgeo:Nummeraanduidingreeks></imgeo:nummeraanduidingreeks>"
        )


def _place(label: Label) -> str:
    return (
        "<imgeo:positie><imgeo:Labelpositie><imgeo:plaatsingspunt><gml:Point>"
        f"<gml:pos>{_numbers([label.at])}</gml:pos></gml:Point></imgeo:plaatsingspunt>"
        f"<imgeo:hoek>{label.angle:g}</imgeo:hoek></imgeo:Labelpositie></imgeo:positie>"
    )
