"""What happens inside the models while they read a drawing, on demand: ink, maps and units."""

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.analysis.mistakes import rather_than
from core.config import IMAGE_SIDE
from core.drawing import Digit
from core.learning.activations import (
    LayerValues,
    WeighedSums,
    first_patterns,
    layer_values,
    weighed_sums,
)
from core.runs.records import Run
from core.ui.attribution_view import draw_attributions
from core.ui.feature_maps_view import draw_feature_maps
from core.ui.folds import draw_fold
from core.ui.linked_controls import draw_segments
from core.ui.model_answers import probabilities_of
from core.ui.one_core import one_core_each
from core.ui.output_weights_view import draw_output_weights
from core.ui.pieces import named
from core.ui.trained import trained_model
from core.ui.units_view import draw_units
from core.words import as_text, distinct_names, short_names

_LONGEST: Final = 24  # of a name on a button
# What spoke for an answer takes up to half a second a run, and a stroke must not wait for eight.
_MOST_AT_ONCE: Final = 2


def draw_inside(runs: Sequence[Run], digit: Digit | None) -> None:
    """Draw two folds, closed at first: which ink spoke for each answer, and layer by layer.

    Without a digit they show what becomes of blank paper, so that nothing jumps at a first stroke.
    """
    if not runs:
        return
    image = np.zeros((IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8) if digit is None else digit.image
    draw_fold("ink", "Which ink spoke for the answer", lambda: _draw_ink(runs, image))
    draw_fold("layers", "Inside the model, layer by layer", lambda: _draw_layers(runs, image))


def _draw_ink(runs: Sequence[Run], image: npt.NDArray[np.uint8]) -> None:
    if not image.any():
        st.caption("Nothing is drawn yet, so there is no ink that could speak for an answer.")
        return
    shown = runs if len(runs) <= _MOST_AT_ONCE else [_choose("ink", runs)]
    found, problems = probabilities_of(shown, image[None])
    for sentence in problems:
        st.caption(sentence)
    names = distinct_names(runs)
    spoken = []
    for run in shown:
        if run.id in found:
            shares = found[run.id][0]
            answer = int(shares.argmax())
            spoken.append((run, names[run.id], answer, rather_than(shares, answer, answer)))
    draw_attributions(spoken, image)


def _draw_layers(runs: Sequence[Run], image: npt.NDArray[np.uint8]) -> None:
    run = _choose("layers", runs)
    [(passed, sums, patterns)] = one_core_each(lambda one: _read(one, image), [run])
    what = "blank paper, because nothing is drawn yet" if not image.any() else "your digit"
    st.html(
        f"<p>{named(run, distinct_names(runs)[run.id])} looks at {what}. "
        f"{escape(_way_through(passed))}</p>"
    )
    if sums[-1].source == "pixel":
        draw_output_weights(sums[0])
        return
    maps = draw_feature_maps(run.config, passed, patterns)
    draw_units(run.config, sums, maps)


def _choose(name: str, runs: Sequence[Run]) -> Run:
    """Draw a button for each of several runs, tied to the address as `name`; return the chosen."""
    if len(runs) == 1:
        return runs[0]
    names = short_names(runs, _LONGEST)
    options = {run.id: as_text(names[run.id]) for run in runs}
    chosen = draw_segments(name, "Run", options, runs[0].id)
    return next(run for run in runs if run.id == chosen)


def _read(
    run: Run, image: npt.NDArray[np.uint8]
) -> tuple[Sequence[LayerValues], Sequence[WeighedSums], npt.NDArray[np.float32] | None]:
    model = trained_model(run.id)
    passed = layer_values(run.config, model, image)
    return passed, weighed_sums(run.config, model, passed), first_patterns(model)


def _way_through(passed: Sequence[LayerValues]) -> str:
    """Write through what the image goes, such as "784 pixels → 128 units → ten scores"."""
    steps = ["784 pixels"]
    for one in passed[:-1]:
        if one.layer.kind == "convolution":
            steps.append(f"{one.layer.out:,} maps")
        elif one.layer.kind == "linear":
            steps.append(f"{one.layer.out:,} units")
    return " → ".join([*steps, "ten scores, one for each digit"]) + "."
