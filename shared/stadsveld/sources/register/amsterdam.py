"""The sensor register form of Amsterdam: the bulk sheet, and the export of its web form.

Columns are read by position, because names repeat; the rules are those of the city's own importer:
a repeated reference refuses the whole file, any other mistake only its sensor.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from ...errors import BadInput
from ...text import _
from . import values
from .geometry import GeometryReader
from .records import Problem, Record, Register
from .tables import SourceRow, Table

#: The bulk sheet; a column "Project" may follow.
_BULK = (
    "Referentie", "Kies soort / type sensor", "Latitude", "Longitude",
    "In welk gebied bevindt zich de mobiele sensor?", "Wat meet de sensor?", "Waarvoor meet u dat?",
    "Thema 1", *(f"Thema {place} (niet verplicht)" for place in range(2, 9)),
    "Worden er persoonsgegevens verwerkt?", "Wettelijke grondslag", "Privacyverklaring",
    "Wanneer wordt de sensor verwijderd?", "Opmerking (niet verplicht)",
)  # fmt: skip
#: One of up to five sensors side by side in the export of the web form; the last lacks the last.
_FORM = (
    "Kies soort / type sensor", "Locatie sensor", "Hebt u een postcode en huisnummer?", "Postcode",
    "Huisnummer", "Toevoeging", "Omschrijving van de locatie van de sensor",
    "In welk gebied bevindt zich de mobiele sensor?", "Wat meet de sensor?", "Waarvoor meet u dat?",
    "Kies een of meerdere thema's", "Worden er persoonsgegevens verwerkt?", "Privacyverklaring",
    "Wettelijke grondslag", "Wanneer wordt de sensor verwijderd?", "Wilt u nog een sensor melden?",
)  # fmt: skip
_REGISTRATION = (
    "Verzonden", "Status", "Referentienummer", "Wilt u meer dan 5 sensoren melden?",
    "Vul uw e-mailadres in",
)  # fmt: skip
_FIRST_SENSOR = 18
_ORGANISATION = 5
_POSTCODE = re.compile(r"\d{4} ?[A-Za-z]{2}")


def recognises(headings: Sequence[str]) -> bool:
    """Tell whether these are the headings of the bulk sheet or of the web form's export."""
    return tuple(headings[: len(_BULK)]) == _BULK or tuple(headings[: len(_REGISTRATION)]) == _REGISTRATION


def read(table: Table) -> Register:
    """Read the sensors of a form.

    Raises:
        BadInput: if a reference occurs twice, naming both rows.
    """
    register = Register(table.file, "sensor", None, remarks=list(table.remarks))
    text = _("This is the sensor form of Amsterdam; data about the person who reported was not imported.")
    register.remarks.append(text)
    bulk = table.headings[0] == _BULK[0]
    owner = _organisation_beside(table) if bulk else None
    sensors = _bulk_sensors(table, owner) if bulk else _form_sensors(table)
    located = GeometryReader(table.file, None, "POINT")
    seen: dict[str, int] = {}
    for row, sensor in sensors:
        reference = sensor["number"]
        if not reference:
            register.problems.append(Problem(row.place, "", _("the row has no reference")))
            continue
        if reference in seen:
            reason = _(
                "Reference {number} occurs twice, in row {first} and row {second}; nothing was imported."
            )
            raise BadInput(
                reason.format(number=reference, first=seen[reference], second=row.place), file=table.file
            )
        seen[reference] = row.place
        _take(register, row, sensor, located)
    return register


def _take(register: Register, row: SourceRow, sensor: dict[str, Any], located: GeometryReader) -> None:
    """Add a sensor to the records, or its mistakes to the problems."""
    wrong = list(_mistakes(sensor))
    geometry = None
    try:
        geometry = located.read(None, sensor["where"])
    except values.WrongCell as reason:
        wrong.append(str(reason))
    if wrong:
        register.problems.append(Problem(row.place, sensor["number"], "; ".join(wrong)))
        return
    if geometry is None:
        text = _("Sensor {number} has no coordinates: {place}.")
        register.remarks.append(text.format(number=sensor["number"], place=sensor["address"] or "–"))
    fields = {
        "name": sensor["measures"] or None,
        "kind": sensor["kind"],
        "owner": sensor["owner"],
        "purpose": sensor["purpose"] or None,
        "theme": "; ".join(sensor["themes"]),
        "personal_data": sensor["personal"] == "Ja",
        "legal_ground": sensor["ground"] or None,
        "privacy_statement": sensor["privacy"] or None,
        "active_until": values.day(sensor["until"]),
    }
    register.records.append(Record(row.place, sensor["number"], fields, geometry))


