"""Which packs there are, and whether one can be scored under."""

from __future__ import annotations

from ..resources import resource
from .pack import NormPack
from .structures import StructureNorm
from .tables import TablePack, load_tables

#: Packs that are no Dutch municipal practice are last, and hidden unless asked for.
HIDDEN_KINDS = ("index",)
_NORMS = {"road": NormPack, "structure": StructureNorm}


def shipped_packs(*, hidden: bool = False) -> list[TablePack]:
    """Return the packs that ship with Stadsveld, by id; those of `HIDDEN_KINDS` only where asked for."""
    names = sorted(path.stem for path in resource("norm_packs").glob("*.json"))
    packs = [load_tables(name) for name in names]
    return [pack for pack in packs if hidden or pack.kind not in HIDDEN_KINDS]


def checked_pack(pack: TablePack) -> TablePack:
    """Return a pack whose rows leave no gap and contradict nothing.

    Raises:
        BadInput: they do; names table and row.
    """
    norm = _NORMS.get(pack.kind)
    if norm is not None:
        norm(pack)
    return pack
