"""Sizes that never change: of the images, the classes, and what a run may be at most."""

from collections.abc import Mapping
from typing import Final

IMAGE_SIDE: Final = 28
PIXELS: Final = IMAGE_SIDE * IMAGE_SIDE
CLASSES: Final = 10
MAX_PARAMETERS: Final = 50_000_000
TRAINING_IMAGES: Final[Mapping[str, int]] = {"mnist": 60_000, "digits": 1_437}
