"""Dropout as article 1 uses it, with masks drawn from as few random bits as they need."""

import functools
import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import nn

_BYTES: Final = 256
_VALUES: Final = 2**16
_MANY_BITS: Final = 16
_WORD_BITS: Final = 64


class Dropout(nn.Dropout):
    """Sets each value to 0 with probability `p` while training and scales the rest by 1/(1-p).

    The same as torch's (Srivastava and others 2014, Journal of Machine Learning Research 15), but
    on the CPU a mask takes a fraction of the time: see `dropout_mask`.
    """

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return `values` with the dropped ones 0, or as they are outside training."""
        return values * dropout_mask(values, self.p) if self.training else values


def dropout_mask(like: torch.Tensor, p: float) -> torch.Tensor:
    """Draw a mask of the shape and type of `like`: 0 where dropped, 1/(1-p) where kept.

    torch draws a whole random number for each value. On the CPU this takes the fewest of 1, 2 or
    4 bits that can express `p` (1 for 0.5, 2 for 0.25), else 16, which meet it to within 1/65,536.
    """
    return dropout_masks([tuple(like.shape)], p, like)[0]


def dropout_masks(
    shapes: Sequence[tuple[int, ...]], p: float, like: torch.Tensor
) -> list[torch.Tensor]:
    """Draw a mask for each of `shapes`: those that `dropout_mask` would draw one by one."""
    if like.device.type != "cpu":
        return [like.new_empty(shape).bernoulli_(1 - p).div_(1 - p) for shape in shapes]
    bits = _bits_for(p) or _MANY_BITS
    counts = [math.prod(shape) for shape in shapes]
    # Every mask begins with a new 64-bit number, whatever the one before it left over.
    room = [-(-count * bits // _WORD_BITS) * _WORD_BITS // bits for count in counts]
    drawn = torch.empty(sum(room) * bits // _WORD_BITS, dtype=torch.int64).random_(-(2**63), None)
    if bits == _MANY_BITS:
        kept = drawn.view(torch.int16) >= round(p * _VALUES) - _VALUES // 2
        values = kept.to(like.dtype).mul_(1 / (1 - p))
    else:
        bytes_ = drawn.view(torch.uint8).to(torch.int32)
        values = _mask_of_byte(bits, p).index_select(0, bytes_).view(-1).to(like.dtype)
    parts = torch.split(values, room)
    return [
        (part if len(part) == count else part[:count]).view(shape)
        for part, count, shape in zip(parts, counts, shapes, strict=True)
    ]


def _bits_for(p: float) -> int | None:
    return next((bits for bits in (1, 2, 4) if (p * 2**bits).is_integer()), None)


@functools.lru_cache(maxsize=16)
def _mask_of_byte(bits: int, p: float) -> torch.Tensor:
    """Return for each byte the values of the mask that its groups of `bits` stand for."""
    bytes_ = torch.arange(_BYTES).unsqueeze(1)
    groups = (bytes_ >> torch.arange(0, 8, bits)) & (2**bits - 1)
    mask: torch.Tensor = (groups >= p * 2**bits).float() / (1 - p)
    return mask
