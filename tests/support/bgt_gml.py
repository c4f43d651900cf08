"""Writes small BGT deliveries by hand: objects with the quirks of real ones, files, zips."""

from __future__ import annotations

import zipfile
from pathlib import Path

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<CityModel xmlns:gml="http://www.opengis.net/gml" xmlns:imgeo="http://www.geostandaarden.nl/imgeo/2.1"'
    ' xmlns="http://www.opengis.net/citygml/2.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
)
TAIL = "</CityModel>"
RD = "urn:ogc:def:crs:EPSG::28992"
LIST = "http://www.geostandaarden.nl/imgeo/def/2.1#"

#: Class -> (element, name of the property with the geometry).
ELEMENTS = {
    "pand": ('BuildingPart xmlns="http://www.opengis.net/citygml/building/2.0"', "geometrie2dGrondvlak"),
    "wegdeel": (
        'TrafficArea xmlns="http://www.opengis.net/citygml/transportation/2.0"',
        "geometrie2dWegdeel",
    ),
    "begroeidterreindeel": (
        'PlantCover xmlns="http://www.opengis.net/citygml/vegetation/2.0"',
        "geometrie2dBegroeidTerreindeel",
    ),
    "onbegroeidterreindeel": ("imgeo:OnbegroeidTerreindeel", "geometrie2dOnbegroeidTerreindeel"),
    "waterdeel": ("imgeo:Waterdeel", "geometrie2dWaterdeel"),
    "scheiding": ("imgeo:Scheiding", "geometrie2dOverigeConstructie"),
    "kunstwerkdeel": ("imgeo:Kunstwerkdeel", "geometrie2dOverigeConstructie"),
    "overbruggingsdeel": (
        'BridgeConstructionElement xmlns="http://www.opengis.net/citygml/bridge/2.0"',
        "geometrie2dOverbruggingsdeel",
    ),
    "paal": ("imgeo:Paal", "geometrie2dPaal"),
    "sensor": ("imgeo:Sensor", "geometrie2dSensor"),
    "spoor": ('Railway xmlns="http://www.opengis.net/citygml/transportation/2.0"', "geometrie2dSpoor"),
    "buurt": ("imgeo:Buurt", "geometrie2d"),
    "openbareruimtelabel": ("imgeo:OpenbareRuimteLabel", ""),
}


def numbers(points) -> str:
    return " ".join(f"{x:.3f} {y:.3f}" for x, y in points)


def pos_list(points) -> str:
    return f'<gml:posList srsDimension="2">{numbers(points)}</gml:posList>'


def box_points(x1, y1, x2, y2):
    return [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]


def linear_ring(points) -> str:
    return f"<gml:LinearRing>{pos_list(points)}</gml:LinearRing>"


def polygon(outer: str, *inner: str, crs: str | None = RD) -> str:
    srs = f' srsName="{crs}"' if crs else ""
    holes = "".join(f"<gml:interior>{ring}</gml:interior>" for ring in inner)
    return f"<gml:Polygon{srs}><gml:exterior>{outer}</gml:exterior>{holes}</gml:Polygon>"


def box(x1, y1, x2, y2, crs: str | None = RD) -> str:
    return polygon(linear_ring(box_points(x1, y1, x2, y2)), crs=crs)


def multi_surface(*polygons: str) -> str:
    members = "".join(f"<gml:surfaceMember>{found}</gml:surfaceMember>" for found in polygons)
    return f'<gml:MultiSurface srsName="{RD}">{members}</gml:MultiSurface>'


def point(x, y) -> str:
    return f'<gml:Point srsName="{RD}"><gml:pos srsDimension="2">{x:.3f} {y:.3f}</gml:pos></gml:Point>'


def line(*points) -> str:
    return f'<gml:LineString srsName="{RD}">{pos_list(points)}</gml:LineString>'


def curve_ring(*segments: str) -> str:
    return (
        "<gml:Ring><gml:curveMember><gml:Curve><gml:segments>"
        + "".join(segments)
        + "</gml:segments></gml:Curve></gml:curveMember></gml:Ring>"
    )


def straight(*points) -> str:
    return f"<gml:LineStringSegment>{pos_list(points)}</gml:LineStringSegment>"


