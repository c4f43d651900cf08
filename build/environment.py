"""Make the environment: system packages, `.venv`, translations.

Run by the system's own Python through `build/setup`; needs nothing but the standard library.
Everything is checked before it is done, so a second run takes seconds and no network.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / ".stadsveld-installed"
BACKPORTS_FILE = Path("/etc/apt/sources.list.d/stadsveld-backports.sources")
APT_SOURCES = Path("/etc/apt")
EXTRAS = "desktop,hub,field,dev"

#: Debian package -> what it is needed for.
SYSTEM_PACKAGES = {
    "python3-venv": "the virtual environment",
    "libsqlite3-mod-spatialite": "the SpatiaLite store",
    "python3-numpy": "numpy as QGIS expects it",
    "qttools5-dev-tools": "compiling the plugin's translations (lrelease)",
    "libegl1": "drawing the field app without a screen",
    "libgl1-mesa-dri": "drawing the field app without a screen",
    "libgles2": "drawing the field app without a screen",
    "libmtdev1": "touch input of the field app",
    "fonts-dejavu-core": "legible screenshots",
    "xvfb": "a virtual screen for screenshots",
    "xauth": "a virtual screen for screenshots",
    "gdal-bin": "ogr2ogr, the peer of the import benchmark",
}
QGIS_PACKAGES = {"qgis": "QGIS itself", "python3-qgis": "PyQGIS"}


class SetupError(Exception):
    """Set-up cannot go on; the message says what a person has to do."""


def say(message: str) -> None:
    """Tell the person who runs the set-up what happens."""
    sys.stdout.write(message + "\n")
    sys.stdout.flush()


def installed(packages: dict[str, str]) -> dict[str, str]:
    """Return {package: version} of those that dpkg knows as installed."""
    result = subprocess.run(
        ["dpkg-query", "-W", "-f", "${binary:Package} ${db:Status-Abbrev}${Version}\n", *packages],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    found = {}
    for line in result.stdout.splitlines():
        name, status, *rest = line.split()
        if status.startswith("ii"):
            found[name.split(":")[0]] = (rest or [status[2:]])[0]
    return found


def run_as_root(command: list[str], why: str) -> None:
    """Run an apt command; a person without root gets the command to hand over."""
    if os.geteuid() != 0:
        raise SetupError(
            f"Needed for {why}, and only an administrator may install it. Ask yours to run:\n\n"
            f"    sudo {' '.join(command)}\n\nand then run the same make command again."
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if subprocess.run(command, env=environment, check=False, timeout=3600).returncode != 0:
        raise SetupError(f"This command failed; its output above says why:\n\n    {' '.join(command)}")


def release_codename() -> str:
    """Return the codename of this Debian-like system, e.g. `bookworm`."""
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    match = re.search(r"^VERSION_CODENAME=(\w+)", text, re.MULTILINE)
    return match.group(1) if match else ""


def backports_source(codename: str, sources: Path = APT_SOURCES) -> str | None:
    """Derive the backports source from the machine's own sources of the main archive.

    Returns the text of a deb822 source, or None where the machine names no archive of its own
    release.
    """
    for path in sorted((sources / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            lines = [line for line in stanza.splitlines() if not line.lstrip().startswith("#")]
            fields = dict(line.split(":", 1) for line in lines if re.match(r"[A-Za-z-]+:", line))
            if codename in fields.get("Suites", "").split() and "main" in fields.get("Components", ""):
                signed = fields.get("Signed-By", "").strip()
                return _deb822(fields["URIs"].strip(), codename, signed)
    one_line = [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*.list"))]
    for path in (path for path in one_line if path.exists()):
        for line in path.read_text(encoding="utf-8").splitlines():
            match = re.match(rf"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+{codename}\s+.*\bmain\b", line)
            if match:
                signed = re.search(r"signed-by=(\S+)", match.group(1) or "")
                return _deb822(match.group(2), codename, signed.group(1) if signed else "")
    return None


def _deb822(uris: str, codename: str, signed_by: str) -> str:
    lines = ["Types: deb", f"URIs: {uris}", f"Suites: {codename}-backports", "Components: main"]
    if signed_by:
        lines.append(f"Signed-By: {signed_by}")
    return "\n".join(lines) + "\n"


def install_system_packages() -> None:
    """Install what is missing with apt; QGIS from backports, else the distribution's own."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-query") is None:
        _check_without_apt()
        return
    have = installed({**SYSTEM_PACKAGES, **QGIS_PACKAGES})
    missing = [name for name in SYSTEM_PACKAGES if name not in have]
    missing_qgis = [name for name in QGIS_PACKAGES if name not in have]
    if not missing and not missing_qgis:
        return
    for name in missing + missing_qgis:
        say(f"missing: {name} ({ {**SYSTEM_PACKAGES, **QGIS_PACKAGES}[name] })")
    if os.geteuid() != 0:
        _tell_administrator(missing, missing_qgis)
    codename = release_codename()
    source = backports_source(codename) if missing_qgis else None
    if source and not BACKPORTS_FILE.exists():
        BACKPORTS_FILE.write_text(source, encoding="utf-8")
    update = subprocess.run(["apt-get", "update"], check=False, timeout=1800)
    if update.returncode != 0:
        say("apt-get update reported errors; going on with the package lists that are there.")
    install = ["apt-get", "install", "-y", "--no-install-recommends"]
    if missing:
        run_as_root([*install, *missing], ", ".join(missing))
    if missing_qgis:
        _install_qgis(install, codename if source else None)


