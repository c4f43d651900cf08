"""How a working copy ends: wiped when its device was retired or lost, locked when its time is over.

*Retired*: the working copy delivers all it has. Only when every change and every photo has its receipt
and no form is unfinished does it say so to the central store and wipe itself; else it stays whole, and
`SyncReport.kept` says why. *Lost*: the central store takes nothing any more, and the working copy wipes
itself at once with what it had not sent: whoever holds the device now is not who recorded it.

*Expired*: with a number of days at enrolment, a working copy locks itself that long after its last
contact, and opens again at the next one. What it holds stays, and may be sent.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeGuard, cast

from ..errors import Refused, StoreError, Unavailable
from ..store import Store, statement
from ..store.connection import Connection
from ..store.store import now
from ..store.wiping import why_gone, wipe
from ..text import _
from .capture import seal
from .clock import instant_of, now_ms
from .photos import photos_without_receipt
from .report import SyncReport
from .transport import Link
from .views import outbox

RETIRED, LOST = "retired", "lost"
#: Setting of a working copy: until when it may be used without contact (UTC).
EXPIRES_SETTING = "expires_at"
_CONFIRMATIONS = 3


def is_expired(store: Store) -> bool:
    """Tell whether a working copy may no longer be used before it has synchronised.

    A clock that was put back does not help: the latest stamp that this file knows counts as well.
    """
    until = store.setting(EXPIRES_SETTING)
    if until is None:
        return False
    ours = now_ms() + int(store.setting("clock_offset_ms") or 0)
    latest = max(ours, instant_of(int(store.setting("hlc") or 0)))
    return latest > _instant_of(until).timestamp() * 1000


def is_instant(value: object) -> TypeGuard[str]:
    """Tell whether a value is an instant as the central store writes it."""
    try:
        return isinstance(value, str) and _instant_of(value).tzinfo is not None
    except ValueError:
        return False


def _instant_of(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def refuse_expired(store: Store) -> None:
    """Do nothing, unless the working copy has expired.

    Raises:
        Refused: it has; the text says what to do.
    """
    if is_expired(store):
        raise Refused(
            _(
                "This working copy has been without contact for too long and is locked. Synchronise it; "
                "what was recorded in it is kept and will be sent."
            )
        )


def retire(store: Store, link: Link, report: SyncReport) -> None:
    """Wipe the working copy of a retired device if all it held is delivered; else say what is not.

    Raises:
        Unavailable: the central store did not hear that all was delivered; nothing was wiped.
        StoreError: a file cannot be deleted.
    """
    report.kept = undelivered(store)
    if report.kept:
        return
    link.ask("POST", "/v1/delivered")
    report.kept = undelivered(store)  # Somebody may have gone on working meanwhile.
    if report.kept:
        return
    wipe_store(store, RETIRED)
    report.wiped = True
    _confirm(link)


def _confirm(link: Link) -> bool:
    """Tell the central store that all is wiped; without an answer it goes on listing it as delivered."""
    for _attempt in range(_CONFIRMATIONS):
        try:
            link.ask("POST", "/v1/wiped")
        except Unavailable:
            continue
        except Refused:  # An earlier confirmation arrived and its answer was lost: the token is dead.
            return True
        else:
            return True
    return False


def undelivered(store: Store) -> list[str]:
    """Return, in sentences, what of this working copy is nowhere else; empty where all is delivered."""
    with store.transaction(capture=False):
        seal(store)
        items = outbox(store)
        refused = sum(item.state == "refused" for item in items)
        waiting = len(items) - refused
        drafts = len(store.drafts())
        photos = sum(map(store.photos.has, photos_without_receipt(store)))
        others = store.connection.execute(statement("count_waiting")).fetchone()[0]
        is_offering = store.setting("offer_all_until") is not None
    counted = (
        (waiting + is_offering, _("{n} changes have no receipt yet; synchronise again.")),
        (refused, _("{n} changes were refused and are only here; ask an administrator what to do.")),
        (drafts, _("{n} forms are unfinished; finish or discard them, and synchronise again.")),
        (others, _("{n} changes of others are only here and wait for their authors to synchronise.")),
        (photos, _("{n} photos are not delivered yet; synchronise again.")),
    )
    return [text.format(n=number) for number, text in counted if number]


def wipe_store(store: Store, why: str) -> None:
    """Close and wipe a working copy; whoever uses `store` afterwards is told that it is gone.

    Raises:
        StoreError: it is a central store, or a file cannot be deleted.
    """
    if store.setting("hub_url") is None:
        raise StoreError(_("{file} is no working copy of a central store.").format(file=store.path))
    device_id = store.device_id
    store.close()
    try:
        wipe(store.path, why, device_id, now())
    except StoreError as error:
        store.connection = cast(Connection, _Gone(str(error)))
        raise
    store.connection = cast(Connection, _Gone(why_gone(store.path) or ""))


class _Gone:
    """Stands where the connection of a wiped working copy was: whatever is asked, it says why."""

    def __init__(self, text: str) -> None:
        self._text = text

    def close(self) -> None:
        """Nothing is open."""

    def __getattr__(self, name: str) -> object:
        raise StoreError(self._text)
