"""The sidebar form: a recipe, then every setting of it, then launch."""

from typing import Any, get_args

import streamlit as st

from core import words
from core.config import (
    USUAL_RATES,
    Architecture,
    Loss,
    Normalisation,
    Optimizer,
    RunConfig,
    field_help,
    field_title,
)
from core.errors import ConfigError
from core.recipes import RECIPES, find_recipe
from core.ui.launch import data_at_hand, launch
from core.ui.links import open_page


def draw_launch_form(*, primary: bool) -> None:
    """Draw the form that starts runs; `primary` says whether Launch is the page's main action."""
    st.subheader("Start a run", anchor=False)
    recipe_name = st.selectbox(
        "Start from",
        list(RECIPES),
        format_func=lambda name: RECIPES[name].title,
        key="form_recipe",
        help="A recipe fills in all settings below; change what you like.",
    )
    recipe = find_recipe(recipe_name)
    st.caption(recipe.teaches)
    # The recipe is part of each key: another recipe fills the fields in anew.
    values = _draw_basic(recipe.config, recipe_name)
    with st.expander("More settings"):
        values |= _draw_more(recipe.config, recipe_name, values)
    name = st.text_input(
        "Name",
        max_chars=100,
        placeholder="optional",
        key="form_name",
        help="What the run is called in tables and charts. Empty: optimizer and learning rate.",
    )
    config = _checked(recipe.config, values)
    if (
        st.button(
            "Launch",
            type="primary" if primary else "secondary",
            width="stretch",
            disabled=config is None,
            key="launch",
            icon=":material/play_arrow:",
        )
        and config
    ):
        open_page("compare", launch([config], name))
    _draw_pair_button(config, name)


def _draw_pair_button(config: RunConfig | None, name: str) -> None:
    rivals = [name for name in get_args(Optimizer) if config is None or name != config.optimizer]
    with st.popover(
        "Launch as a pair with …", width="stretch", disabled=config is None, key="pair"
    ):
        st.caption(
            "Trains a second run at the same time, on the same images in the same order, "
            "that differs only in its optimizer (and what belongs to it)."
        )
        rival = st.selectbox(
            "Other optimizer",
            rivals,
            format_func=lambda name: words.choice_word("optimizer", name),
            key="pair_optimizer",
        )
        rate = st.number_input(
            "Its learning rate",
            min_value=1e-6,
            max_value=100.0,
            value=config.learning_rate if config else USUAL_RATES[rival],
            format="%.6g",
            key=f"pair_rate_{rival}_{config.learning_rate if config else 0}",
            help="Optimizers often need different learning rates; usual for "
            f"{words.choice_word('optimizer', rival)} is {USUAL_RATES[rival]:g}.",
        )
        if st.button("Launch both", width="stretch", key="launch_pair") and config:
            other = config.switch(optimizer=rival, learning_rate=rate)
            open_page("compare", launch([config, other], name))


def _draw_basic(config: RunConfig, scope: str) -> dict[str, Any]:
    optimizer = _choice("optimizer", get_args(Optimizer), config, scope)
    return {
        "optimizer": optimizer,
        "learning_rate": _number("learning_rate", config, scope, 0.0, 100.0, "%.6g"),
        "epochs": _whole("epochs", config, scope, 1, 10_000),
        "batch_size": _whole("batch_size", config, scope, 1, 60_000),
    }


def _draw_more(config: RunConfig, scope: str, basic: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if basic["optimizer"] in ("sgd", "rmsprop"):
        values["momentum"] = _number("momentum", config, scope, 0.0, 0.999, "%.3g")
    else:
        values["momentum"] = 0.0
    values["weight_decay"] = _number("weight_decay", config, scope, 0.0, 1.0, "%.6g")
    values["model"] = _choice("model", get_args(Architecture), config, scope)
    if values["model"] == "cnn":
        channels = config.channels or (16, 32)
        values["channels"] = _sizes("channels", channels, scope)
        values["kernel_size"] = _whole("kernel_size", config, scope, 1, 27, step=2)
    else:
        values["channels"] = ()
    values["hidden_sizes"] = _sizes("hidden_sizes", config.hidden_sizes, scope)
    values["dropout"] = _number("dropout", config, scope, 0.0, 0.95, "%.2f", step=0.05)
    values["loss"] = _choice("loss", get_args(Loss), config, scope)
    values["normalisation"] = _choice("normalisation", get_args(Normalisation), config, scope)
    values["train_size"] = st.number_input(
        _title("train_size"),
        min_value=10,
        max_value=60_000,
        value=config.train_size,
        placeholder="all",
        key=f"form_{scope}_train_size",
        help=field_help("train_size"),
    )
    values["validation_fraction"] = _number(
        "validation_fraction", config, scope, 0.0, 0.5, "%.3f", step=0.05
    )
    values["watch"] = _choice("watch", ("validation", "test", "none"), config, scope)
    values["drop_last"] = st.checkbox(
        _title("drop_last"),
        value=config.drop_last,
        key=f"form_{scope}_drop_last",
        help=field_help("drop_last"),
    )
    values["seed"] = _whole("seed", config, scope, 0, 2**31 - 1)
    return values


def _checked(base: RunConfig, values: dict[str, Any]) -> RunConfig | None:
    try:
        config = base.replace(**values, dataset=data_at_hand())
    except ConfigError as error:
        st.error(str(error))
        return None
    st.caption(f"{config.parameter_count:,} adjustable weights (parameters)")
    return config


def _title(field: str) -> str:
    title = field_title(field)
    return title[0].upper() + title[1:]


def _choice(field: str, options: tuple[str, ...], config: RunConfig, scope: str) -> str:
    return st.selectbox(
        _title(field),
        options,
        index=options.index(getattr(config, field)),
        format_func=lambda value: words.choice_word(field, value),
        key=f"form_{scope}_{field}",
        help=field_help(field),
    )


def _number(
    field: str,
    config: RunConfig,
    scope: str,
    low: float,
    high: float,
    shape: str,
    step: float | None = None,
) -> float:
    return st.number_input(
        _title(field),
        min_value=low,
        max_value=high,
        value=float(getattr(config, field)),
        step=step,
        format=shape,
        key=f"form_{scope}_{field}",
        help=field_help(field),
    )


def _whole(field: str, config: RunConfig, scope: str, low: int, high: int, step: int = 1) -> int:
    return st.number_input(
        _title(field),
        min_value=low,
        max_value=high,
        value=int(getattr(config, field)),
        step=step,
        key=f"form_{scope}_{field}",
        help=field_help(field),
    )


def _sizes(field: str, value: tuple[int, ...], scope: str) -> str:
    return st.text_input(
        _title(field),
        value=", ".join(map(str, value)),
        key=f"form_{scope}_{field}",
        help=field_help(field),
    )
