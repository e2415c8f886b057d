"""What the last layer is given, against hooks on the model itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core.config import RunConfig
from core.errors import ConfigError, RunUnreadableError
from core.learning.data import LabelledData, to_input
from core.learning.evaluation import restore_model
from core.learning.features import (
    feature_count,
    feature_origin,
    hidden_features,
    most_images,
)
from core.runs.results import read_weights, write_weights
from tests.support.training import epochs_of, training_of

NETWORKS: dict[str, dict[str, Any]] = {
    "mlp": {"model": "mlp", "hidden_sizes": (24, 12), "dropout": 0.5},
    "mlp with batch norm": {"model": "mlp", "hidden_sizes": (16,), "batch_norm": True},
    "cnn": {"model": "cnn", "channels": (4, 6), "hidden_sizes": (16,), "normalisation": "mnist"},
    "cnn without hidden layer": {"model": "cnn", "channels": (4,), "hidden_sizes": ()},
    "softmax": {"model": "softmax", "hidden_sizes": (), "normalisation": "half"},
}


def kept_model(
    data: LabelledData, folder: Path, settings: dict[str, Any]
) -> tuple[RunConfig, nn.Module]:
    """A small network after one epoch, out of the file that holds its weights."""
    config = RunConfig(dataset="digits", epochs=1, device="cpu", **settings)
    session = training_of(config, data)
    epochs_of(session)
    state = session.model.state_dict()
    floats = {k: v.numpy().copy() for k, v in state.items() if v.is_floating_point()}
    write_weights(folder, floats)
    return config, restore_model(config, read_weights(folder))


@pytest.mark.parametrize("settings", NETWORKS.values(), ids=NETWORKS.keys())
def test_features_are_what_a_hook_on_the_last_layer_sees(
    digits_data: LabelledData, tmp_path: Path, settings: dict[str, Any]
) -> None:
    config, model = kept_model(digits_data, tmp_path, settings)
    seen: list[torch.Tensor] = []
    last = [layer for layer in model.modules() if isinstance(layer, nn.Linear)][-1]
    hook = last.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    pixels = digits_data.test.pixels
    with torch.no_grad():
        model(to_input(pixels, config.normalisation, torch.device("cpu")))
    hook.remove()
    found = hidden_features(config, model, pixels.numpy())
    assert found.shape == (len(pixels), feature_count(config))
    assert found == pytest.approx(seen[0].numpy(), abs=1e-5)


@pytest.mark.parametrize("settings", NETWORKS.values(), ids=NETWORKS.keys())
def test_the_last_layer_makes_the_answers_out_of_the_features(
    digits_data: LabelledData, tmp_path: Path, settings: dict[str, Any]
) -> None:
    config, model = kept_model(digits_data, tmp_path, settings)
    pixels = digits_data.test.pixels
    last = [layer for layer in model.modules() if isinstance(layer, nn.Linear)][-1]
    with torch.no_grad():
        logits = model(to_input(pixels, config.normalisation, torch.device("cpu")))
        again = last(torch.from_numpy(hidden_features(config, model, pixels.numpy())))
    assert again.numpy() == pytest.approx(logits.numpy(), abs=1e-4)


@pytest.mark.parametrize(
    ("network", "origin"),
    [
        ("mlp", "hidden"),
        ("cnn", "hidden"),
        ("cnn without hidden layer", "convolutions"),
        ("softmax", "pixels"),
    ],
)
def test_it_is_known_where_the_features_come_from(network: str, origin: str) -> None:
    assert feature_origin(RunConfig(dataset="digits", **NETWORKS[network])) == origin


def test_softmax_regression_weighs_the_pixels_themselves(
    digits_data: LabelledData, tmp_path: Path
) -> None:
    config, model = kept_model(digits_data, tmp_path, NETWORKS["softmax"])
    pixels = digits_data.test.pixels.numpy()
    expected = (pixels.reshape(len(pixels), -1) / 255 - 0.5) / 0.5
    assert hidden_features(config, model, pixels) == pytest.approx(expected, abs=1e-6)


def test_several_batches_give_the_same_as_one(
    digits_data: LabelledData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, model = kept_model(digits_data, tmp_path, NETWORKS["cnn"])
    pixels = digits_data.test.pixels.numpy()
    whole = hidden_features(config, model, pixels)
    monkeypatch.setattr("core.learning.features._CHUNK", 7)
    assert hidden_features(config, model, pixels) == pytest.approx(whole, abs=1e-5)


def test_more_images_than_memory_holds_are_refused() -> None:
    wide = RunConfig(model="cnn", channels=(6_000,), pooling="none", hidden_sizes=())
    assert feature_count(wide) == 4_704_000
    many = np.zeros((most_images(wide) + 1, 28, 28), dtype=np.uint8)
    with pytest.raises(ConfigError, match="do not fit into memory"):
        hidden_features(wide, nn.Sequential(), many)


def test_values_without_end_are_refused_in_a_sentence(
    digits_data: LabelledData, tmp_path: Path
) -> None:
    config, model = kept_model(digits_data, tmp_path, NETWORKS["mlp"])
    first = next(layer for layer in model.modules() if isinstance(layer, nn.Linear))
    with torch.no_grad():
        first.weight.fill_(3e38)
    with pytest.raises(RunUnreadableError, match="no finite number"):
        hidden_features(config, model, digits_data.test.pixels.numpy())


def test_the_model_stays_as_it_is(digits_data: LabelledData, tmp_path: Path) -> None:
    config, model = kept_model(digits_data, tmp_path, NETWORKS["mlp"])
    before = {name: value.clone() for name, value in model.state_dict().items()}
    hidden_features(config, model, digits_data.test.pixels.numpy())
    assert not model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
