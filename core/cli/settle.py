"""What `train` shall train: a recipe, the changes to it, and the data there is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from core.cli.text import note
from core.config import RunConfig
from core.errors import DataError
from core.learning.idx import has_mnist, mnist_folder
from core.recipes import find_recipe

_FALLBACK: Final = (
    "MNIST is not in {} (`python -m core fetch` gets it), so this trains on the embedded digits."
)
_MISSING: Final = (
    "MNIST is not in {}: fetch it with `python -m core fetch`, or leave out dataset=mnist."
)


def settle(name: str, changes: Mapping[str, str], data_root: Path) -> RunConfig:
    """Return the config of the recipe called `name` with `changes` as they were typed.

    What means nothing beside the changes falls away, such as the momentum of an optimizer that is
    exchanged for Adam. Without MNIST it takes the embedded digits and says so. Raises ConfigError
    for an unknown recipe or setting, DataError if MNIST was asked for and is not there.
    """
    config = find_recipe(name).config.switch(**changes)
    if config.dataset != "mnist" or has_mnist(data_root):
        return config
    if "dataset" in changes:
        raise DataError(_MISSING.format(mnist_folder(data_root)))
    note(_FALLBACK.format(mnist_folder(data_root)))
    return config.replace(dataset="digits")
