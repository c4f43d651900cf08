"""How the layers look: `resources/styles/layers.json` as QGIS renderers and labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from qgis.core import (
    Qgis,
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsFontMarkerSymbolLayer,
    QgsLinePatternFillSymbolLayer,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsNullSymbolRenderer,
    QgsPalLayerSettings,
    QgsProperty,
    QgsRendererCategory,
    QgsSimpleMarkerSymbolLayer,
    QgsSingleSymbolRenderer,
    QgsSymbol,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtCore import QSizeF
from qgis.PyQt.QtGui import QColor, QFont

from ..core import model, resources, text
from ..text import tr

Style = Mapping[str, Any]
_INK = "#1d2a33"
_CURRENT, _ENDED = "current", "ended"
_ENDED_LOOK = {
    "fill": "#ffffff00",
    "line": "#8d99a1",
    "dash": True,
    "mark": "",
    "halo": False,
    "hatch": False,
}
#: Markers are whole up to 1:2500 and shrink to half at 1:10,000, so that an overview stays readable.
_SHRINK = "scale_linear(@map_scale, 2500, 10000, 1, 0.5)"


@lru_cache(maxsize=1)
def book() -> dict[str, Any]:
    """Return the shipped style book."""
    found: dict[str, Any] = json.loads(
        resources.resource("styles", "layers.json").read_text(encoding="utf-8")
    )
    return found


def drawing_order() -> list[str]:
    """Return the names of entities from the topmost layer down."""
    return list(book()["order"])


def apply(layer: QgsVectorLayer, name: str) -> None:
    """Style a layer of the entity `name`; what a register ended is a class that is switched off."""
    style = book()["layers"].get(name, {})
    has_ended = model.ENTITIES[name].register
    layer.setRenderer(_renderer(layer, style, has_ended=has_ended))
    if "label" in style:
        layer.setLabeling(_labeling(style, has_ended=has_ended))
        layer.setLabelsEnabled(True)
    if "scale" in style:
        layer.setScaleBasedVisibility(True)
        layer.setMinimumScale(style["scale"])


def _renderer(layer: QgsVectorLayer, style: Style, *, has_ended: bool) -> Any:
    kind = layer.geometryType()
    if not {"fill", "line", "use", "classes"} & style.keys():
        return QgsNullSymbolRenderer()
    is_single = not {"use", "classes"} & style.keys()
    if is_single and not has_ended:
        return QgsSingleSymbolRenderer(_symbol(kind, style))
    classes = [(_CURRENT, tr("current"), style)] if is_single else _classes(style)
    value = f"'{_CURRENT}'" if is_single else style.get("expression") or f'"{style["by"]}"'
    if "otherwise" in style:
        value = f"coalesce({value}, '{style['otherwise']}')"
    if has_ended:
        value = f"CASE WHEN \"ended\" IS NULL THEN {value} ELSE '{_ENDED}' END"
    renderer = QgsCategorizedSymbolRenderer(value)
    for code, title, look in classes:
        renderer.addCategory(QgsRendererCategory(code, _symbol(kind, {**style, **look}), title))
    if has_ended:
        look = _symbol(kind, {**style, **_ENDED_LOOK})
        renderer.addCategory(QgsRendererCategory(_ENDED, look, tr("ended"), False))
    return renderer


def _classes(style: Style) -> list[tuple[Any, str, Style]]:
    """Return (value, title, look) of each class, in the order of the code list where there is one."""
    looks = book()[style["use"]] if "use" in style else style["classes"]
    codes = model.CODES.get(style.get("codes", ""))
    if codes is None:
        language = text.language()
        return [(value, look["label"][language], look) for value, look in looks.items()]
    found = []
    for value in codes.labels:
        if value in looks:
            mark = looks[value].get("mark", "")
            title = codes.label(value)
            found.append((value, f"{mark}  {title}" if mark else title, looks[value]))
    return found


def _symbol(kind: Qgis.GeometryType, style: Style) -> QgsSymbol:
    if kind == Qgis.GeometryType.Polygon:
        return _fill(style)
    if kind == Qgis.GeometryType.Line:
        width = str(style.get("width", 0.3))
        return QgsLineSymbol.createSimple({"line_color": style["line"], "line_width": width})
    return _marker(style)


def _fill(style: Style) -> QgsFillSymbol:
    symbol = QgsFillSymbol.createSimple(
        {
            "color": _rgba(style["fill"]),
            "outline_color": style["line"],
            "outline_width": str(style.get("width", 0.2)),
            "outline_style": "dash" if style.get("dash") else "solid",
            "joinstyle": "round",
        }
    )
    if style.get("hatch"):
        hatch = QgsLinePatternFillSymbolLayer()
        hatch.setLineAngle(45)
        hatch.setDistance(2.2)
        hatch.setSubSymbol(QgsLineSymbol.createSimple({"line_color": "#b4bec4", "line_width": "0.15"}))
        symbol.appendSymbolLayer(hatch)
    return symbol


def _rgba(colour: str) -> str:
    red, green, blue, alpha = (int((colour + "ff")[start : start + 2], 16) for start in (1, 3, 5, 7))
    return f"{red},{green},{blue},{alpha}"


def _marker(style: Style) -> QgsMarkerSymbol:
    size = float(style.get("size", 3))
    symbol = QgsMarkerSymbol.createSimple(
        {
            "name": style.get("shape", "circle"),
            "color": _rgba(style["fill"]),
            "outline_color": style["line"],
            "outline_width": "0.3",
            "size": str(size),
        }
    )
    if style.get("halo"):
        halo = {"name": style.get("shape", "circle"), "color": "#ffffff", "outline_style": "no"}
        symbol.insertSymbolLayer(0, QgsSimpleMarkerSymbolLayer.create({**halo, "size": str(size + 1.3)}))
    if style.get("mark"):
        ink = QColor(style.get("ink") or _readable_on(style["fill"]))
        mark = QgsFontMarkerSymbolLayer("sans-serif", style["mark"], size * 0.62, ink)
        mark.setFontStyle("Bold")
        symbol.appendSymbolLayer(mark)
    symbol.setDataDefinedSize(QgsProperty.fromExpression(f"{size} * {_SHRINK}"))
    return symbol


def _readable_on(fill: str) -> str:
    """Return dark or light ink, whichever is read best on a colour."""
    return _INK if QColor(fill).lightnessF() > 0.55 else "#ffffff"


def _labeling(style: Style, *, has_ended: bool) -> QgsVectorLayerSimpleLabeling:
    settings = QgsPalLayerSettings()
    shown = style["label"]
    settings.fieldName = f'CASE WHEN "ended" IS NULL THEN {shown} END' if has_ended else shown
    settings.isExpression = True
    settings.scaleVisibility = True
    settings.minimumScale = style.get("label_scale", 5000)
    settings.maximumScale = 0
    settings.multilineAlign = Qgis.LabelMultiLineAlignment.Center
    settings.setFormat(_text_format(style))
    return QgsVectorLayerSimpleLabeling(settings)


def _text_format(style: Style) -> QgsTextFormat:
    look = QgsTextFormat()
    font = QFont("sans-serif")
    font.setBold(not style.get("label_thin", False))
    look.setFont(font)
    look.setSize(style.get("label_size", 8.5))
    look.setSizeUnit(Qgis.RenderUnit.Points)
    look.setColor(QColor(style.get("label_ink", _INK)))
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(0.8)
    halo.setColor(QColor("#ffffff"))
    look.setBuffer(halo)
    look.background().setSize(QSizeF(0, 0))
    return look
