"""Named RunConfigs: what the four articles train, and a champion, ready to run as they stand."""

import difflib
from dataclasses import dataclass
from typing import Final

from core.config import RunConfig
from core.errors import ConfigError


@dataclass(frozen=True)
class Recipe:
    """A named config, its title for people, and in one sentence what it teaches."""

    name: str
    title: str
    teaches: str
    config: RunConfig


_ARTICLE1: Final = RunConfig(
    hidden_sizes=(128, 256),
    dropout=0.5,
    learning_rate=1e-3,
    batch_size=64,
    epochs=25,
    validation_fraction=1 / 6,
)
# Articles 0, 2 and 3 train on all 60,000 images, so only the test images are left to watch.
_ALL_IMAGES: Final = RunConfig(validation_fraction=0, watch="test")
_ARTICLE3: Final = _ALL_IMAGES.replace(
    model="cnn",
    channels=(16, 32),
    kernel_size=5,
    hidden_sizes=(256,),
    normalisation="half",
    batch_size=128,
    epochs=10,
)

# Chosen on the last 10,000 training images while training on the other 50,000 (docs/results.md
# lists what was tried); the recipe then gives it all but 2,000, which show that it goes well.
_CHAMPION: Final = RunConfig(
    model="cnn",
    channels=(24, 48, 96),
    kernel_size=5,
    hidden_sizes=(128,),
    batch_norm=True,
    dropout=0.3,
    label_smoothing=0.05,
    normalisation="mnist",
    augmentation=1.0,
    optimizer="adamw",
    learning_rate=0.004,
    weight_decay=0.01,
    schedule="one_cycle",
    batch_size=128,
    drop_last=True,
    epochs=14,
    validation_fraction=1 / 30,
)

RECIPES: Final[dict[str, Recipe]] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "article1-sgd",
            "SGD (article 1)",
            "Shows how slowly plain gradient descent learns with small steps, even in 25 rounds.",
            _ARTICLE1.replace(optimizer="sgd"),
        ),
        Recipe(
            "article1-adam",
            "Adam (article 1)",
            "Shows that Adam, which adapts every weight's step, gets much further in the same "
            "25 rounds.",
            _ARTICLE1.replace(optimizer="adam"),
        ),
        Recipe(
            "article0-adam",
            "Adam (article 0)",
            "Shows a whole training from first step to saved model, and how watching the test "
            "images for 50 rounds reveals learning by heart (overfitting).",
            _ALL_IMAGES.replace(
                hidden_sizes=(250, 200),
                optimizer="adam",
                learning_rate=1e-2,
                weight_decay=1e-5,
                batch_size=64,
                drop_last=True,
                epochs=50,
            ),
        ),
        Recipe(
            "article2-mse",
            "Squared error (article 2)",
            "Shows that a network can learn classes by squared error too, though cross-entropy "
            "learns them faster.",
            _ALL_IMAGES.replace(
                hidden_sizes=(256, 64),
                loss="mse",
                optimizer="sgd",
                learning_rate=0.01,
                momentum=0.9,
                normalisation="mnist",
                batch_size=512,
                epochs=3,
            ),
        ),
        Recipe(
            "article3-sgd",
            "CNN with SGD (article 3)",
            "Shows that sliding windows over the picture (convolutions) read digits better than "
            "a network that sees only single pixels.",
            _ARTICLE3.replace(optimizer="sgd", learning_rate=1e-3, momentum=0.9),
        ),
        Recipe(
            "article3-adam",
            "CNN with Adam (article 3)",
            "Shows that Adam can lose its head start when its learning rate is too high for a CNN.",
            _ARTICLE3.replace(optimizer="adam", learning_rate=1e-2),
        ),
        Recipe(
            "champion",
            "Champion",
            "Shows how far a small network gets with all that has been learned since: batch norm, "
            "images changed a little each time, and a learning rate that rises and falls.",
            _CHAMPION,
        ),
    )
}

# What the one button of the empty dashboard launches.
COMPARED_PAIR: Final = ("article1-sgd", "article1-adam")


def find_recipe(name: str) -> Recipe:
    """Return the recipe called `name`. Raises ConfigError that lists close or all names."""
    if name in RECIPES:
        return RECIPES[name]
    close = difflib.get_close_matches(name, RECIPES, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(RECIPES)}."
    raise ConfigError(f"There is no recipe called {name!r}. {hint}")


def recipe_of(config: RunConfig) -> Recipe | None:
    """Return the recipe that `config` follows in everything but the data set, None for none."""
    for recipe in RECIPES.values():
        if config.replace(dataset=recipe.config.dataset) == recipe.config:
            return recipe
    return None
