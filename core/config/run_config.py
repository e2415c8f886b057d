"""RunConfig: everything that decides what a run computes, as one immutable value."""

import functools
from collections.abc import Mapping
from typing import Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core.config.applicability import (
    WHOLE,
    applies,
    contradictions,
    fitting_value,
    owned_fields,
)
from core.config.constants import IMAGE_SIDE
from core.config.layers import plan_layers
from core.config.sentences import sentence
from core.errors import ConfigError

Dataset = Literal["mnist", "digits"]
Watch = Literal["validation", "test", "none"]
Normalisation = Literal["none", "mnist", "half"]
Architecture = Literal["softmax", "mlp", "cnn"]
Pooling = Literal["max", "average", "none"]
Activation = Literal["relu", "leaky_relu", "sigmoid", "tanh", "gelu"]
Initialisation = Literal["default", "he", "xavier", "zeros"]
Loss = Literal["cross_entropy", "nll", "mse", "mae"]
Optimizer = Literal["sgd", "adam", "adamw", "rmsprop", "adagrad"]
Schedule = Literal["constant", "step", "cosine", "one_cycle"]
Device = Literal["auto", "cpu", "cuda", "mps"]

# The names that people type; `--set lr=0.1` means `--set learning_rate=0.1`.
ALIASES: Final = {"lr": "learning_rate", "hidden": "hidden_sizes", "batch": "batch_size"}


# Handed to the validation that shall look at each setting alone, not at them together.
_EACH_ALONE: Final = {"together": False}


def _setting(default: Any, *, title: str, description: str, source: str, **bounds: Any) -> Any:
    """Return a field with its plain name, its sentence of help and where that comes from."""
    extra: Any = {"source": source}
    return Field(default, title=title, description=description, json_schema_extra=extra, **bounds)


