"""All weights of a model in one piece of memory, and all their gradients in another."""

import torch
from torch import nn


class FlatParameters:
    """Lays the parameters of a model and their gradients each into one flat tensor.

    An optimizer's step, the gradient's length and its clipping are then one operation each, not
    one a layer. The model's parameters become views: whoever changes `values` changes the model,
    and gradients that autograd adds up land in `gradients`.
    """

    def __init__(self, model: nn.Module) -> None:
        """Move the parameters of `model`, on whatever device they are, into one tensor."""
        parameters = list(model.parameters())
        count = sum(parameter.numel() for parameter in parameters)
        self.values = parameters[0].detach().new_empty(count)
        self.gradients = self.values.new_zeros(count)
        start = 0
        for parameter in parameters:
            end = start + parameter.numel()
            view = _as(parameter, self.values[start:end])
            view.copy_(parameter.detach())
            parameter.data = view
            parameter.grad = _as(parameter, self.gradients[start:end])
            start = end


def _as(parameter: torch.Tensor, flat: torch.Tensor) -> torch.Tensor:
    """Return `flat` in the shape of `parameter`, with its dimensions in the same order in memory.

    The strides are taken as they are: those of a window over a single channel tell a convolution
    which layout is meant, although every layout is the same there.
    """
    return flat.as_strided(parameter.shape, parameter.stride(), flat.storage_offset())
