"""`recipes`: what can be trained as it stands; and how one recipe and any settings are written."""

from core.cli.text import say, write_json, write_pairs, write_table
from core.config import RunConfig, choice_word, field_title, in_words
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


def show_recipe(recipe: Recipe, *, as_json: bool) -> int:
    """Write one recipe: what it teaches, its settings and the layers of its network."""
    # pandas comes with the words, and the list of recipes need not wait for it.
    from core.words import layer_rows

    if as_json:
        write_json(_facts(recipe))
        return 0
    write_pairs([("recipe", recipe.name), ("title", recipe.title), ("teaches", recipe.teaches)])
    say()
    write_settings(recipe.config)
    say()
    rows = [[f"  {what}", shape, count] for what, shape, count in layer_rows(recipe.config)]
    total = ["  together", "", f"{recipe.config.parameter_count:,}"]
    write_table(["layer by layer", "shape", "parameters"], [*rows, total])
    return 0


def write_settings(config: RunConfig) -> None:
    """Write the settings that mean something here, in words, with the name that `--set` takes."""
    write_table(
        ["settings", "", "--set"],
        [[f"  {field_title(field)}", word, field] for field, word in in_words(config).items()],
    )


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
        choice_word("optimizer", config.optimizer),
        f"{config.learning_rate:g}",
        str(config.epochs),
        recipe.teaches,
    ]
