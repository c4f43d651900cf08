"""Run by the test of the zip in a Python that has QGIS and nothing of ours: loads the installed zip.

    zip_guest.py FOLDER_OF_PLUGINS PROFILE BGT_ZIP STORE

Prints one JSON object with what happened.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(plugins: str, profile: str, bgt: str, store: str) -> dict[str, object]:
    """Load the plugin twice, make a store and import a delivery by Processing and by the session."""
    sys.path.insert(0, plugins)
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProject

    application = QgsApplication([], True, profile)
    application.initQgis()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
    import qgis_window

    import stadsveld_qgis

    window = qgis_window.Window()
    plugin = stadsveld_qgis.classFactory(window)
    plugin.initGui()
    plugin.unload()
    plugin.initGui()
    session = plugin.context.session
    found: dict[str, object] = {
        "made": session.create(store),
        "core": sys.modules["stadsveld_qgis.core"].NAME,
    }
    found["file"] = sys.modules["stadsveld_qgis.core"].errors.__file__
    found["shapely"] = "shapely" in sys.modules
    plugin.imports.bgt(Path(bgt))
    deadline = time.monotonic() + 120
    while session._running is not None and time.monotonic() < deadline:
        application.processEvents()
        time.sleep(0.02)
    found["messages"] = window.messages()
    found["buildings"] = session.store.count("building")
    plugin.dock.add_all()
    found["layers"] = sorted(layer.name() for layer in QgsProject.instance().mapLayers().values())
    algorithm = application.processingRegistry().createAlgorithmById("stadsveld:importbgt")
    outputs, succeeded = algorithm.run(
        {"STORE": store, "INPUT": bgt}, QgsProcessingContext(), QgsProcessingFeedback()
    )
    found["again"] = [
        succeeded,
        json.loads(outputs["REPORT"])["mutations"],
        outputs["OVERLAP"],
        outputs["GAP"],
    ]
    plugin.close_store()
    plugin.unload()
    found["left"] = [action.text() for action in window.pluginMenu().actions()]
    found["foreign"] = sorted(
        name for name in sys.modules if name == "stadsveld" or name.startswith("stadsveld.")
    )
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:5])) + "\n")
    sys.stdout.flush()
    import os

    os._exit(0)  # QGIS without its program does not end cleanly
