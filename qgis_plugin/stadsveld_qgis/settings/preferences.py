"""What the plugin remembers between sessions, typed, in QGIS's own settings."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import QgsSettings

_GROUP = "stadsveld/"
#: Stores kept in the list of recent ones.
_RECENT = 8


class Preference:
    """One remembered value of a fixed type; kept as JSON, so that a type survives every platform."""

    def __init__(self, default: Any) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        text = QgsSettings().value(_GROUP + self._name)
        if text is None:
            return self._default
        try:
            value = json.loads(text)
        except (TypeError, ValueError):
            return self._default
        return value if isinstance(value, type(self._default)) else self._default

    def __set__(self, instance: Any, value: Any) -> None:
        if not isinstance(value, type(self._default)):
            expected, given = type(self._default).__name__, type(value).__name__
            raise TypeError(f"{self._name} needs {expected}, got {given}")
        QgsSettings().setValue(_GROUP + self._name, json.dumps(value))


class Preferences:
    """All that is remembered."""

    recent = Preference([])
    last_folder = Preference("")
    reopen_last = Preference(True)
    inspector = Preference("")
    hub_url = Preference("")
    auth_config = Preference("")
    timeout = Preference(60)

    def remember_store(self, path: str) -> None:
        """Put a store at the top of the recent ones."""
        others = [known for known in self.recent if known != path]
        self.recent = [path, *others][:_RECENT]

    def forget_store(self, path: str) -> None:
        """Take a store off the list."""
        self.recent = [known for known in self.recent if known != path]
