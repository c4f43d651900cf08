"""Norm packs: what a norm knows, as data with an edition, a source and a `verified` flag per row.

Code evaluates packs and holds no threshold. A row that nobody could check against the norm is
usable, and whatever rests on it says so.
"""

from .catalogue import checked_pack, shipped_packs
from .pack import DamageType, NormPack, RoadDamage, SectionScore, load_pack
from .structures import Defect, Part, Scored, StructureNorm
from .tables import TablePack, load_tables

__all__ = [
    "DamageType",
    "Defect",
    "NormPack",
    "Part",
    "RoadDamage",
    "Scored",
    "SectionScore",
    "StructureNorm",
    "TablePack",
    "checked_pack",
    "load_pack",
    "load_tables",
    "shipped_packs",
]
