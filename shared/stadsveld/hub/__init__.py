"""The central store over HTTP: one writer over a SpatiaLite store, devices with tokens and roles.

All bodies are JSON objects, gzip on request and answer where marked so; errors are
`{"error": …, "advice": …}` with a 4xx status (503 where the store is busy). Except for `health`, `ready`
and `enrol` every request carries `Authorization: Bearer TOKEN`. 429 with `retry_after` (seconds, also in
`Retry-After`) asks to come back later and refuses nothing; 403 with `"wipe": true` tells a device that
was reported lost to wipe itself.

    GET  /v1/health                    {"status": "ok", "version"}; the process answers
    GET  /v1/ready                     the same and {"store": "ok"}, 503 where the store cannot be read; also
                                       /v1/health?deep=1
    GET  /metrics                      Prometheus text; from other computers with a token
    POST /v1/enrol                     {code, name, token, device_id?, or_new?, bbox?, kinds?}: the device
                                       makes its own random token, so asking again after a lost answer is
                                       safe; `or_new`: another id will do where the wanted one is taken;
                                       -> {device_id, role, name, bbox, store_id}
    GET  /v1/status                    {epoch, now_ms, role, ended, device_id, backed_up, backed_up_at}:
                                       up to which place in the log, and as of when, a backup holds all;
                                       {expires_at, ticket, copied}: until when the working copy may be used
                                       without contact, and see `tickets` (?ticket&visit)
    POST /v1/delivered | /v1/wiped     from a retired device: all is here; it has wiped itself, and from then
                                       on its token is dead
    GET  /v1/replica                   an empty working copy (SQLite file)
    POST /v1/snapshot                  {name, size, sha256, seq}: a first start; pull after `seq` follows
    GET  /v1/snapshot/{name}           that file (gzip of a working copy), also in ranges
    POST /v1/push                      {changes: […]} -> {answers: [{change_id, status, reason?}]} in order;
                                       status accepted | duplicate | quarantined; durable when answered
    POST /v1/rows                      {datasets: […], tables: [{entity, columns, rows}]} -> {stored}
    GET  /v1/pull?epoch&after&limit&datasets
                                       {epoch, changes, tables, datasets, left, next, more}; `left` lists
                                       [entity, id] of what the device may not see (any more); 409 with
                                       `epoch` where the store was restored
    POST /v1/uploads                   begins to deliver a photo that a row tells of: the resumable upload
                                       protocol tus 1.0.0, with `sha256` (64 hexadecimal digits) among
                                       `Upload-Metadata`; begun before, it goes on at `Upload-Offset`
    HEAD | PATCH | DELETE /v1/uploads/{id}
                                       how far it is; a piece; no more of it. 422: the whole was not what
                                       the hash says, 507: the disk is full. What completes it carries
                                       `Repr-Digest`, computed from the bytes as they are here
    GET  /v1/photos/{sha256}           the file, also in ranges; 404 while nobody delivered it, and where
                                       the role, the area or the access class hide its row
    GET  /v1/photos/{sha256}?size=256  a JPEG with at most so many pixels a side (64 to 2048)
    POST /v1/admin/enrol               {role, name, bbox?, days?, url?}
                                       -> {code, url, payload, svg, png_base64}
    GET  /v1/admin/devices             {devices: […]}
    POST /v1/admin/devices/{id}/retire | lost

A change on the wire: {change_id, entity, entity_id, fields, parents, actor, device, hlc, schema}; the
skeleton of a refused one has `names` and `"quarantined": true` instead of `fields`.
"""

from ..errors import MissingComponent
from ..text import _

try:
    from .backup import back_up
    from .central import Central, prepare
    from .checkup import check_up
    from .copying import open_central
    from .devices import LOST, RETIRED, end_device, list_devices, new_client, new_code
    from .restore import restore
    from .roles import ROLES
    from .server import RunningHub
except ModuleNotFoundError as _missing:
    raise MissingComponent(
        _("The central store needs {library}; install it with: {command}").format(
            library=_missing.name, command='pip install "stadsveld[hub]"'
        )
    ) from _missing

__all__ = [
    "LOST",
    "RETIRED",
    "ROLES",
    "Central",
    "RunningHub",
    "back_up",
    "check_up",
    "end_device",
    "list_devices",
    "new_client",
    "new_code",
    "open_central",
    "prepare",
    "restore",
]
