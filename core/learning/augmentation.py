"""Random affine changes of training images: turned, scaled, slanted and shifted a little."""

import math
from typing import Final

import torch
from torch.nn import functional

from core.config import IMAGE_SIDE

# What strength 1 means at most, each drawn evenly between minus and plus: within what people do
# to a digit without making it another one (Simard and others 2003 shift and turn by as much).
ROTATION_DEGREES: Final = 10.0
SCALE: Final = 0.1
SHEAR_DEGREES: Final = 5.0
SHIFT_PIXELS: Final = 2.0
_HIGHEST_SEED: Final = 2**32 - 1


class Augmentation:
    """Changes each image by chance, anew each time; its chance is its own."""

    def __init__(self, strength: float, seed: int) -> None:
        """Take `strength` times the largest changes above; `seed` starts the chance."""
        self._strength = strength
        # Its own, on the CPU: the order of images and the dropout of a run with augmentation stay
        # those of one without, and every device changes the images alike. Counted down from the
        # top of the 32 bits that it reads, so that it never draws what the order is drawn from.
        self.generator = torch.Generator().manual_seed(_HIGHEST_SEED - seed)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return `images` `(N, 1, 28, 28)`, 0 being paper, each changed on its own."""
        transforms = self._draw(len(images)).to(images.device)
        grid = functional.affine_grid(transforms, list(images.shape), align_corners=False)
        return functional.grid_sample(images, grid, mode="bilinear", align_corners=False)

    def _draw(self, count: int) -> torch.Tensor:
        """Return `(N, 2, 3)`: where in the old image each place of the new one is looked up."""
        chance = torch.rand(5, count, generator=self.generator, dtype=torch.float32) * 2 - 1
        chance *= self._strength
        angle = chance[0] * math.radians(ROTATION_DEGREES)
        size = (1 + chance[1] * SCALE).clamp_min(0.1)
        slant = torch.tan(chance[2] * math.radians(SHEAR_DEGREES))
        shift = chance[3:] * (SHIFT_PIXELS * 2 / IMAGE_SIDE)  # the whole side is 2 long
        cos, sin = torch.cos(angle) / size, torch.sin(angle) / size
        rows = (cos, cos * slant - sin, sin, sin * slant + cos)
        turn = torch.stack(rows, dim=1).view(count, 2, 2)
        # A place is moved back first and then turned back: the shift itself is never turned.
        return torch.cat([turn, -turn @ shift.T.unsqueeze(2)], dim=2)
