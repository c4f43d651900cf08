"""Who asks, and which rows that person may see."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ...store import Store, statement
from ...store.store import Bbox
from ..devices import Device
from ..roles import ADMINISTRATOR, OPEN, READS, may_read
from ..visibility import Visibility, in_area
from .catalogue import Collection

#: What somebody without a token may see where the administrator opened the store to everyone.
PUBLIC = Device("", "", "")


@dataclass(frozen=True)
class Viewer:
    """What an asker may see of the store as it is in this transaction.

    Attributes:
        is_public: nobody in particular: sees rows of open datasets only, never people's own.
        area: the area (RD) that the asker is limited to, or None.
        datasets: ids of the datasets whose rows the asker may see, or None for all.
        visibility: what the asker may see by what things belong to; None where there is no limit to it.
    """

    is_public: bool
    area: Bbox | None
    datasets: tuple[str, ...] | None
    visibility: Visibility | None = None

    @classmethod
    def of(cls, store: Store, device: Device) -> Viewer:
        """Return what a device may see."""
        if device.role == ADMINISTRATOR:
            return cls(False, device.area, None, Visibility(store, in_area(device)))
        rows = store.connection.execute(statement("feature_datasets")).fetchall()
        if device.role not in READS:
            return cls(True, None, tuple(row["id"] for row in rows if row["access_class"] == OPEN))
        seen = tuple(row["id"] for row in rows if may_read(device.role, row["access_class"]))
        return cls(False, device.area, seen, Visibility(store, in_area(device)))

    @property
    def sees_all(self) -> bool:
        """Whether no row is hidden from this asker."""
        return self.datasets is None and self.area is None and not self.is_public

    def conditions(self, collection: Collection, values: dict[str, Any]) -> list[str]:
        """Return what holds for the rows this asker may see, and put its values among `values`."""
        table, found = collection.entity.name, []
        if self.is_public and not collection.has_dataset:
            return [statement("feature_never")]
        if self.datasets is not None and collection.has_dataset:
            found.append(statement("feature_of_datasets" if self.is_public else "feature_in_datasets"))
            values["datasets"] = json.dumps(self.datasets)
        if self.area is not None and collection.entity.geometry:
            found.append(statement("feature_in_area", table))
            names = ("area_minx", "area_miny", "area_maxx", "area_maxy")
            values.update(zip(names, self.area, strict=True))
        return found
