"""A client of the features interface of a real central store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from stadsveld.model import new_id
from support.live_hub import LiveHub

RD = "http://www.opengis.net/def/crs/EPSG/0/28992"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


class FeaturesClient:
    """Asks questions with the token of a device."""

    def __init__(self, hub: LiveHub, role: str = "administrator", bbox: list[float] | None = None) -> None:
        self.url = hub.url
        self.token: str | None = "t" * 20 + new_id()
        wish = {"code": hub.code(role, role, bbox), "name": role, "token": self.token}
        answer = requests.post(f"{self.url}/v1/enrol", json=wish, timeout=30)
        self.device_id = answer.json()["device_id"]

    def ask(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        """Return the answer of an address."""
        headers = {"Accept-Language": "en", **options.pop("headers", {})}
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        url = path if path.startswith("http") else self.url + path
        return requests.request(method, url, headers=headers, timeout=60, **options)

    def items(self, collection: str, **parameters: Any) -> dict[str, Any]:
        """Return a page of features; `bbox_crs` stands for `bbox-crs`."""
        given = {name.replace("bbox_crs", "bbox-crs"): value for name, value in parameters.items()}
        answer = self.ask(f"/collections/{collection}/items", params=given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pages(self, collection: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield all pages, by their links."""
        page = self.items(collection, **parameters)
        while True:
            yield page
            following = [link["href"] for link in page["links"] if link["rel"] == "next"]
            if not following:
                return
            answer = self.ask(following[0])
            assert answer.status_code == 200, answer.text
            page = answer.json()

    def ids(self, collection: str, **parameters: Any) -> list[str]:
        """Return the ids of all features of all pages."""
        return [one["id"] for page in self.pages(collection, **parameters) for one in page["features"]]
