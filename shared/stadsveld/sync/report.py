"""What a synchronisation did, for people and for scripts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class SyncReport:
    """What a synchronisation did.

    Attributes:
        pushed: changes sent.
        accepted: of those, taken by the central store.
        duplicate: of those, known to it already.
        quarantined: refused ones: change_id, entity, entity_id, reason.
        pulled: changes and register rows that were new here.
        conflicts: fields in conflict in this working copy now.
        rows_sent: register rows sent.
        photos_sent: photos delivered and verified.
        photos_received: photos fetched and verified.
        photos_waiting: photos whose file is not to be had yet.
        ended: `retired` where an administrator ended this device: it has now delivered all it had.
    """

    pushed: int = 0
    accepted: int = 0
    duplicate: int = 0
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    pulled: int = 0
    conflicts: int = 0
    rows_sent: int = 0
    photos_sent: int = 0
    photos_received: int = 0
    photos_waiting: int = 0
    ended: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return asdict(self)
