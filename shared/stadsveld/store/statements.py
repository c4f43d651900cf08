"""The SQL of the store: named statements from the files in `sql/`.

Identifiers cannot be bound as parameters, so a statement may hold `$words` for them. Whatever is
put in their place is checked to be a plain lower-case name; values are always bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).with_name("sql")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")

#: GLOB pattern of a canonical RFC 9562 UUID.
UUID_GLOB = "-".join("[0-9a-f]" * n for n in (8, 4)) + "-[1-8]" + "[0-9a-f]" * 3 + "-[89ab]" + "[0-9a-f]" * 3
UUID_GLOB += "-" + "[0-9a-f]" * 12


@lru_cache(maxsize=1)
def _templates() -> dict[str, Template]:
    found: dict[str, Template] = {}
    for file in sorted(_FOLDER.glob("*.sql")):
        blocks = re.split(r"^-- :name (\w+)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name, body in zip(blocks[1::2], blocks[2::2], strict=True):
            if name in found:
                raise ValueError(f"two statements are called {name}")
            found[name] = Template(_without_comments(body))
    return found


def _without_comments(body: str) -> str:
    return "\n".join(line for line in body.splitlines() if not line.startswith("--")).strip()


def _checked(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no identifier of the store")
    return name


@lru_cache(maxsize=4096)
def statement(name: str, table: str = "", column: str = "", columns: tuple[str, ...] = ()) -> str:
    """Return the statement called `name` with its identifiers filled in.

    Args:
        name: its name in a file of `sql/`.
        table: table, also available as index name and as a literal.
        column: one column.
        columns: columns, also available as `?` marks, as assignments and as old values in a trigger.
    """
    table, column = (_checked(word) if word else "" for word in (table, column))
    names = [_checked(word) for word in columns]
    return _templates()[name].substitute(
        table=table,
        index="idx_" + table + "_geom",
        literal="'" + table + "'",
        column=column,
        column_literal="'" + column + "'",
        columns=", ".join(names),
        marks=", ".join("?" * len(names)),
        assignments=", ".join(word + " = ?" for word in names),
        old_values=", ".join("('" + table + "', OLD.id, '" + word + "', OLD." + word + ")" for word in names),
        uuid_glob="'" + UUID_GLOB + "'",
    )


def table_definition(table: str, columns: Iterable[tuple[str, str]]) -> str:
    """Return the CREATE TABLE of an entity with (name, SQL type) columns."""
    listed = ", ".join(_checked(name) + " " + kind for name, kind in columns)
    return _templates()["entity_table"].substitute(table=_checked(table), columns=listed)


def column_definition(table: str, column: str, kind: str) -> str:
    """Return the ALTER TABLE that adds a column of a SQL type to an entity."""
    return _templates()["add_column"].substitute(table=_checked(table), columns=_checked(column) + " " + kind)
