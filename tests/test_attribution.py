"""Which pixels speak for an answer: integrated gradients against what they must add up to."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from core.config import RunConfig
from core.errors import ConfigError, RunUnreadableError
from core.learning.attribution import Attribution, integrated_gradients
from core.learning.data import LabelledData, to_input
from core.learning.models import build_model
from tests.support.training import epochs_of, training_of

NETWORKS: list[dict[str, Any]] = [
    {"model": "mlp", "hidden_sizes": (32,)},
    {"model": "mlp", "hidden_sizes": (32,), "activation": "sigmoid", "normalisation": "half"},
    {"model": "mlp", "hidden_sizes": (32,), "dropout": 0.5, "batch_norm": True},
    {"model": "cnn", "channels": (4, 6), "hidden_sizes": (16,), "normalisation": "mnist"},
    {"model": "cnn", "channels": (4, 6), "batch_norm": True},
]


def trained(data: LabelledData, **settings: Any) -> tuple[RunConfig, nn.Module]:
    """A small network after one epoch on the embedded digits, as it is kept."""
    config = RunConfig(dataset="digits", epochs=1, device="cpu", **settings)
    session = training_of(config, data)
    epochs_of(session)
    return config, session.model.eval()


def picture(data: LabelledData, place: int = 3) -> npt.NDArray[np.uint8]:
    pixels: npt.NDArray[np.uint8] = data.test.pixels[place].numpy()
    return pixels


def attributed(data: LabelledData, **settings: Any) -> tuple[Any, ...]:
    """Return a config, its trained model, an image, and what spoke there for 3 against 8."""
    config, model = trained(data, **settings)
    image = picture(data)
    return config, model, image, integrated_gradients(config, model, image, 3, 8)


def lead(config: RunConfig, model: nn.Module, image: npt.NDArray[np.uint8]) -> float:
    """How far 3 leads 8, from the model itself."""
    inputs = to_input(torch.from_numpy(image[None]), config.normalisation, torch.device("cpu"))
    with torch.no_grad():
        logits = model(inputs)[0]
    return float(logits[3] - logits[8])


@pytest.mark.parametrize("settings", NETWORKS, ids=lambda settings: "-".join(map(str, settings)))
def test_contributions_add_up_to_the_difference_of_the_logits(
    digits_data: LabelledData, settings: dict[str, Any]
) -> None:
    config, model, image, found = attributed(digits_data, **settings)
    paper = np.zeros_like(image)
    difference = lead(config, model, image) - lead(config, model, paper)
    assert found.pixels.sum() == pytest.approx(difference, abs=0.01 * np.abs(found.pixels).sum())


@pytest.mark.parametrize("settings", NETWORKS[:1])
def test_the_leads_on_image_and_paper_are_the_models(
    digits_data: LabelledData, settings: dict[str, Any]
) -> None:
    config, model, image, found = attributed(digits_data, **settings)
    paper = np.zeros_like(image)
    leads = (lead(config, model, image), lead(config, model, paper))
    assert (found.image, found.paper) == pytest.approx(leads, abs=1e-5)


def test_without_hidden_layers_each_pixel_contributes_its_weight_times_its_ink(
    digits_data: LabelledData,
) -> None:
    config = RunConfig(model="softmax", hidden_sizes=(), normalisation="none")
    model = build_model(config).eval()
    linear = next(layer for layer in model if isinstance(layer, nn.Linear))
    image = picture(digits_data)
    found = integrated_gradients(config, model, image, 3, 8)
    weights = (linear.weight[3] - linear.weight[8]).detach().numpy().reshape(28, 28)
    assert found.pixels == pytest.approx(weights * (image / 255), abs=1e-6)


class Saturating(nn.Module):
    """f(x) = 1 - ReLU(1 - x), the first example of the article, with x twice the ink of a pixel."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Put f into the logit of 3 and leave the others at 0."""
        logits = torch.zeros(len(inputs), 10)
        logits[:, 3] = 1 - torch.relu(1 - 2 * inputs[:, 0, 5, 5])
        return logits


def test_a_saturated_unit_still_gets_its_share() -> None:
    # Sundararajan, Taly and Yan 2017, section 2.1: at x = 2 the plain gradient is 0, though f went
    # from 0 to 1; integrated gradients give the pixel the whole of it.
    image = np.zeros((28, 28), dtype=np.uint8)
    image[5, 5] = 255
    found = integrated_gradients(RunConfig(normalisation="none"), Saturating(), image, 3, 8)
    assert found.pixels[5, 5] == pytest.approx(1, abs=1e-6)
    assert (found.image, found.paper) == (1, 0)


@pytest.mark.parametrize("settings", NETWORKS[1:4:2])
def test_blank_pixels_contribute_nothing(
    digits_data: LabelledData, settings: dict[str, Any]
) -> None:
    _, _, image, found = attributed(digits_data, **settings)
    assert not found.pixels[image == 0].any()


def test_against_is_for_the_other_digit(digits_data: LabelledData) -> None:
    config, model = trained(digits_data, **NETWORKS[0])
    image = picture(digits_data)
    one, other = (integrated_gradients(config, model, image, *pair) for pair in ((3, 8), (8, 3)))
    assert one.pixels == pytest.approx(-other.pixels, abs=1e-6)


def test_blank_paper_has_nothing_to_share_out(digits_data: LabelledData) -> None:
    config, model = trained(digits_data, **NETWORKS[0])
    found: Attribution = integrated_gradients(
        config, model, np.zeros((28, 28), dtype=np.uint8), 3, 8
    )
    assert not found.pixels.any()
    assert found.image == found.paper


def test_the_model_is_left_as_it_was(digits_data: LabelledData) -> None:
    config, model = trained(digits_data, **NETWORKS[4])
    before = {name: value.clone() for name, value in model.state_dict().items()}
    integrated_gradients(config, model, picture(digits_data), 3, 8)
    assert all(value.equal(before[name]) for name, value in model.state_dict().items())
    assert not model.training


@pytest.mark.parametrize(("answer", "other"), [(3, 3), (3, 10), (-1, 3)])
def test_anything_but_two_digits_is_refused(answer: int, other: int) -> None:
    image = np.zeros((28, 28), dtype=np.uint8)
    config = RunConfig()
    with pytest.raises(ConfigError, match="one of the ten digits"):
        integrated_gradients(config, build_model(config).eval(), image, answer, other)


def test_weights_without_finite_answers_are_refused(digits_data: LabelledData) -> None:
    config = RunConfig()
    model = build_model(config).eval()
    with torch.no_grad():
        for value in model.parameters():
            value.fill_(1e30)
    with pytest.raises(RunUnreadableError, match="no finite number"):
        integrated_gradients(config, model, picture(digits_data), 3, 8)
