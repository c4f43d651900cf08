"""What schemathesis cannot know of the features interface from its definition.

Of a question that should be answered, JSON Schema cannot say that the sides of a box are in order and
within their coordinate system, that a day exists in its month, that a cursor came from a page, or
which objects there are (`FEATURE_IDS`: {collection: id}). Questions that should be refused stay as
they are.
"""

from __future__ import annotations

import itertools
import json
import os

import schemathesis
from schemathesis import GenerationMode

_IDS = json.loads(os.environ.get("FEATURE_IDS", "{}"))
_PERIODS = itertools.cycle(
    (
        "2026-05-01",
        "2026-05-01T10:00:00Z",
        "../2026-05-01T10:00:00.5+02:00",
        "2020-02-29/..",
        "2026-01-01/2026-12-31",
    )
)
_TURNS = itertools.cycle((True, True, False))
_REACH = {"CRS84": (180.0, 90.0), "4258": (90.0, 180.0), "4326": (90.0, 180.0), "9067": (90.0, 180.0)}


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    """Put in order what a question that should be answered asks."""
    if case.meta is not None and case.meta.generation.mode == GenerationMode.NEGATIVE:
        return
    collection = case.operation.path.split("/")[2:3]
    if "featureId" in (case.path_parameters or {}) and collection and next(_TURNS):
        case.path_parameters["featureId"] = _IDS.get(collection[0], case.path_parameters["featureId"])
    if not case.query:
        return
    case.query.pop("cursor", None)
    if "datetime" in case.query:
        case.query["datetime"] = next(_PERIODS)
    if "bbox" in case.query:
        case.query["bbox"] = in_order(case.query["bbox"], str(case.query.get("bbox-crs", "CRS84")))


def in_order(corners: str | list[float], system: str) -> str:
    """Return the corners of a box with its smallest values first, within the system."""
    numbers = [float(part) for part in (corners.split(",") if isinstance(corners, str) else corners)]
    half = len(numbers) // 2
    reach = (*_REACH.get(system.rsplit("/", 1)[-1], (1e7, 1e7)), 1e7)[:half]
    pairs = [
        sorted((max(-most, min(most, low)), max(-most, min(most, high))))
        for low, high, most in zip(numbers[:half], numbers[half:], reach, strict=True)
    ]
    return ",".join(repr(number) for number in [low for low, _high in pairs] + [high for _low, high in pairs])
