"""The groups of runs above the table: how far each is, and what came out."""

from collections.abc import Sequence
from html import escape
from typing import Final

import pandas as pd
import streamlit as st

from core import words
from core.access import Action
from core.analysis.final_verdict import all_finals, final_runs
from core.analysis.lost import lost_runs
from core.analysis.outcomes import SEEDS_ONLY, Outcome, choice_sentences, outcomes
from core.runs.groups import Group, by_group, is_open, runs_of
from core.runs.records import Run
from core.ui.final_verdict_view import draw_final_verdict
from core.ui.folds import draw_fold
from core.ui.launch import group_store
from core.ui.links import MAX_COMPARED, open_page
from core.ui.permitted import permitted_button
from core.ui.pieces import draw_table
from core.ui.settings_view import draw_settings

# Beyond these, groups lie folded up: the table of runs is what the page is for.
_SHOWN: Final = 2
_ROWS: Final = 20
_MARK: Final = 8  # characters of a group's id that stand in the address


def any_open(runs: Sequence[Run]) -> bool:
    """Tell whether a group has runs that wait, train or are still to be made."""
    found = by_group(runs)
    return any(is_open(group, found.get(group.id, [])) for group in group_store().list())


def draw_groups(runs: Sequence[Run]) -> None:
    """Draw a line for each group that has a run among `runs`, newest first."""
    found = by_group(runs)
    groups = [
        (group, found.get(group.id, []))
        for group in group_store().list()
        if group.id in found or is_open(group, [])
    ]
    if not groups:
        return
    st.header("Sweeps and fair comparisons", anchor=False)
    _draw_several(groups[:_SHOWN])
    if len(groups) > _SHOWN:
        earlier = groups[_SHOWN:]
        draw_fold("earlier", f"{len(earlier)} earlier", lambda: _draw_several(earlier))


def _draw_several(groups: Sequence[tuple[Group, Sequence[Run]]]) -> None:
    for group, mine in groups:
        _draw_group(group, mine)


def progress_sentence(group: Group, runs: Sequence[Run]) -> str:
    """Return how far the group is; runs that were deleted are no longer counted."""
    if group.stage == "cancelled":
        return f"cancelled. {group.note if not runs_of(group, runs) else ''}".strip()
    if group.stage == "planned":
        return "its runs are being prepared."
    if group.kind == "sweep":
        return _count(runs_of(group, runs), "run")
    if group.stage == "search":
        later = group.foreseen - sum(map(len, group.rates.values()))
        return f"search, {_count(runs_of(group, runs, 'search'), 'run')} Then {later} final runs."
    if group.stage == "chosen":
        return "the search has ended; the final runs are being prepared."
    finals = runs_of(group, runs, "final")
    return f"the search has ended. {_count(finals, 'final run')}" if finals else "ended."


def _draw_group(group: Group, mine: Sequence[Run]) -> None:
    still_open = is_open(group, mine)
    with st.container(border=True, gap="small", key=f"group_{group.id}"):
        st.html(
            f'<p class="dl-group-line"><b>{escape(group.name)}</b>: '
            f"{escape(progress_sentence(group, mine))}</p>"
        )
        if still_open and mine:
            _draw_bar(group, mine)
        draw_final_verdict(group, mine)
        told = [*choice_sentences(group), *([group.note] if group.note and mine else [])]
        if told:
            st.html(f'<p class="dl-quiet">{"<br>".join(map(escape, told))}</p>')
        rows = [row for row in outcomes(group, mine) if row.finished]
        if rows and group.kind == "fair":
            _draw_rows(rows)
        elif rows:
            draw_fold(
                f"results_{group.id[-_MARK:]}",
                "Results",
                lambda: _draw_rows(rows),
                open_at_first=not still_open and len(rows) <= _ROWS // 2,
            )
        draw_settings(mine, group.id)
        _draw_buttons(group, mine, still_open=still_open)


def _draw_bar(group: Group, mine: Sequence[Run]) -> None:
    in_all = max(len(mine), group.foreseen)
    share = 100 * sum(not run.active for run in mine) / in_all
    st.html(
        '<div class="dl-progress"><div role="progressbar" '
        f'aria-valuenow="{share:.0f}" aria-label="Progress of {escape(group.name)}">'
        f'<div class="dl-group-bar" style="width:{share:.1f}%"></div></div></div>'
    )


