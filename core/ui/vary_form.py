"""Below the form: several values of some settings at once, and a fair comparison of optimizers."""

from collections.abc import Callable, Sequence
from typing import Any, Final, get_args

import streamlit as st

from core.access import Action
from core.config import Optimizer, RunConfig, choice_word, field_title, value_word
from core.errors import ConfigError
from core.runs.estimate import spoken_estimate
from core.runs.group_plans import plan_fair, plan_sweep
from core.runs.groups import Group
from core.sweeps import MAX_FIELDS, MAX_RUNS, choices, rate_grid, read_values
from core.ui.launch import data_at_hand, estimate, launch_as_group
from core.ui.links import MAX_RUNS as MOST_COMPARED
from core.ui.links import open_page
from core.ui.permitted import permitted_button
from core.words import as_text

# What is varied most often stands first; all other settings follow.
_USUAL: Final = (
    "optimizer",
    "learning_rate",
    "seed",
    "batch_size",
    "epochs",
    "model",
    "hidden_sizes",
    "activation",
    "dropout",
    "train_size",
)
_LISTS: Final = ("hidden_sizes", "channels")
_ROUND: Final = "vary_round"
_MOST_SEEDS: Final = 50
_TOO_FEW: Final = "Name at least two values, so that there is something to compare."


def draw_vary(config: RunConfig | None, name: str) -> None:
    """Draw the two ways to start a group of runs from the form's config, None while it is wrong.

    `name` is what the group shall be called; empty for what it varies.
    """
    # Part of each key: once launched, the fields close and begin anew, so that a second press
    # cannot launch the same runs again.
    scope = f"vary_{st.session_state.setdefault(_ROUND, 0)}"
    with st.popover("Vary …", width="stretch", disabled=config is None, key=f"{scope}_open"):
        st.caption(
            "Trains every combination of the values you name here; all else is as in the form."
        )
        if config:
            _draw_launch(lambda: _sweep(config, name, scope), scope)
    fair = f"{scope}_fair"
    with st.popover(
        "Fair comparison …", width="stretch", disabled=config is None, key=f"{fair}_open"
    ):
        st.caption(
            "Each optimizer gets equally many tries at finding its learning rate, judged on "
            "validation images; then the best rate of each is trained anew with other seeds. So "
            "none wins only because its rate was chosen more carefully, or by luck."
        )
        if config:
            _draw_launch(lambda: _fair(config, name, fair), fair)


def _draw_launch(plan: Callable[[], Group], scope: str) -> None:
    """Draw the fields of `plan`, how many runs they make and about how long, and the button."""
    try:
        group = plan()
    except ConfigError as error:
        st.error(as_text(str(error)))
        st.button("Launch", width="stretch", disabled=True, key=f"{scope}_launch")
        return
    foreseen = group.foreseen_configs()
    few = len(foreseen) < 2
    st.caption(as_text(_TOO_FEW if few else _counted(group, foreseen)))
    label = "Launch" if few else f"Launch {len(foreseen)} runs"
    if permitted_button(
        label,
        Action.START_GROUPS,
        width="stretch",
        disabled=few,
        key=f"{scope}_launch",
        icon=":material/play_arrow:",
    ):
        _launch(group)


def _counted(group: Group, foreseen: Sequence[RunConfig]) -> str:
    """Say how many runs there will be and about how long they take."""
    sentence = spoken_estimate(len(foreseen), estimate(foreseen))
    if group.kind == "sweep":
        return sentence
    searched = len(group.first_configs())
    final = len(foreseen) - searched
    return f"{sentence} {searched} of them search, {final} are final. {group.note}".strip()


def _launch(group: Group) -> None:
    with st.spinner("Preparing the runs …"):
        run_ids = launch_as_group(group)
    st.session_state[_ROUND] += 1
    if group.kind == "sweep" and len(run_ids) <= MOST_COMPARED:
        open_page("compare", run_ids)
    st.toast(f"{len(run_ids)} runs wait; how far they are stands above the table.")
    st.rerun()


