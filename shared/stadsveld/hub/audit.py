"""The audit log: who did what, on what, when, from where and with what result, in a chain of hashes.

Each line is canonical JSON and carries a number without gaps; its hash is SHA-256 over the hash of the
line before, a newline, and the line. Whoever alters, removes or inserts a line breaks the chain from
there on; who cuts off its end is found by the *head* (number and hash of the last line) that an
administrator kept elsewhere.

A line is written in the transaction of the action it tells of: it is there exactly when the action
is, whenever the process is killed. Reading is different: a line for each request would make every
question a write, so `Tally` counts what each device fetched and writes one line per device each
quarter of an hour, and at the end of the service. A kill loses the counts of that quarter; the log on
standard error has every request.

Values never enter a line. Of the changes of a push a line holds one digest over their salted digests,
which are kept beside it with their salts. Folding and erasing drop the salt with the value: from then
on nobody can test a guess of what was erased, and the chain still verifies. For the same reason, and
because a line can never be removed, a line has no address but the network it came from (`network_of`),
no names of people, and no token.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ..errors import BadInput
from ..store import Store, statement
from ..store.store import now
from ..sync.changes import ERASES, canonical_json
from ..text import _

#: Hash before the first line.
GENESIS = "0" * 64
#: Where the present action comes from: `command` on this computer, or a network.
ORIGIN: ContextVar[str] = ContextVar("origin", default="command")
_SALT_BYTES = 16
#: Seconds over which reading is counted before it becomes a line, and the most counters kept till then.
_TALLY_SECONDS = 900.0
_MOST_COUNTERS = 10_000
_CONTENT = ("change_id", "entity", "entity_id", "actor", "device", "hlc", "schema", "names", "fields")


@dataclass(frozen=True)
class Verdict:
    """What verification found.

    Attributes:
        lines: lines that are whole, from the first.
        head: `NUMBER:HASH` of the last whole line; keep it elsewhere to notice a log that was cut off.
        changes: digests that were compared with the changes in the store.
        erased: digests whose salt went with the values that were erased or folded.
        broken: number of the first line that is not whole, or None.
        reason: what is wrong with it, or None.
    """

    lines: int
    head: str
    changes: int = 0
    erased: int = 0
    broken: int | None = None
    reason: str | None = None


def record(
    store: Store,
    what: str,
    *,
    who: str = "command",
    role: str | None = None,
    result: str = "done",
    **facts: Any,
) -> int:
    """Add a line, in the transaction of the caller or one of its own; return its number.

    Args:
        store: the central store.
        what: the action.
        who: id of the device or client, `command` for the commands on this computer.
        role: role of the device.
        result: what came of it.
        facts: what else is to be known: ids and numbers, never values, names of people, or secrets.
    """
    with store.transaction(capture=False):
        head = store.connection.execute(statement("audit_head")).fetchone()
        seq, before = (head["seq"] + 1, head["hash"]) if head else (1, GENESIS)
        told = {"n": seq, "at": now(), "who": who, "role": role, "what": what, "from": ORIGIN.get()}
        line = canonical_json({**told, "result": result, **facts})
        store.connection.execute(statement("audit_add"), (seq, line, _chained(before, line)))
    return int(seq)


def record_push(store: Store, who: str, role: str, answers: Iterable[dict[str, Any]]) -> None:
    """Add the line of a push, with the digest of what was accepted; inside the transaction that took it."""
    statuses: Counter[str] = Counter()
    accepted = []
    for answer in answers:
        statuses[answer["status"]] += 1
        if answer["status"] == "accepted":
            accepted.append(answer["change_id"])
    if not statuses:
        return
    head = store.connection.execute(statement("audit_head")).fetchone()
    seq = head["seq"] + 1 if head else 1
    facts = _keep_digests(store, seq, accepted) if accepted else {}
    counts = dict(sorted(statuses.items()))
    record(store, "push", who=who, role=role, changes=counts, **facts)


def _keep_digests(store: Store, seq: int, change_ids: Iterable[str]) -> dict[str, Any]:
    """Keep the salted digests of changes beside line `seq`; return the one over them, and what is erased."""
    over, kept, erased = hashlib.sha256(), [], []
    for content in store.connection.execute(statement("audit_content"), (json.dumps(list(change_ids)),)):
        salt = secrets.token_bytes(_SALT_BYTES)
        digest = _digest(salt, content)
        kept.append((content["change_id"], seq, salt, digest))
        over.update(digest)
        if f'"{ERASES}"' in content["names"]:
            erased.append(f"{content['entity']} {content['entity_id']}")
    store.connection.executemany(statement("audit_add_change"), kept)
    facts: dict[str, Any] = {"digest": over.hexdigest()}
    return {**facts, "erases": sorted(set(erased))} if erased else facts


def _digest(salt: bytes, content: Any) -> bytes:
    """Return the salted digest of a change as it is stored."""
    values = json.dumps([content[name] for name in _CONTENT], ensure_ascii=False)
    return hashlib.sha256(salt + values.encode()).digest()


def _chained(before: str, line: str) -> str:
    return hashlib.sha256(f"{before}\n{line}".encode("utf-8", "surrogatepass")).hexdigest()


def lines(store: Store, since: str = "") -> Iterator[dict[str, Any]]:
    """Yield the lines, each with its `hash`, from the instant `since` on (ISO 8601, UTC, `Z`).

    Raises:
        BadInput: a line cannot be read; `verify` says which.
    """
    for row in store.connection.execute(statement("audit_lines")):
        try:
            line = json.loads(row["line"])
            is_wanted = line["at"] >= since
        except (ValueError, TypeError, KeyError) as error:
            reason = _("Line {n} of the audit log was altered.").format(n=row["seq"])
            raise BadInput(reason) from error
        if is_wanted:
            yield {**line, "hash": row["hash"]}


def head_of(store: Store) -> str:
    """Return `NUMBER:HASH` of the last line."""
    head = store.connection.execute(statement("audit_head")).fetchone()
    return f"{head['seq']}:{head['hash']}" if head else f"0:{GENESIS}"


def verify(store: Store, kept_head: str | None = None) -> Verdict:
    """Verify the chain, and the digests beside it against the changes in the store.

    Args:
        store: the central store; others may be writing.
        kept_head: a head that was kept elsewhere; the chain must contain it.

    Raises:
        BadInput: `kept_head` is none.
    """
    kept = _head_from(kept_head)
    before, number, digests = GENESIS, 0, {}
    for row in store.connection.execute(statement("audit_lines")):
        reason = _wrong_line(row, number + 1, before)
        if reason is not None:
            return Verdict(number, f"{number}:{before}", broken=number + 1, reason=reason)
        number, before = row["seq"], row["hash"]
        found = json.loads(row["line"]).get("digest")
        if found is not None:
            digests[number] = found
    head = f"{number}:{before}"
    if kept is not None and not _contains(store, *kept):
        reason = _(
            "The log does not contain the line that was kept: its end was cut off or rewritten, or the "
            "store was restored from an older backup."
        )
        return Verdict(number, head, broken=kept[0], reason=reason)
    return _verified_changes(store, digests, number, head)


def _wrong_line(row: Any, expected: int, before: str) -> str | None:
    """Return what is wrong with a line, or None."""
    if row["seq"] != expected:
        return _("A line is missing.")
    is_chained = hmac.compare_digest(_chained(before, str(row["line"])), str(row["hash"]))
    if is_chained and str(row["line"]).startswith("{") and json.loads(row["line"]).get("n") == expected:
        return None
    return _("The line does not fit its hash and the line before it: it was altered.")


def _verified_changes(store: Store, digests: dict[int, str], last: int, head: str) -> Verdict:
    """Compare the digests of every line with those kept beside it, and those with the changes."""
    compared = erased = 0
    rows = store.connection.execute(statement("audit_changes"), (last,))
    for seq, beside in groupby(rows, key=lambda row: int(row["seq"])):
        over = hashlib.sha256()
        for row in beside:
            over.update(row["digest"])
            reason = _wrong_change(row)
            if reason is not None:
                return Verdict(last, head, compared, erased, seq, reason)
            erased += row["salt"] is None
            compared += row["salt"] is not None
        if digests.pop(seq, None) != over.hexdigest():
            reason = _("The digests kept beside the line are not those that it tells of.")
            return Verdict(last, head, compared, erased, seq, reason)
    if digests:
        reason = _("The digests kept beside the line are not those that it tells of.")
        return Verdict(last, head, compared, erased, min(digests), reason)
    return Verdict(last, head, compared, erased)


def _wrong_change(row: Any) -> str | None:
    """Return what is wrong with the change behind a digest, or None."""
    if row["change_id"] is None:
        return _("Change {id} is gone from the store.").format(id=row["id"])
    if row["salt"] is not None:
        is_same = hmac.compare_digest(_digest(row["salt"], row), row["digest"])
        return None if is_same else _("Change {id} was altered in the store.").format(id=row["id"])
    held = set(json.loads(row["fields"] or "{}"))
    has_lost = bool(set(json.loads(row["names"])) - held)
    return None if has_lost else _("Change {id} was altered in the store.").format(id=row["id"])


def _head_from(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    number, _colon, found = text.strip().partition(":")
    if not number.isdecimal() or len(number) > 18 or len(found) != len(GENESIS):
        raise BadInput(_("A head is written NUMBER:HASH, as “stadsveld hub audit --verify” prints it."))
    return int(number), found.lower()


def _contains(store: Store, number: int, found: str) -> bool:
    row = store.connection.execute(statement("audit_line"), (number,)).fetchone()
    return found == GENESIS if number == 0 else row is not None and row["hash"] == found


def network_of(host: str | None) -> str:
    """Return the network of an address: enough to see where a request came from, not who sent it.

    IPv4 is cut to 24 bits, IPv6 to 48; `local` is this computer, `unknown` what is no address.
    """
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return "unknown"
    if address.is_loopback:
        return "local"
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


class Tally:
    """Counts what needs no line of its own, until a line is due. Safe from any thread.

    Args:
        seconds: how long to count before a line is due.
    """

    def __init__(self, seconds: float = _TALLY_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str | None, str], Counter[str]] = {}
        self._since = time.monotonic()

    def note(self, who: str, role: str | None, what: str) -> bool:
        """Count an action; return whether lines are due now."""
        with self._lock:
            key = (who, role, ORIGIN.get())
            if key not in self._counts and len(self._counts) >= _MOST_COUNTERS:
                key = ("others", None, "unknown")
            self._counts.setdefault(key, Counter())[what] += 1
            return time.monotonic() - self._since >= self._seconds

    def write(self, store: Store) -> None:
        """Write a line for each device that was counted, in one transaction, and begin anew."""
        with self._lock:
            counts, self._counts = self._counts, {}
            self._since = time.monotonic()
        if not counts:
            return
        try:
            with store.transaction(capture=False):
                for key, found in counts.items():
                    _record_counts(store, *key, found)
        except BaseException:
            self._put_back(counts)
            raise

    def _put_back(self, counts: dict[tuple[str, str | None, str], Counter[str]]) -> None:
        with self._lock:
            for key, found in counts.items():
                self._counts.setdefault(key, Counter()).update(found)


def _record_counts(store: Store, who: str, role: str | None, origin: str, found: Counter[str]) -> None:
    token = ORIGIN.set(origin)
    try:
        record(store, "requests", who=who, role=role, counts=dict(sorted(found.items())))
    finally:
        ORIGIN.reset(token)
