"""What became of records on their way to the central store, as the screens need to know it."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Setting of the working copy that keeps when it was last synced in full.
LAST_SYNC = "field_last_sync"


@dataclass(frozen=True)
class Unsent:
    """A record that is not yet at the central store.

    Attributes:
        entity: its kind.
        entity_id: its id.
        is_refused: whether it was refused; otherwise it waits.
        reason: why it was refused, or "".
    """

    entity: str
    entity_id: str
    is_refused: bool
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What happened in one sync.

    Attributes:
        sent: the records that arrived: (kind, id).
        received: number of changes that came in.
        photos_sent: number of photos that went.
        photos_received: number of photos that came.
        conflicts: number of values that somebody else changed differently.
        refused: the records that were refused.
    """

    sent: list[tuple[str, str]] = field(default_factory=list)
    received: int = 0
    photos_sent: int = 0
    photos_received: int = 0
    conflicts: int = 0
    refused: list[Unsent] = field(default_factory=list)
