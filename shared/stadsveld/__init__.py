"""Stadsveld's core: inspections, sensors and area design for Dutch municipalities.

No Qt, no Kivy, no QGIS. Packages import only from lower floors:

1. `geo`
2. `model`
3. `norms`, `observe`, `design`, `sources`, `store`
4. `sync`, `work`
5. `hub`
6. `cli`, and the two apps

The four modules beside the packages (`errors`, `text`, `resources`, `jobs`) are the ground they
all stand on.
"""

__version__ = "0.1.0"
