"""A map of the test digits, on the Mistakes page: what is alike to a run lies close together."""

from collections.abc import Sequence
from typing import Final, cast

import streamlit as st

from core.analysis.embedding import Method
from core.errors import DataError, DigitLabError
from core.runs.records import Run
from core.ui.digit_maps import DigitMap, ask_map
from core.ui.linked_controls import draw_segments, draw_select
from core.ui.map_component import draw_digit_map
from core.ui.map_figure import map_figure
from core.ui.map_words import described, how_to_read, shown_digits, what_it_tells
from core.words import as_text, distinct_names, file_name

_METHODS: Final = {"pca": "widest spread (PCA)", "tsne": "neighbours (t-SNE)"}
_METHOD_HELP: Final = (
    "Widest spread (principal component analysis): all test images, seen from the side from which "
    "they differ most. Neighbours (t-distributed stochastic neighbour embedding): brings together "
    "what is alike to the run; that keeps the digits better apart, but takes some seconds and "
    "shows 1,500 images at most."
)
_HEIGHT: Final = 600
_PATIENCE: Final = 0.6  # seconds; then the page goes on without the map
_USUAL: Final[dict[Method, str]] = {"pca": "some seconds", "tsne": "about 10 seconds"}
_MNIST_HINT: Final = (
    "A map needs all test images. Fetch MNIST by the button at the upper right of this page; then "
    "the map is drawn here."
)


def draw_map(runs: Sequence[Run]) -> int | None:
    """Draw the section, closed at first; return the index of a digit just opened, else None.

    `runs` were judged on the same images. Nothing is computed before somebody opens it. Whether
    it is open, of which run it is and how it is made stand in the address.
    """
    section = st.expander(
        "Map of the test digits: which look alike to a run", key="map", bind="query-params"
    )
    if not section.open:
        return None
    with section:
        run, name, method = _draw_controls(runs)
        try:
            return _draw(ask_map(run, method), name)
        except DataError as error:
            hint = _MNIST_HINT if run.config.dataset == "mnist" else ""
            st.info(as_text(f"{error} {hint}"), icon=":material/image_not_supported:")
        except DigitLabError as error:
            st.warning(as_text(f"{name}: {error}"), icon=":material/broken_image:")
    return None


def _draw_controls(runs: Sequence[Run]) -> tuple[Run, str, Method]:
    names = distinct_names(runs)
    by_id = {run.id: run for run in runs}
    chosen = runs[0].id
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if len(runs) > 1:
            chosen = draw_select("map_of", "As seen by", names, chosen, width=280)
        method = draw_segments("map_by", "Laid out by", _METHODS, "pca", _METHOD_HELP)
    return by_id[chosen], names[chosen], cast(Method, method)


def _draw(shown: DigitMap, name: str) -> int | None:
    there = shown.job.wait(_PATIENCE)
    figure, label, told = None, "Map of test digits, being computed", ""
    if there:
        found = shown.job.result()
        figure = map_figure(found, shown.dots, shown.method)
        label, told = described(shown, found), what_it_tells(found)
    st.html(
        f'<p class="dl-quiet">{how_to_read(shown.run.config)}</p>'
        f'<p class="dl-quiet">{shown_digits(shown)}</p>'
    )
    opened = draw_digit_map(
        figure,
        of=f"{shown.run.id} {shown.method}",
        dataset=shown.run.config.dataset,
        height=_HEIGHT,
        label=label,
        file=file_name(f"map {shown.method} {name}"),
        busy="" if there else "The map is being computed.",
    )
    if there:
        st.html(f'<p class="dl-quiet">{told}</p>')
    else:
        st.fragment(lambda: _wait(shown), run_every=1.0)()
    return opened if opened in shown.dots.indices else None


def _wait(shown: DigitMap) -> None:
    """Draw for how long the map has been computed; draw the page again when it is there."""
    if shown.job.done:
        st.rerun()
    st.caption(
        f"It takes {_USUAL[shown.method]}, longer while runs train here; {shown.job.seconds:.0f} s "
        "so far. Everything else on this page can be used meanwhile."
    )
