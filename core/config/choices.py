"""What each choice is called on a page and what it does, and how any setting's value reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from core.config.run_config import RunConfig


@dataclass(frozen=True)
class Choice:
    """One value of a setting that is chosen from a list: a short word and one sentence."""

    word: str
    sentence: str


CHOICES: Final[Mapping[str, Mapping[str, Choice]]] = {
    "dataset": {
        "mnist": Choice("MNIST", "70,000 digits written by hand (LeCun and others 1998)."),
        "digits": Choice(
            "embedded digits",
            "1,797 small digits that come with Digit Lab (scikit-learn's, from UCI).",
        ),
    },
    "watch": {
        "validation": Choice(
            "validation images",
            "The images held back for checking: whatever is chosen by them stays honest "
            "(article 1).",
        ),
        "test": Choice(
            "test images",
            "The images that the final figures come from: choose nothing by these curves "
            "(articles 0, 2 and 3).",
        ),
        "none": Choice("none", "Nothing is read while training, which is a little faster."),
    },
    "normalisation": {
        "none": Choice("0 to 1", "Black is 0 and white is 1 (articles 0 and 1)."),
        "mnist": Choice(
            "MNIST's mean and spread",
            "The mean of all MNIST's pixels becomes 0 and their spread 1 (article 2).",
        ),
        "half": Choice("-1 to 1", "Black is -1 and white is 1 (article 3)."),
    },
    "model": {
        "softmax": Choice(
            "no hidden layer (softmax)",
            "Weighs every pixel once for every digit, with nothing in between (softmax "
            "regression).",
        ),
        "mlp": Choice(
            "all pixels at once (MLP)",
            "Every unit of a hidden layer looks at all values before it (articles 0 to 2).",
        ),
        "cnn": Choice(
            "sliding windows (CNN)",
            "Small windows slide over the picture and look for patterns (article 3; LeCun and "
            "others 1998).",
        ),
    },
    "pooling": {
        "max": Choice("largest value", "Keeps the strongest answer of each 2×2 block (article 3)."),
        "average": Choice(
            "mean", "Takes the mean of each 2×2 block (as LeNet did: LeCun and others 1998)."
        ),
        "none": Choice("no shrinking", "Keeps every pixel: more weights and slower."),
    },
    "activation": {
        "relu": Choice("ReLU", "Cuts off everything below 0 (article 1; Nair and Hinton 2010)."),
        "leaky_relu": Choice(
            "LeakyReLU", "Lets a hundredth of what is below 0 through (Maas and others 2013)."
        ),
        "sigmoid": Choice("sigmoid", "Bends every value into the range 0 to 1 (article 1)."),
        "tanh": Choice("tanh", "Bends every value into the range -1 to 1 (article 1)."),
        "gelu": Choice("GELU", "A ReLU with a smooth bend around 0 (Hendrycks and Gimpel 2016)."),
    },
    "initialisation": {
        "default": Choice(
            "PyTorch's", "Small numbers by chance, smaller the more inputs a unit has."
        ),
        "he": Choice(
            "He's",
            "Keeps the spread of values from layer to layer where ReLU cuts half off (He and "
            "others 2015).",
        ),
        "xavier": Choice(
            "Xavier's",
            "Keeps the spread of values where the activation is tanh (Glorot and Bengio 2010).",
        ),
        "zeros": Choice(
            "all zero",
            "All units stay equal, so a network with hidden layers cannot learn: try it to see.",
        ),
    },
    "loss": {
        "cross_entropy": Choice(
            "cross-entropy",
            "Asks how probable the right digit seemed; usual for classes (article 1).",
        ),
        "nll": Choice(
            "log-likelihood (NLL)",
            "The negative log-likelihood: the same figure as cross-entropy, in two steps.",
        ),
        "mse": Choice(
            "mean squared error",
            "Squares the distance of the ten outputs to 0s and a 1 (article 2).",
        ),
        "mae": Choice(
            "mean absolute error",
            "Takes the plain distance of the ten outputs to 0s and a 1: slow, but forgiving of "
            "wrong labels (Ghosh and others 2017).",
        ),
    },
    "optimizer": {
        "sgd": Choice("SGD", "Takes a plain step against the error after every batch (article 1)."),
        "adam": Choice(
            "Adam",
            "Adapts the step of every weight by itself (article 1; Kingma and Ba 2015).",
        ),
        "adamw": Choice(
            "AdamW",
            "Adam whose weight decay stays apart from the corrections (Loshchilov and Hutter "
            "2019).",
        ),
        "rmsprop": Choice(
            "RMSprop",
            "Divides each step by the recent size of the corrections (Hinton 2012).",
        ),
        "adagrad": Choice(
            "Adagrad",
            "Makes the steps of a weight smaller the more it was corrected (Duchi and others "
            "2011).",
        ),
    },
    "schedule": {
        "constant": Choice("constant", "The learning rate stays as it is (articles 0 to 3)."),
        "step": Choice(
            "step",
            "Multiplies the learning rate by a factor every few epochs (Krizhevsky and others "
            "2012).",
        ),
        "cosine": Choice(
            "cosine",
            "Lets the learning rate fall along a cosine to near 0 (Loshchilov and Hutter 2017).",
        ),
        "one_cycle": Choice(
            "one-cycle",
            "Raises the learning rate to its full value and then lowers it (Smith and Topin 2018).",
        ),
    },
    "device": {
        "auto": Choice(
            "auto", "A graphics card if there is one, else the processor; the run's page says."
        ),
        "cpu": Choice("processor (CPU)", "Every computer has one, and for small networks it does."),
        "cuda": Choice("NVIDIA card (CUDA)", "Only where this computer has such a card."),
        "mps": Choice("Apple's card (MPS)", "Only on a Mac with Apple's own processor."),
    },
}
# What an optional number means when it is left empty.
_EMPTY: Final[Mapping[str, str]] = {
    "train_size": "all",
    "epsilon": "the usual one",
    "clip_norm": "no limit",
    "max_seconds": "no limit",
    "patience": "off",
}


def choice_word(field: str, value: str) -> str:
    """Return the short word for a choice of `field`; `value` itself where there is none."""
    choice = CHOICES.get(field, {}).get(value)
    return choice.word if choice else value


def choice_sentence(field: str, value: str) -> str:
    """Return the sentence that says what a choice of `field` does."""
    return CHOICES[field][value].sentence


def empty_word(field: str) -> str:
    """Return what `field` means when it is empty; a dash where it cannot be."""
    return _EMPTY.get(field, "–")


def value_word(field: str, value: Any) -> str:
    """Write a value of `field` for people: choices by their words, at most six figures."""
    if value is None:
        return empty_word(field)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, float):
        # Never 1e-05: the reader need not know the notation.
        return f"{Decimal(f'{value:.6g}'):f}"
    return choice_word(field, str(value))


def in_words(config: RunConfig) -> dict[str, str]:
    """Return every setting of `config` that applies, by field, its value in words."""
    values = config.model_dump()
    return {field: value_word(field, values[field]) for field in values if config.uses(field)}
