"""Digits of a data set as strangers hand them in: anywhere on a pad, of any size and tone."""

import numpy as np
from PIL import Image

PAD = 280
SIDES = (60, 260)  # pixels, of the pasted image of 28×28
STRENGTHS = (0.35, 1.0)  # of the ink's tone, against paper


def pasted(image: np.ndarray, seed: int) -> np.ndarray:
    """Return a grey pad uint8 `(280, 280)` with an image uint8 `(28, 28)` somewhere on it.

    `seed` decides on size, place, strength of ink, and light ink on dark paper or the reverse.
    """
    chance = np.random.default_rng(seed)
    side = int(chance.integers(SIDES[0], SIDES[1] + 1))
    top, left = chance.integers(0, PAD - side + 1, 2)
    strength, dark_ink = chance.uniform(*STRENGTHS), chance.random() < 0.5
    enlarged = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    pad = np.zeros((PAD, PAD), np.float32)
    pad[top : top + side, left : left + side] = enlarged
    ink = np.round(strength * pad).astype(np.uint8)
    return 255 - ink if dark_ink else ink
