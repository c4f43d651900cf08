"""What a merge is about to write: kept until somebody reads, then written together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..store import statement
from ..store.connection import Connection

HeadRow = tuple[str, str, str, str]


@dataclass
class Pending:
    """Rows of new changes, in the order in which they were added.

    Attributes:
        connection: the file.
        changes: rows of changes.
        parents: (change, field, parent).
        log: (entity, id, change) for the log of a central store.
        heads: (entity, id, field, change) that became heads.
    """

    connection: Connection
    changes: list[tuple[Any, ...]] = field(default_factory=list)
    parents: list[tuple[str, str, str]] = field(default_factory=list)
    log: list[tuple[str, str, str]] = field(default_factory=list)
    heads: dict[HeadRow, None] = field(default_factory=dict)
    _heads_gone: list[HeadRow] = field(default_factory=list)

    def drop_heads(self, heads: Iterable[HeadRow]) -> None:
        """Note heads that were superseded, whether they are written already or not."""
        for head in heads:
            if head in self.heads:
                del self.heads[head]
            else:
                self._heads_gone.append(head)

    def write(self) -> None:
        """Write everything that waits."""
        if not self.changes and not self.heads and not self.log:
            return
        many = self.connection.executemany
        many(statement("insert_change"), self.changes)
        many(statement("insert_parent"), self.parents)
        many(statement("log_change"), self.log)
        many(statement("delete_head"), self._heads_gone)
        many(statement("insert_head"), self.heads)
        for waiting in (self.changes, self.parents, self.log, self._heads_gone):
            waiting.clear()
        self.heads.clear()
