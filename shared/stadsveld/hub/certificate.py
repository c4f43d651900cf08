"""Tells before the service starts whether clients will take its TLS certificate, and else why not."""

from __future__ import annotations

import logging
import re
import ssl
import time
from pathlib import Path

from ..errors import BadInput
from ..text import _

_log = logging.getLogger("stadsveld.hub")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
#: Messages that two ends need at most until both are done.
_MOST_ROUNDS = 10
#: Verification results of OpenSSL (x509_vfy.h).
_NOT_YET_VALID, _EXPIRED = 9, 10
_SOON = 14 * 86_400


def refuse_unusable(certificate: Path, key: Path | None) -> None:
    """Do nothing, unless no client would take a certificate; warn where that is so soon.

    Whether clients trust its issuer and whether it is for the right name, only they know.

    Args:
        certificate: PEM file of the certificate, followed by those of its issuers.
        key: PEM file of its private key; None where that is in the same file.

    Raises:
        BadInput: a file cannot be read, they do not belong together, the key has a password, or the
            certificate is not valid now or not for a server.
    """
    server = _server_side(certificate, key)
    try:
        client = _trusting(certificate)
        until = _shake_hands(server, client)
    except ssl.SSLCertVerificationError as error:
        reason = {
            _EXPIRED: _("The certificate has expired. Get a new one from who issued it."),
            _NOT_YET_VALID: _("The certificate is not valid yet. Check the clock of this computer."),
        }.get(error.verify_code)
        text = _("No client would take the certificate: {error}").format(error=error.verify_message)
        raise BadInput(reason or text, file=certificate) from error
    except (OSError, ValueError) as error:
        text = _("No client would take the certificate: {error}").format(error=_reason(error))
        raise BadInput(text, file=certificate) from error
    if until - time.time() < _SOON:
        _log.warning(_("The certificate %s expires within two weeks; get a new one."), certificate.name)


def _server_side(certificate: Path, key: Path | None) -> ssl.SSLContext:
    for file in (certificate, key or certificate):
        try:
            file.read_bytes()
        except OSError as error:
            message = _("It cannot be read: {error}").format(error=error.strerror)
            raise BadInput(message, file=file) from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    asked = []

    def password() -> str:
        asked.append(True)
        return ""

    try:
        context.load_cert_chain(certificate, key, password)
    except (OSError, ValueError) as error:
        if asked:
            text = _("The key has a password, which a service cannot type. Store the key without it.")
            raise BadInput(text, file=key or certificate) from error
        if "KEY_VALUES_MISMATCH" in str(error):
            text = _("The key does not belong to the certificate.")
            raise BadInput(text, file=key or certificate) from error
        text = _("Certificate and key must be PEM files, the certificate of this server first ({error}).")
        raise BadInput(text.format(error=_reason(error)), file=certificate) from error
    return context


def _trusting(certificate: Path) -> ssl.SSLContext:
    """Return what a client would ask that trusts this very certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    first = _PEM.search(certificate.read_text(encoding="ascii", errors="replace"))
    context.load_verify_locations(cadata=ssl.PEM_cert_to_DER_cert(first[0] if first else ""))
    return context


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> float:
    """Let the two sides meet in memory; return until when the certificate is valid (Unix time)."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True))
    done = 0
    for _round in range(_MOST_ROUNDS):
        done = sum(map(_is_done, ends))
        if done == len(ends):
            break
    found = (ends[0].getpeercert() or {}).get("notAfter") if done == len(ends) else None
    if not isinstance(found, str):
        raise ssl.SSLError(_("the two sides did not come to an end"))
    return ssl.cert_time_to_seconds(found)


def _is_done(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _reason(error: BaseException) -> str:
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)


__all__ = ["refuse_unusable"]
