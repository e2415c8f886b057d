"""Every control of a run does what it says: its effect in a small real training."""

import copy
import math

import pytest
import torch
from torch import nn

from core.config import RunConfig
from core.learning.data import LabelledData, Splits, split, to_input
from core.learning.evaluation import infer
from core.learning.models import build_model
from core.learning.training import Epoch, Training
from tests.support.training import epochs_of, training_of

CPU = torch.device("cpu")
# A rate so small that no weight changes.
STANDSTILL = 1e-30
CNN = {"model": "cnn", "channels": (4,), "kernel_size": 3, "hidden_sizes": ()}
# One batch an epoch.
WHOLE = {"batch_size": 2000}


def config(**values: object) -> RunConfig:
    small = {"dataset": "digits", "hidden_sizes": (16,), "learning_rate": 0.1, "epochs": 2}
    return RunConfig.parse({**small, **values})


def training(data: LabelledData, **values: object) -> Training:
    return training_of(config(**values), data)


def trained(data: LabelledData, **values: object) -> Training:
    session = training(data, **values)
    epochs_of(session)
    return session


def step_count(session: Training) -> int:
    return sum(len(event) for event in session.run() if not isinstance(event, Epoch))


def accuracy_on_test(data: LabelledData, **values: object) -> float:
    last = epochs_of(training(data, watch="test", **values))[-1]
    assert last.test_accuracy is not None
    return last.test_accuracy


def model_of(seed: int = 0, **values: object) -> nn.Sequential:
    torch.manual_seed(seed)
    return build_model(config(**values))


def some_inputs(data: LabelledData, count: int = 50) -> torch.Tensor:
    return to_input(data.train.pixels[:count], "none", CPU)


def weights(session: Training) -> torch.Tensor:
    return torch.cat([value.detach().flatten() for value in session.model.parameters()])


# The network


def test_softmax_regression_has_7850_parameters() -> None:
    model = model_of(model="softmax", hidden_sizes=())
    assert sum(value.numel() for value in model.parameters()) == 7850


# Wide and slow enough for ReLU: with a rate of 0.01, most of 16 units die at once.
ADAM = {"optimizer": "adam", "learning_rate": 0.003, "hidden_sizes": (64,), "epochs": 6}
# A CNN needs fewer epochs, and these take longer.
ADAM_CNN = {**ADAM, **CNN, "learning_rate": 0.01, "epochs": 3}
LEARNERS = {
    "softmax regression": {**ADAM, "model": "softmax", "hidden_sizes": ()},
    "no hidden layer": {**ADAM, "hidden_sizes": ()},
    "two hidden layers": {**ADAM, "hidden_sizes": (64, 64)},
    "max pooling": {**ADAM_CNN, "pooling": "max"},
    "average pooling": {**ADAM_CNN, "pooling": "average"},
    "no pooling": {**ADAM_CNN, "pooling": "none"},
    "a cnn with hidden layers": {
        **ADAM_CNN,
        "channels": (4, 8),
        "hidden_sizes": (32,),
        "epochs": 6,
    },
    "local response normalisation": {**ADAM_CNN, "response_norm": True},
    "batch norm": {**ADAM, "batch_norm": True},
    "batch norm in a cnn": {**ADAM_CNN, "batch_norm": True},
    "dropout": {**ADAM, "dropout": 0.3},
    "relu": {**ADAM, "activation": "relu"},
    "leaky relu": {**ADAM, "activation": "leaky_relu"},
    "sigmoid": {**ADAM, "activation": "sigmoid", "learning_rate": 0.01},
    "tanh": {**ADAM, "activation": "tanh"},
    "gelu": {**ADAM, "activation": "gelu"},
    "he": {**ADAM, "initialisation": "he"},
    "xavier": {**ADAM, "initialisation": "xavier"},
    "nll": {**ADAM, "loss": "nll"},
    "mse": {**ADAM, "loss": "mse"},
    "label smoothing": {**ADAM, "label_smoothing": 0.2},
    "nesterov": {"momentum": 0.9, "nesterov": True, "epochs": 4},
    "a gradient limit": {**ADAM, "clip_norm": 0.1},
    "augmentation": {**ADAM, "augmentation": 1.0},
    "step": {**ADAM, "schedule": "step", "step_epochs": 4},
    "cosine with a warm-up": {**ADAM, "schedule": "cosine", "warmup_epochs": 0.5},
    "one-cycle": {**ADAM, "schedule": "one_cycle"},
    "normalisation by MNIST": {**ADAM, "normalisation": "mnist"},
    "normalisation to -1 to 1": {**ADAM, "normalisation": "half"},
}


