"""What the drawing pad's page tells of a stroke: the canvas as Fabric.js writes it, and a PNG."""

import base64
import io
import json
import random
from typing import Any

from PIL import Image, ImageDraw

_SIDE, _BRUSH = 280, 20
_INK, _PAPER = "#16181F", "#FFFFFF"
# Fractions of the pad's side; a hand shakes a little, so that no two drawings are the same.
_DIGITS = (
    ((0.5, 0.2), (0.5, 0.8)),
    ((0.3, 0.25), (0.7, 0.25), (0.45, 0.8)),
    ((0.3, 0.2), (0.3, 0.5), (0.7, 0.5), (0.7, 0.2), (0.7, 0.8)),
    ((0.3, 0.3), (0.5, 0.2), (0.7, 0.35), (0.3, 0.8), (0.72, 0.8)),
)


def stroke_message(chance: random.Random) -> str:
    """Return the JSON of a pad with one stroke on it, the like of which nobody drew before."""
    points = [
        (_SIDE * (x + chance.uniform(-0.05, 0.05)), _SIDE * (y + chance.uniform(-0.05, 0.05)))
        for x, y in chance.choice(_DIGITS)
    ]
    raw = {"version": "7.4.0", "objects": [_path(points)], "background": _PAPER}
    return json.dumps({"drawing": {"raw": raw, "data": _picture(points)}})


def _path(points: list[tuple[float, float]]) -> dict[str, Any]:
    across, down = zip(*points, strict=True)
    path = [["M", *points[0]], *(["Q", *point, *point] for point in points[1:-1])]
    return {
        "type": "Path",
        "version": "7.4.0",
        "originX": "center",
        "originY": "center",
        "left": (min(across) + max(across)) / 2,
        "top": (min(down) + max(down)) / 2,
        "width": max(across) - min(across),
        "height": max(down) - min(down),
        "fill": None,
        "stroke": _INK,
        "strokeWidth": _BRUSH,
        "strokeLineCap": "round",
        "strokeLineJoin": "round",
        "path": [*path, ["L", *points[-1]]],
    }


def _picture(points: list[tuple[float, float]]) -> str:
    picture = Image.new("RGBA", (_SIDE, _SIDE), _PAPER)
    pen = ImageDraw.Draw(picture)
    pen.line(points, _INK, _BRUSH, joint="curve")
    content = io.BytesIO()
    picture.save(content, "PNG")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
