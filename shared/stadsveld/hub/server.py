"""Runs the service: on a port of this computer, until it is told to stop, finishing what it began."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from types import FrameType, TracebackType

import uvicorn

from ..errors import BadInput, Refused, StoreError
from ..text import _
from .app import make_app
from .central import Central
from .certificate import refuse_unusable
from .copying import keep_before_migration
from .locking import ServiceLock
from .patience import PatientProtocol

_GRACE = 15
_BACKLOG = 256
_STARTING = 30.0


class _Announcing(uvicorn.Server):
    """A server that says when it accepts connections."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets=sockets)
        if self.started:
            self._on_ready()


class RunningHub:
    """The service over one store, for the command, for tests, and beside QGIS on one computer.

    Args:
        path: a central store (`prepare`).
        host: address to listen on; others than this computer's own need TLS.
        port: 0 for any free port.
        certificate: PEM file of the TLS certificate, with `key` its private key.
        key: PEM file of the private key.
        insecure: allow other computers without TLS.
        public_api: let everyone read rows of open datasets by OGC API – Features, without a token.

    Raises:
        StoreError: the store cannot be opened, a service runs over it already, or the port is taken.
        BadInput: the certificate or its key cannot be used.
        Refused: other computers could reach it without TLS.
    """

    def __init__(
        self,
        path: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        certificate: Path | None = None,
        key: Path | None = None,
        insecure: bool = False,
        public_api: bool = False,
    ) -> None:
        if certificate is None and not insecure and not is_loopback(host):
            raise Refused(
                _(
                    "Other computers would send tokens and data unencrypted over the network. Give a "
                    "certificate and its key, or say --insecure where a proxy takes care of TLS."
                )
            )
        if certificate is not None:
            refuse_unusable(certificate, key)
        elif key is not None:
            raise BadInput(_("Give the certificate that belongs to the key."), file=key)
        with ExitStack() as begun:
            self._socket = begun.enter_context(_bound(host, port))
            self._lock = begun.enter_context(ServiceLock(path))
            keep_before_migration(path)
            self._central = begun.enter_context(closing(Central(path)))
            begun.pop_all()
        shown = f"[{host}]" if ":" in host else host
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://{shown}:{self._socket.getsockname()[1]}"
        self._ready = threading.Event()
        config = uvicorn.Config(
            make_app(self._central, public_api=public_api),
            http=PatientProtocol,
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
            ssl_certfile=None if certificate is None else str(certificate),
            ssl_keyfile=None if key is None else str(key),
        )
        self._server = _Announcing(config, self._ready.set)
        self._thread: threading.Thread | None = None

    def run(self, on_ready: Callable[[str], None]) -> None:
        """Serve until SIGTERM or SIGINT; call `on_ready` with the address once it accepts."""
        self._server._on_ready = lambda: on_ready(self.url)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_at_signal)
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._close()

    def start(self) -> str:
        """Serve in a thread of this process; return the address once it accepts."""
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        if not self._ready.wait(_STARTING):
            self.stop()
            raise StoreError(_("The central store did not start."))
        return self.url

    def stop(self) -> None:
        """Finish what is running, then stop."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_GRACE * 2)
            self._thread = None
        self._close()

    def _close(self) -> None:
        self._socket.close()
        try:
            self._central.close()
        finally:
            self._lock.release()

    def __enter__(self) -> RunningHub:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _stop_at_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._server.should_exit = True


def is_loopback(host: str) -> bool:
    """Tell whether an address is of this computer alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        StoreError: the port is taken, or the address is not of this computer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, answers leave at once (TCP_NODELAY): else each waits 40 ms for a confirmation.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # Elsewhere this would share the port with another program.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        made.close()
        message = _("Port {port} of {host} cannot be used: {error}")
        reason = getattr(error, "strerror", None) or error
        raise StoreError(message.format(port=port, host=host, error=reason)) from error
    return made
