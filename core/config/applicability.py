"""Which settings mean something beside which others, and which contradict each other."""

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from core.config.constants import MAX_PARAMETERS, TRAINING_IMAGES

if TYPE_CHECKING:
    from core.config.run_config import RunConfig

# A learning rate to begin with for each optimizer: torch's own defaults, but for SGD, which has
# none in older versions, and RMSprop, whose 0.01 runs away on networks this small.
USUAL_RATES: Final[Mapping[str, float]] = {
    "sgd": 0.01,
    "adam": 0.001,
    "adamw": 0.001,
    "rmsprop": 0.001,
    "adagrad": 0.01,
}


# Where a problem lies that is not one setting's alone.
WHOLE: Final = ""


class Contradiction(NamedTuple):
    """What is wrong between settings, in a sentence, and the field where it is best mended."""

    field: str
    sentence: str


def _has_hidden(config: "RunConfig") -> bool:
    return config.model != "softmax" and bool(config.hidden_sizes)


def _one_of(field: str, *values: str) -> Callable[["RunConfig"], bool]:
    return lambda config: getattr(config, field) in values


# What a setting belongs to, in words, and the test for it. A setting that does not apply must
# keep its default, so that no run claims a setting which did nothing.
_OWNERS: Final[Mapping[str, tuple[str, Callable[["RunConfig"], bool]]]] = {
    "momentum": ("SGD and RMSprop", _one_of("optimizer", "sgd", "rmsprop")),
    "nesterov": (
        "SGD with a momentum above 0",
        lambda config: config.optimizer == "sgd" and config.momentum > 0,
    ),
    "beta1": ("Adam and AdamW", _one_of("optimizer", "adam", "adamw")),
    "beta2": ("Adam and AdamW", _one_of("optimizer", "adam", "adamw")),
    "rms_decay": ("RMSprop", _one_of("optimizer", "rmsprop")),
    "rate_decay": ("Adagrad", _one_of("optimizer", "adagrad")),
    "epsilon": (
        "Adam, AdamW, RMSprop and Adagrad",
        _one_of("optimizer", "adam", "adamw", "rmsprop", "adagrad"),
    ),
    "step_epochs": ("the schedule “step”", _one_of("schedule", "step")),
    "step_factor": ("the schedule “step”", _one_of("schedule", "step")),
    "warmup_epochs": (
        "the schedules constant, step and cosine (one-cycle has a warm-up of its own)",
        _one_of("schedule", "constant", "step", "cosine"),
    ),
    "label_smoothing": ("cross-entropy", _one_of("loss", "cross_entropy")),
    "channels": ("a CNN", _one_of("model", "cnn")),
    "kernel_size": ("a CNN", _one_of("model", "cnn")),
    "pooling": ("a CNN", _one_of("model", "cnn")),
    "response_norm": ("a CNN", _one_of("model", "cnn")),
    "hidden_sizes": ("an MLP or a CNN", _one_of("model", "mlp", "cnn")),
    "activation": (
        "a CNN or an MLP with hidden layers",
        lambda config: config.model == "cnn" or _has_hidden(config),
    ),
    "batch_norm": ("an MLP or a CNN", _one_of("model", "mlp", "cnn")),
    "dropout": ("networks with hidden layers", lambda config: _has_hidden(config)),
}
# Where a setting does not apply it keeps its default, but for these; where it begins to apply it
# starts from its default, but for those.
_IDLE: Final[Mapping[str, object]] = {"hidden_sizes": ()}
_STARTS: Final[Mapping[str, object]] = {"channels": (16, 32)}


def owned_fields() -> tuple[str, ...]:
    """Return the settings that mean something only beside certain others."""
    return tuple(_OWNERS)


def applies(field: str, config: "RunConfig") -> bool:
    """Tell whether `field` means anything beside the other settings of `config`."""
    return field not in _OWNERS or _OWNERS[field][1](config)


