"""Streams the objects out of one GML file, with the C parser of expat, a chunk at a time.

Each object element becomes a small tree that is read and dropped, so that memory depends on the
largest object only. Definitions of types and entities are refused: the BGT has none, and they are
what attacks by XML are made of.
"""

from __future__ import annotations

import pyexpat
from collections.abc import Iterator
from typing import IO, Any

from ...errors import BadInput
from ...text import _
from .delivery import DeliveredFile
from .gml import Node, is_rd
from .objects import BgtObject, ObjectParser, Refusal, local_id_of

_CHUNK = 1 << 17
#: Bytes of XML that one object may take. The largest objects of the country (seas, forests) take a few
#: million; more is no object, and memory must stay small.
MAX_OBJECT = 32_000_000
#: Elements inside each other; the deepest in the BGT (a curved hole) has 13.
_MAX_DEPTH = 64
#: How deep the object elements are: root, member, object.
_OBJECT_DEPTH = 3
_MEMBERS = frozenset({"cityObjectMember", "featureMember", "featureMembers", "member"})


class _LocalNames(dict[str, str]):
    """Name with prefix -> local name, filled as names come by."""

    def __missing__(self, name: str) -> str:
        local = name.rpartition(":")[2]
        if len(self) < 1000:
            self[name] = local
        return local


class FileReader:
    """Reads the objects of one file of a delivery.

    Args:
        file: the file.
        at: an instant (UTC) where only versions that hold then are wanted: the others are checked and
            come bare.

    Attributes:
        present: number of object elements met so far.
        consumed: bytes read so far.
    """

    def __init__(self, file: DeliveredFile, at: str | None = None) -> None:
        self._file = file
        self._parser = ObjectParser(file.bgt_class, at)
        self.present = 0
        self.consumed = 0
        self._found: list[BgtObject | Refusal] = []
        self._names = _LocalNames()
        self._root: Node = ("", {}, [])
        self._stack: list[Node] = [self._root]
        self._last_object = 0

    def read(self, stream: IO[bytes]) -> Iterator[BgtObject | Refusal]:
        """Yield every object element as an object or a refusal.

        Raises:
            BadInput: the XML is damaged, cut off or not GML in RD; names file, object and reason.
        """
        expat = self._expat()
        try:
            while chunk := stream.read(_CHUNK):
                self.consumed += len(chunk)
                expat.Parse(chunk, False)
                if self.consumed - self._last_object > MAX_OBJECT:
                    raise self._bad(_("an object is larger than any in the BGT; it was not read"))
                yield from self._found
                self._found.clear()
            expat.Parse(b"", True)
        except pyexpat.ExpatError as error:
            reason = _("the XML is damaged or cut off at line {line}: {error}; download it again")
            message = pyexpat.ErrorString(error.code)
            raise self._bad(reason.format(line=error.lineno, error=message)) from error
        yield from self._found

    def _expat(self) -> pyexpat.XMLParserType:
        """Return a parser that builds the tree of the object at hand."""
        expat = pyexpat.ParserCreate()
        expat.buffer_text = True
        expat.StartDoctypeDeclHandler = self._refuse_definitions
        expat.EntityDeclHandler = self._refuse_definitions
        stack, names = self._stack, self._names
        text: list[str] = []

        # These run for every element: what they need is local, and a leaf costs a handful of steps.
        def start(name: str, attributes: dict[str, str]) -> None:
            node: Node = (names[name], attributes, [])
            stack[-1][2].append(node)
            stack.append(node)
            text.clear()
            if "srsName" in attributes:
                self._check_crs(attributes["srsName"])
            if len(stack) == _OBJECT_DEPTH + 1 or len(stack) > _MAX_DEPTH:
                self._begin_object()

        def end(_name: str) -> None:
            node = stack.pop()
            if text:
                if not node[2]:
                    content = "".join(text).strip()
                    if content:
                        node[2].append(content)
                text.clear()
            if len(stack) <= _OBJECT_DEPTH:
                if len(stack) == _OBJECT_DEPTH and stack[-1][0] in _MEMBERS:
                    self._finish(node)
                stack[-1][2].clear()

        expat.StartElementHandler = start
        expat.EndElementHandler = end
        expat.CharacterDataHandler = text.append
        return expat

    def _begin_object(self) -> None:
        if len(self._stack) > _MAX_DEPTH:
            raise self._bad(_("its elements are nested deeper than in any BGT file"))
        self.present += self._stack[-2][0] in _MEMBERS

    def _check_crs(self, crs: str) -> None:
        if not is_rd(crs[:100]):
            reason = _("the coordinates are in {crs}, not in RD (EPSG:28992); download it in RD")
            raise self._bad(reason.format(crs=crs[:100]))

    def _finish(self, node: Node) -> None:
        """Turn the element of an object into what it is."""
        self._last_object = self.consumed
        try:
            self._found.append(self._parser.parse(node))
        except BadInput as error:
            local_id = local_id_of(node)
            place = local_id or node[1].get("gml:id") or _("object {n}").format(n=self.present)
            self._found.append(Refusal(self._file.name, self._file.bgt_class, place, error.reason, local_id))

    def _refuse_definitions(self, *_args: Any) -> None:
        raise self._bad(_("it defines its own document type or entities, which no BGT file does"))

    def _bad(self, reason: str) -> BadInput:
        """Return the error for the whole file, with the object at which it came to light."""
        objects = self._stack[_OBJECT_DEPTH : _OBJECT_DEPTH + 1]
        place = self._file.name
        if objects:
            name = local_id_of(objects[0]) or objects[0][1].get("gml:id") or str(self.present)
            place = f"{place}: {name}"
        return BadInput(reason, place=place)
