"""Colours of day and night, and the rule that all text keeps a contrast of at least 4.5 : 1."""

from __future__ import annotations

from collections.abc import Mapping

#: Least contrast between a text and what is behind it (WCAG 2.1, criterion 1.4.3).
LEAST_CONTRAST = 4.5

Colour = tuple[float, float, float, float]

_DAY = {
    "background": "#eef1f3",
    "surface": "#ffffff",
    "raised": "#f4f6f8",
    "line": "#cfd6dc",
    "text": "#16232e",
    "muted": "#4c5a66",
    "primary": "#0b5c8a",
    "on_primary": "#ffffff",
    "primary_soft": "#d9eaf4",
    "on_primary_soft": "#0a3e5e",
    "danger": "#a3192f",
    "on_danger": "#ffffff",
    "danger_soft": "#fbe3e6",
    "on_danger_soft": "#7d1022",
    "success_soft": "#dcefe6",
    "on_success_soft": "#12523a",
    "warning_soft": "#fdeecb",
    "on_warning_soft": "#5f4300",
    "map_land": "#eeece6",
    "map_green": "#d6e5cb",
    "map_water": "#b5d5ea",
    "map_road": "#fbfbfa",
    "map_bridge": "#dcd7cd",
    "map_building": "#d3cbc1",
    "map_building_line": "#ab9f91",
    "map_line": "#a9aeb2",
    "map_label": "#16232e",
    "map_halo": "#ffffff",
    "section_not_inspected": "#c6cbd6",
    "section_no_damage": "#7cc4a4",
    "section_l": "#f2d75e",
    "section_m": "#f0994a",
    "section_e": "#d9485a",
    "pattern": "#16232e59",
    "selection": "#0b5c8a",
    "own_position": "#1367d6",
}
_NIGHT = {
    "background": "#0e151b",
    "surface": "#18222b",
    "raised": "#22303b",
    "line": "#384a58",
    "text": "#edf3f7",
    "muted": "#a9b9c6",
    "primary": "#62b8ea",
    "on_primary": "#062536",
    "primary_soft": "#17405a",
    "on_primary_soft": "#d5eefc",
    "danger": "#ff8a97",
    "on_danger": "#3b0710",
    "danger_soft": "#4d1a23",
    "on_danger_soft": "#ffdbe0",
    "success_soft": "#143d2e",
    "on_success_soft": "#c6f0dd",
    "warning_soft": "#463608",
    "on_warning_soft": "#ffe9b0",
    "map_land": "#1a2127",
    "map_green": "#1c3026",
    "map_water": "#15344a",
    "map_road": "#2b343c",
    "map_bridge": "#39424a",
    "map_building": "#343a41",
    "map_building_line": "#4d555e",
    "map_line": "#56626c",
    "map_label": "#f3f7fa",
    "map_halo": "#0e151b",
    "section_not_inspected": "#5a6472",
    "section_no_damage": "#2c8a63",
    "section_l": "#b0951f",
    "section_m": "#b9651b",
    "section_e": "#a92d42",
    "pattern": "#ffffff59",
    "selection": "#7fd0ff",
    "own_position": "#6bb1ff",
}
#: Palettes by theme: role -> colour as #rrggbb or #rrggbbaa.
PALETTES: Mapping[str, Mapping[str, str]] = {"day": _DAY, "night": _NIGHT}

#: Pairs (text, what is behind it) that the screens use.
TEXT_PAIRS = (
    ("text", "background"),
    ("text", "surface"),
    ("text", "raised"),
    ("muted", "background"),
    ("muted", "surface"),
    ("muted", "raised"),
    ("primary", "surface"),
    ("primary", "background"),
    ("primary", "raised"),
    ("on_primary", "primary"),
    ("on_primary_soft", "primary_soft"),
    ("danger", "surface"),
    ("danger", "background"),
    ("on_danger", "danger"),
    ("on_danger_soft", "danger_soft"),
    ("on_success_soft", "success_soft"),
    ("on_warning_soft", "warning_soft"),
    ("map_label", "map_halo"),
)


def colour(role: str, theme: str) -> Colour:
    """Return the colour of a role as red, green, blue, alpha from 0 to 1."""
    text = PALETTES[theme][role].removeprefix("#")
    parts = [int(text[at : at + 2], 16) / 255 for at in range(0, len(text), 2)]
    return (parts[0], parts[1], parts[2], parts[3] if len(parts) == 4 else 1.0)


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two opaque colours, from 1 to 21 (WCAG 2.1, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(found: Colour) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in found[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
