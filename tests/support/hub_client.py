"""A device that speaks raw HTTP with a central store, right or wrong."""

from __future__ import annotations

import base64

import requests

from stadsveld.model import new_id

from .live_hub import LiveHub


class Client:
    """A device that speaks raw HTTP."""

    def __init__(self, hub: LiveHub, role: str = "inspector", bbox: list[float] | None = None) -> None:
        self.url = hub.url
        self.token = "t" * 10 + new_id()
        wish = {"code": hub.code(role, role, bbox), "name": role, "token": self.token}
        self.device_id = requests.post(f"{self.url}/v1/enrol", json=wish, timeout=30).json()["device_id"]
        self.clock = 1

    def ask(self, method: str, path: str, **options) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return requests.request(method, self.url + path, headers=headers, timeout=30, **options)

    def change(self, entity: str = "task", fields: object = None, **other) -> dict:
        self.clock += 1
        made = {
            "change_id": new_id(),
            "entity": entity,
            "entity_id": new_id(),
            "fields": {"title": "t"} if fields is None else fields,
            "parents": {},
            "actor": "a",
            "device": self.device_id,
            "hlc": self.clock,
            "schema": 1,
        }
        return {**made, **other}

    def push(self, *changes: object) -> list[dict]:
        answer = self.ask("POST", "/v1/push", json={"changes": list(changes)})
        assert answer.status_code == 200, answer.text
        return answer.json()["answers"]

    def upload(self, sha256: str, content: bytes) -> requests.Response:
        """Begin an upload by tus 1.0, the whole in one piece."""
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(content)),
            "Upload-Metadata": f"sha256 {base64.b64encode(sha256.encode()).decode()}",
            "Content-Type": "application/offset+octet-stream",
        }
        return self.ask("POST", "/v1/uploads", data=content, headers=headers)

    def statuses(self, *changes: object) -> list[str]:
        return [answer["status"] for answer in self.push(*changes)]
