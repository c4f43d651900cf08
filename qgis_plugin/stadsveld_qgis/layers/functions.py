"""Expression functions, so that forms, map tips, labels and layouts can ask the open store.

`stadsveld_new_id()`, `stadsveld_now()`, `stadsveld_inspector()`, `stadsveld_time(instant)`,
`stadsveld_photo(id)` and `stadsveld_tip(kind, id)`. The last two read the store and are meant for map
tips, forms and layouts, not for drawing thousands of features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qgis.core import QgsExpression, QgsExpressionFunction

from ..core import model, store
from ..inspections import tips
from ..session import Session
from ..text import tr


class _Function(QgsExpressionFunction):
    """One function in the group of the plugin."""

    def __init__(
        self, name: str, parameters: Sequence[str], help_text: str, call: Callable[..., Any]
    ) -> None:
        named = [QgsExpressionFunction.Parameter(parameter) for parameter in parameters]
        super().__init__(name, named, "Stadsveld", help_text)
        self._call = call

    def func(self, values: Sequence[Any], _context: Any, _parent: Any, _node: Any) -> Any:
        """Return the value; empty where an argument is."""
        if any(not isinstance(value, str) for value in values):
            return ""
        return self._call(*values)

    def clone(self) -> _Function:
        """Return a copy, as QGIS asks for."""
        return _Function(self.name(), [p.name() for p in self.parameters()], self.helpText(), self._call)


class Functions:
    """Registers the functions, and takes them back."""

    def __init__(self, session: Session, inspector: Callable[[], str]) -> None:
        def photo(owner_id: str) -> str:
            return "" if session.store is None else tips.photo_url(session.store, owner_id)

        def tip(name: str, row_id: str) -> str:
            known = session.store is not None and name in tips.ENTITIES
            return tips.tip(session.store, name, row_id) if known else ""

        self._functions = [
            _Function("stadsveld_new_id", [], tr("A new identity (UUID)."), model.new_id),
            _Function("stadsveld_now", [], tr("The present instant in UTC."), store.store.now),
            _Function(
                "stadsveld_inspector", [], tr("The name of the inspector from the settings."), inspector
            ),
            _Function("stadsveld_time", ["instant"], tr("An instant in Dutch time."), tips.when),
            _Function("stadsveld_photo", ["id"], tr("Address of the first photo of an object."), photo),
            _Function("stadsveld_tip", ["kind", "id"], tr("The map tip of an object, as HTML."), tip),
        ]

    def register(self) -> None:
        """Make the functions known to QGIS."""
        for function in self._functions:
            QgsExpression.registerFunction(function)

    def unregister(self) -> None:
        """Make QGIS forget them."""
        for function in self._functions:
            QgsExpression.unregisterFunction(function.name())
