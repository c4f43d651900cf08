"""Everything that is derived from what people recorded, brought up to date in one call."""

from __future__ import annotations

from ..store import Store
from .condition import recompute
from .scores import rescore_structures


def derive(store: Store) -> int:
    """Derive conditions and scores again, of what was ever inspected; return how many rows changed.

    Raises:
        StoreError: the file cannot be written; nothing changed.
    """
    with store.transaction(capture=False):
        return recompute(store) + rescore_structures(store)
