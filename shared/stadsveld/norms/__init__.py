"""Norm packs: what a norm knows, as data with an edition, a source and a `verified` flag per row.

Code evaluates packs and holds no threshold. A row that nobody could check against the norm is
usable, and whatever rests on it says so.
"""

from .pack import DamageType, NormPack, RoadDamage, SectionScore, load_pack

__all__ = ["DamageType", "NormPack", "RoadDamage", "SectionScore", "load_pack"]
