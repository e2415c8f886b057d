"""RunConfig: everything that decides what a run computes, as one immutable value."""

import difflib
import itertools
from collections.abc import Mapping
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.errors import ConfigError

IMAGE_SIDE: Final = 28
PIXELS: Final = IMAGE_SIDE * IMAGE_SIDE
CLASSES: Final = 10
MAX_PARAMETERS: Final = 50_000_000

Dataset = Literal["mnist", "digits"]
TRAINING_IMAGES: Final[Mapping[str, int]] = {"mnist": 60_000, "digits": 1_437}
Watch = Literal["validation", "test", "none"]
Normalisation = Literal["none", "mnist", "half"]
Architecture = Literal["mlp", "cnn"]
Loss = Literal["cross_entropy", "mse"]
Optimizer = Literal["sgd", "adam", "adamw", "rmsprop", "adagrad"]
Device = Literal["auto", "cpu", "cuda", "mps"]

# The names that people type; `--set lr=0.1` means `--set learning_rate=0.1`.
ALIASES: Final = {"lr": "learning_rate", "hidden": "hidden_sizes", "batch": "batch_size"}
WITH_MOMENTUM: Final = frozenset({"sgd", "rmsprop"})
_BOUND_KEYS: Final = frozenset({"gt", "ge", "lt", "le", "max_length", "expected"})


class RunConfig(BaseModel):
    """What a run trains, on what, and how: the same config and seed give the same numbers.

    Every field carries its name in plain words (`title`) and one sentence of help
    (`description`): the form, the command line and the error messages all take theirs from here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    dataset: Dataset = Field(
        "mnist",
        title="data",
        description="Which images to learn from: MNIST (70,000 digits) or the small set of "
        "1,797 digits that comes with Digit Lab.",
    )
    train_size: int | None = Field(
        None,
        ge=10,
        title="training images",
        description="How many images to learn from, equally many of each digit as far as they "
        "go. Empty means all of them.",
    )
    validation_fraction: float = Field(
        1 / 6,
        ge=0,
        le=0.5,
        title="validation share",
        description="The share of the training images, taken from their end, that is held back "
        "to check progress on (validation). One sixth of MNIST is article 1's 10,000.",
    )
    watch: Watch = Field(
        "validation",
        title="watched images",
        description="Which images are read after each epoch to draw the curves. Watching the "
        "test images is only right when nothing is chosen by them.",
    )
    normalisation: Normalisation = Field(
        "none",
        title="normalisation",
        description="How pixel values are shifted and scaled first: not at all (0 to 1), by "
        "MNIST's own mean and spread, or to the range -1 to 1.",
    )
    model: Architecture = Field(
        "mlp",
        title="model",
        description="MLP looks at all pixels at once; CNN slides small windows over the picture.",
    )
    channels: tuple[int, ...] = Field(
        (),
        max_length=4,
        title="convolution channels",
        description="For a CNN: how many different patterns each convolution layer looks for, "
        "for example 16, 32.",
    )
    kernel_size: int = Field(
        5,
        ge=1,
        le=IMAGE_SIDE - 1,
        title="window size",
        description="For a CNN: side of the sliding window in pixels (kernel size), an odd number.",
    )
    hidden_sizes: tuple[int, ...] = Field(
        (128, 256),
        max_length=8,
        title="hidden layers",
        description="How many units each hidden layer has, for example 128, 256. Empty: none.",
    )
    dropout: float = Field(
        0.0,
        ge=0,
        le=0.95,
        title="dropout",
        description="The share of hidden units switched off at random in each step, so that the "
        "network does not lean on a few of them. 0 switches this off.",
    )
    loss: Loss = Field(
        "cross_entropy",
        title="loss",
        description="How a wrong answer is scored: cross-entropy is usual for classes; mean "
        "squared error (article 2) compares with 0s and a 1.",
    )
    optimizer: Optimizer = Field(
        "sgd",
        title="optimizer",
        description="The rule that turns errors into corrections. SGD takes plain steps; Adam "
        "adapts the step of every weight by itself.",
    )
    learning_rate: float = Field(
        1e-3,
        gt=0,
        le=100,
        title="learning rate",
        description="How big each correction is. Too small learns slowly; too big never settles.",
    )
    momentum: float = Field(
        0.0,
        ge=0,
        lt=1,
        title="momentum",
        description="How much of the last correction is carried into the next (SGD, RMSprop).",
    )
    weight_decay: float = Field(
        0.0,
        ge=0,
        le=1,
        title="weight decay",
        description="Pulls all weights a little towards 0 in each step (L2), against learning "
        "the training images by heart.",
    )
    batch_size: int = Field(
        64,
        ge=1,
        le=60_000,
        title="batch size",
        description="How many images are looked at before each correction.",
    )
    drop_last: bool = Field(
        False,
        title="drop last batch",
        description="Leaves out the last, smaller batch of each epoch (article 0 does).",
    )
    epochs: int = Field(
        25,
        ge=1,
        le=10_000,
        title="epochs",
        description="How many times all training images are gone through.",
    )
    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="seed",
        description="Starts all chance (first weights, order, dropout): same seed, same result.",
    )
    device: Device = Field(
        "auto",
        title="device",
        description="Where to compute: auto takes a graphics card if there is one.",
    )

    @field_validator("hidden_sizes", "channels", mode="before")
    @classmethod
    def _split_list(cls, value: Any) -> Any:
        if isinstance(value, int):
            return (value,)
        if isinstance(value, str):
            return tuple(part for part in value.replace(",", " ").split() if part)
        return value

    @field_validator("train_size", mode="before")
    @classmethod
    def _read_all(cls, value: Any) -> Any:
        if isinstance(value, str) and value.strip().lower() in ("", "all", "none"):
            return None
        return value

    @field_validator("hidden_sizes", "channels")
    @classmethod
    def _check_widths(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        for width in value:
            if not 1 <= width <= 10_000:
                raise ValueError(f"must each be between 1 and 10,000, got {width}")
        return value

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        for problem in _contradictions(self):
            raise ValueError(problem)
        return self

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Build a config from untrusted values such as a file, a form or `--set`.

        Strings are read as the field's type ("128, 256" is a list of sizes). Raises ConfigError
        with one sentence for each problem, naming the field in plain words.
        """
        named = {ALIASES.get(key, key): value for key, value in values.items()}
        try:
            return cls.model_validate(named)
        except ValidationError as error:
            sentences = dict.fromkeys(_sentence(problem) for problem in error.errors())
            raise ConfigError(". ".join(sentences) + ".") from error

    def replace(self, /, **changes: Any) -> Self:
        """Return a copy with `changes`, validated again. Raises ConfigError."""
        return self.parse({**self.model_dump(), **changes})

    @property
    def layer_inputs(self) -> tuple[int, ...]:
        """Units entering each fully connected layer, the ten outputs last."""
        side = IMAGE_SIDE // 2 ** len(self.channels)
        first = side * side * self.channels[-1] if self.channels else PIXELS
        return (first, *self.hidden_sizes, CLASSES)

    @property
    def parameter_count(self) -> int:
        """Number of weights and biases that training adjusts."""
        planes = (1, *self.channels)
        window = self.kernel_size**2
        convolutions = sum((window * into + 1) * out for into, out in itertools.pairwise(planes))
        units = self.layer_inputs
        return convolutions + sum((into + 1) * out for into, out in itertools.pairwise(units))


