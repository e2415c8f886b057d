"""What the pad in the browser says of the drawing, which may be anything."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.errors import DrawingError

# Each state holds all strokes so far: what a visitor costs must stay within a few megabytes.
MOST_BYTES: Final = 2_000_000


@dataclass(frozen=True)
class Drawn:
    """What was on the pad after a stroke: the strokes, as the pad writes them, and a PNG."""

    strokes: dict[str, Any]
    content: bytes
    size: int  # bytes of both


def last_message(state: object) -> object:
    """Return what the browser said last of the drawing, None where it has said nothing yet.

    `state` is that of the pad's widget.
    """
    message = state.get("drawing") if isinstance(state, Mapping) else None
    # What the pad was told to show comes back without a picture until there is a stroke.
    if isinstance(message, Mapping) and message.get("data") is None:
        return None
    return message


def read_message(message: object) -> Drawn | None:
    """Return what is drawn as a message of the pad's says, None if there is no stroke in it.

    Raises DrawingError for a message of another kind, which only a tampered browser sends.
    """
    odd = DrawingError("The drawing did not arrive as a picture. Clear the pad and draw again.")
    match message:
        case {"raw": {"objects": list() as objects, **_others} as strokes, "data": str() as url}:
            start, _, encoded = url.partition(";base64,")
            try:
                text = json.dumps(strokes)
            except RecursionError as error:
                raise odd from error
            if start != "data:image/png" or len(text) + len(encoded) > MOST_BYTES:
                raise odd
            try:
                content = base64.b64decode(encoded, validate=True)
            except ValueError as error:
                raise odd from error
            return Drawn(dict(strokes), content, len(text) + len(content)) if objects else None
        case _:
            raise odd
