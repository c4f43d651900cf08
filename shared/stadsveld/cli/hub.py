"""`stadsveld hub`: run the central store, enrol devices, and hand out tokens to other programs."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from urllib.parse import urlsplit

from .. import hub
from ..errors import BadInput, StoreError
from ..hub.pictures import png, svg
from ..text import _
from . import audit, bundles, hub_backup, hub_upkeep

#: Setting of a central store: the address by which devices reach it.
_PUBLIC_URL = "public_url"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `hub init`, `serve`, `enrol`, `token`, `devices`, `retire`, `lost`, and what other modules add."""
    topic = subparsers.add_parser("hub", description=_("The central store that devices synchronise with."))
    commands = topic.add_subparsers(required=True, metavar=_("COMMAND"))

    def command(name: str, purpose: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=purpose)
        parser.add_argument("store", type=Path, help=_("the store file"))
        parser.add_argument("--json", action="store_true", help=_("print JSON"))
        return parser

    command("init", _("make a central store, or make a store central")).set_defaults(run=_init)
    serve = command("serve", _("serve the store to devices until stopped"))
    serve.add_argument("--host", default="127.0.0.1", help=_("address to listen on"))
    serve.add_argument("--port", type=int, default=8470, help=_("port to listen on; 0 is any free one"))
    serve.add_argument("--certificate", type=Path, help=_("TLS certificate (PEM)"))
    serve.add_argument("--key", type=Path, help=_("private key of the certificate (PEM)"))
    serve.add_argument("--insecure", action="store_true", help=_("allow other computers without TLS"))
    serve.add_argument("--public-url", help=_("address that devices reach it by; kept for QR pictures"))
    serve.add_argument(
        "--public-api", action="store_true", help=_("let everyone read open datasets without a token")
    )
    serve.set_defaults(run=_serve)
    enrol = command("enrol", _("make a one-time code for a device"))
    enrol.add_argument("--role", required=True, choices=hub.ROLES, help=_("what the device may do"))
    enrol.add_argument("--name", required=True, help=_("what people call the device"))
    enrol.add_argument("--bbox", help=_("area in RD that the device is limited to: x1,y1,x2,y2"))
    enrol.add_argument("--days", type=int, help=_("days without contact after which its copy locks itself"))
    enrol.add_argument("--qr", type=Path, help=_("write a QR picture (.svg or .png) to this file"))
    enrol.add_argument("--url", help=_("address of the central store in the QR picture"))
    enrol.set_defaults(run=_enrol)
    token = command("token", _("make a token with which another program may read"))
    token.add_argument("--role", required=True, choices=hub.ROLES, help=_("what it may read"))
    token.add_argument("--name", default="client", help=_("what people call the program"))
    token.add_argument("--bbox", help=_("area in RD that it is limited to: x1,y1,x2,y2"))
    token.add_argument("--days", type=int, help=_("days that the token is good"))
    token.set_defaults(run=_token)
    command("devices", _("list the devices")).set_defaults(run=_devices)
    for name, how, purpose in (
        ("retire", hub.RETIRED, _("end a device after it has delivered what it holds")),
        ("lost", hub.LOST, _("end a lost device: nothing from it is accepted any more")),
    ):
        end = command(name, purpose)
        end.add_argument("device", help=_("id of the device"))
        end.set_defaults(run=_end, how=how)
    hub_backup.add_commands(command)
    hub_upkeep.add_commands(command)
    bundles.add_hub_commands(command)
    audit.add_command(command)


def bbox_of(text: str | None) -> tuple[float, float, float, float] | None:
    """Return the area that was typed as `x1,y1,x2,y2`.

    Raises:
        BadInput: it is no area.
    """
    if text is None:
        return None
    try:
        minx, miny, maxx, maxy = (float(part) for part in text.split(","))
    except ValueError as error:
        raise BadInput(_("An area is four numbers in RD: smallest x and y, largest x and y.")) from error
    return minx, miny, maxx, maxy


def _write(content: object) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _init(arguments: argparse.Namespace) -> int:
    hub.prepare(arguments.store)
    _write({"store": str(arguments.store)})
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    if arguments.public_url is not None:
        _keep_public_url(arguments.store, arguments.public_url)
    running = hub.RunningHub(
        arguments.store,
        arguments.host,
        arguments.port,
        certificate=arguments.certificate,
        key=arguments.key,
        insecure=arguments.insecure,
        public_api=arguments.public_api,
    )
    running.run(lambda url: _write({"url": url}))
    return 0


def _keep_public_url(path: Path, url: str) -> None:
    with hub.open_central(path) as store, store.transaction():
        store.set_setting(_PUBLIC_URL, _checked_url(url))


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(_("“{url}” is no address such as https://stadsveld.example.nl.").format(url=url[:200]))
    return url.rstrip("/")


def _enrol(arguments: argparse.Namespace) -> int:
    with hub.open_central(arguments.store) as store:
        url = arguments.url or store.setting(_PUBLIC_URL)
        if arguments.qr is not None and url is None:
            raise BadInput(
                _(
                    "A QR picture needs the address of the central store: give --url, or serve it once "
                    "with --public-url."
                )
            )
        url = None if url is None else _checked_url(url)
        area = bbox_of(arguments.bbox)
        code = hub.new_code(store, arguments.role, arguments.name, area, days=arguments.days)
    if arguments.qr is not None:
        payload = json.dumps({"url": url, "code": code})
        is_png = arguments.qr.suffix.lower() == ".png"
        try:
            arguments.qr.write_bytes(png(payload) if is_png else svg(payload).encode())
        except OSError as error:
            message = _("{file} cannot be written: {error}")
            raise StoreError(message.format(file=arguments.qr, error=error.strerror)) from error
    _write({"code": code})
    return 0


def _token(arguments: argparse.Namespace) -> int:
    with hub.open_central(arguments.store) as store:
        area = bbox_of(arguments.bbox)
        token = hub.new_client(store, arguments.role, arguments.name, area, days=arguments.days)
    _write({"token": token})
    return 0


def _devices(arguments: argparse.Namespace) -> int:
    with hub.open_central(arguments.store) as store:
        _write({"devices": hub.list_devices(store)})
    return 0


def _end(arguments: argparse.Namespace) -> int:
    with hub.open_central(arguments.store) as store:
        hub.end_device(store, arguments.device, arguments.how)
    _write({"device_id": arguments.device, "ended": arguments.how})
    return 0
