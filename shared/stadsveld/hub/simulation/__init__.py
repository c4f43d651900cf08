"""The simulation that proves the sync: many devices of one central store, and everything that goes wrong.

`simulate` runs schedules in this process, each repeatable by its seed. What is judged at the end: all
files have one state, hash for hash; nothing that was confirmed or stored is lost; conflicts are those of
the definition; spatial indexes agree; what waits for its parent is explained.

`run_live` does the same with real processes over HTTP, that are killed at any moment.
"""

from .live import LiveResult, LiveSettings, run_live
from .schedule import FAULTS, Result, Settings, simulate

__all__ = ["FAULTS", "LiveResult", "LiveSettings", "Result", "Settings", "run_live", "simulate"]
