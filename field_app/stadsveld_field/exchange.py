"""Sending and receiving: the app's side of `stadsveld.sync`, in words of the screen."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from stadsveld import sync
from stadsveld.errors import BadInput
from stadsveld.jobs import Progress
from stadsveld.store import Store
from stadsveld.store.store import now
from stadsveld.text import _
from stadsveld.work.derive import derive

from .records import LAST_SYNC, Outcome, Unsent


class Exchange:
    """Talks to the central store through `stadsveld.sync`."""

    def enrol(self, path: Path, address: str, code: str, name: str) -> None:
        """Fetch a working copy with a one-time code and fill it.

        Raises:
            Unavailable: no network, or no answer in time; the same code may be used again.
            Refused: the code is unknown, used or too old.
            StoreError: the file cannot be made.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sync.create_replica(path, sync.RequestsTransport(address), code, name)) as store:
            sync.sync(store, sync.transport_of(store))
            derive(store)

    def seal(self, store: Store) -> None:
        """Make what was just written ready to be sent."""
        sync.seal(store)

    def unsent(self, store: Store) -> list[Unsent]:
        """Return what is not yet at the central store, the oldest first."""
        return [
            Unsent(item.entity, item.entity_id, item.state == "refused", item.reason or "")
            for item in sync.outbox(store)
        ]

    def run(self, path: Path, progress: Progress) -> Outcome:
        """Send and receive everything, on a connection of its own.

        Raises:
            Unavailable: no network, or no answer in time; what was sent stays sent.
            Refused: the central store does not know this device any more.
            Cancelled: the user stopped it.
        """
        with Store.open(path, spatialite=False) as store:
            if store.setting("hub_url") is None:
                raise BadInput(_("This working copy does not belong to a central store yet."))
            before = {item.change_id: item for item in sync.outbox(store)}
            report = sync.sync(store, sync.transport_of(store), progress)
            derive(store)
            with store.transaction():
                store.set_setting(LAST_SYNC, now())
            left = {item.change_id for item in sync.outbox(store)}
            return Outcome(
                sent=[(item.entity, item.entity_id) for key, item in before.items() if key not in left],
                received=report.pulled,
                photos_sent=report.photos_sent,
                photos_received=report.photos_received,
                conflicts=report.conflicts,
                refused=[one for one in self.unsent(store) if one.is_refused],
            )
