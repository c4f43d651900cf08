"""Routes by which working copies synchronise."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from .central import Central
from .devices import Device
from .web import json_answer, json_of, number_of, route


def routes(central: Central) -> list[Route]:
    """Return the routes of this part."""
    return [
        route(central, "/v1/status", _status, "GET"),
        route(central, "/v1/replica", _replica, "GET"),
        route(central, "/v1/snapshot", _snapshot, "POST"),
        route(central, "/v1/snapshot/{name}", _snapshot_file, "GET"),
        route(central, "/v1/push", _push, "POST"),
        route(central, "/v1/rows", _rows, "POST"),
        route(central, "/v1/pull", _pull, "GET"),
    ]


async def _status(central: Central, request: Request, device: Device) -> dict[str, Any]:
    epoch, cursor = request.query_params.get("epoch", ""), number_of(request, "cursor", 0)
    ticket, visit = (request.query_params.get(name, "") for name in ("ticket", "visit"))
    return await run_in_threadpool(central.status, device, epoch, cursor, ticket, visit)


async def _replica(central: Central, _request: Request, _device: Device) -> Response:
    content = await run_in_threadpool(central.empty_replica)
    return Response(content, media_type="application/vnd.sqlite3")


async def _snapshot(central: Central, _request: Request, device: Device) -> dict[str, Any]:
    return await run_in_threadpool(central.snapshot, device)


async def _snapshot_file(central: Central, request: Request, device: Device) -> Response:
    path = await run_in_threadpool(central.snapshot_file, device, request.path_params["name"])
    return FileResponse(path, media_type="application/gzip")


async def _push(central: Central, request: Request, device: Device) -> dict[str, Any]:
    content = await json_of(request)
    answers = await run_in_threadpool(central.push, device, content.get("changes"))
    statuses = [answer["status"] for answer in answers]
    request.state.facts = {status: statuses.count(status) for status in sorted(set(statuses))}
    return {"answers": answers}


async def _rows(central: Central, request: Request, device: Device) -> dict[str, Any]:
    content = await json_of(request)
    stored = await run_in_threadpool(central.take_rows, device, content)
    request.state.facts = {"stored": stored}
    return {"stored": stored}


async def _pull(central: Central, request: Request, device: Device) -> Response:
    epoch, known = request.query_params.get("epoch", ""), request.query_params.get("datasets", "")
    after, limit = number_of(request, "after", 0), number_of(request, "limit", 1000)
    brief = request.query_params.get("brief") == "1"

    def answer() -> Response:
        page = central.pull(device, epoch, after, limit, known, brief=brief)
        rows = sum(len(table["rows"]) for table in page["tables"])
        request.state.facts = {"changes": len(page["changes"]), "rows": rows}
        return json_answer(request, 200, page)

    # Many that fetch much must not keep those waiting who deliver.
    async with central.page_turn:
        return await run_in_threadpool(answer)
