"""The one place that finds Stadsveld's core: carried inside this plugin, or installed beside it.

The zip carries the core as the sub-package `stadsveld_qgis.stadsveld`; a checkout has it installed
as `stadsveld`. The core's own imports are relative, so it works under either name and no search
path is touched; a copy of another version elsewhere in QGIS's Python is never mixed with ours.

    from ..core import store, work          # packages of the core
    importer = part("work.import_bgt")      # a module deeper inside
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

_CARRIED = f"{__package__}.stadsveld"
#: Name under which the core is imported here.
NAME = _CARRIED if find_spec(_CARRIED) else "stadsveld"


def part(dotted: str) -> ModuleType:
    """Return a package or module of the core by its name below the core, e.g. `work.import_bgt`.

    Raises:
        ImportError: this installation does not have it.
    """
    return import_module(f"{NAME}.{dotted}")


def __getattr__(name: str) -> ModuleType:
    if name.startswith("_"):
        raise AttributeError(name)
    return part(name)
