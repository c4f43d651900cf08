"""Sync that loses nothing: everything people record is an immutable change, and merge is set union.

`seal` turns captured edits into changes; `sync` sends and fetches; the merge makes the rows a pure
function of the set of changes. Conflicts are data, and nothing depends on who synchronises first.
"""

from .capture import seal
from .changes import EXISTS, Change, change_from_wire
from .merge import Head, Merge
from .replica import create_replica, join, token_of, transport_of
from .report import SyncReport
from .session import sync
from .state import dump, dump_hash
from .transport import RequestsTransport, Response, Transport
from .views import Conflict, HistoryItem, OutboxItem, conflicts, history, outbox, resolve

__all__ = [
    "EXISTS",
    "Change",
    "Conflict",
    "Head",
    "HistoryItem",
    "Merge",
    "OutboxItem",
    "RequestsTransport",
    "Response",
    "SyncReport",
    "Transport",
    "change_from_wire",
    "conflicts",
    "create_replica",
    "dump",
    "dump_hash",
    "history",
    "join",
    "outbox",
    "resolve",
    "seal",
    "sync",
    "token_of",
    "transport_of",
]
