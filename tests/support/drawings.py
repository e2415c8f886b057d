"""Drawings of the field test, made of the embedded digits as a visitor would draw them."""

from pathlib import Path

import numpy as np
from PIL import Image

from core.field_test.limits import Limits
from core.field_test.records import Drawing
from core.field_test.store import DrawingStore
from core.field_test.taking import keep_drawing
from core.learning.data import load

NO_LIMITS = Limits(session_minute=10**6, session=10**6, minute=10**6, day=10**6)
# What the pad in the browser says of two strokes, as Fabric.js writes them.
MESSAGE = {
    "version": "6.6.1",
    "objects": [
        {"type": "Path", "path": [["M", 80, 60], ["Q", 80, 60, 100.25, 61], ["L", 200, 60]]},
        {"type": "Path", "path": [["M", 200, 60], ["L", 120, 220]]},
    ],
}


def digit_on_pad(number: int) -> tuple[Image.Image, int]:
    """Return the test digit of that number on a white pad, dark on light, and its label."""
    test = load("digits", Path("unused")).test
    small = Image.fromarray(255 - test.pixels[number].numpy())
    pad = Image.new("L", (280, 280), 255)
    pad.paste(small.resize((190, 190), Image.Resampling.BICUBIC), (40 + number % 40, 50))
    return pad, int(test.labels[number])


def keep(store: DrawingStore, count: int, first: int = 0) -> list[Drawing]:
    """Keep that many drawings and return them, the first one first."""
    kept = []
    for number in range(first, first + count):
        picture, label = digit_on_pad(number)
        kept.append(keep_drawing(store, picture, label, MESSAGE))
    return kept


def same(one: Drawing, other: Drawing) -> bool:
    """Tell whether two are the same drawing in the same state."""
    facts = [(d.id, d.label, d.hidden, d.mistake, int(d.time.timestamp())) for d in (one, other)]
    return facts[0] == facts[1] and np.array_equal(one.digit, other.digit)
