"""Dropout as article 1 uses it, with masks drawn from as few random bits as they need."""

import functools
from typing import Final

import torch
from torch import nn

_BYTES: Final = 256
_VALUES: Final = 2**16


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
    if like.device.type != "cpu":
        return torch.empty_like(like).bernoulli_(1 - p).div_(1 - p)
    count = like.numel()
    bits = _bits_for(p)
    if bits is None:
        drawn = _random_bytes(2 * count).view(torch.int16)[:count]
        kept = drawn >= round(p * _VALUES) - _VALUES // 2
        return kept.view(like.shape).to(like.dtype).mul_(1 / (1 - p))
    drawn = _random_bytes((count * bits + 7) // 8)
    rows = _mask_of_byte(bits, p).index_select(0, drawn.to(torch.int32))
    return rows.view(-1)[:count].view(like.shape)


def _random_bytes(count: int) -> torch.Tensor:
    words = torch.empty((count + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
    return words.view(torch.uint8)[:count]


def _bits_for(p: float) -> int | None:
    return next((bits for bits in (1, 2, 4) if (p * 2**bits).is_integer()), None)


@functools.lru_cache(maxsize=16)
def _mask_of_byte(bits: int, p: float) -> torch.Tensor:
    """Return for each byte the values of the mask that its groups of `bits` stand for."""
    bytes_ = torch.arange(_BYTES).unsqueeze(1)
    groups = (bytes_ >> torch.arange(0, 8, bits)) & (2**bits - 1)
    mask: torch.Tensor = (groups >= p * 2**bits).float() / (1 - p)
    return mask
