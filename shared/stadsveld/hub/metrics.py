"""Metrics of the service in the Prometheus text format 0.0.4: counts and times, never who.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

#: Upper bounds of the classes of answering times, in seconds.
_BOUNDS = (0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 30.0)
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]


class Metrics:
    """The counters of one service since it started; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._times: dict[str, tuple[list[int], float]] = {}
        self._counts: Counter[tuple[str, Labels]] = Counter()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer by the template of its route."""
        with self._lock:
            self._requests[method, route, status] += 1
            counts, total = self._times.get(route, ([0] * (len(_BOUNDS) + 1), 0.0))
            counts[sum(seconds > bound for bound in _BOUNDS)] += 1
            self._times[route] = counts, total + seconds

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter; `name` without the prefix and `_total`."""
        with self._lock:
            self._counts[name, tuple(sorted(labels.items()))] += amount

    def text(self, gauges: Iterable[tuple[str, str, Labels, float]]) -> str:
        """Return the exposition of the counters and of gauges: (name, help, labels, value)."""
        with self._lock:
            requests, counts = dict(self._requests), dict(self._counts)
            times = {route: (list(found), total) for route, (found, total) in self._times.items()}
        answers = _requests(requests)
        lines = list(_family("requests_total", "counter", "Answers by route and status.", answers))
        lines += _family("request_seconds", "histogram", "Time to answer, by route.", _histogram(times))
        for name in sorted({name for name, _labels in counts}):
            key = f"{name}_total"
            found = [(key, labels, float(n)) for (of, labels), n in sorted(counts.items()) if of == name]
            lines += _family(key, "counter", _HELP[name], found)
        known: dict[str, tuple[str, list[Sample]]] = {}
        for name, purpose, labels, value in gauges:
            known.setdefault(name, (purpose, []))[1].append((name, labels, value))
        for name, (purpose, samples) in known.items():
            lines += _family(name, "gauge", purpose, samples)
        return "".join(lines)


_HELP = {
    "changes": "Changes that were pushed, by outcome.",
    "pushes": "Pushes that were answered.",
    "pulls": "Pages that were fetched.",
    "photo_bytes": "Bytes of photos that were received.",
    "rows": "Register rows that were received and new.",
    "limited": "Requests that were told to come back later, by limit.",
}


def _requests(found: dict[tuple[str, str, int], int]) -> Iterator[Sample]:
    for (method, route, status), number in sorted(found.items()):
        labels = (("method", method), ("route", route), ("status", str(status)))
        yield "requests_total", labels, float(number)


def _histogram(times: dict[str, tuple[list[int], float]]) -> Iterator[Sample]:
    for route, (counts, total) in sorted(times.items()):
        below = 0
        for bound, number in zip((*map(str, _BOUNDS), "+Inf"), counts, strict=True):
            below += number
            yield "request_seconds_bucket", (("le", bound), ("route", route)), float(below)
        yield "request_seconds_sum", (("route", route),), total
        yield "request_seconds_count", (("route", route),), float(below)


def _family(name: str, kind: str, purpose: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP stadsveld_{name} {purpose}\n# TYPE stadsveld_{name} {kind}\n"
    for sample, labels, value in samples:
        told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
        number = str(int(value)) if value == int(value) else repr(value)
        yield f"stadsveld_{sample}{{{told}}} {number}\n" if told else f"stadsveld_{sample} {number}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def unix_time(instant: str) -> float:
    """Return the Unix time in seconds of an instant as the store writes it."""
    return datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


def size_of(path: Path) -> int:
    """Return the bytes of a store file with its write-ahead log."""
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.is_file())


def resident_bytes() -> int | None:
    """Return the memory of this process, or None where the system does not tell (not Linux)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
