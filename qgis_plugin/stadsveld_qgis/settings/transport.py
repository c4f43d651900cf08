"""The way to the central store through QGIS's own network: proxy, certificates, authentication."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsBlockingNetworkRequest
from qgis.PyQt.QtCore import QByteArray, QUrl
from qgis.PyQt.QtNetwork import QNetworkRequest

from ..core import errors, sync
from ..text import tr

_NO_HEADERS: Mapping[str, str] = {}
_KEY = "stadsveld/device/"


class QgisTransport:
    """See `Transport` of the core. May be used on any thread; make it on the main thread.

    Args:
        url: address of the central store.
        token: token of this device, or None where each request brings it.
        auth_config: id of an authentication configuration of QGIS, for what stands in between.
        timeout: seconds without any progress after which an answer is no longer waited for.
    """

    def __init__(self, url: str, token: str | None = None, auth_config: str = "", timeout: int = 60) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._auth_config = auth_config
        self._timeout = timeout

    def use_auth_config(self, auth_config: str) -> None:
        """Use another authentication configuration from now on."""
        self._auth_config = auth_config

    def request(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS
    ) -> Any:
        """Send a request and return the answer, whatever its status; Unavailable without one."""
        sender = QgsBlockingNetworkRequest()
        if self._auth_config:
            sender.setAuthCfg(self._auth_config)
        request = self._request(path, headers)
        if method == "GET":
            outcome = sender.get(request, True)
        elif method == "HEAD":
            outcome = sender.head(request, True)
        elif method in {"POST", "PATCH"}:
            if method == "PATCH":  # QGIS has no such request; the central store understands this as one.
                request.setRawHeader(b"X-HTTP-Method-Override", b"PATCH")
            outcome = sender.post(request, QByteArray(body), True)
        else:
            raise ValueError(f"{method} is not used by the central store")
        reply = sender.reply()
        status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
        if status is None or outcome in (
            QgsBlockingNetworkRequest.ErrorCode.NetworkError,
            QgsBlockingNetworkRequest.ErrorCode.TimeoutError,
        ):
            raise errors.Unavailable(
                tr("The central store at {url} cannot be reached: {reason}").format(
                    url=self.url, reason=sender.errorMessage() or tr("no answer")
                )
            )
        names = {bytes(name).decode("latin-1").lower(): bytes(reply.rawHeader(name)).decode("latin-1")
                 for name in reply.rawHeaderList()}  # fmt: skip
        return sync.Response(int(status), names, bytes(reply.content()))

    def _request(self, path: str, headers: Mapping[str, str]) -> QNetworkRequest:
        request = QNetworkRequest(QUrl(self.url + path))
        request.setTransferTimeout(self._timeout * 1000)
        sent = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        for name, value in {**sent, **headers}.items():
            request.setRawHeader(name.encode("latin-1"), value.encode("latin-1"))
        return request


def keep_safely(store: Any) -> bool:
    """Move the token of a working copy from its file into QGIS's encrypted store; tell whether it is there.

    Without a master password the token stays in its file, which only its owner may read.
    """
    manager = QgsApplication.authManager()
    token = sync.token_of(store)
    if token is None or manager.isDisabled() or not manager.masterPasswordIsSet():
        return False
    if not manager.storeAuthSetting(_KEY + store.device_id, token, True):
        return False
    Path(f"{store.path}.token").unlink(missing_ok=True)
    return True


def token_of(store: Any) -> str | None:
    """Return the token of a working copy from its file or from QGIS's encrypted store."""
    token: str | None = sync.token_of(store)
    manager = QgsApplication.authManager()
    if token or manager.isDisabled() or not manager.existsAuthSetting(_KEY + store.device_id):
        return token
    return str(manager.authSetting(_KEY + store.device_id, "", True)) or None


def transport_of(store: Any, preferences: Any) -> QgisTransport:
    """Return the way from a working copy to its central store.

    Raises:
        StoreError: the store is no working copy.
        Refused: the token of this device is not to be had.
    """
    url = store.setting("hub_url")
    if url is None:
        raise errors.StoreError(
            tr("{file} is not connected to a central store.").format(file=store.path.name)
        )
    token = token_of(store)
    if token is None:
        raise errors.Refused(
            tr(
                "The key of this working copy is not here; ask the administrator for a new code "
                "and connect again."
            )
        )
    return QgisTransport(url, token, preferences.auth_config, preferences.timeout)
