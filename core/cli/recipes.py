"""`recipes`: what can be trained as it stands."""

from core.cli.text import write_json, write_table
from core.recipes import RECIPES, Recipe


def list_recipes(*, as_json: bool) -> int:
    """Write all recipes as a table or as JSON."""
    if as_json:
        write_json([_facts(recipe) for recipe in RECIPES.values()])
        return 0
    write_table(
        ["name", "model", "optimizer", "rate", "epochs", "what it teaches"],
        [_row(recipe) for recipe in RECIPES.values()],
    )
    return 0


def _facts(recipe: Recipe) -> dict[str, object]:
    return {
        "name": recipe.name,
        "title": recipe.title,
        "teaches": recipe.teaches,
        "config": recipe.config.model_dump(mode="json"),
    }


def _row(recipe: Recipe) -> list[str]:
    config = recipe.config
    sizes = ", ".join(map(str, (*config.channels, *config.hidden_sizes)))
    return [
        recipe.name,
        f"{config.model.upper()} {sizes}",
        config.optimizer,
        f"{config.learning_rate:g}",
        str(config.epochs),
        recipe.teaches,
    ]
