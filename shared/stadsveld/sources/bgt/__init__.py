"""Reader of the BGT as PDOK delivers it: a zip of IMGeo 2.1.1 GML files, one per class.

Streams objects in constant memory and accounts for every one of them: what is present in the XML is
either read or refused with a reason. Geometry is the object's own, never that of a label; arcs are
made of vertices in the same way whichever neighbour runs along them.
"""

from .archive import ClassFile, Delivery, open_delivery
from .gml import GmlObject, read_objects
from .records import LABEL_CLASSES, BgtRecord, Refusal, records_of

__all__ = [
    "LABEL_CLASSES",
    "BgtRecord",
    "ClassFile",
    "Delivery",
    "GmlObject",
    "Refusal",
    "open_delivery",
    "read_objects",
    "records_of",
]
