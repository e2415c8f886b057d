"""The fields of a form for settings: one widget each, its help, and what is wrong with it."""

import math
import typing
from collections.abc import Mapping
from html import escape
from typing import Any, Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.config import (
    USUAL_RATES,
    RunConfig,
    applies,
    choice_sentence,
    choice_word,
    empty_word,
    field_help,
    field_source,
    field_title,
    fitting_value,
)

# How far the buttons beside a number go; others go by 1, and the learning rate by its size.
_STEPS: Final[Mapping[str, float]] = {
    "train_size": 100,
    "label_noise": 0.05,
    "validation_fraction": 0.05,
    "augmentation": 0.5,
    "kernel_size": 2,
    "dropout": 0.05,
    "label_smoothing": 0.05,
    "momentum": 0.05,
    "beta1": 0.01,
    "beta2": 0.001,
    "rms_decay": 0.01,
    "rate_decay": 0.001,
    "epsilon": 1e-8,
    "weight_decay": 0.0001,
    "clip_norm": 1.0,
    "step_factor": 0.1,
    "warmup_epochs": 1.0,
    "max_seconds": 60.0,
}
_UNITS: Final[Mapping[str, str]] = {
    "kernel_size": "pixels",
    "warmup_epochs": "epochs",
    "max_seconds": "seconds",
    "patience": "epochs",
}


class Fields:
    """Fields drawn one after another: those whose setting means nothing so far are left out.

    `values` holds what was typed so far, unchecked, and what the settings left out must be.
    """

    def __init__(self, base: RunConfig, scope: str, **fixed: Any) -> None:
        """Begin with the settings of `base`; another `scope` fills the fields in anew."""
        self.values: dict[str, Any] = {**base.model_dump(), **fixed}
        self._base = base
        self._scope = scope
        self._places: dict[str, DeltaGenerator] = {}

    def draw(self, field: str) -> None:
        """Draw the widget of `field` where the values so far give it a meaning."""
        so_far = RunConfig.model_construct(**self.values)
        self.values[field] = fitting_value(field, self._base, so_far)
        if not applies(field, so_far):
            return
        key = f"form_{self._scope}_{field}"
        if field == "learning_rate":
            optimizer = self.values["optimizer"]
            key += f"_{optimizer}"
            if optimizer != self._base.optimizer:
                self.values[field] = USUAL_RATES[optimizer]
        self._places[field] = st.container(gap="xsmall")
        with self._places[field]:
            self.values[field] = _draw_widget(field, self.values[field], key)

    def point_out(self, problems: Mapping[str, str]) -> dict[str, str]:
        """Say below each field drawn what is wrong with it; return what has no field here."""
        said = {field: _upper(problem) for field, problem in problems.items()}
        for field in self._places.keys() & said.keys():
            self._places[field].html(
                f'<p class="dl-problem" role="alert">{escape(said.pop(field))}'
            )
        return said


def draw_group(title: str) -> None:
    """Draw the small heading of a group of fields."""
    st.html(f'<p class="dl-group">{escape(title)}</p>')


def _draw_widget(field: str, value: Any, key: str) -> Any:
    """Draw what suits the type of `field` and return what stands in it, unchecked.

    Numbers have no bounds here: Streamlit would keep the last good number without a word below
    one that is out of them, and Launch would start what nobody sees.
    """
    unit = f" ({_UNITS[field]})" if field in _UNITS else ""
    label = _upper(field_title(field)) + unit
    explained = f"{field_help(field)}\n\nSource: {field_source(field)}."
    kinds = _kinds(field)
    if all(isinstance(kind, str) for kind in kinds):
        return _draw_choice(field, kinds, value, key, label, explained)
    if bool in kinds:
        return st.checkbox(label, value=value, key=key, help=explained)
    if int not in kinds and float not in kinds:
        return st.text_input(label, ", ".join(map(str, value)), key=key, help=explained)
    step, whole = _step(field, value), float not in kinds
    return st.number_input(
        label,
        value=value,
        step=int(step) if whole else step,
        format="%d" if whole else "%.6g",
        placeholder=empty_word(field) if type(None) in kinds else None,
        key=key,
        help=explained,
    )


def _draw_choice(
    field: str, options: tuple[Any, ...], value: str, key: str, label: str, explained: str
) -> str:
    chosen: str = st.selectbox(
        label,
        options,
        index=options.index(value),
        format_func=lambda option: choice_word(field, option),
        key=key,
        help=explained,
    )
    st.caption(choice_sentence(field, chosen))
    return chosen


def _kinds(field: str) -> tuple[Any, ...]:
    """Return the values or types that `field` may have."""
    annotation = RunConfig.model_fields[field].annotation
    if typing.get_origin(annotation) is tuple:
        return (tuple,)
    return typing.get_args(annotation) or (annotation,)


def _step(field: str, value: Any) -> float:
    if field == "learning_rate":
        return 10.0 ** math.floor(math.log10(value))
    return _STEPS.get(field, 1)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