@pytest.mark.parametrize("name", LEARNERS)
def test_it_learns_to_read_digits(digits_data, name: str) -> None:
    assert accuracy_on_test(digits_data, **LEARNERS[name]) > 0.8


def test_absolute_error_learns_to_read_most_digits(digits_data) -> None:
    values = {**ADAM, "loss": "mae", "activation": "tanh", "epochs": 10}
    assert accuracy_on_test(digits_data, **values) > 0.5


BY_POOLING = {
    "max": lambda blocks: blocks.amax(dim=(3, 5)),
    "average": lambda blocks: blocks.mean(dim=(3, 5)),
}


@pytest.mark.parametrize("pooling", BY_POOLING)
def test_pooling_makes_one_of_each_block(digits_data, pooling: str) -> None:
    model = model_of(**CNN, pooling=pooling)
    convolved = model[0](some_inputs(digits_data))
    expected = BY_POOLING[pooling](convolved.reshape(50, 4, 14, 2, 14, 2))
    torch.testing.assert_close(model[1](convolved), expected)


def test_without_pooling_the_last_layer_sees_every_place(digits_data) -> None:
    assert model_of(**CNN, pooling="none")[-1].in_features == 4 * 28 * 28


@pytest.mark.parametrize("values", [{}, CNN], ids=["mlp", "cnn"])
def test_behind_batch_norm_values_have_mean_0_and_spread_1(digits_data, values) -> None:
    model = model_of(**values, batch_norm=True)
    norm = next(
        at for at, layer in enumerate(model) if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)
    )
    before = model[:norm](some_inputs(digits_data)).transpose(0, 1).flatten(1)
    after = model[: norm + 1](some_inputs(digits_data)).transpose(0, 1).flatten(1)
    alive = before.std(dim=1) > 0.05  # the tiny number that keeps it from dividing by 0 is felt
    assert alive.any()
    torch.testing.assert_close(
        torch.stack([after.mean(dim=1), after.std(dim=1, correction=0)])[:, alive],
        torch.tensor([[0.0], [1.0]]).expand(2, int(alive.sum())),
        rtol=0,
        atol=0.02,
    )


def test_local_response_normalisation_is_krizhevskys_formula(digits_data) -> None:
    model = model_of(**{**CNN, "channels": (7,)}, response_norm=True)
    norm = next(at for at, layer in enumerate(model) if isinstance(layer, nn.LocalResponseNorm))
    a = model[:norm](some_inputs(digits_data)) * 30  # large enough for neighbours to be felt
    squares = a**2
    sums = torch.stack([squares[:, max(0, i - 2) : i + 3].sum(dim=1) for i in range(7)], dim=1)
    expected = a / (2 + 1e-4 * sums) ** 0.75
    torch.testing.assert_close(model[norm](a), expected)


def test_local_response_normalisation_changes_the_answers(digits_data) -> None:
    without, with_it = (model_of(**CNN, response_norm=on) for on in (False, True))
    inputs = some_inputs(digits_data)
    assert not torch.allclose(without(inputs), with_it(inputs), rtol=0.1)


@pytest.mark.parametrize("kernel_size", [1, 3, 27])
def test_the_window_has_the_size_asked_for(kernel_size: int) -> None:
    window = model_of(**{**CNN, "kernel_size": kernel_size})[0].weight
    assert window.shape == (4, 1, kernel_size, kernel_size)


def test_dropout_makes_the_training_harder(digits_data) -> None:
    without, with_it = (
        epochs_of(training(digits_data, dropout=p))[-1].train_loss for p in (0.0, 0.5)
    )
    assert with_it > without * 1.2


# First weights


def first_linear(**values: object) -> nn.Linear:
    layer = model_of(hidden_sizes=(300,), **values)[1]
    assert isinstance(layer, nn.Linear)
    return layer


def test_hes_first_weights_have_his_spread() -> None:
    spread = first_linear(initialisation="he").weight.std().item()
    assert spread == pytest.approx(math.sqrt(2 / 784), rel=0.01)


def test_xaviers_first_weights_have_his_spread() -> None:
    spread = first_linear(initialisation="xavier").weight.std().item()
    assert spread == pytest.approx(math.sqrt(2 / (784 + 300)), rel=0.01)


