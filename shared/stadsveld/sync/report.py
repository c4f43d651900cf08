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
        waiting: changes of others that a restored central store has forgotten and takes from their
            authors only: they stay here as they are, and are offered again.
        pulled: changes and register rows that were new here.
        left: things that are no longer here, because they left the area or what the role may read; they
            come back whole when they enter again.
        conflicts: fields in conflict in this working copy now.
        rows_sent: register rows sent.
        photos_sent: photos delivered and verified.
        photos_unsent: photos that the network did not carry this time; synchronise again.
        photos_received: photos fetched and verified.
        photos_waiting: photos whose file is not to be had yet.
        ended: `retired` or `lost` where an administrator ended this device.
        wiped: this working copy was wiped and is closed; make a new one. Of a lost device also what
            had not been sent.
        kept: why a retired device was not wiped: what it still holds and nobody else has.
        copied: another copy of this file speaks too: one of the two is to join anew, after sending.
    """

    pushed: int = 0
    accepted: int = 0
    duplicate: int = 0
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    waiting: int = 0
    pulled: int = 0
    left: int = 0
    conflicts: int = 0
    rows_sent: int = 0
    photos_sent: int = 0
    photos_unsent: int = 0
    photos_received: int = 0
    photos_waiting: int = 0
    ended: str | None = None
    wiped: bool = False
    kept: list[str] = field(default_factory=list)
    copied: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return asdict(self)
