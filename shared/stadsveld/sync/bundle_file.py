"""The file of a bundle: a zip with a manifest, members of JSON lines, and photos by their hash.

The manifest lists every member with its length and SHA-256, and is sealed with a key that only the device
and its central store know (HMAC-SHA256; the key is the hash of the device's token). A bundle is read only
after all of it has been verified, member by member, never beyond the length that was announced.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from ..errors import BadInput, StoreError
from ..jobs import Progress
from ..model import new_id
from ..text import _
from .changes import LARGEST_CHANGE, canonical_json

FORMAT = 1
_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 16 << 20
#: Most bytes of all members, and how many times larger than its place in the file a member may be.
_LARGEST, _MOST_RATIO = 16 << 30, 500
#: Most bytes of one line: a change, or a page of what a device may see.
_LARGEST_LINE = LARGEST_CHANGE + (64 << 20)
_NAME = re.compile(r"(changes|rows|pages|receipts)\.jsonl|photos/([0-9a-f]{64})\.jpg")
_PIECE = 1 << 20


class BundleWriter:
    """Writes a bundle beside its final name and moves it there whole, or not at all.

    Args:
        path: the file to make; replaced where it exists.
        facts: what the manifest says besides its members.
        key: the key of the seal, or None for a bundle without one.
    """

    def __init__(self, path: Path, facts: dict[str, Any], key: str | None) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.{new_id()}.part")
        self._facts, self._key = facts, key
        self._members: list[dict[str, Any]] = []

    def __enter__(self) -> BundleWriter:
        try:
            self._zip = zipfile.ZipFile(self._part, "w", zipfile.ZIP_DEFLATED)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._zip.writestr(_MANIFEST, canonical_json(self._manifest()))
            self._zip.close()
            if kind is None:
                with self._part.open("rb+") as file:
                    os.fsync(file.fileno())
                self._part.replace(self._path)
        except OSError as failed:
            raise _unwritable(self._path, failed) from failed
        finally:
            self._part.unlink(missing_ok=True)

    def lines(self, name: str, contents: Iterable[Any]) -> int:
        """Write a member of one JSON value a line; return how many there were."""
        digest, size, count = hashlib.sha256(), 0, 0
        with self._zip.open(f"{name}.jsonl", "w") as file:
            for content in contents:
                line = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                file.write(line)
                digest.update(line)
                size, count = size + len(line), count + 1
        self._members.append({"name": f"{name}.jsonl", "bytes": size, "sha256": digest.hexdigest()})
        return count

    def photo(self, sha256: str, path: Path) -> None:
        """Add the file of a photo."""
        name = f"photos/{sha256}.jpg"
        self._zip.write(path, name, zipfile.ZIP_STORED)
        self._members.append({"name": name, "bytes": self._zip.getinfo(name).file_size, "sha256": sha256})

    def _manifest(self) -> dict[str, Any]:
        manifest = {"format": FORMAT, **self._facts, "members": self._members}
        return manifest if self._key is None else {**manifest, "seal": _seal(manifest, self._key)}


class Bundle:
    """A bundle that was verified as a whole.

    Args:
        path: the file.
        progress: told how much is verified.

    Attributes:
        facts: the manifest.
        photos: hashes of the photos in it.

    Raises:
        BadInput: it is no bundle, is not whole, was altered, or is larger than it may be.
    """

    def __init__(self, path: Path, progress: Progress) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise self._damaged() from error
        try:
            self.facts = self._read_manifest()
            self._verify(progress)
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            self._zip.close()
            raise self._damaged() from error
        except BaseException:
            self._zip.close()
            raise
        self.photos = [match[2] for name in self._members if (match := _NAME.fullmatch(name)) and match[2]]

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()

    def is_sealed_by(self, key: str) -> bool:
        """Tell whether who made it knows a key."""
        manifest = {name: value for name, value in self.facts.items() if name != "seal"}
        return hmac.compare_digest(str(self.facts.get("seal") or ""), _seal(manifest, key))

    def lines(self, name: str) -> Iterator[Any]:
        """Yield the values of a member, none where it is missing.

        Raises:
            BadInput: a line is no JSON; the error names it.
        """
        member = f"{name}.jsonl"
        if member not in self._members:
            return
        with self._zip.open(member) as file:
            for number, line in enumerate(_lines_of(file), 1):
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError) as error:
                    reason = _("Line {n} is no JSON.").format(n=number)
                    raise BadInput(reason, file=self._path, place=member) from error

    def copy_photo(self, sha256: str, target: Path) -> None:
        """Copy a photo to a file, durably."""
        with self._zip.open(f"photos/{sha256}.jpg") as file, target.open("wb") as copy:
            while piece := file.read(_PIECE):
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())

    def _read_manifest(self) -> dict[str, Any]:
        info = self._zip.NameToInfo.get(_MANIFEST)
        if info is None or info.file_size > _LARGEST_MANIFEST:
            raise self._damaged()
        try:
            found = json.loads(self._zip.read(info))
        except (ValueError, RecursionError) as error:
            raise self._damaged() from error
        if not isinstance(found, dict) or not isinstance(found.get("members"), list):
            raise self._damaged()
        if found.get("format") != FORMAT:
            raise BadInput(_("A newer Stadsveld made this bundle. Update this program."), file=self._path)
        return found

    def _verify(self, progress: Progress) -> None:
        self._members: dict[str, int] = {}
        total, done = 0, 0
        for member in self.facts["members"]:
            said = member if isinstance(member, dict) else {}
            name, size = said.get("name"), said.get("bytes")
            info = self._zip.NameToInfo.get(str(name))
            right = isinstance(name, str) and _NAME.fullmatch(name) and type(size) is int
            if not right or info is None or info.file_size != size or name in self._members:
                raise self._damaged()
            if info.file_size > info.compress_size * _MOST_RATIO + _PIECE:
                raise BadInput(_("The bundle would become too large when unpacked."), file=self._path)
            total += info.file_size
            self._members[str(name)] = info.file_size
        if total > _LARGEST:
            raise BadInput(_("The bundle would become too large when unpacked."), file=self._path)
        if set(self._zip.namelist()) != {*self._members, _MANIFEST}:
            raise self._damaged()
        for member in self.facts["members"]:
            progress.report(done / max(total, 1), _("checking the bundle"))
            done += self._verify_member(member)

    def _verify_member(self, member: dict[str, Any]) -> int:
        digest, size = hashlib.sha256(), 0
        with self._zip.open(member["name"]) as file:
            while piece := file.read(_PIECE):
                size += len(piece)
                if size > member["bytes"]:
                    raise self._damaged()
                digest.update(piece)
        named = _NAME.fullmatch(member["name"])
        is_right = digest.hexdigest() == member.get("sha256") and size == member["bytes"]
        if not is_right or (named is not None and named[2] and named[2] != member["sha256"]):
            raise self._damaged()
        return size

    def _damaged(self) -> BadInput:
        return BadInput(_("This is no whole bundle: copy it again, or have it made again."), file=self._path)


def _lines_of(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(_LARGEST_LINE):
        yield line


def _seal(manifest: dict[str, Any], key: str) -> str:
    return hmac.new(key.encode(), canonical_json(manifest).encode(), hashlib.sha256).hexdigest()


def _unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(_("{file} cannot be written: {error}").format(file=path, error=error.strerror))


__all__ = ["FORMAT", "Bundle", "BundleWriter"]
