"""Sync that loses nothing: everything people record is an immutable change, and merge is set union.

`seal` turns captured edits into changes; `sync` sends and fetches; the merge makes the rows a pure
function of the set of changes. Conflicts are data, and nothing depends on who synchronises first.
"""

from .bundle import BundleReport, bundle_in, bundle_out
from .capture import seal
from .changes import EXISTS, Change, change_from_wire
from .ending import is_expired, refuse_expired
from .erasure import erase
from .findings import Finding, findings
from .folding import fold, set_retention
from .merge import Head, Merge
from .originals import (
    keep_original,
    original_of,
    original_policy,
    purge_originals,
    purge_photos,
    set_original_policy,
)
from .replica import create_replica, join, token_of, transport_of
from .report import SyncReport
from .session import sync
from .state import dump, dump_hash
from .transport import RequestsTransport, Response, Transport
from .views import (
    Conflict,
    HistoryItem,
    OutboxItem,
    ahead,
    choose,
    conflicts,
    history,
    outbox,
    resolve,
    state_at,
    waiting,
)

__all__ = [
    "EXISTS",
    "BundleReport",
    "Change",
    "Conflict",
    "Finding",
    "Head",
    "HistoryItem",
    "Merge",
    "OutboxItem",
    "RequestsTransport",
    "Response",
    "SyncReport",
    "Transport",
    "ahead",
    "bundle_in",
    "bundle_out",
    "change_from_wire",
    "choose",
    "conflicts",
    "create_replica",
    "dump",
    "dump_hash",
    "erase",
    "findings",
    "fold",
    "history",
    "is_expired",
    "join",
    "keep_original",
    "original_of",
    "original_policy",
    "outbox",
    "purge_originals",
    "purge_photos",
    "refuse_expired",
    "resolve",
    "seal",
    "set_original_policy",
    "set_retention",
    "state_at",
    "sync",
    "token_of",
    "transport_of",
    "waiting",
]