def _install_qgis(install: list[str], codename: str | None) -> None:
    names = list(QGIS_PACKAGES)
    if codename:
        suite = f"{codename}-backports"
        try:
            run_as_root([*install, "-t", suite, *names], "QGIS 3.40 LTR")
            return
        except SetupError as error:
            say(f"QGIS could not be installed from {suite}: {error}")
    say(
        "Falling back to the QGIS of the distribution itself. Stadsveld asks for 3.34 or newer: "
        "with an older one the plugin's tests are skipped and say so."
    )
    run_as_root([*install, *names], "QGIS")


def _tell_administrator(missing: list[str], missing_qgis: list[str]) -> None:
    commands = []
    codename = release_codename()
    source = backports_source(codename) if missing_qgis else None
    if source and not BACKPORTS_FILE.exists():
        text = source.replace("\n", "\\n")
        commands.append(f"printf '{text}' | sudo tee {BACKPORTS_FILE}")
    commands.append("sudo apt-get update")
    if missing:
        commands.append("sudo apt-get install -y --no-install-recommends " + " ".join(missing))
    if missing_qgis:
        suite = f"-t {codename}-backports " if source else ""
        commands.append("sudo apt-get install -y --no-install-recommends " + suite + " ".join(missing_qgis))
    listing = "\n".join("    " + command for command in commands)
    raise SetupError(
        "Some system packages are missing and only an administrator may install them. "
        f"Hand over these commands, then run the same make command again:\n\n{listing}\n"
    )


def _check_without_apt() -> None:
    needed = "\n".join(
        f"  - {what}"
        for what in (
            "Python 3.11 or newer with venv and loadable SQLite extensions",
            "QGIS 3.34 or newer with PyQGIS for that same Python",
            "mod_spatialite (SpatiaLite 5)",
            "OpenGL through Mesa (EGL) to draw without a screen, and Xvfb for screenshots",
            "Qt's lrelease, GDAL's ogr2ogr",
        )
    )
    probe = "import sqlite3; sqlite3.connect(':memory:').enable_load_extension(True); import qgis.core"
    result = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False, timeout=120
    )
    if result.returncode != 0:
        last = (result.stderr.strip().splitlines() or ["unknown"])[-1]
        raise SetupError(
            f"This system has no apt. Install with its own package manager:\n{needed}\n\n({last})"
        )


def wanted_stamp() -> str:
    """Return a fingerprint of everything that decides what the virtual environment holds."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("pyproject.toml", "build/constraints.txt"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def make_venv() -> None:
    """Make `.venv` on the system Python with the project installed in place."""
    wanted = wanted_stamp()
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
        return
    if not (VENV / "bin" / "python").exists():
        say("making .venv")
        subprocess.run(
            [sys.executable, "-m", "venv", "--system-site-packages", str(VENV)], check=True, timeout=600
        )
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    constraints = str(ROOT / "build" / "constraints.txt")
    say("installing the Python packages (some minutes, once)")
    command = [*pip, "--constraint", constraints, "--editable", f"{ROOT}[{EXTRAS}]"]
    environment = {**os.environ, "PIP_CONSTRAINT": constraints}
    if subprocess.run(command, check=False, env=environment, timeout=3600).returncode != 0:
        raise SetupError("pip could not install the packages; its output above says why.")
    STAMP.write_text(wanted, encoding="utf-8")


def make_translations() -> None:
    """Compile the catalogues that are newer than their compiled form."""
    script = ROOT / "build" / "translations.py"
    if script.exists():
        subprocess.run([str(VENV / "bin" / "python"), str(script), "compile"], check=True, timeout=600)


def main() -> int:
    """Set everything up; return the exit code."""
    try:
        install_system_packages()
        make_venv()
        make_translations()
    except SetupError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
