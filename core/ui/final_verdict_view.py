"""The verdict of a fair comparison beside its figures, the same as the Compare page gives."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from core import words
from core.analysis.final_verdict import all_finals, final_judgement, no_verdict_sentence
from core.analysis.judgement import Judgement
from core.errors import DigitLabError
from core.runs.groups import Group
from core.runs.records import Run
from core.ui.pieces import draw_verdict
from core.ui.trained import answers, ending


def draw_final_verdict(group: Group, runs: Sequence[Run]) -> None:
    """Draw the verdict over the final runs, or when there will be one; nothing for a sweep."""
    if group.kind != "fair":
        return
    why_none = no_verdict_sentence(group, runs)
    if why_none:
        st.html(f'<p class="dl-quiet">{escape(why_none)}</p>')
        return
    finals = all_finals(group, runs)
    names = words.distinct_names(finals)
    key = tuple((run.id, f"{run.status.state} {ending(run)}", names[run.id]) for run in finals)
    try:
        judged = _judged(key, finals, names)
    except DigitLabError as error:
        st.warning(words.as_text(f"There is no verdict: {error}"), icon=":material/broken_image:")
        return
    first, *more = judged.sentences
    draw_verdict([first], " ".join([*more, judged.caveat]))


# The page asks every second while anything trains, and reading the answers takes time.
@st.cache_resource(max_entries=16, show_spinner=False)
def _judged(
    key: tuple[tuple[str, str, str], ...], _finals: Sequence[Run], _names: Mapping[str, str]
) -> Judgement:
    del key  # what the verdict depends on; Streamlit keys by arguments without underscores alone
    return final_judgement(_finals, answers, _names)
