"""What the device gives: a position, photos. Each behind an interface, with one that gives nothing."""

from .photos import FolderPhotos, PickedPhoto
from .position import Fix, NoPosition, PositionSource
from .receivers import NmeaReplay, NmeaTcp, receiver

__all__ = [
    "Fix",
    "FolderPhotos",
    "NmeaReplay",
    "NmeaTcp",
    "NoPosition",
    "PickedPhoto",
    "PositionSource",
    "receiver",
]
