"""The algorithms: declared parameters over functions of the core."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterAuthConfig,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterString,
)

from ..catalogue.imports import read_vector
from ..core import errors, model, part, store, sync
from ..files import is_on_network
from ..settings.preferences import Preferences
from ..settings.transport import transport_of
from ..text import label, tr
from .base import STORE, Given, StoreAlgorithm

KINDS = ("road_section", "structure", "sensor")
_RD = QgsCoordinateReferenceSystem("EPSG:28992")


def _kinds() -> QgsProcessingParameterEnum:
    titles = [label(model.ENTITIES[kind].label) for kind in KINDS]
    return QgsProcessingParameterEnum("KIND", tr("Objects"), options=titles, defaultValue=0)


class NewStore(StoreAlgorithm):
    """Makes an empty store."""

    id_name = "newstore"

    def title(self) -> str:
        """Return what people call it."""
        return tr("New store")

    def help_text(self) -> str:
        """Return what it does."""
        return tr("Makes an empty Stadsveld store in a new SpatiaLite file, on a local disk.")

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declare the file."""
        filters = f"{tr('Stadsveld store')} (*.sqlite)"
        self.addParameter(QgsProcessingParameterFileDestination("OUTPUT", tr("Stadsveld store"), filters))

    def processAlgorithm(  # noqa: N802
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Make it."""
        file = Given(self, parameters, context).output_file("OUTPUT")
        try:
            store.Store.create(file, wal=not is_on_network(file)).close()
        except errors.StadsveldError as error:
            raise QgsProcessingException(str(error)) from error
        return {"OUTPUT": str(file)}


class ImportBgt(StoreAlgorithm):
    """Imports a BGT delivery."""

    id_name = "importbgt"

    def title(self) -> str:
        """Return what people call it."""
        return tr("Import the BGT")

    def help_text(self) -> str:
        """Return what it does."""
        return tr(
            "Imports a BGT delivery of PDOK (zip of GML files): only what is valid on the "
            "date, every object accounted "
            "for, with a closure check of overlap and gap in square metres."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:  # noqa: N802
        """Declare the parameters."""
        super().initAlgorithm(configuration)
        self.addParameter(QgsProcessingParameterFile("INPUT", tr("BGT delivery (zip)"), extension="zip"))
        self.addParameter(QgsProcessingParameterExtent("EXTENT", tr("Only this area"), optional=True))
        self.addParameter(QgsProcessingParameterString("AT", tr("Valid on (yyyy-mm-dd)"), optional=True))
        self.addOutput(QgsProcessingOutputNumber("STORED", tr("Objects stored")))
        self.addOutput(QgsProcessingOutputNumber("OVERLAP", tr("Overlap (m²)")))
        self.addOutput(QgsProcessingOutputNumber("GAP", tr("Gap (m²)")))
        self.addOutput(QgsProcessingOutputString("REPORT", tr("Report (JSON)")))

    def work(self, opened: Any, given: Given, progress: Any) -> dict[str, Any]:
        """Import."""
        options: dict[str, Any] = {"bbox": given.extent("EXTENT", _RD), "at": given.text("AT") or None}
        options = {key: value for key, value in options.items() if value is not None}
        importer = part("work.import_bgt").import_bgt
        report = importer(opened, given.file("INPUT"), progress=progress, **options).as_json()
        closure = report.get("closure") or {}
        return {
            "STORED": sum(counts["stored"] for counts in report["classes"].values()),
            "OVERLAP": closure.get("overlap_m2"),
            "GAP": closure.get("gap_m2"),
            "REPORT": json.dumps(report, ensure_ascii=False, default=str),
        }


class ImportRegister(StoreAlgorithm):
    """Imports the municipality's own register."""

    id_name = "importregister"

    def title(self) -> str:
        """Return what people call it."""
        return tr("Import a register")

    def help_text(self) -> str:
        """Return what it does."""
        return tr(
            "Imports road sections, structures or sensors from CSV, XLSX, GeoPackage or "
            "Shapefile. A repeated import "
            "updates and ends objects by their number."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:  # noqa: N802
        """Declare the parameters."""
        super().initAlgorithm(configuration)
        self.addParameter(QgsProcessingParameterFile("INPUT", tr("Register")))
        self.addParameter(_kinds())
        self.addParameter(QgsProcessingParameterString("NAME", tr("Name of the register"), optional=True))
        self.addParameter(QgsProcessingParameterString("SHEET", tr("Sheet or layer"), optional=True))
        self.addOutput(QgsProcessingOutputNumber("IMPORTED", tr("Objects imported")))
        self.addOutput(QgsProcessingOutputNumber("REFUSED", tr("Rows refused")))
        self.addOutput(QgsProcessingOutputString("REPORT", tr("Report (JSON)")))

    def work(self, opened: Any, given: Given, progress: Any) -> dict[str, Any]:
        """Import."""
        options = {"name": given.text("NAME") or None, "sheet": given.text("SHEET") or None}
        importer = part("work.import_register").import_register
        kind = given.choice("KIND", KINDS)
        report = importer(
            opened, given.file("INPUT"), kind, vector_reader=read_vector, progress=progress, **options
        )
        found = report.as_dict()
        text = json.dumps(found, ensure_ascii=False, default=str)
        return {"IMPORTED": found["imported"], "REFUSED": len(found["refused"]), "REPORT": text}


class SectionsFromBgt(StoreAlgorithm):
    """Lets road sections follow from the BGT."""

    id_name = "sectionsfrombgt"

    def title(self) -> str:
        """Return what people call it."""
        return tr("Road sections from the BGT")

    def help_text(self) -> str:
        """Return what it does."""
        return tr(
            "Makes a road section of every road surface of the BGT, where there is no register of them."
        )

    def initAlgorithm(self, configuration: Any = None) -> None:  # noqa: N802
        """Declare the parameters."""
        super().initAlgorithm(configuration)
        self.addOutput(QgsProcessingOutputNumber("SECTIONS", tr("Road sections")))

    def work(self, opened: Any, given: Given, progress: Any) -> dict[str, Any]:
        """Derive."""
        report = part("work.sections").sections_from_bgt(opened, progress=progress)
        return {"SECTIONS": report.sections}


class ExportResults(StoreAlgorithm):
    """Exports the last inspection of every object."""

    id_name = "exportresults"

    def title(self) -> str:
        """Return what people call it."""
        return tr("Export results")

    def help_text(self) -> str:
        """Return what it does."""
        return tr("Writes the last inspection of every object under the municipality's own number.")

    def initAlgorithm(self, configuration: Any = None) -> None:  # noqa: N802
        """Declare the parameters."""
        super().initAlgorithm(configuration)
        self.addParameter(_kinds())
        filters = "GeoPackage (*.gpkg);;Excel (*.xlsx);;CSV (*.csv)"
        self.addParameter(QgsProcessingParameterFileDestination("OUTPUT", tr("File"), filters))
        self.addOutput(QgsProcessingOutputNumber("ROWS", tr("Rows written")))

    def work(self, opened: Any, given: Given, progress: Any) -> dict[str, Any]:
        """Export."""
        file = given.output_file("OUTPUT")
        kind = given.choice("KIND", KINDS)
        rows = part("work.export_results").export_results(opened, kind, file, progress=progress)
        return {"OUTPUT": str(file), "ROWS": rows}


class SyncWithCentralStore(StoreAlgorithm):
    """Synchronises a working copy."""

    id_name = "syncwithcentralstore"

    def title(self) -> str:
        """Return what people call it."""
        return tr("Synchronise with the central store")

    def help_text(self) -> str:
        """Return what it does."""
        return tr("Sends what was changed in a working copy and fetches what others changed.")

    def initAlgorithm(self, configuration: Any = None) -> None:  # noqa: N802
        """Declare the parameters."""
        super().initAlgorithm(configuration)
        name = tr("Authentication on the way to the central store")
        self.addParameter(QgsProcessingParameterAuthConfig("AUTHCFG", name, optional=True))
        for key, title in (
            ("SENT", tr("Changes sent")),
            ("RECEIVED", tr("Changes received")),
            ("REFUSED", tr("Changes refused")),
        ):
            self.addOutput(QgsProcessingOutputNumber(key, title))

    def prepareAlgorithm(  # noqa: N802
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        """Find the way to the central store while on the main thread."""
        try:
            with store.Store.open(Given(self, parameters, context).file(STORE)) as opened:
                self._way = transport_of(opened, Preferences())
        except errors.StadsveldError as error:
            raise QgsProcessingException(str(error)) from error
        return True

    def work(self, opened: Any, given: Given, progress: Any) -> dict[str, Any]:
        """Synchronise."""
        if given.text("AUTHCFG"):
            self._way.use_auth_config(given.text("AUTHCFG"))
        report = sync.sync(opened, self._way, progress)
        part("work.derive").derive(opened)
        return {"SENT": report.pushed, "RECEIVED": report.pulled, "REFUSED": len(report.quarantined)}


ALGORITHMS = (NewStore, ImportBgt, ImportRegister, SectionsFromBgt, ExportResults, SyncWithCentralStore)