def _mistakes(sensor: dict[str, Any]) -> Iterator[str]:
    """Yield what the city's own importer would object to."""
    if not sensor["kind"]:
        yield _("the kind of sensor is missing")
    if not sensor["themes"]:
        yield _("at least one theme is needed")
    yield from sensor["where_mistakes"]
    if sensor["personal"] not in ("Ja", "Nee"):
        yield _("whether personal data are processed must be Ja or Nee")
    if sensor["personal"] == "Ja":
        if not sensor["ground"]:
            yield _("personal data are processed, but the legal ground is missing")
        if not sensor["privacy"]:
            yield _("personal data are processed, but the privacy statement is missing")
    if sensor["privacy"] and not _is_address(sensor["privacy"]):
        yield _("“{value}” is no internet address").format(value=sensor["privacy"])
    try:
        if values.day(sensor["until"]) is None:
            yield _("the date on which the sensor is removed is missing")
    except values.WrongCell as reason:
        yield str(reason)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in parts.netloc and " " not in text


def _bulk_sensors(table: Table, owner: str | None) -> Iterator[tuple[SourceRow, dict[str, Any]]]:
    for row in table.rows:
        cells = [values.identifier(cell) for cell in row.cells]
        cells += [""] * (len(_BULK) - len(cells))
        where, mistakes = _degrees(row.cells[2], row.cells[3])
        yield row, {
            "number": cells[0], "kind": cells[1], "where": where, "where_mistakes": mistakes,
            "address": cells[4], "measures": cells[5], "purpose": cells[6],
            "themes": [theme for theme in cells[7:15] if theme], "personal": cells[15],
            "ground": cells[16], "privacy": cells[17], "until": row.cells[18], "owner": owner,
        }  # fmt: skip


def _degrees(latitude: Any, longitude: Any) -> tuple[dict[str, Any], list[str]]:
    try:
        found = [values.number(cell, ".") for cell in (latitude, longitude)]
    except values.WrongCell as reason:
        return {}, [str(reason)]
    if None in found:
        return {}, [_("latitude and longitude are needed")]
    return {"latitude": found[0], "longitude": found[1]}, []


def _form_sensors(table: Table) -> Iterator[tuple[SourceRow, dict[str, Any]]]:
    for row in table.rows:
        cells = [values.identifier(cell) for cell in row.cells]
        cells += [""] * (_FIRST_SENSOR + 5 * len(_FORM) - len(cells))
        for index in range(5):
            start = _FIRST_SENSOR + index * len(_FORM)
            answers = dict(zip(_FORM, cells[start:], strict=False))
            if any(answers.values()):
                number = f"{cells[2]}.{index}" if cells[2] else ""
                yield row, _answered(number, answers, cells[_ORGANISATION])


def _answered(number: str, answers: dict[str, str], owner: str) -> dict[str, Any]:
    postcode = answers["Postcode"]
    house = f"{postcode} {answers['Huisnummer']} {answers['Toevoeging']}".strip()
    address = house or answers[_FORM[6]] or answers[_FORM[7]]
    mistakes = []
    if postcode and _POSTCODE.fullmatch(postcode) is None:
        mistakes.append(_("“{value}” is no postcode").format(value=postcode))
    if not address:
        mistakes.append(_("where the sensor is was not filled in"))
    return {
        "number": number, "kind": answers[_FORM[0]], "where": {}, "where_mistakes": mistakes,
        "address": address, "measures": answers[_FORM[8]], "purpose": answers[_FORM[9]],
        "themes": [theme.strip() for theme in answers[_FORM[10]].split(";") if theme.strip()],
        "personal": answers[_FORM[11]], "ground": answers[_FORM[13]], "privacy": answers[_FORM[12]],
        "until": answers[_FORM[14]], "owner": owner or None,
    }  # fmt: skip


def _organisation_beside(table: Table) -> str | None:
    """Return the organisation from the file "Uw gegevens.csv" beside the bulk sheet, if it is there."""
    beside = table.file.with_name("Uw gegevens.csv")
    if table.file.suffix.lower() != ".csv" or not beside.is_file():
        return None
    with beside.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        for cells in csv.reader(stream, delimiter=";"):
            if len(cells) > 1 and cells[0] == "Naam organisatie/bedrijf":
                return cells[1].strip() or None
    return None
