"""Pages for people: plain, without scripts, pictures or anything from elsewhere; all text escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from .catalogue import Say

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:80rem;margin:0 auto;padding:1rem;"
    "color:#1a1a1a;background:#fff}a{color:#0b5394}table{border-collapse:collapse}"
    "caption{text-align:left;font-weight:bold;padding:.25rem 0}"
    "th,td{border:1px solid #767676;padding:.25rem .5rem;text-align:left;vertical-align:top}"
    ".wide{overflow-x:auto}.skip{position:absolute;left:-999rem}.skip:focus{position:static}"
)
#: What the content security policy allows of style.
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_LONGEST_CELL = 300

#: A cell: text, or (text, address).
Cell = str | tuple[str, str]


def page(language: str, title: str, body: Iterable[str], trail: Sequence[tuple[str, str]], _: Say) -> str:
    """Return a page.

    Args:
        language: `nl` or `en`.
        title: its title, also its heading.
        body: HTML.
        trail: where it stands: (text, address) of the pages above it.
        _: gives texts in that language.
    """
    above = " › ".join(link(text, href) for text, href in trail)
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} – Stadsveld</title><style>{_STYLE}</style></head><body>"
        f'<a class="skip" href="#main">{escape(_("To the content"))}</a>'
        f'<nav aria-label="{escape(_("You are here"))}">{above}</nav>'
        f'<main id="main"><h1>{escape(title)}</h1>{"".join(body)}</main></body></html>'
    )


def link(text: str, href: str, rel: str = "") -> str:
    """Return a link; addresses that are no web address become plain text."""
    if not href.startswith(("http://", "https://", "/")):
        return escape(text)
    relation = f' rel="{escape(rel)}"' if rel else ""
    return f'<a href="{escape(href)}"{relation}>{escape(text)}</a>'


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text)}</p>"


def links(found: Iterable[tuple[str, str, str]], label: str) -> str:
    """Return a list of links (text, address, relation)."""
    items = "".join(f"<li>{link(*one)}</li>" for one in found)
    return f'<nav aria-label="{escape(label)}"><ul>{items}</ul></nav>'


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table; the first cell of a row is its heading."""
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    lines = "".join(
        "<tr>" + "".join(_cell(cell, is_first=not place) for place, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{lines}</tbody>"
        "</table></div>"
    )


def _cell(cell: Cell, *, is_first: bool) -> str:
    content = escape(cell) if isinstance(cell, str) else link(*cell)
    return f'<th scope="row">{content}</th>' if is_first else f"<td>{content}</td>"


def shown(value: Any, _: Say) -> str:
    """Return a value as a person reads it."""
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + "…"
