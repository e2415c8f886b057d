"""What happens inside a model, against hooks on the model itself and sums made by hand."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from core.config import RunConfig, plan_layers
from core.errors import RunUnreadableError
from core.learning.activations import firing, first_patterns, layer_values, weighed_sums
from core.learning.data import LabelledData, to_input
from core.learning.evaluation import predict
from tests.support.training import epochs_of, training_of

NETWORKS: dict[str, dict[str, Any]] = {
    "softmax": {"model": "softmax", "hidden_sizes": (), "normalisation": "mnist"},
    "mlp": {"hidden_sizes": (24, 12), "dropout": 0.5},
    "mlp with batch norm": {
        "hidden_sizes": (16, 8),
        "batch_norm": True,
        "activation": "tanh",
        "normalisation": "half",
    },
    "cnn": {"model": "cnn", "channels": (4, 6), "hidden_sizes": (16,), "normalisation": "mnist"},
    "cnn with all": {
        "model": "cnn",
        "channels": (4, 6),
        "hidden_sizes": (16,),
        "batch_norm": True,
        "response_norm": True,
        "pooling": "average",
        "dropout": 0.25,
        "activation": "gelu",
    },
    "cnn without hidden layer": {
        "model": "cnn",
        "channels": (4,),
        "hidden_sizes": (),
        "pooling": "none",
        "kernel_size": 3,
    },
}
CPU = torch.device("cpu")


class Trained:
    """A small network after one epoch on the embedded digits, and an image for it."""

    def __init__(self, data: LabelledData, settings: dict[str, Any]) -> None:
        self.config = RunConfig(
            **{"dataset": "digits", "epochs": 1, "device": "cpu", "train_size": 400, **settings}
        )
        session = training_of(self.config, data)
        epochs_of(session)
        self.model = session.model.eval()
        self.image: npt.NDArray[np.uint8] = data.test.pixels[3].numpy()
        self.passed = layer_values(self.config, self.model, self.image)
        self.sums = weighed_sums(self.config, self.model, self.passed)

    def input(self) -> torch.Tensor:
        return to_input(torch.from_numpy(self.image[None]), self.config.normalisation, CPU)


@pytest.fixture(scope="module", params=list(NETWORKS.values()), ids=list(NETWORKS))
def network(request: pytest.FixtureRequest, digits_data: LabelledData) -> Trained:
    return Trained(digits_data, request.param)


def one(data: LabelledData, name: str, **more: Any) -> Trained:
    return Trained(data, {**NETWORKS[name], **more})


def test_values_are_what_hooks_on_the_layers_see(network: Trained) -> None:
    seen: list[npt.NDArray[np.float32]] = []
    hooks = [
        layer.register_forward_hook(lambda _, __, made: seen.append(made[0].detach().numpy()))
        for layer in network.model.children()
    ]
    with torch.no_grad():
        network.model(network.input())
    for hook in hooks:
        hook.remove()
    assert len(seen) == len(network.passed)
    for found, expected in zip(network.passed, seen, strict=True):
        assert found.values == pytest.approx(expected, abs=1e-6)


def test_every_value_has_the_shape_of_its_layer(network: Trained) -> None:
    layers = plan_layers(network.config)
    assert [found.layer for found in network.passed] == list(layers)
    assert [found.values.shape for found in network.passed] == [layer.shape for layer in layers]


def test_the_last_values_are_the_answer(network: Trained) -> None:
    logits = network.passed[-1].values.astype(np.float64)
    shares = np.exp(logits) / np.exp(logits).sum()
    said = predict(network.config, network.model, network.image[None])[0]
    assert shares == pytest.approx(said, abs=1e-5)


def test_sums_and_values_are_those_before_and_behind_the_activation(network: Trained) -> None:
    activations = [
        (place, found)
        for place, found in enumerate(network.passed)
        if found.layer.kind == "activation" and found.values.ndim == 1
    ]
    for layer, (place, behind) in zip(network.sums[:-1], activations, strict=True):
        assert np.array_equal(layer.values, behind.values)
        assert np.array_equal(layer.sums, network.passed[place - 1].values)
    assert np.array_equal(network.sums[-1].values, network.passed[-1].values)


def linear_parts(model: nn.Module) -> list[nn.Sequential]:
    """Each fully connected layer with the batch norm behind it, if there is one."""
    modules = list(model.children())
    return [
        nn.Sequential(
            *[
                layer
                for layer in modules[place : place + 2]
                if isinstance(layer, nn.Linear | nn.BatchNorm1d)
            ][: 2 if place + 1 < len(modules) else 1]
        )
        for place, layer in enumerate(modules)
        if isinstance(layer, nn.Linear)
    ]


def test_contributions_add_up_to_what_paper_or_nothing_lacks_of_the_sum(network: Trained) -> None:
    for layer, part in zip(network.sums, linear_parts(network.model), strict=True):
        blank = torch.full((1, layer.given.size), layer.paper)
        with torch.no_grad():
            start = part(blank)[0].numpy()
        added = layer.contributions(np.arange(len(layer.sums))).sum(axis=1)
        assert start + added == pytest.approx(layer.sums, abs=1e-4)


def test_a_source_contributes_what_its_absence_takes_from_the_sum(network: Trained) -> None:
    layer, part = network.sums[0], linear_parts(network.model)[0]
    added = layer.contributions(np.arange(len(layer.sums)))
    source = int(np.abs(added).sum(axis=0).argmax())
    without = layer.given.copy()
    without[source * layer.places : (source + 1) * layer.places] = layer.paper
    with torch.no_grad():
        left = part(torch.from_numpy(without[None]))[0].numpy()
    assert layer.sums - left == pytest.approx(added[:, source], abs=1e-4)


@pytest.mark.parametrize(
    ("name", "sources", "places"),
    [
        ("softmax", ["pixel"], [1]),
        ("mlp", ["pixel", "unit", "unit"], [1, 1, 1]),
        ("cnn", ["map", "unit"], [49, 1]),
        ("cnn without hidden layer", ["map"], [784]),
    ],
)
def test_it_is_known_what_a_layer_weighs(
    digits_data: LabelledData, name: str, sources: list[str], places: list[int]
) -> None:
    sums = one(digits_data, name, train_size=100).sums
    assert [layer.source for layer in sums] == sources
    assert [layer.places for layer in sums] == places


def test_paper_is_what_the_model_gets_of_a_blank_pixel(digits_data: LabelledData) -> None:
    trained = one(digits_data, "softmax", train_size=100)
    assert trained.sums[0].paper == pytest.approx(-0.1307 / 0.3081, abs=1e-5)
    blank = trained.image.ravel() == 0
    assert not trained.sums[0].contributions(np.arange(10))[:, blank].any()


def test_weights_of_units_are_the_models_own(digits_data: LabelledData) -> None:
    trained = one(digits_data, "mlp", train_size=100)
    first = next(layer for layer in trained.model.children() if isinstance(layer, nn.Linear))
    units = np.array([5, 2])
    assert np.array_equal(trained.sums[0].weights_of(units), first.weight.detach().numpy()[[5, 2]])


def test_weights_behind_batch_norm_tell_which_way_ink_drives_a_unit(
    digits_data: LabelledData,
) -> None:
    trained = one(digits_data, "mlp with batch norm")
    part = linear_parts(trained.model)[0]
    with torch.no_grad():
        next(layer for layer in part if isinstance(layer, nn.BatchNorm1d)).weight[0] = -0.7
    sums = weighed_sums(trained.config, trained.model, trained.passed)
    given = torch.from_numpy(sums[0].given[None]).requires_grad_()
    part(given)[0, 0].backward()
    assert given.grad is not None
    assert sums[0].weights_of(np.array([0]))[0] == pytest.approx(given.grad[0].numpy(), abs=1e-6)


@pytest.mark.parametrize("name", ["cnn", "cnn with all", "cnn without hidden layer"])
def test_a_pattern_is_what_ink_in_the_window_adds_to_its_map(
    digits_data: LabelledData, name: str
) -> None:
    trained = one(digits_data, name, pooling="none", train_size=200)
    patterns = first_patterns(trained.model)
    assert patterns is not None
    modules = list(trained.model.children())
    until = 2 if trained.config.batch_norm else 1
    given = trained.input().requires_grad_()
    made = nn.Sequential(*modules[:until])(given)
    side = trained.config.kernel_size
    made[0, 1, 14, 14].backward()
    assert given.grad is not None
    low = 14 - side // 2
    window = given.grad[0, 0, low : low + side, low : low + side].numpy()
    assert patterns.shape == (trained.config.channels[0], side, side)
    assert patterns[1] == pytest.approx(window, abs=1e-6)


def test_without_convolutions_there_are_no_patterns(digits_data: LabelledData) -> None:
    assert first_patterns(one(digits_data, "mlp", train_size=100).model) is None


def test_units_fire_above_the_middle_of_their_activation() -> None:
    values = np.array([-0.2, 0.0, 0.3, 0.5, 0.7], dtype=np.float32)
    assert firing(values, "relu").tolist() == [False, False, True, True, True]
    assert firing(values, "tanh").tolist() == [False, False, True, True, True]
    assert firing(values, "sigmoid").tolist() == [False, False, False, False, True]


def test_the_model_stays_as_it_is(network: Trained) -> None:
    before = {name: value.clone() for name, value in network.model.state_dict().items()}
    passed = layer_values(network.config, network.model, network.image)
    weighed_sums(network.config, network.model, passed)[0].contributions(np.array([0]))
    assert not network.model.training
    state = network.model.state_dict()
    assert all(torch.equal(value, before[name]) for name, value in state.items())


def test_values_without_end_are_refused_in_a_sentence(digits_data: LabelledData) -> None:
    trained = one(digits_data, "mlp", train_size=100)
    with torch.no_grad():
        for value in trained.model.parameters():
            value.fill_(3e38)
    with pytest.raises(RunUnreadableError, match="no finite numbers"):
        layer_values(trained.config, trained.model, trained.image)
