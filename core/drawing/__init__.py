"""From any picture to the 28×28 digits that a model was trained on."""

from core.drawing.digit import Digit, to_digit
from core.drawing.ink import find_ink
from core.drawing.scene import Box, Found, Scene, digit_in, find_digits
from core.drawing.strokes import thicken

__all__ = [
    "Box",
    "Digit",
    "Found",
    "Scene",
    "digit_in",
    "find_digits",
    "find_ink",
    "thicken",
    "to_digit",
]