def foremost(rows: Sequence[Outcome]) -> tuple[list[Outcome], str]:
    """Return the rows that a table has room for, and which they are where not all fit."""
    if len(rows) <= _ROWS:
        return list(rows), ""
    if all(row.validation_accuracy is None for row in rows):
        return list(rows[:_ROWS]), f"The first {_ROWS} of {len(rows)}."
    best = sorted(rows, key=lambda row: -(row.validation_accuracy or 0))[:_ROWS]
    return best, f"The {_ROWS} of {len(rows)} that read the validation images best."


def _draw_rows(rows: Sequence[Outcome]) -> None:
    shown, which = foremost(rows)
    if which:
        st.caption(which)
    several = any(len(row.run_ids) > 1 for row in rows)
    table = pd.DataFrame(
        {
            "validation images": [words.percent(row.validation_accuracy) for row in shown],
            "test images": [_with_interval(row) for row in shown],
            "seeds": [str(row.finished) for row in shown],
        },
        index=[row.label for row in shown],
    )
    draw_table(table if several else table.drop(columns="seeds"))
    if several:
        st.caption(
            "Means over the seeds; ± is half of the 95 % interval of such a mean (Student's t). "
            f"{SEEDS_ONLY}"
        )


def _draw_buttons(group: Group, mine: Sequence[Run], *, still_open: bool) -> None:
    with st.container(horizontal=True):
        ids, label = to_compare(group, mine)
        if len(ids) > 1 and st.button(
            label,
            icon=":material/compare_arrows:",
            key=f"compare_{group.id}",
            help="The best are those that read the validation images best: choosing by the test "
            "images would flatter them."
            if "best" in label
            else None,
        ):
            open_page("compare", ids)
        if still_open and permitted_button(
            "Cancel the rest", Action.CANCEL, icon=":material/cancel:", key=f"cancel_{group.id}"
        ):
            group_store().cancel(group)
            st.toast("What waits or trains of it ends within seconds.")


def to_compare(group: Group, mine: Sequence[Run]) -> tuple[list[str], str]:
    """Return the runs that the button opens, and what stands on it.

    Of a fair comparison also the finals without a result: the Compare page says that they are
    left out. Less than two runs where less than two finished.
    """
    if group.kind == "fair":
        finals = final_runs(group, mine)
        if len(finals) > 1:
            finals += lost_runs(all_finals(group, mine))
        more = len(finals) > MAX_COMPARED
        # Where not all fit, each optimizer shows the same seeds.
        shown = sorted(finals, key=lambda run: (run.config.seed, run.id))[:MAX_COMPARED]
        ids = [run.id for run in sorted(shown, key=lambda run: run.id)]
        return ids, f"Compare {len(ids)} finals" if more else "Compare the finals"
    finished = sorted((run for run in mine if run.summary), key=lambda run: run.id)
    if len(finished) <= MAX_COMPARED:
        return [run.id for run in finished], f"Compare all {len(finished)}"
    # Never by the test images: choosing by them would flatter what is chosen.
    if all(_seen(run) is None for run in finished):
        return [run.id for run in finished[:MAX_COMPARED]], f"Compare the first {MAX_COMPARED}"
    best = sorted(finished, key=lambda run: -(_seen(run) or 0))[:MAX_COMPARED]
    return [run.id for run in best], f"Compare the best {MAX_COMPARED}"


def _seen(run: Run) -> float | None:
    return run.summary.final_validation_accuracy if run.summary else None


def _with_interval(row: Outcome) -> str:
    half = row.spoken_half
    return f"{words.percent(row.test_accuracy)}{f' ± {half}' if half else ''}"


def _count(runs: Sequence[Run], what: str) -> str:
    """Write "7 of 12 runs done, 2 of them without a result."."""
    ended = [run for run in runs if not run.active]
    lost = sum(run.summary is None for run in ended)
    text = f"{len(ended)} of {len(runs)} {what}{'' if len(runs) == 1 else 's'} done"
    return f"{text}, {lost} of them without a result." if lost else f"{text}."
