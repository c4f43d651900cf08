"""Reads deliveries of the base register of large-scale topography (BGT, IMGeo 2.1.1) right.

A delivery is PDOK's zip of `bgt_<class>.gml` files, a folder of them, or a single one. Every object
element in it comes out once: as an object with its own geometry (never that of its labels, curves
included), or as a refusal that says why. Nothing is extracted, and memory does not grow with size.
"""

from .arcs import MAX_SAGITTA
from .classes import CLOSING_CLASSES, SURVEY_CLASSES, entity_of
from .delivery import DeliveredFile, Delivery, open_delivery
from .gml import Geometry
from .objects import BgtObject, Label, Refusal
from .reader import FileReader
from .times import instant_at, utc_instant

__all__ = [
    "CLOSING_CLASSES",
    "MAX_SAGITTA",
    "SURVEY_CLASSES",
    "BgtObject",
    "DeliveredFile",
    "Delivery",
    "FileReader",
    "Geometry",
    "Label",
    "Refusal",
    "entity_of",
    "instant_at",
    "open_delivery",
    "utc_instant",
]
