"""From any picture to the 28×28 digits that a model was trained on."""

from core.drawing.digit import Digit, find_ink, thicken, to_digit

__all__ = ["Digit", "find_ink", "thicken", "to_digit"]
