"""Designs to indicators: what an area consists of while it is drawn, every number with its reasons.

`Surroundings` keeps the base map around a plan in memory; `measure` cuts a polygon out of it, fast
enough for every move of the mouse.
"""

from .measure import ClassArea, Indicators, measure
from .pack import PavedPack, load_pack
from .surroundings import Rows, Surroundings

__all__ = ["ClassArea", "Indicators", "PavedPack", "Rows", "Surroundings", "load_pack", "measure"]
