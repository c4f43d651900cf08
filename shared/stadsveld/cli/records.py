"""Records in, records out: one JSON object a line, errors on the line that they are about."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import BadInput
from ..text import _

Judge = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def answer_records(judge: Judge) -> int:
    """Answer every line of standard input; a record that cannot be judged is answered with its error."""
    for line in sys.stdin.buffer:
        if line.strip():
            sys.stdout.write(json.dumps(_answer(judge, line), ensure_ascii=False, allow_nan=False) + "\n")
            sys.stdout.flush()
    return 0


def _answer(judge: Judge, line: bytes) -> Mapping[str, Any]:
    try:
        record = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return {"error": _("this is no JSON")}
    if not isinstance(record, dict):
        return {"error": _("A record must be a JSON object.")}
    try:
        return judge(record)
    except BadInput as error:
        return {"error": str(error)}


def _refuse(word: str) -> None:
    raise ValueError(word)