class RunConfig(BaseModel):
    """What a run trains, on what, and how: the same config and seed give the same numbers.

    Every field carries its name in plain words (`title`), one sentence of help (`description`)
    and the article or paper it comes from (`source`): the form, the command line and the error
    messages all take theirs from here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    dataset: Dataset = _setting(
        "mnist",
        title="data",
        description="Which images to learn from: MNIST (70,000 digits) or the small set of 1,797 "
        "digits that comes with Digit Lab.",
        source="MNIST: LeCun and others 1998; the small set: UCI, by way of scikit-learn",
    )
    train_size: int | None = _setting(
        None,
        ge=10,
        title="training images",
        description="How many images to learn from, equally many of each digit as far as they go. "
        "Empty means all of them.",
        source="all four articles train on all",
    )
    label_noise: float = _setting(
        0.0,
        ge=0,
        le=1,
        title="wrong labels",
        description="The share of training images that get a wrong label on purpose, to see "
        "whether a network learns mistakes by heart. Other images keep theirs.",
        source="Zhang and others 2017, Understanding deep learning requires rethinking "
        "generalization",
    )
    validation_fraction: float = _setting(
        1 / 6,
        ge=0,
        le=0.5,
        title="validation share",
        description="The share of the training images, taken from their end, that is held back to "
        "check progress on (validation). One sixth of MNIST is article 1's 10,000.",
        source="article 1",
    )
    watch: Watch = _setting(
        "validation",
        title="watched images",
        description="Which images are read after each epoch to draw the curves. Watching the test "
        "images is only right when nothing is chosen by them.",
        source="article 1 watches validation images, articles 0, 2 and 3 test images",
    )
    normalisation: Normalisation = _setting(
        "none",
        title="normalisation",
        description="How pixel values are shifted and scaled first: not at all (0 to 1), by "
        "MNIST's own mean and spread, or to the range -1 to 1.",
        source="article 2 (MNIST's mean and spread), article 3 (-1 to 1)",
    )
    augmentation: float = _setting(
        0.0,
        ge=0,
        le=3,
        title="augmentation",
        description="How strongly training images are turned, scaled, slanted and shifted by "
        "chance, anew each time (affine augmentation): 1 means up to 10°, 10 %, 5° and 2 pixels; 0"
        " switches this off.",
        source="Simard and others 2003, Best practices for convolutional neural networks",
    )
    model: Architecture = _setting(
        "mlp",
        title="model",
        description="Softmax regression weighs each pixel once; an MLP looks at all pixels through"
        " hidden layers; a CNN slides small windows over the picture.",
        source="articles 0 to 2 (MLP), article 3 (CNN)",
    )
    channels: tuple[int, ...] = _setting(
        (),
        max_length=4,
        title="convolution channels",
        description="For a CNN: how many different patterns each convolution layer looks for, for "
        "example 16, 32.",
        source="article 3; LeCun and others 1998",
    )
    kernel_size: int = _setting(
        5,
        ge=1,
        le=IMAGE_SIDE - 1,
        title="window size",
        description="For a CNN: side of the sliding window in pixels (kernel size), an odd number.",
        source="article 3",
    )
    pooling: Pooling = _setting(
        "max",
        title="pooling",
        description="For a CNN: how each 2×2 block of pixels becomes one after a convolution: its "
        "largest value, its mean, or no shrinking.",
        source="article 3",
    )
    response_norm: bool = _setting(
        False,
        title="local response normalisation",
        description="For a CNN: lets patterns that answer strongly at one place damp their "
        "neighbours (LRN). Today batch norm is used instead.",
        source="article 3 names it; Krizhevsky and others 2012, ImageNet classification",
    )
    hidden_sizes: tuple[int, ...] = _setting(
        (128, 256),
        max_length=8,
        title="hidden layers",
        description="How many units each hidden layer has, for example 128, 256. Empty: none.",
        source="articles 0 to 3",
    )
    batch_norm: bool = _setting(
        False,
        title="batch norm",
        description="Brings the values inside the network to mean 0 and spread 1 in every batch, "
        "after each convolution and hidden layer, which steadies and speeds up learning.",
        source="Ioffe and Szegedy 2015, Batch normalization",
    )
    activation: Activation = _setting(
        "relu",
        title="activation",
        description="What each unit makes of its sum. ReLU cuts off below 0, LeakyReLU lets a "
        "little through, sigmoid and tanh bend it into a range, GELU is a smooth ReLU.",
        source="article 1 (ReLU, sigmoid, tanh); Maas and others 2013 (LeakyReLU); Hendrycks and "
        "Gimpel 2016 (GELU)",
    )
    dropout: float = _setting(
        0.0,
        ge=0,
        le=0.95,
        title="dropout",
        description="The share of hidden units switched off at random in each step, so that the "
        "network does not lean on a few of them. 0 switches this off.",
        source="article 1; Srivastava and others 2014, Dropout",
    )
    initialisation: Initialisation = _setting(
        "default",
        title="first weights",
        description="How the weights are drawn before the first step: PyTorch's way, He's (made "
        "for ReLU), Xavier's (made for tanh), or all zero, which shows that a network of equal "
        "units cannot learn.",
        source="He and others 2015; Glorot and Bengio 2010 (Xavier)",
    )
    loss: Loss = _setting(
        "cross_entropy",
        title="loss",
        description="How a wrong answer is scored: cross-entropy is usual for classes; NLL is the "
        "same in two steps; mean squared and mean absolute error compare with 0s and a 1.",
        source="article 1 (cross-entropy), article 2 (squared error); Ghosh and others 2017 "
        "(absolute error)",
    )
    label_smoothing: float = _setting(
        0.0,
        ge=0,
        le=0.9,
        title="label smoothing",
        description="How much of the right answer is spread over all ten digits, so that the "
        "network is not pushed to be completely sure.",
        source="Szegedy and others 2016, Rethinking the Inception architecture",
    )
    optimizer: Optimizer = _setting(
        "sgd",
        title="optimizer",
        description="The rule that turns errors into corrections. SGD takes plain steps; Adam "
        "adapts the step of every weight by itself.",
        source="article 1; Kingma and Ba 2015 (Adam); Loshchilov and Hutter 2019 (AdamW); Hinton "
        "2012 (RMSprop); Duchi and others 2011 (Adagrad)",
    )
    learning_rate: float = _setting(
        1e-3,
        gt=0,
        le=100,
        title="learning rate",
        description="How big each correction is. Too small learns slowly; too big never settles.",
        source="articles 0 to 3",
    )
    momentum: float = _setting(
        0.0,
        ge=0,
        lt=1,
        title="momentum",
        description="How much of the last correction is carried into the next (SGD, RMSprop).",
        source="articles 2 and 3; Polyak 1964",
    )
    nesterov: bool = _setting(
        False,
        title="Nesterov momentum",
        description="Looks one step ahead along the momentum before it corrects (SGD).",
        source="Nesterov 1983; Sutskever and others 2013",
    )
    beta1: float = _setting(
        0.9,
        ge=0,
        lt=1,
        title="Adam's memory of directions",
        description="How much of the running mean of the corrections is kept at each step (beta 1;"
        " Adam, AdamW).",
        source="Kingma and Ba 2015, Adam",
    )
    beta2: float = _setting(
        0.999,
        ge=0,
        lt=1,
        title="Adam's memory of sizes",
        description="How much of the running mean of their squares is kept at each step (beta 2; "
        "Adam, AdamW).",
        source="Kingma and Ba 2015, Adam",
    )
    rms_decay: float = _setting(
        0.99,
        ge=0,
        lt=1,
        title="RMSprop's memory",
        description="How much of the running mean of squared corrections is kept at each step "
        "(alpha; RMSprop).",
        source="Hinton 2012, Neural networks for machine learning, lecture 6e",
    )
    rate_decay: float = _setting(
        0.0,
        ge=0,
        le=1,
        title="Adagrad's slowing",
        description="How fast the learning rate falls with every step beside Adagrad's own slowing"
        " (lr decay).",
        source="Duchi and others 2011, Adaptive subgradient methods",
    )
    epsilon: float | None = _setting(
        None,
        gt=0,
        le=1,
        title="smallest divisor",
        description="A tiny number that keeps the adaptive optimizers from dividing by 0 "
        "(epsilon). Empty means the optimizer's usual one.",
        source="Kingma and Ba 2015, Adam",
    )
    weight_decay: float = _setting(
        0.0,
        ge=0,
        le=1,
        title="weight decay",
        description="Pulls all weights a little towards 0 in each step (L2), against learning the "
        "training images by heart.",
        source="article 0; Krogh and Hertz 1992",
    )
    clip_norm: float | None = _setting(
        None,
        gt=0,
        le=1000000,
        title="gradient limit",
        description="Shortens the pull of the loss (gradient) where it is longer than this, "
        "before the optimizer uses it (clipping by norm). Empty means no limit.",
        source="Pascanu and others 2013, On the difficulty of training recurrent neural networks",
    )
    schedule: Schedule = _setting(
        "constant",
        title="learning-rate schedule",
        description="How the learning rate changes while training: not at all, down in steps, down"
        " along a cosine, or up and then down (one-cycle).",
        source="Loshchilov and Hutter 2017 (cosine); Smith and Topin 2018 (one-cycle)",
    )
    step_epochs: int = _setting(
        10,
        ge=1,
        le=10000,
        title="epochs between steps",
        description="After how many epochs each the learning rate is made smaller (schedule "
        "“step”).",
        source="Krizhevsky and others 2012, ImageNet classification",
    )
    step_factor: float = _setting(
        0.1,
        gt=0,
        le=1,
        title="factor of a step",
        description="What the learning rate is multiplied by at each step down (schedule “step”).",
        source="Krizhevsky and others 2012, ImageNet classification",
    )
    warmup_epochs: float = _setting(
        0.0,
        ge=0,
        le=10000,
        title="warm-up",
        description="Over how many epochs the learning rate rises from near 0 to its full value at"
        " the start.",
        source="Goyal and others 2017, Accurate, large minibatch SGD",
    )
    batch_size: int = _setting(
        64,
        ge=1,
        le=60000,
        title="batch size",
        description="How many images are looked at before each correction.",
        source="articles 0 to 3",
    )
    drop_last: bool = _setting(
        False,
        title="drop last batch",
        description="Leaves out the last, smaller batch of each epoch (article 0 does).",
        source="article 0",
    )
    epochs: int = _setting(
        25,
        ge=1,
        le=10000,
        title="epochs",
        description="How many times all training images are gone through, at most.",
        source="articles 0 to 3",
    )
    max_seconds: float | None = _setting(
        None,
        gt=0,
        le=1000000,
        title="time limit",
        description="No further epoch is begun once the training has taken this many seconds. "
        "Empty means no limit. The speed of the machine then decides how far a run gets.",
        source="a budget of time instead of epochs, as in Coleman and others 2017 (DAWNBench)",
    )
    patience: int | None = _setting(
        None,
        ge=1,
        le=10000,
        title="patience",
        description="Ends the training when validation accuracy has not risen for this many "
        "epochs, and keeps the weights of the best epoch (early stopping). Empty means all epochs.",
        source="Prechelt 1998, Early stopping, but when?",
    )
    keep_checkpoints: bool = _setting(
        False,
        title="keep every epoch",
        description="Keeps the weights after every epoch in the run's folder, not only the last "
        "ones.",
        source="article 0 keeps one each",
    )
    seed: int = _setting(
        0,
        ge=0,
        le=2**31 - 1,
        title="seed",
        description="Starts all chance (first weights, order, dropout): same seed, same result.",
        source="article 1",
    )
    device: Device = _setting(
        "auto",
        title="device",
        description="Where to compute: auto takes a graphics card if there is one.",
        source="article 0",
    )

    @field_validator("hidden_sizes", "channels", mode="before")
    @classmethod
    def _split_list(cls, value: Any) -> Any:
        if isinstance(value, int):
            return (value,)
        if isinstance(value, str):
            return tuple(part for part in value.replace(",", " ").split() if part)
        return value

    @field_validator("train_size", "epsilon", "clip_norm", "max_seconds", "patience", mode="before")
    @classmethod
    def _read_empty(cls, value: Any) -> Any:
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
    def _check_together(self, info: ValidationInfo) -> Self:
        if info.context is not _EACH_ALONE:
            sentences = _contradicting(self)
            if sentences:
                raise ValueError(". ".join(sentences))
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
            sentences = dict.fromkeys(said for _, said in _complaints(error))
            raise ConfigError(". ".join(sentences) + ".") from error

    def replace(self, /, **changes: Any) -> Self:
        """Return a copy with `changes`, validated again. Raises ConfigError."""
        return self.parse({**self.model_dump(), **changes})

    def switch(self, /, **changes: Any) -> Self:
        """Return a copy with `changes`, where what no longer applies falls back to its default.

        Of SGD with momentum, `switch(optimizer="adam")` is Adam without; `replace` refuses that.
        What `changes` names itself is never touched. Raises ConfigError.
        """
        named = {ALIASES.get(key, key): value for key, value in changes.items()}
        values: dict[str, Any] = {**self.model_dump(), **named}
        try:
            asked = self.model_validate(values, context=_EACH_ALONE)
        except ValidationError:
            return self.parse(values)  # says what is wrong
        fitted = {field: fitting_value(field, self, asked) for field in owned_fields()}
        return self.parse({**values, **fitted, **named})

    @property
    def layer_inputs(self) -> tuple[int, ...]:
        """Units entering each fully connected layer, the ten outputs last."""
        linear = [layer for layer in plan_layers(self) if layer.kind == "linear"]
        return (*(layer.into for layer in linear), linear[-1].out)

    @property
    def parameter_count(self) -> int:
        """Number of weights and biases that training adjusts."""
        return sum(layer.parameters for layer in plan_layers(self))

    def uses(self, field: str) -> bool:
        """Tell whether `field` means anything beside the other settings."""
        return applies(field, self)


def problems(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with untrusted values, by the field to mend; empty when nothing is.

    The key is "" for what is wrong with the model as a whole. The sentences are those of the
    ConfigError that `RunConfig.parse` raises for the same values.
    """
    named = {ALIASES.get(key, key): value for key, value in values.items()}
    found: list[tuple[str, str]]
    try:
        found = [*contradictions(RunConfig.model_validate(named, context=_EACH_ALONE))]
    except ValidationError as error:
        found = _complaints(error)
    sentences: dict[str, str] = {}
    for field, said in found:
        if said not in sentences.get(field, ""):
            sentences[field] = f"{sentences[field]} {said}." if field in sentences else f"{said}."
    return sentences


def _complaints(error: ValidationError) -> list[tuple[str, str]]:
    titles = {name: field_title(name) for name in RunConfig.model_fields}
    return [
        (str(problem["loc"][0]) if problem["loc"] else WHOLE, sentence(problem, titles, ALIASES))
        for problem in error.errors()
    ]


# A config inside another record is checked again with it, and thousands of runs share a few.
@functools.lru_cache(maxsize=4_096)
def _contradicting(config: RunConfig) -> tuple[str, ...]:
    return tuple(problem.sentence for problem in contradictions(config))


def field_title(name: str) -> str:
    """Return the plain-word name of a RunConfig field."""
    return RunConfig.model_fields[name].title or name


def field_help(name: str) -> str:
    """Return the help of a RunConfig field: what it does, in plain words."""
    return RunConfig.model_fields[name].description or ""


def field_source(name: str) -> str:
    """Return the article or paper that a RunConfig field comes from."""
    extra = RunConfig.model_fields[name].json_schema_extra
    return str(extra["source"]) if isinstance(extra, dict) else ""
