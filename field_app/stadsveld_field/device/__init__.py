"""What the device gives: a position, photos. Each behind an interface, with one that gives nothing."""

from .photos import FolderPhotos, PickedPhoto
from .position import Fix, NmeaReplay, NoPosition, PositionSource

__all__ = ["Fix", "FolderPhotos", "NmeaReplay", "NoPosition", "PickedPhoto", "PositionSource"]
