"""The sidebar form: a recipe, then every setting of it, then launch."""

from collections.abc import Mapping
from typing import Final, get_args

import streamlit as st

from core import words
from core.access import Action, refusal
from core.config import USUAL_RATES, Optimizer, RunConfig, field_title, problems
from core.errors import ConfigError
from core.recipes import RECIPES, Recipe, find_recipe
from core.ui.fields import Fields, draw_group
from core.ui.launch import data_at_hand, launch
from core.ui.links import open_page
from core.ui.network_view import draw_network
from core.ui.permitted import permitted_button, visitor_budget
from core.ui.vary_form import draw_vary
from core.words import as_text

BASIC: Final = ("optimizer", "learning_rate", "epochs", "batch_size")
# All other settings. What decides whether a setting means anything stands before it.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Network": (
        "model",
        "channels",
        "kernel_size",
        "pooling",
        "hidden_sizes",
        "activation",
        "initialisation",
        "batch_norm",
        "response_norm",
        "dropout",
    ),
    "How errors are scored": ("loss", "label_smoothing"),
    "How the weights are corrected": (
        "momentum",
        "nesterov",
        "beta1",
        "beta2",
        "rms_decay",
        "rate_decay",
        "epsilon",
        "weight_decay",
        "clip_norm",
    ),
    "Learning rate over time": ("schedule", "step_epochs", "step_factor", "warmup_epochs"),
    "Images": (
        "dataset",
        "train_size",
        "validation_fraction",
        "watch",
        "normalisation",
        "augmentation",
        "label_noise",
        "drop_last",
    ),
    "Length of training": ("max_seconds", "patience", "keep_checkpoints"),
    "Chance and device": ("seed", "device"),
}


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
    _draw_leave()
    fields = _draw_settings(recipe)
    name = st.text_input(
        "Name",
        max_chars=100,
        placeholder="optional",
        key="form_name",
        help="What the run is called in tables and charts. Empty: optimizer and learning rate.",
    )
    config = _judge(fields)
    if config:
        draw_network(config)
    if (
        permitted_button(
            "Launch",
            Action.START_RUNS,
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
    draw_vary(config, name)


def _draw_leave() -> None:
    """Say to a visitor what may be started here."""
    refused, budget = refusal(Action.START_RUNS), visitor_budget()
    if refused:
        st.caption(
            "Look around: this is what a run can be made of. Starting one is up to the owner, who "
            "can allow it to visitors under Share."
        )
    elif budget is not None:
        st.caption(budget.sentence())


def _draw_settings(recipe: Recipe) -> Fields:
    at_hand = data_at_hand()
    # The recipe is part of each key: another one fills the fields in anew.
    fields = Fields(recipe.config, recipe.name, dataset=at_hand)
    for field in BASIC:
        fields.draw(field)
    with st.expander("More settings"):
        for title, group in GROUPS.items():
            draw_group(title)
            for field in group:
                # Without MNIST there is no choice of data.
                if field != "dataset" or at_hand == "mnist":
                    fields.draw(field)
    return fields


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
            value=config.learning_rate if config else USUAL_RATES[rival],
            format="%.6g",
            key=f"pair_rate_{rival}_{config.learning_rate if config else 0}",
            help="Optimizers often need different learning rates; usual for "
            f"{words.choice_word('optimizer', rival)} is {USUAL_RATES[rival]:g}.",
        )
        pressed = permitted_button(
            "Launch both", Action.START_RUNS, width="stretch", key="launch_pair"
        )
        if pressed and config:
            try:
                other = config.switch(optimizer=rival, learning_rate=rate)
            except ConfigError as error:
                st.error(as_text(str(error)))
                return
            open_page("compare", launch([config, other], name))


def _judge(fields: Fields) -> RunConfig | None:
    """Return the config that the form describes, or say what keeps it from being one."""
    faults = problems(fields.values)
    if not faults:
        return RunConfig.parse(fields.values)
    elsewhere = fields.point_out(faults)
    for said in elsewhere.values():
        st.error(as_text(said))
    # A field may be out of sight, below "More settings".
    titles = [field_title(field) for field in faults if field not in elsewhere]
    if titles:
        st.caption(f"To launch, first mend: {', '.join(titles)}.")
    return None
