"""The optimizers against torch's own classes, step by step."""

import copy
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from torch import nn

from core.config import RunConfig
from core.learning.data import LabelledData, to_input
from core.learning.losses import Criterion
from core.learning.models import build_model
from core.learning.optimizers import build_optimizer
from core.learning.parameters import FlatParameters
from core.settings import PROJECT_ROOT

CPU = torch.device("cpu")
MODELS = {
    "mlp": {"hidden_sizes": (6,)},
    "cnn": {"model": "cnn", "channels": (3, 4), "kernel_size": 3, "hidden_sizes": (5,)},
}
SGD, ADAM, ADAMW = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
RMSPROP, ADAGRAD = torch.optim.RMSprop, torch.optim.Adagrad
# What the config says, torch's class and what it is told.
CASES: dict[str, tuple[dict[str, Any], Callable[..., torch.optim.Optimizer], dict[str, Any]]] = {
    "sgd": ({}, SGD, {}),
    "sgd with weight decay": ({"weight_decay": 0.1}, SGD, {"weight_decay": 0.1}),
    "momentum": ({"momentum": 0.9}, SGD, {"momentum": 0.9}),
    "momentum with weight decay": (
        {"momentum": 0.9, "weight_decay": 0.1},
        SGD,
        {"momentum": 0.9, "weight_decay": 0.1},
    ),
    "nesterov": ({"momentum": 0.9, "nesterov": True}, SGD, {"momentum": 0.9, "nesterov": True}),
    "adam": ({"optimizer": "adam"}, ADAM, {}),
    "adam with options": (
        {"optimizer": "adam", "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3},
        ADAM,
        {"betas": (0.8, 0.95), "eps": 1e-3},
    ),
    "adam with weight decay": (
        {"optimizer": "adam", "weight_decay": 0.1},
        ADAM,
        {"weight_decay": 0.1},
    ),
    # torch's AdamW decays by 0.01 unless it is told otherwise.
    "adamw": ({"optimizer": "adamw"}, ADAMW, {"weight_decay": 0.0}),
    "adamw with options": (
        {"optimizer": "adamw", "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3, "weight_decay": 0.1},
        ADAMW,
        {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1},
    ),
    "rmsprop": ({"optimizer": "rmsprop"}, RMSPROP, {}),
    "rmsprop with options": (
        {"optimizer": "rmsprop", "rms_decay": 0.9, "epsilon": 1e-3, "weight_decay": 0.1},
        RMSPROP,
        {"alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1},
    ),
    "rmsprop with momentum": (
        {"optimizer": "rmsprop", "momentum": 0.9, "weight_decay": 0.1},
        RMSPROP,
        {"momentum": 0.9, "weight_decay": 0.1},
    ),
    "adagrad": ({"optimizer": "adagrad"}, ADAGRAD, {}),
    "adagrad with options": (
        {"optimizer": "adagrad", "rate_decay": 0.2, "epsilon": 1e-3, "weight_decay": 0.1},
        ADAGRAD,
        {"lr_decay": 0.2, "eps": 1e-3, "weight_decay": 0.1},
    ),
}
RATES = [0.01] * 10
CHANGING_RATES = [0.001 * step for step in (1, 5, 10, 9, 8, 7, 6, 5, 1, 20)]


def untrained(settings: RunConfig) -> nn.Sequential:
    torch.manual_seed(1)
    model = build_model(settings)
    return model.to(memory_format=torch.channels_last) if settings.model == "cnn" else model


def backward(model: nn.Module, data: LabelledData, step: int) -> None:
    batch = data.train.take(slice(16 * step, 16 * step + 16))
    logits = model(to_input(batch.pixels, "none", CPU))
    Criterion("cross_entropy")(logits, batch.labels).backward()


def weights(model: nn.Module) -> torch.Tensor:
    return torch.cat([value.detach().flatten() for value in model.parameters()])


def after_steps(settings: RunConfig, data: LabelledData, rates: Iterable[float]) -> torch.Tensor:
    model = untrained(settings)
    flat = FlatParameters(model)
    optimizer = build_optimizer(settings, flat)
    for step, rate in enumerate(rates):
        flat.gradients.zero_()
        backward(model, data, step)
        optimizer.step(rate)
    return weights(model)


def after_torchs_steps(
    settings: RunConfig,
    data: LabelledData,
    rates: Iterable[float],
    build: Callable[..., torch.optim.Optimizer],
    options: dict[str, Any],
) -> torch.Tensor:
    model = untrained(settings)
    optimizer = build(model.parameters(), lr=1.0, foreach=False, **options)
    for step, rate in enumerate(rates):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        backward(model, data, step)
        optimizer.step()
    return weights(model)


def difference(name: str, model: str, data: LabelledData, rates: list[float]) -> float:
    """Return how far our weights lie from torch's, as a share of torch's."""
    values, build, options = CASES[name]
    settings = RunConfig.parse({"dataset": "digits", **MODELS[model], **values})
    expected = after_torchs_steps(settings, data, rates, build, options)
    assert not torch.equal(expected, weights(untrained(settings)))
    return float((after_steps(settings, data, rates) - expected).norm() / expected.norm())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", CASES)
def test_ten_steps_are_torchs(digits_data, name: str, model: str) -> None:
    assert difference(name, model, digits_data, RATES) < 1e-6


@pytest.mark.parametrize("name", CASES)
def test_ten_steps_of_a_changing_rate_are_torchs(digits_data, name: str) -> None:
    assert difference(name, "mlp", digits_data, CHANGING_RATES) < 1e-6


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "adamw", "rmsprop", "adagrad"])
def test_a_step_leaves_the_gradients_as_they_are(digits_data, name: str) -> None:
    values, _, _ = CASES[name]
    settings = RunConfig.parse({"dataset": "digits", "weight_decay": 0.1, **values})
    model = untrained(settings)
    flat = FlatParameters(model)
    optimizer = build_optimizer(settings, flat)
    backward(model, digits_data, 0)
    before = flat.gradients.clone()
    optimizer.step(0.01)
    assert torch.equal(flat.gradients, before)


# Weights in one piece of memory


@pytest.mark.parametrize("model", MODELS)
def test_laying_weights_together_changes_none(model: str) -> None:
    settings = RunConfig.parse({"dataset": "digits", **MODELS[model]})
    built = untrained(settings)
    before = copy.deepcopy(built.state_dict())
    FlatParameters(built)
    assert all(torch.equal(value, before[name]) for name, value in built.state_dict().items())


@pytest.mark.parametrize("model", MODELS)
def test_whoever_changes_the_flat_values_changes_the_model(model: str) -> None:
    built = untrained(RunConfig.parse({"dataset": "digits", **MODELS[model]}))
    FlatParameters(built).values.fill_(3)
    assert (weights(built) == 3).all()


def test_a_cnn_keeps_its_layout_in_memory() -> None:
    built = untrained(RunConfig.parse({"dataset": "digits", **MODELS["cnn"]}))
    before = [value.stride() for value in built.parameters()]
    FlatParameters(built)
    assert [value.stride() for value in built.parameters()] == before


# torch's compiler

TRAIN_ALL = """
import sys
from pathlib import Path
import torch
from core.config import RunConfig
from core.learning.data import load, split
from core.learning.training import Training

data = load("digits", Path("unused"))
for optimizer in ("sgd", "adam", "adamw", "rmsprop", "adagrad"):
    for model in ({"hidden_sizes": (6,)}, {"model": "cnn", "channels": (2,), "dropout": 0.5}):
        config = RunConfig.parse(
            {"dataset": "digits", "train_size": 100, "epochs": 1, "optimizer": optimizer, **model}
        )
        for _ in Training(config, split(data, config), torch.device("cpu")).run():
            pass
print("torch._dynamo" in sys.modules)
"""


def test_training_does_not_load_torchs_compiler() -> None:
    command = [sys.executable, "-c", TRAIN_ALL]
    printed = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "False"