def test_xaviers_first_weights_lie_within_his_bounds() -> None:
    largest = first_linear(initialisation="xavier").weight.abs().max().item()
    assert largest == pytest.approx(math.sqrt(6 / (784 + 300)), rel=0.001)


def test_pytorchs_first_weights_have_its_spread() -> None:
    spread = first_linear().weight.std().item()
    assert spread == pytest.approx(1 / math.sqrt(3 * 784), rel=0.01)


def test_hes_first_weights_of_a_convolution_have_his_spread() -> None:
    settings = {**CNN, "channels": (64, 64)}
    second = [
        layer for layer in model_of(**settings, initialisation="he") if isinstance(layer, nn.Conv2d)
    ][1]
    assert second.weight.std().item() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.02)


@pytest.mark.parametrize("way", ["he", "xavier", "zeros"])
def test_first_biases_are_0(way: str) -> None:
    assert not first_linear(initialisation=way).bias.any()


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_units_that_start_at_0_stay_equal(digits_data, activation: str) -> None:
    session = trained(digits_data, initialisation="zeros", activation=activation, epochs=4)
    hidden = session.model[1].weight
    torch.testing.assert_close(hidden, hidden[:1].expand_as(hidden))


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_network_that_starts_at_0_answers_one_digit_to_everything(
    digits_data, activation: str
) -> None:
    session = trained(digits_data, initialisation="zeros", activation=activation, epochs=4)
    answers = infer(session.model, session.to_input(digits_data.test)).argmax(dim=1)
    assert len(answers.unique()) == 1


def test_without_a_hidden_layer_starting_at_0_does_no_harm(digits_data) -> None:
    values = {"model": "softmax", "hidden_sizes": (), "initialisation": "zeros", "epochs": 4}
    assert accuracy_on_test(digits_data, **values) > 0.8


# Images and labels


def labels(data: LabelledData, **values: object) -> torch.Tensor:
    return split(data, config(**values)).train.labels


def wrong(data: LabelledData, **values: object) -> torch.Tensor:
    """Return for each training image whether its label is a wrong one."""
    return labels(data, **values) != labels(data, **{**values, "label_noise": 0})


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 1.0])
def test_that_share_of_the_training_labels_is_wrong(digits_data, share: float) -> None:
    assert wrong(digits_data, label_noise=share).sum() == round(share * 1197)


def test_that_share_of_fewer_training_labels_is_wrong_too(digits_data) -> None:
    assert wrong(digits_data, label_noise=0.25, train_size=100).sum() == 25


@pytest.mark.parametrize("part", ["validation", "test"])
def test_no_other_label_is_wrong(digits_data, part: str) -> None:
    def of(splits: Splits) -> torch.Tensor:
        return getattr(splits, part).labels

    noisy, clean = (of(split(digits_data, config(label_noise=share))) for share in (1.0, 0.0))
    assert torch.equal(noisy, clean)


def test_wrong_labels_leave_the_pictures_as_they_are(digits_data) -> None:
    noisy, clean = (split(digits_data, config(label_noise=n)).train.pixels for n in (0.5, 0))
    assert torch.equal(noisy, clean)


def test_wrong_labels_leave_the_data_set_as_it_is(digits_data) -> None:
    before = digits_data.train.labels.clone()
    split(digits_data, config(label_noise=1.0))
    assert torch.equal(digits_data.train.labels, before)


def test_wrong_labels_are_all_the_other_digits(digits_data) -> None:
    true, noisy = (labels(digits_data, label_noise=share) for share in (0.0, 1.0))
    assert sorted(((noisy - true) % 10).unique().tolist()) == list(range(1, 10))


def test_the_same_seed_has_the_same_wrong_labels(digits_data) -> None:
    first, second = (labels(digits_data, label_noise=0.3, seed=3) for _ in range(2))
    assert torch.equal(first, second)


def test_another_seed_has_other_wrong_labels(digits_data) -> None:
    first, second = (labels(digits_data, label_noise=0.3, seed=seed) for seed in (3, 4))
    assert not torch.equal(first, second)