def field_title(name: str) -> str:
    """Return the plain-word name of a RunConfig field."""
    return RunConfig.model_fields[name].title or name


def field_help(name: str) -> str:
    """Return the one-sentence help of a RunConfig field."""
    return RunConfig.model_fields[name].description or ""


def _contradictions(config: RunConfig) -> list[str]:
    problems = []
    if config.momentum and config.optimizer not in WITH_MOMENTUM:
        problems.append(
            f"momentum belongs to SGD and RMSprop; {config.optimizer} must have momentum 0, "
            f"got {config.momentum:g}"
        )
    if config.model == "cnn" and not config.channels:
        problems.append("a CNN needs at least one convolution layer: set channels, such as 16, 32")
    if config.model == "mlp" and config.channels:
        problems.append("convolution channels belong to a CNN: set model to cnn, or leave them out")
    if config.model == "cnn" and config.kernel_size % 2 == 0:
        problems.append(f"window size must be an odd number, got {config.kernel_size}")
    if config.watch == "validation" and not config.validation_fraction:
        problems.append(
            "watching validation images needs a validation share above 0; "
            "raise it, or set watch to none"
        )
    held_back = round(TRAINING_IMAGES[config.dataset] * config.validation_fraction)
    left = TRAINING_IMAGES[config.dataset] - held_back
    if config.train_size is not None and config.train_size > left:
        problems.append(
            f"training images must be at most {left:,}, as many as are left beside validation, "
            f"got {config.train_size:,}; empty means all"
        )
    if not problems and config.parameter_count > MAX_PARAMETERS:
        problems.append(
            f"the model would have {config.parameter_count:,} parameters; "
            f"at most {MAX_PARAMETERS:,} are allowed, so make its layers smaller"
        )
    return problems


def _sentence(problem: Any) -> str:
    location = [part for part in problem["loc"] if isinstance(part, str)]
    if not location:
        return str(problem["ctx"]["error"]) if "error" in problem.get("ctx", {}) else problem["msg"]
    name = location[0]
    if problem["type"] == "extra_forbidden":
        close = difflib.get_close_matches(name, [*RunConfig.model_fields, *ALIASES], n=1)
        hint = f"perhaps {close[0]} is meant" if close else "`--set` takes the names in the README"
        return f"there is no setting called {name}; {hint}"
    return f"{field_title(name)} {_complaint(problem)}"


def _complaint(problem: Any) -> str:
    context, kind = problem.get("ctx", {}), problem["type"]
    got = f", got {str(problem['input'])[:60]}"
    bounds = {
        "greater_than": "must be above {gt}",
        "greater_than_equal": "must be at least {ge}",
        "less_than": "must be below {lt}",
        "less_than_equal": "must be at most {le}",
        "too_long": "may have at most {max_length} entries",
        "literal_error": "must be one of {expected}",
    }
    if kind in bounds:
        plain = {
            key: value if key == "expected" else _plain_number(value)
            for key, value in context.items()
            if key in _BOUND_KEYS
        }
        sentence = bounds[kind].format(**plain).replace("'", "")
        return sentence if kind == "too_long" else sentence + got
    if kind == "value_error":
        return str(context["error"])
    if "int" in kind:
        return "must be a whole number" + got
    if "float" in kind or kind == "finite_number":
        return "must be a number" + got
    if "bool" in kind:
        return "must be yes or no" + got
    return "is not understood" + got


def _plain_number(bound: float) -> str:
    # 100.0 reads as a measured figure and 2.14748e+09 as none: 100 and 2,147,483,647.
    return f"{bound:,.0f}" if bound == int(bound) else f"{bound:g}"