def fitting_value(field: str, before: "RunConfig", after: "RunConfig") -> object:
    """Return what `field` should be where the settings around it change from `before` to `after`.

    That is its value before if it applied there and still does, else its start or idle value.
    """
    default = type(after).model_fields[field].get_default()
    if not applies(field, after):
        return _IDLE.get(field, default)
    if field == "step_epochs" and not applies(field, before):
        # So that a short training has steps too. A form may hand over what was typed so far.
        epochs: Any = after.epochs
        return min(default, max(1, epochs // 3)) if isinstance(epochs, int) else default
    if not applies(field, before):
        return _STARTS.get(field, default)
    return getattr(before, field)


def contradictions(config: "RunConfig") -> list[Contradiction]:
    """Return each way in which the settings of `config` contradict each other."""
    problems = [*_idle_but_set(config), *_network_problems(config), *_course_problems(config)]
    problems += _data_problems(config)
    if not problems and config.parameter_count > MAX_PARAMETERS:
        sentence = (
            f"the model would have {config.parameter_count:,} parameters; "
            f"at most {MAX_PARAMETERS:,} are allowed, so make its layers smaller"
        )
        problems.append(Contradiction(WHOLE, sentence))
    return problems


@functools.cache
def _idle_value(kind: "type[RunConfig]", field: str) -> object:
    return _IDLE.get(field, kind.model_fields[field].get_default())


def _idle_but_set(config: "RunConfig") -> list[Contradiction]:
    fields = type(config).model_fields
    sentences = []
    for field in _OWNERS:
        if applies(field, config):
            continue
        value, idle = getattr(config, field), _idle_value(type(config), field)
        if value != idle:
            belongs = _OWNERS[field][0]
            plural = "belong" if field in ("hidden_sizes", "channels") else "belongs"
            sentence = (
                f"{fields[field].title} {plural} to {belongs}: "
                f"here it must stay {_plain(idle)}, got {_plain(value)}"
            )
            sentences.append(Contradiction(field, sentence))
    return sentences


def _network_problems(config: "RunConfig") -> list[Contradiction]:
    problems = []
    if config.model == "cnn" and not config.channels:
        sentence = "a CNN needs at least one convolution layer: set channels, such as 16, 32"
        problems.append(Contradiction("channels", sentence))
    if config.model == "cnn" and config.kernel_size % 2 == 0:
        sentence = f"window size must be an odd number, got {config.kernel_size}"
        problems.append(Contradiction("kernel_size", sentence))
    if config.model == "mlp" and not config.hidden_sizes and config.batch_norm:
        sentence = "batch norm needs a hidden layer to stand behind: add one, or leave it out"
        problems.append(Contradiction("batch_norm", sentence))
    return problems


def _course_problems(config: "RunConfig") -> list[Contradiction]:
    problems = []
    if config.warmup_epochs > config.epochs:
        sentence = (
            f"warm-up must not be longer than the training: {config.warmup_epochs:g} epochs of "
            f"warm-up in {config.epochs} epochs"
        )
        problems.append(Contradiction("warmup_epochs", sentence))
    if config.schedule == "step" and config.step_epochs >= config.epochs:
        sentence = (
            f"epochs between steps must be below the {config.epochs:,} of the training, or the "
            f"learning rate never falls, got {config.step_epochs:,}"
        )
        problems.append(Contradiction("step_epochs", sentence))
    if config.max_seconds is not None and config.schedule in ("cosine", "one_cycle"):
        sentence = (
            f"the schedule {config.schedule.replace('_', '-')} falls until the last epoch, which "
            "a limit of seconds may cut off: leave time limit empty, or choose constant or step"
        )
        problems.append(Contradiction("max_seconds", sentence))
    if config.patience is not None and config.watch != "validation":
        sentence = (
            "patience (early stopping) looks at validation images: set watched images to "
            "validation, or leave patience empty"
        )
        problems.append(Contradiction("patience", sentence))
    return problems


def _data_problems(config: "RunConfig") -> list[Contradiction]:
    problems = []
    if config.watch == "validation" and not config.validation_fraction:
        sentence = (
            "watching validation images needs a validation share above 0; "
            "raise it, or set watch to none"
        )
        problems.append(Contradiction("validation_fraction", sentence))
    held_back = round(TRAINING_IMAGES[config.dataset] * config.validation_fraction)
    if config.watch == "validation" and config.validation_fraction and not held_back:
        sentence = (
            f"validation share must hold back at least one image, got "
            f"{config.validation_fraction:g} of {TRAINING_IMAGES[config.dataset]:,}"
        )
        problems.append(Contradiction("validation_fraction", sentence))
    left = TRAINING_IMAGES[config.dataset] - held_back
    if config.train_size is not None and config.train_size > left:
        sentence = (
            f"training images must be at most {left:,}, as many as are left beside validation, "
            f"got {config.train_size:,}; empty means all"
        )
        problems.append(Contradiction("train_size", sentence))
    learned = left if config.train_size is None else min(left, config.train_size)
    if config.drop_last and config.batch_size > learned:
        sentence = (
            f"batch size must be at most the {learned:,} training images where the last, smaller "
            f"batch is dropped, got {config.batch_size:,}"
        )
        problems.append(Contradiction("batch_size", sentence))
    if config.batch_norm and config.batch_size == 1:
        sentence = "batch norm needs more than one image in a batch: raise the batch size"
        problems.append(Contradiction("batch_size", sentence))
    return problems


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "empty"
    if value is None:
        return "empty"
    return f"{value:g}" if isinstance(value, float) else str(value)