def test_a_larger_share_keeps_the_images_of_a_smaller_one(digits_data) -> None:
    few, many = (wrong(digits_data, label_noise=share) for share in (0.1, 0.3))
    assert many[few].all()


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_wrong_labels_are_spread_over_the_first_epoch(digits_data, seed: int) -> None:
    session = training(digits_data, label_noise=0.2, seed=seed)
    order = torch.randperm(1197, generator=session._batches.order)
    first = wrong(digits_data, label_noise=0.2, seed=seed)[order[:300]]
    # Five standard deviations of 300 draws.
    assert first.double().mean().item() == pytest.approx(0.2, abs=5 * math.sqrt(0.16 / 300))


def test_from_wrong_labels_alone_nothing_true_is_learned(digits_data) -> None:
    assert accuracy_on_test(digits_data, label_noise=1.0, epochs=4) < 0.15


def test_train_size_is_how_many_images_an_epoch_has(digits_data) -> None:
    assert epochs_of(training(digits_data, train_size=200))[0].images == 200


def test_train_size_takes_equally_many_of_each_digit(digits_data) -> None:
    assert labels(digits_data, train_size=200).bincount().tolist() == [20] * 10


def test_fewer_training_images_teach_less(digits_data) -> None:
    few, many = (accuracy_on_test(digits_data, train_size=size, **ADAM) for size in (20, 1000))
    assert few < many - 0.1


def test_the_validation_share_is_held_back(digits_data) -> None:
    splits = split(digits_data, config(validation_fraction=0.5))
    assert (len(splits.train), len(splits.validation)) == (719, 718)


@pytest.mark.parametrize(
    ("normalisation", "paper", "ink"),
    [("none", 0, 1), ("half", -1, 1), ("mnist", -0.1307 / 0.3081, (1 - 0.1307) / 0.3081)],
)
def test_normalisation_maps_paper_and_ink(normalisation: str, paper: float, ink: float) -> None:
    pixels = torch.tensor([0, 255], dtype=torch.uint8).expand(1, 28, 2)
    values = to_input(pixels, normalisation, CPU)
    assert values.unique().tolist() == pytest.approx([paper, ink])


def test_augmentation_makes_the_training_harder(digits_data) -> None:
    plain, changed = (
        epochs_of(training(digits_data, augmentation=a, epochs=4))[-1].train_loss for a in (0, 2)
    )
    assert changed > plain * 1.2


# Loss and corrections


def confidence(session: Training, data: LabelledData) -> float:
    """Return the mean share of the answer given to the training images."""
    images = session.to_input(split(data, session.config).train)
    return infer(session.model, images).softmax(dim=1).amax(dim=1).mean().item()


def test_label_smoothing_lowers_the_confidence(digits_data) -> None:
    sharp, smooth = (
        confidence(trained(digits_data, **ADAM, label_smoothing=share), digits_data)
        for share in (0.0, 0.3)
    )
    assert smooth < sharp - 0.1


def test_label_smoothing_pulls_the_confidence_towards_what_is_wanted(digits_data) -> None:
    session = trained(digits_data, **{**ADAM, "epochs": 20}, label_smoothing=0.5)
    # Half of the label, and a tenth of the half that is spread.
    assert confidence(session, digits_data) == pytest.approx(0.55, abs=0.08)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop", "adagrad"])
def test_weight_decay_shrinks_the_weights(digits_data, optimizer: str) -> None:
    rate = {"optimizer": optimizer, "learning_rate": 0.01, "epochs": 4}
    free, held = (
        weights(trained(digits_data, weight_decay=decay, **rate)).norm() for decay in (0.0, 0.3)
    )
    assert held < free * 0.98


def test_momentum_goes_further_in_the_same_direction(digits_data) -> None:
    moved = []
    for momentum in (0.0, 0.9):
        session = training(digits_data, momentum=momentum, learning_rate=0.001)
        before = weights(session)
        epochs_of(session)
        moved.append((weights(session) - before).norm())
    assert moved[1] > 4 * moved[0]


def test_a_warm_up_begins_with_a_smaller_step(digits_data) -> None:
    moved = []
    for warmup in (0, 4):
        session = training(digits_data, **WHOLE, epochs=4, warmup_epochs=warmup)
        before = weights(session)
        next(event for event in session.run() if isinstance(event, Epoch))
        moved.append((weights(session) - before).norm().item())
    assert moved[1] == pytest.approx(moved[0] / 4, rel=1e-3)


@pytest.mark.parametrize(("batch_size", "steps"), [(1, 1197), (64, 19), (1196, 2), (1197, 1)])
def test_the_batch_size_decides_the_steps_of_an_epoch(
    digits_data, batch_size: int, steps: int
) -> None:
    assert step_count(training(digits_data, batch_size=batch_size, epochs=1)) == steps