def arc(*points) -> str:
    return f"<gml:Arc>{pos_list(points)}</gml:Arc>"


def place(x, y, angle="0") -> str:
    return (
        "<imgeo:positie><imgeo:Labelpositie><imgeo:plaatsingspunt><gml:Point>"
        f"<gml:pos>{x:.3f} {y:.3f}</gml:pos></gml:Point></imgeo:plaatsingspunt>"
        f"<imgeo:hoek>{angle}</imgeo:hoek></imgeo:Labelpositie></imgeo:positie>"
    )


def house_number(text, x, y, angle="0", vbo="0228010000047554") -> str:
    return (
        "<imgeo:nummeraanduidingreeks><imgeo:Nummeraanduidingreeks><imgeo:nummeraanduidingreeks>"
        f"<imgeo:Label><imgeo:tekst>{text}</imgeo:tekst>{place(x, y, angle)}</imgeo:Label>"
        "</imgeo:nummeraanduidingreeks>"
        f"<imgeo:identificatieBAGVBOLaagsteHuisnummer>{vbo}</imgeo:identificatieBAGVBOLaagsteHuisnummer>"
        "</imgeo:Nummeraanduidingreeks></imgeo:nummeraanduidingreeks>"
    )


def street_name(text, *places) -> str:
    return (
        f"<imgeo:openbareRuimteNaam><imgeo:Label><imgeo:tekst>{text}</imgeo:tekst>{''.join(places)}"
        "</imgeo:Label></imgeo:openbareRuimteNaam>"
    )


def coded(tag, value, codes="Type") -> str:
    return f'<{tag} codeSpace="{LIST}{codes}">{value}</{tag}>'


def bgt_object(
    bgt_class: str,
    local_id: str | None,
    geometry: str = "",
    *properties: str,
    registered: str | None = "2016-09-05T12:27:34.000",
    ended: str | None = None,
    status: str = "bestaand",
    level: int | str = 0,
    published: str = "2016-09-06T10:00:00",
    gml_id: str = "b0000",
) -> str:
    """Return the member element of one version of an object."""
    element, property_name = ELEMENTS[bgt_class]
    bgt, plus = ("geenWaarde", "plan") if status == "plan" else (status, "geenWaarde")
    lines = [
        f'<{element} gml:id="{gml_id}">',
        '<creationDate xmlns="http://www.opengis.net/citygml/2.0">2014-07-18</creationDate>',
        f"<imgeo:LV-publicatiedatum>{published}</imgeo:LV-publicatiedatum>",
        f"<imgeo:relatieveHoogteligging>{level}</imgeo:relatieveHoogteligging>",
        "<imgeo:inOnderzoek>false</imgeo:inOnderzoek>",
        f"<imgeo:eindRegistratie>{ended}</imgeo:eindRegistratie>" if ended else "",
        f"<imgeo:tijdstipRegistratie>{registered}</imgeo:tijdstipRegistratie>" if registered else "",
        "<imgeo:identificatie><imgeo:NEN3610ID><imgeo:namespace>NL.IMGeo</imgeo:namespace>"
        f"<imgeo:lokaalID>{local_id}</imgeo:lokaalID></imgeo:NEN3610ID></imgeo:identificatie>"
        if local_id
        else "",
        "<imgeo:bronhouder>G0228</imgeo:bronhouder>",
        coded("imgeo:bgt-status", bgt, "Status"),
        coded("imgeo:plus-status", plus, "VoidReasonValue"),
        *properties,
        f"<imgeo:{property_name}>{geometry}</imgeo:{property_name}>" if geometry else "",
        f"</{element.split()[0]}>",
    ]
    return "<cityObjectMember>\n" + "\n  ".join(each for each in lines if each) + "\n</cityObjectMember>\n"


def gml(*objects: str) -> str:
    """Return the text of a file."""
    return HEAD + "".join(objects) + TAIL


def write_zip(path: Path, date=(2020, 8, 5), **files: str | tuple[str, ...]) -> Path:
    """Write a delivery: class -> its objects, or the text of its file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for bgt_class, content in files.items():
            text = content if isinstance(content, str) else gml(*content)
            entry = zipfile.ZipInfo(f"bgt_{bgt_class}.gml", (*date, 12, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return path
