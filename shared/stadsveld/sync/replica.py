"""Working copies: made at a central store, or a store of one's own that joins one."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import BadInput, Refused, StoreError
from ..model import ENTITIES, new_id
from ..store import Store, statement, wiping
from ..store.store import Bbox
from ..text import _
from .capture import seal
from .ending import EXPIRES_SETTING
from .transport import Link, RequestsTransport, Transport
from .views import outbox

KeepToken = Callable[[str], None]
#: Setting of a working copy that was told that a copy of it speaks too.
COPIED_SETTING = "copied"
_BESIDE_SETTING = "beside"
#: Setting of a working copy: id of its central store, which stays when that is restored.
STORE_SETTING = "hub_store_id"


def create_replica(
    path: str | Path,
    transport: Transport,
    code: str,
    name: str,
    *,
    bbox: Bbox | None = None,
    kinds: Sequence[str] | None = None,
    keep_token: KeepToken | None = None,
) -> Store:
    """Enrol this device with a one-time code and return its new, still empty working copy.

    Works without SpatiaLite: the central store hands out the empty file. Fill it with `sync`.

    Args:
        path: the file to make.
        transport: the way to the central store.
        code: one-time code that an administrator gave.
        name: what people call this device.
        bbox: wish for objects in this area only (EPSG:28992); all that the role may read when None.
        kinds: wish for these entities only.
        keep_token: keeps the token of this device in a safe place; without it, it is kept in the
            file `<path>.token` that only the owner may read.

    Raises:
        StoreError: the file exists or cannot be written.
        Refused: the code is wrong, used or expired.
        Unavailable: no answer; the same call may succeed later with the same code.
    """
    path = Path(path)
    if path.exists():
        raise StoreError(_("{file} exists already; open it, or choose another name.").format(file=path))
    if not path.parent.is_dir():
        raise StoreError(_("The folder {folder} does not exist.").format(folder=path.parent))
    wiping.forget(path)
    token = _token_for(path, keep_token)
    wishes = {"bbox": None if bbox is None else list(bbox), "kinds": _known_kinds(kinds)}
    enrolled = _enrol(path, transport, {"code": code, "name": name, "token": token, **wishes})
    empty = Link(transport, token).fetch("/v1/replica")
    if empty is None:
        raise BadInput(_("The central store hands out no working copies; it may be too old."))
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(empty)
        with Store.open(part) as store:
            _remember(store, transport, enrolled)
        part.replace(path)
    except OSError as error:
        raise StoreError(
            _("{file} cannot be written: {error}").format(file=path, error=error.strerror)
        ) from error
    finally:
        part.unlink(missing_ok=True)
    _deliver(token, path, keep_token)
    return Store.open(path)


def join(
    store: Store,
    transport: Transport,
    code: str,
    name: str,
    *,
    keep_token: KeepToken | None = None,
    may_move: bool = False,
) -> None:
    """Make a store of one's own a working copy of a central store; the first `sync` sends all it has.

    A working copy of which another copy speaks too (`SyncReport.copied`) may join anew, once it has sent
    all it has: with the new code it gets an identity of its own and goes on from there.

    A working copy that the central store has forgotten (it was restored from an older backup), or whose
    token was lost, joins again: under its own id where nobody has that, else under a new one. All it
    holds stays, and the next `sync` sends what is not confirmed.

    Args:
        store: the file.
        transport: the way to the central store.
        code: one-time code that an administrator gave.
        name: what people call this device.
        keep_token: as in `create_replica`.
        may_move: a working copy may leave its central store for another one, with all it holds.

    Raises:
        StoreError: the file is a working copy that its central store knows, one of another central
            store, a copy with unsent changes, or a central store itself.
        Refused: the code is wrong, used or expired.
        Lost: the device was reported lost.
        Unavailable: no answer; the same call may succeed later with the same code.
    """
    if store.setting("hub_url") is not None:
        if store.setting(COPIED_SETTING) is not None:
            _join_anew(store, transport, code, name, keep_token)
        elif _is_known(store, transport):
            raise StoreError(_("{file} is a working copy already.").format(file=store.path))
        else:
            _join_again(store, transport, code, name, keep_token, may_move=may_move)
        return
    if store.setting("epoch") is not None:
        raise StoreError(_("{file} is a central store; it cannot join another one.").format(file=store.path))
    token = _token_for(store.path, keep_token)
    wishes = {"device_id": store.device_id}
    enrolled = _enrol(store.path, transport, {"code": code, "name": name, "token": token, **wishes})
    _remember(store, transport, enrolled)
    _deliver(token, store.path, keep_token)


def _join_anew(
    store: Store, transport: Transport, code: str, name: str, keep_token: KeepToken | None
) -> None:
    """Give a copied working copy an identity of its own; identity and token change in one transaction."""
    with store.transaction(capture=False):
        seal(store)
        waiting = [item for item in outbox(store) if item.state != "refused"]
    if waiting:
        raise StoreError(
            _("{file} has unsent changes; synchronise it, then let it join anew.").format(file=store.path)
        )
    aside = store.path.with_name(f"{store.path.name}.{new_id()}")
    token = _token_for(aside, keep_token)
    enrolled = _enrol(aside, transport, {"code": code, "name": name, "token": token})
    with store.transaction():
        _begin_again(store, transport, enrolled, aside.name if keep_token is None else None)
    _deliver(token, store.path, keep_token)


def _is_known(store: Store, transport: Transport) -> bool:
    """Tell whether the central store knows the token of this device; asks for a photo that cannot be."""
    try:
        Link(transport, token_of(store)).fetch(f"/v1/photos/{'0' * 64}")
    except Refused:
        return False
    return True


def _join_again(
    store: Store, transport: Transport, code: str, name: str, keep_token: KeepToken | None, *, may_move: bool
) -> None:
    """Enrol a working copy that is not known any more; identity and token change in one transaction."""
    with store.transaction(capture=False):
        seal(store)
    # By the code: asking again with it after a lost answer finds the same token.
    aside = store.path.with_name(f"{store.path.name}.{hashlib.sha256(code.encode()).hexdigest()[:16]}")
    token, old_token = _token_for(aside, keep_token), _token_path(_beside(store))
    wishes = {"device_id": store.device_id, "or_new": True}
    enrolled = _enrol(aside, transport, {"code": code, "name": name, "token": token, **wishes})
    known = store.setting(STORE_SETTING)
    if known not in (None, enrolled.get("store_id")) and not may_move:
        raise StoreError(
            _(
                "{file} is a working copy of another central store than this one. Check the address; if "
                "all it holds is to go to this one, join with --move."
            ).format(file=store.path)
        )
    with store.transaction():
        if enrolled["device_id"] != store.device_id:
            last = store.connection.execute(statement("last_change")).fetchone()[0]
            store.set_setting("offer_all_until", str(last))
        _begin_again(store, transport, enrolled, aside.name if keep_token is None else None)
    if keep_token is None:
        old_token.unlink(missing_ok=True)
    _deliver(token, store.path, keep_token)


def _begin_again(store: Store, transport: Transport, enrolled: dict[str, Any], beside: str | None) -> None:
    _remember(store, transport, enrolled)
    store.set_setting("cursor", "0")
    store.set_setting(_BESIDE_SETTING, beside)
    for key in (COPIED_SETTING, "ticket", "visit"):
        store.set_setting(key, None)


def token_of(store: Store) -> str | None:
    """Return the token of this device from the file beside the working copy, or None."""
    path = _token_path(_beside(store))
    return path.read_text(encoding="ascii").strip() if path.is_file() else None


def _beside(store: Store) -> Path:
    """Return the name that the token of this device is kept beside."""
    return store.path.with_name(store.setting(_BESIDE_SETTING) or store.path.name)


def transport_of(store: Store, timeout: float = 60.0) -> RequestsTransport:
    """Return a transport to the central store of a working copy.

    Raises:
        StoreError: the file is no working copy.
    """
    url = store.setting("hub_url")
    if url is None:
        raise StoreError(_("{file} is no working copy of a central store.").format(file=store.path))
    return RequestsTransport(url, token_of(store), timeout)


def _enrol(path: Path, transport: Transport, wish: dict[str, Any]) -> dict[str, Any]:
    try:
        return Link(transport, None).ask("POST", "/v1/enrol", wish)
    except Refused:
        _token_path(path).unlink(missing_ok=True)
        raise


def _remember(store: Store, transport: Transport, enrolled: dict[str, Any]) -> None:
    with store.transaction():
        store.set_setting("device_id", str(enrolled["device_id"]))
        store.set_setting("role", str(enrolled["role"]))
        store.set_setting(STORE_SETTING, enrolled.get("store_id"))
        store.set_setting(EXPIRES_SETTING, enrolled.get("expires_at"))
        store.set_setting("hub_url", str(getattr(transport, "url", "") or enrolled.get("url") or ""))


def _known_kinds(kinds: Sequence[str] | None) -> list[str] | None:
    unknown = [kind for kind in kinds or () if kind not in ENTITIES]
    if unknown:
        raise BadInput(_("“{kind}” is no kind of object.").format(kind=unknown[0]))
    return None if kinds is None else list(kinds)


def _token_path(path: Path) -> Path:
    return path.with_name(path.name + ".token")


def _token_for(path: Path, keep_token: KeepToken | None) -> str:
    """Return the token to enrol with: made here, so that asking again after a lost answer is safe."""
    kept = _token_path(path)
    if keep_token is None and kept.is_file():
        return kept.read_text(encoding="ascii").strip()
    token = secrets.token_urlsafe(32)
    if keep_token is None:
        try:
            descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise StoreError(
                _("{file} cannot be written: {error}").format(file=kept, error=error.strerror)
            ) from error
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(token)
    return token


def _deliver(token: str, path: Path, keep_token: KeepToken | None) -> None:
    if keep_token is not None:
        keep_token(token)
