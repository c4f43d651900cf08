"""Noticing that a working copy was copied and both copies speak.

At each greeting the central store hands out a new ticket and expects it at the next one. The device
sends it with the mark of this *visit*, a random text that it keeps durably before it asks and uses
again until it has an answer. So:

- the expected ticket: the next one is handed out;
- the ticket before it with the same visit: the answer got lost; the same ticket is handed out again;
- anything else: this file is a branch of its own, a copy or one that was put back from a backup of
  the device. The branch that was followed so far is put aside, and this one is followed. Only when a
  branch that was put aside speaks again do two files speak: then the device counts as copied.

Nothing is refused or lost on that account: ids of changes are random, merge is set union, and both
files keep sending and fetching under the same identity. Each is told, at its greetings, that it is
one of two; a person decides which one joins anew with a code of its own (`replica join`) and so gets
an identity of its own, after everything it held was sent. An epoch that is not known to the device
(the central store was restored) begins anew.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

#: Branches that are remembered.
_MOST_BRANCHES = 8
_LONGEST = 100
SAME, SPLIT, COPIED = "same", "split", "copied"


@dataclass(frozen=True)
class Greeting:
    """What came of a greeting.

    Attributes:
        ticket: to be handed out.
        found: SAME where the file goes on as expected, SPLIT where it is a branch that was not heard
            before, COPIED where a branch that was put aside speaks again.
        state: to be kept for the device, JSON.
    """

    ticket: str
    found: str
    state: str


def greet(state: str | None, ticket: str, visit: str, *, anew: bool = False) -> Greeting:
    """Follow one greeting of a device.

    Args:
        state: what `Greeting.state` said last, or None.
        ticket: the ticket that the device sent; empty where it has none.
        visit: mark of the device's visit.
        anew: the device does not know this epoch yet; whatever it sends is right.
    """
    ticket, visit = ticket[:_LONGEST], visit[:_LONGEST]
    known: dict[str, Any] = json.loads(state) if state else {}
    branch, aside = known.get("branch"), known.get("aside", [])
    if branch is None or anew:
        return _next(ticket, visit, [], SAME)
    if _same(ticket, branch["next"]):
        return _next(ticket, visit, aside, SAME)
    if _is_again(branch, ticket, visit):
        return Greeting(branch["next"], SAME, json.dumps(known))
    back = [other for other in aside if _same(ticket, other["next"]) or _is_again(other, ticket, visit)]
    aside = [other for other in aside if other not in back]
    aside = [*aside, branch][-_MOST_BRANCHES:]
    return _next(ticket, visit, aside, COPIED if back else SPLIT)


def _is_again(branch: dict[str, str], ticket: str, visit: str) -> bool:
    """Whether this is a visit whose answer got lost."""
    return _same(ticket, branch["last"]) and _same(visit, branch["visit"])


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _next(ticket: str, visit: str, aside: list[dict[str, str]], found: str) -> Greeting:
    following = secrets.token_urlsafe(16)
    branch = {"last": ticket, "visit": visit, "next": following}
    return Greeting(following, found, json.dumps({"branch": branch, "aside": aside}))
