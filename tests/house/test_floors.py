"""The house holds: every package imports only from lower floors, and heavy things stay in one room."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CORE = ROOT / "shared" / "stadsveld"
GROUND = {"errors", "text", "resources", "jobs", "faults", "__version__"}
FLOORS = {
    "geo": 1,
    "model": 2,
    "norms": 3,
    "observe": 3,
    "design": 3,
    "sources": 3,
    "store": 3,
    "sync": 4,
    "work": 4,
    "hub": 5,
    "cli": 6,
}
#: Third-party module -> the only places that may import it.
ROOMS = {
    "starlette": ("shared/stadsveld/hub",),
    "uvicorn": ("shared/stadsveld/hub",),
    "segno": ("shared/stadsveld/hub",),
    "PIL": ("shared/stadsveld/hub/thumbnails.py",),
    "kivy": ("field_app",),
    "qgis": ("qgis_plugin",),
    "PyQt5": (),
    "PyQt6": (),
    "shapely": ("shared/stadsveld/geo",),
    # A GeoPackage of others is read in sources, and one for others written in work/export_results.
    "sqlite3": (
        "shared/stadsveld/store",
        "shared/stadsveld/sources",
        "shared/stadsveld/hub",
        "shared/stadsveld/work/export_results.py",
    ),
}
#: What the core may import besides the standard library, where the plugin and the phone use it.
LIGHT = {"numpy", "requests", "shapely"}
#: Heavier ones, imported inside the function that needs them, with a clear error without them.
OPTIONAL = {"openpyxl"}


def sources() -> list[Path]:
    folders = (CORE, ROOT / "field_app", ROOT / "qgis_plugin")
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def core_sources() -> list[Path]:
    return [path for path in sources() if path.is_relative_to(CORE)]


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield (dotted name, at module level) of everything that a file imports, relative ones resolved."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    package = path.relative_to(CORE.parent).with_suffix("").parts[:-1] if path.is_relative_to(CORE) else ()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in top
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            prefix = ".".join((*base, *(node.module or "").split("."))).strip(".")
            if node.level and not node.module:
                for alias in node.names:
                    yield f"{prefix}.{alias.name}", id(node) in top
            else:
                yield prefix, id(node) in top


@pytest.mark.parametrize("path", core_sources(), ids=lambda p: str(p.relative_to(CORE)))
def test_the_core_imports_only_downwards(path: Path) -> None:
    """A package of the core imports the ground modules and lower floors, nothing beside or above it."""
    own = path.relative_to(CORE).parts[0].removesuffix(".py")
    for name, _top in imports(path):
        parts = name.split(".")
        if parts[0] in {"stadsveld_field", "stadsveld_qgis"}:
            pytest.fail(f"{path.name} of the core imports the app {parts[0]}")
        if parts[0] != "stadsveld" or len(parts) == 1:
            continue
        target = parts[1]
        if target in GROUND or target == own:
            continue
        if own in GROUND or own == "__init__":
            assert target in GROUND, f"the ground module {own} imports {target}"
            continue
        assert target in FLOORS, f"{path}: unknown package {target}"
        assert own == "__main__" or FLOORS[target] < FLOORS[own], (
            f"{own} imports {target}, which is not below it"
        )


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_heavy_libraries_stay_in_their_room(path: Path) -> None:
    """Web framework in the hub, Kivy in the field app, QGIS in the plugin, Shapely in geo."""
    place = path.relative_to(ROOT).as_posix()
    for name, _top in imports(path):
        rooms = ROOMS.get(name.split(".")[0])
        if rooms is not None:
            allowed = any(place.startswith(room) for room in rooms)
            assert allowed, f"{place} imports {name}; only {rooms or 'nobody'} may"


def light_sources() -> list[Path]:
    return [path for path in core_sources() if path.relative_to(CORE).parts[0] not in {"hub", "cli"}]


@pytest.mark.parametrize("path", light_sources(), ids=lambda p: str(p.relative_to(CORE)))
def test_what_plugin_and_phone_use_needs_little(path: Path) -> None:
    """The core imports the standard library, numpy, requests; others only inside functions."""
    for name, top in imports(path):
        library = name.split(".")[0]
        if library in sys.stdlib_module_names or library in {"stadsveld", "__future__"}:
            continue
        assert library in LIGHT | OPTIONAL, f"{path.name} imports {library}"
        if library in OPTIONAL | {"shapely"}:
            assert not top, f"{path.name} imports {library} at the top; import it where it is needed"


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_libraries_are_silent_and_strict(path: Path) -> None:
    """No print outside scripts, no bare except, no assert in what ships."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Assert), f"{path}:{node.lineno} asserts in shipped code"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{path}:{node.lineno} has a bare except"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"{path}:{node.lineno} prints"


def test_every_package_says_why_it_exists() -> None:
    """Each package has a docstring."""
    for path in sources():
        if path.name == "__init__.py":
            docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            assert docstring, f"{path} has no docstring"
            assert len(docstring) > 20, f"{path}: the docstring says nothing"


def test_the_top_level_is_fixed() -> None:
    """Nothing but the agreed folders and the files that tools demand stands at the top."""
    allowed = {
        "qgis_plugin",
        "field_app",
        "shared",
        "resources",
        "i18n",
        "build",
        "tests",
        "README.md",
        "pyproject.toml",
        "Makefile",
        "LICENSE",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        ".ci",
        ".gitignore",
        ".git",
        ".venv",
        "out",
        ".hypothesis",
        ".qgis-settings",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        "__pycache__",
    }
    assert {path.name for path in ROOT.iterdir()} <= allowed
