"""Checks a whole central store, beside the service that runs over it, and says what to do about each problem.

What the merge keeps (heads, conflicts, rows) is computed anew from the changes alone, by the definition and
not by the code of the merge, and compared.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import geo
from ..errors import BadInput
from ..model import ENTITIES, is_uuid
from ..store import Store, statement
from ..store.connection import explain
from ..sync.changes import ERASES, EXISTS
from ..sync.values import column_value, comparable, is_column
from ..text import _
from . import audit
from .backup import AT_SETTING, SEQ_SETTING
from .copying import hashes_in, open_central
from .devices import LOST, RETIRED, checked_bbox
from .roles import ROLES

#: Things of which heads, conflicts and rows are computed anew where not all are.
_SAMPLE = 1000
_PIECE = 1 << 20
_MOST_LISTED = 100


@dataclass(frozen=True)
class Problem:
    """Something that is wrong with a store.

    Attributes:
        what: what is wrong, and where.
        advice: what to do.
    """

    what: str
    advice: str


@dataclass
class Checkup:
    """What was checked.

    Attributes:
        epoch: epoch of the store.
        changes: changes in it.
        things: things whose state was computed anew.
        photos: photo files that were verified.
        photos_waiting: photos that rows tell of and whose file no device has delivered yet.
        backed_up_at: when the last backup was made, or None.
        problems: what is wrong; empty where all is well.
    """

    epoch: str = ""
    changes: int = 0
    things: int = 0
    photos: int = 0
    photos_waiting: int = 0
    backed_up_at: str | None = None
    problems: list[Problem] = field(default_factory=list)


def check_up(path: Path, *, full: bool = False) -> Checkup:
    """Check a central store or a backup, as of one moment; others may be writing.

    Args:
        path: the file.
        full: compute the state of all things anew, not of a sample.

    Raises:
        StoreError: the file cannot be opened, or is no central store.
    """
    found = Checkup()
    with open_central(path, readonly=True) as store:
        store.connection.execute(statement("history_aside"))
        advice = _("Stop the service and restore the last backup: {command}")
        advice = advice.format(command=f"stadsveld hub restore {path} BACKUP")
        found.problems += [Problem(text, advice) for text in store.problems()]
        try:
            store.connection.execute("BEGIN")
            found.epoch = store.setting("epoch") or ""
            found.changes = _count(store, "count_changes")
            found.backed_up_at = store.setting(AT_SETTING)
            for part in (_settings, _log, _devices, _audit):
                found.problems += part(store)
            found.problems += _state(store, found, full=full)
            found.problems += _photos(store, found)
        except sqlite3.Error as error:
            found.problems.append(Problem(str(explain(error, path)), _("Restore the last backup.")))
    return found


def _count(store: Store, name: str) -> int:
    return int(store.connection.execute(statement(name)).fetchone()[0])


def _settings(store: Store) -> Iterator[Problem]:
    advice = _("Somebody edited the settings table by hand; restore the last backup.")
    for key in ("epoch", "device_id"):
        if not is_uuid(store.setting(key) or ""):
            yield Problem(_("The setting “{key}” is no id.").format(key=key), advice)
    if store.setting("capture") != "1":
        text = _("Edits made in the file itself are not captured.")
        yield Problem(text, advice)
    backed_up = store.setting(SEQ_SETTING) or "0"
    given = store.connection.execute(statement("last_fid"), ("stadsveld_log",)).fetchone()
    if not backed_up.isdecimal() or int(backed_up) > (given["seq"] if given else 0):
        text = _("The store says that more of its log is backed up than there is.")
        yield Problem(text, _("Make a backup now, and restore it, so that working copies deliver again."))


def _log(store: Store) -> Iterator[Problem]:
    missing = _count(store, "changes_not_logged")
    if missing:
        text = _("{n} changes are not in the log, so that nobody fetches them.").format(n=missing)
        yield Problem(text, _("Run: {command}").format(command=f"stadsveld hub init {store.path}"))
    for name, text in (
        ("logged_without_change", _("{n} places in the log tell of changes that are not there.")),
        ("heads_without_change", _("{n} values in force come from changes that are not there.")),
        ("conflicts_without_heads", _("{n} conflicts are about nothing.")),
        ("parents_without_change", _("{n} entries of ancestry belong to no change.")),
    ):
        number = _count(store, name)
        if number:
            yield Problem(text.format(n=number), _("Restore the last backup."))


def _devices(store: Store) -> Iterator[Problem]:
    advice = _("Report the device as lost and enrol it anew with a code.")
    for row in store.connection.execute(statement("all_devices")):
        wrong = _wrong_device(store, row)
        if wrong is not None:
            text = _("Device {id} ({name}): {wrong}")
            yield Problem(text.format(id=row["device_id"], name=row["name"], wrong=wrong), advice)


def _wrong_device(store: Store, row: Any) -> str | None:
    if not is_uuid(row["device_id"]) or row["device_id"] == store.device_id:
        return _("its id is none, or that of the store.")
    if row["role"] not in ROLES:
        return _("“{role}” is no role.").format(role=row["role"])
    if row["ended"] not in (None, RETIRED, LOST) or row["kind"] not in ("device", "client"):
        return _("nobody knows the way in which it ended, or its kind.")
    if row["enrolled_at"] is not None and row["token_hash"] is None and row["ended"] is None:
        return _("it is enrolled and has no token.")
    try:
        checked_bbox(None if row["bbox"] is None else json.loads(row["bbox"]))
        is_object = isinstance(json.loads(row["subscription"] or "{}"), dict)
        is_object = is_object and isinstance(json.loads(row["tickets"] or "{}"), dict)
    except (ValueError, BadInput):
        is_object = False
    return None if is_object else _("its area or its subscription cannot be read.")


def _audit(store: Store) -> Iterator[Problem]:
    verdict = audit.verify(store)
    if verdict.broken is not None:
        text = f"{_('Line {n} of the audit log:').format(n=verdict.broken)} {verdict.reason}"
        advice = _("Find out who could write to the file; compare with the audit log in an earlier backup.")
        yield Problem(text, advice)


# Heads, conflicts and rows


def _state(store: Store, found: Checkup, *, full: bool) -> Iterator[Problem]:
    execute = store.connection.execute
    edited = {(row["entity"], row["entity_id"]) for row in execute(statement("captured_things"))}
    name, values = ("things_changed", ()) if full else ("some_things_changed", (_SAMPLE,))
    listed = 0
    for entity, entity_id in execute(statement(name), values):
        found.things += 1
        thing = _Thing(store, entity, entity_id)
        wrong = list(thing.differences(has_edits=(entity, entity_id) in edited))
        listed += bool(wrong)
        if wrong and listed <= _MOST_LISTED:
            text = _("{entity} {id}: {wrong}").format(entity=entity, id=entity_id, wrong=" ".join(wrong))
            yield Problem(text, _("Restore the last backup; working copies bring what came after it."))
    if listed > _MOST_LISTED:
        text = _("{n} objects more are not what their changes say.").format(n=listed - _MOST_LISTED)
        yield Problem(text, _("Restore the last backup; working copies bring what came after it."))


class _Thing:
    """A thing as its changes alone tell it."""

    def __init__(self, store: Store, entity: str, entity_id: str) -> None:
        self._store, self._key = store, (entity, entity_id)
        self._entity = ENTITIES.get(entity)
        execute = store.connection.execute
        self._changes = {row["change_id"]: row for row in execute(statement("entity_changes"), self._key)}
        self._values = {i: json.loads(row["fields"] or "{}") for i, row in self._changes.items()}
        self._parents: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in execute(statement("entity_parents"), self._key):
            self._parents[row["change_id"], row["field"]].append(row["parent"])
        self._heads = self._computed_heads()

    def differences(self, *, has_edits: bool) -> Iterator[str]:
        """Yield in what the store differs from what the changes say."""
        kept: dict[str, set[str]] = defaultdict(set)
        for row in self._store.connection.execute(statement("heads_kept"), self._key):
            kept[row["field"]].add(row["change_id"])
        if dict(kept) != {name: set(ids) for name, ids in self._heads.items()}:
            yield _("the values in force are not those of its latest changes.")
            return
        conflicts, exists = self._conflicts()
        rows = self._store.connection.execute(statement("entity_conflicts"), self._key)
        if {row["field"] for row in rows} != conflicts:
            yield _("its conflicts are not those of its changes.")
        if self._entity is not None and not has_edits:
            yield from self._row_differences(exists)

    def _row_differences(self, exists: bool) -> Iterator[str]:
        name, row_id = self._key
        row = self._store.get(name, row_id)
        if row is None:
            if exists:
                yield _("its row is missing.")
            return
        if not exists and self._heads.keys() - {ERASES}:
            yield _("it was deleted and is there.")
            return
        for of, ids in self._heads.items():
            if is_column(name, of) and not _is_stored(name, of, self._value(ids[0], of), row[of]):
                yield _("“{field}” is not what its latest change says.").format(field=of)

    def _value(self, change_id: str, name: str) -> Any:
        return self._values[change_id].get(name)

    def _computed_heads(self) -> dict[str, list[str]]:
        """Return per field the changes in force that no other in force comes after, the shown one first."""
        heads: dict[str, list[str]] = {}
        having: dict[str, list[str]] = defaultdict(list)
        for change_id, row in self._changes.items():
            for name in json.loads(row["names"]) if row["state"] == "accepted" else ():
                having[name].append(change_id)
        for name, ids in having.items():
            above = set[str]().union(*(self._ancestors(change_id, name) for change_id in ids))
            found = [change_id for change_id in ids if change_id not in above]
            heads[name] = sorted(found, key=lambda i: (self._changes[i]["hlc"], i), reverse=True)
        return heads

    def _ancestors(self, change_id: str, name: str) -> set[str]:
        """Return what a change saw of a field, and what that saw."""
        waiting, found = list(self._parents[change_id, name]), set[str]()
        while waiting:
            parent = waiting.pop()
            if parent not in found:
                found.add(parent)
                waiting += self._parents[parent, name]
        return found

    def _conflicts(self) -> tuple[set[str], bool]:
        """Return the fields in conflict, and whether the thing exists."""
        name, conflicts = self._key[0], set[str]()
        for of, ids in self._heads.items():
            said = {comparable(name, of, self._value(change_id, of)) for change_id in ids}
            if of not in (EXISTS, ERASES) and len(said) > 1:
                conflicts.add(of)
        existence = self._heads.get(EXISTS, [])
        deletions = [i for i in existence if self._value(i, EXISTS) is False]
        if not deletions:
            return conflicts, bool(self._heads.keys() - {ERASES})
        if len(deletions) == len(existence) and any(map(self._covers_all, deletions)):
            return conflicts, False
        return conflicts | {EXISTS}, True

    def _covers_all(self, deletion: str) -> bool:
        """Tell whether a deletion saw every value in force, or what came before it."""
        return all(
            head == deletion or head in self._ancestors(deletion, of)
            for of, ids in self._heads.items()
            if of not in (EXISTS, ERASES)
            for head in ids
        )


def _is_stored(entity: str, name: str, value: Any, stored: Any) -> bool:
    """Tell whether a column (geometry as WKB) holds what a change says; types of columns turn 5 into "5"."""
    wanted = column_value(ENTITIES[entity], name, value)
    if name == "geom" and stored is not None:
        stored = geo.blob_from_wkb(stored)
    return bool(wanted == stored) or (stored is not None and str(wanted) == str(stored))


# Photos


def _photos(store: Store, found: Checkup) -> Iterator[Problem]:
    for sha256 in hashes_in(store.photos):
        digest = hashlib.sha256()
        try:
            with store.photos.path(sha256).open("rb") as file:
                while piece := file.read(_PIECE):
                    digest.update(piece)
        except FileNotFoundError:  # It was erased meanwhile.
            continue
        except OSError as error:
            text = _("Photo {sha256} cannot be read: {error}").format(sha256=sha256, error=error.strerror)
            yield Problem(text, _("Check the disk and the permissions of the folder of photos."))
            continue
        found.photos += 1
        if digest.hexdigest() != sha256:
            text = _("Photo {sha256} was altered or damaged.").format(sha256=sha256)
            advice = _("Copy it from a backup, or remove the file: a device that holds it delivers it again.")
            yield Problem(text, advice)
    for row in store.connection.execute(statement("photos_of_rows")):
        try:
            found.photos_waiting += not store.photos.has(row["sha256"])
        except BadInput:
            continue


__all__ = ["Checkup", "Problem", "check_up"]