def test_a_dropped_last_batch_is_not_learned_from(digits_data) -> None:
    assert step_count(training(digits_data, drop_last=True, epochs=1)) == 18


def test_without_a_short_batch_nothing_is_dropped(digits_data) -> None:
    values = {"train_size": 640, "epochs": 1, "drop_last": True}
    assert step_count(training(digits_data, **values)) == 10


@pytest.mark.parametrize("values", [{}, CNN], ids=["mlp", "cnn"])
def test_batch_norm_passes_over_a_last_batch_of_one_image(digits_data, values) -> None:
    session = training(digits_data, **values, batch_norm=True, train_size=129)
    last = epochs_of(session)[-1]
    assert (last.step, last.images) == (4, 256)


def test_batch_norm_takes_a_last_batch_of_two_images(digits_data) -> None:
    session = training(digits_data, batch_norm=True, train_size=130)
    last = epochs_of(session)[-1]
    assert (last.step, last.images) == (6, 260)


def test_without_batch_norm_a_last_batch_of_one_image_is_learned_from(digits_data) -> None:
    last = epochs_of(training(digits_data, train_size=129))[-1]
    assert (last.step, last.images) == (6, 258)


# The end


def test_it_ends_after_the_epochs_asked_for(digits_data) -> None:
    assert [epoch.epoch for epoch in epochs_of(training(digits_data, epochs=3))] == [1, 2, 3]


def test_no_epoch_is_begun_after_the_time_limit(digits_data) -> None:
    assert len(epochs_of(training(digits_data, max_seconds=1e-6, epochs=50))) == 1


def test_a_time_limit_far_off_changes_nothing(digits_data) -> None:
    free, limited = (trained(digits_data, max_seconds=limit) for limit in (None, 1e6))
    assert torch.equal(weights(free), weights(limited))


@pytest.mark.parametrize("patience", [1, 3])
def test_patience_ends_what_gets_no_better(digits_data, patience: int) -> None:
    session = training(digits_data, learning_rate=STANDSTILL, patience=patience, epochs=50)
    assert len(epochs_of(session)) == 1 + patience


# Jumps about, so that the best epoch is not the last one.
RESTLESS = {"learning_rate": 1.0, "momentum": 0.9, "hidden_sizes": (8,), "train_size": 300}


def validation_accuracy(session: Training, data: LabelledData) -> float:
    images = split(data, session.config).validation
    answers = infer(session.model, session.to_input(images)).argmax(dim=1)
    return (answers == images.labels).float().mean().item()


@pytest.mark.parametrize(
    "values",
    [{"patience": 4, "epochs": 60}, {"patience": 50, "epochs": 12}, {"batch_norm": True}],
    ids=["patience used up", "epochs used up", "batch norm"],
)
def test_with_patience_the_model_is_that_of_its_best_epoch(digits_data, values) -> None:
    session = training(digits_data, **{**RESTLESS, "patience": 4, "epochs": 30, **values})
    accuracies = [epoch.validation_accuracy for epoch in epochs_of(session)]
    assert accuracies[-1] < max(accuracies)
    assert validation_accuracy(session, digits_data) == max(accuracies)


def test_of_equally_good_epochs_the_first_is_kept(digits_data) -> None:
    session = training(digits_data, **WHOLE, learning_rate=1e-6, patience=3, epochs=20)
    events = session.run()
    next(event for event in events if isinstance(event, Epoch))
    first = copy.deepcopy(session.model.state_dict())
    accuracies = {e.validation_accuracy for e in events if isinstance(e, Epoch)}
    assert len(accuracies) == 1
    assert all(torch.equal(v, first[name]) for name, v in session.model.state_dict().items())


def test_without_patience_the_last_weights_are_kept(digits_data) -> None:
    session = training(digits_data, **RESTLESS, epochs=12)
    accuracies = [epoch.validation_accuracy for epoch in epochs_of(session)]
    assert accuracies[-1] < max(accuracies)
    assert validation_accuracy(session, digits_data) == accuracies[-1]


def test_patience_does_not_change_the_epochs_before(digits_data) -> None:
    patient, usual = (
        [epoch.train_loss for epoch in epochs_of(training(digits_data, **RESTLESS, **values))]
        for values in ({"patience": 50, "epochs": 6}, {"epochs": 6})
    )
    assert patient == usual
