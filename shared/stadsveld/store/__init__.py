"""The SpatiaLite store and its replicas: one file, one schema, for hub, desk and device.

`Store` opens and makes files and reads and writes rows. What people write is captured by triggers
(also when QGIS, an expression or plain SQL writes it) and sealed into changes by `sync`; what a
register import writes goes past the capture, as rows of a dataset edition.
"""

from .photos import PhotoFolder
from .rows import RegisterWriter, TableLoader, base_values, forget_base_values, keep_base_values
from .statements import statement
from .store import Store

__all__ = [
    "PhotoFolder",
    "RegisterWriter",
    "Store",
    "TableLoader",
    "base_values",
    "forget_base_values",
    "keep_base_values",
    "statement",
]
