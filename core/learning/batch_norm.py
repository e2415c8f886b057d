"""Batch norm over the channels of images, exact in the memory layout that CNNs train in."""

from typing import Any

import torch
from torch import nn


class BatchNorm(nn.BatchNorm2d):
    """The same as torch's (Ioffe and Szegedy 2015), with means summed up as carefully as elsewhere.

    torch's own for channels_last on the CPU adds ten thousands of float32 values one after the
    other, which shifts means by one part in ten thousand and gradients by up to a hundredth.
    """

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return `values` `(N, C, H, W)` with mean 0 and spread 1 a channel, then scaled."""
        if not self.training or values.device.type != "cpu":
            return super().forward(values)
        count, channels, height, width = values.shape
        rows = values.permute(0, 2, 3, 1).reshape(-1, channels)  # a view, if channels come last
        normal, mean, variance = _Normalise.apply(rows, self.weight, self.bias, self.eps)
        with torch.no_grad():
            assert self.running_mean is not None
            assert self.running_var is not None
            assert self.momentum is not None
            unbiased = variance * (len(rows) / max(1, len(rows) - 1))
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(unbiased, self.momentum)
            if self.num_batches_tracked is not None:
                self.num_batches_tracked.add_(1)
        images: torch.Tensor = normal.view(count, height, width, channels)
        return images.permute(0, 3, 1, 2)


class _Normalise(torch.autograd.Function):
    """Rows `(N, C)` to mean 0 and spread 1 a column, times weight, plus bias."""

    @staticmethod
    def forward(
        ctx: Any, rows: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        mean = rows.mean(dim=0)
        normal = rows - mean
        variance = normal.square().mean(dim=0)
        inverse = (variance + eps).rsqrt()
        normal.mul_(inverse)
        ctx.save_for_backward(normal, inverse, weight)
        ctx.mark_non_differentiable(mean, variance)
        return torch.addcmul(bias, normal, weight), mean, variance

    @staticmethod
    def backward(
        ctx: Any, slope: torch.Tensor, _mean: torch.Tensor, _variance: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, None]:
        # Ioffe and Szegedy 2015, section 3, with the sums taken once.
        normal, inverse, weight = ctx.saved_tensors
        by_bias = slope.sum(dim=0)
        by_weight = (slope * normal).sum(dim=0)
        centred = slope - by_bias / len(normal)
        by_rows = torch.addcmul(centred, normal, by_weight, value=-1 / len(normal))
        return by_rows.mul_(weight * inverse), by_weight, by_bias, None
