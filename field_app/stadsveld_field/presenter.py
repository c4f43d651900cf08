"""What all presenters share: they tell whoever listens that something changed."""

from __future__ import annotations

from collections.abc import Callable


class Presenter:
    """Holds what a screen shows and decides; views subscribe and read."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every change; return a function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def changed(self) -> None:
        """Tell all listeners."""
        for listener in tuple(self._listeners):
            listener()