def _sweep(config: RunConfig, name: str, scope: str) -> Group:
    varied: dict[str, tuple[Any, ...]] = {}
    problems: list[str] = []
    offered = _fields(config)
    for place in range(MAX_FIELDS):
        left = [field for field in offered if field not in varied]
        field = st.selectbox(
            "Setting" if not place else "Another setting",
            left,
            index=None if place else 0,
            format_func=_title,
            placeholder="none",
            key=f"{scope}_field_{place}",
        )
        if field is None:
            break
        varied[field] = _draw_values(field, config, scope, problems)
    _refuse(problems)
    return plan_sweep(config, varied, name=name, limit=MAX_RUNS)


def _draw_values(field: str, config: RunConfig, scope: str, problems: list[str]) -> tuple[Any, ...]:
    now = getattr(config, field)
    options = choices(field) or ((False, True) if isinstance(now, bool) else ())
    key, label = f"{scope}_values_{field}", f"Values of {field_title(field)}"
    if options:
        chosen = st.multiselect(
            label,
            options,
            default=[now],
            format_func=lambda value: value_word(field, value),
            key=key,
            placeholder="Choose values",
        )
        return tuple(chosen)
    text = st.text_input(
        label,
        value="none" if now is None else value_word(field, now),
        key=key,
        placeholder=_example(field),
        help=f"For example {_example(field)}",
    )
    read = _read(field, text, problems)
    if field in _LISTS and read:
        # A comma stands within a list and a semicolon between two: say how it was understood.
        lists = " and ".join(f"({value_word(field, value)})" for value in read)
        st.caption(as_text(f"Read as {len(read)}: {lists}"))
    return read


def _fair(config: RunConfig, name: str, scope: str) -> Group:
    optimizers = st.multiselect(
        "Optimizers",
        get_args(Optimizer),
        default=["sgd", "adam"],
        format_func=lambda value: choice_word("optimizer", value),
        key=f"{scope}_optimizers",
        placeholder="Choose at least two",
    )
    rates: dict[str, tuple[Any, ...]] = {}
    problems: list[str] = []
    for optimizer in optimizers:
        word = choice_word("optimizer", optimizer)
        text = st.text_input(
            f"Learning rates to try for {word}",
            value=", ".join(value_word("learning_rate", rate) for rate in rate_grid(optimizer)),
            key=f"{scope}_rates_{optimizer}",
            help=f"Steps of about three around what is usual for {word}; type others if you "
            "like, equally many for each optimizer.",
        )
        rates[optimizer] = _read("learning_rate", text, problems)
    seeds = st.number_input(
        "Final runs each (seeds)",
        min_value=1,
        max_value=_MOST_SEEDS,
        value=3,
        key=f"{scope}_seeds",
        help="The best rate of each optimizer is trained with so many seeds that the search did "
        "not see. More of them make the interval of the result narrower.",
    )
    _refuse(problems)
    return plan_fair(config, rates, seeds, name=name, limit=MAX_RUNS)


def _read(field: str, text: str, problems: list[str]) -> tuple[Any, ...]:
    # Noted, not raised: a wrong value must not take the fields below it from the page.
    try:
        return read_values(field, text)
    except ConfigError as error:
        problems.append(str(error))
        return ()


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise ConfigError(" ".join(problems))


def _fields(config: RunConfig) -> list[str]:
    """Return the settings that mean something here, those that are varied most often first."""
    every = dict.fromkeys([*_USUAL, *RunConfig.model_fields])
    # Without MNIST there is no choice of data.
    fixed = () if data_at_hand() == "mnist" else ("dataset",)
    return [field for field in every if config.uses(field) and field not in fixed]


def _title(field: str) -> str:
    title = field_title(field)
    return title[0].upper() + title[1:]


def _example(field: str) -> str:
    if field in _LISTS:
        return "128, 64; 256 (a semicolon between two networks)"
    return {
        "learning_rate": "0.1, 0.01, 0.001",
        "seed": "0-4 (five seeds)",
        "batch_size": "32, 64, 128",
        "epochs": "5, 10, 20",
        "dropout": "0, 0.2, 0.5",
        "train_size": "500, 1000, all",
    }.get(field, "two values with a comma between them")
