"""Curves of several seeds drawn as one: what is drawn, in which colour, under which name."""

import numpy as np
import pytest

from core.config import RunConfig
from core.runs.store import RunStore
from core.ui.figures import Line, curve_drawing
from core.ui.side_lines import RunLines, side_lines

X = np.arange(1.0, 4.0)


@pytest.fixture
def side(tmp_path) -> list[RunLines]:
    """Two seeds with a line of training and one of validation images each."""
    store = RunStore(tmp_path)
    runs = [store.read(store.create(RunConfig(seed=seed))) for seed in range(2)]
    return [
        (
            run,
            f"SGD, seed {seed}",
            [line(f"SGD, seed {seed}, training", X + seed, training=True),
             line(f"SGD, seed {seed}, validation", 2 * X + seed)],
        )
        for seed, run in enumerate(runs)
    ]  # fmt: skip


def line(label: str, y: np.ndarray, *, training: bool = False) -> Line:
    return Line(label, 5, training, X[: len(y)], y, y)


def test_each_kind_of_line_has_one_mean(side: list[RunLines]) -> None:
    found = side_lines("SGD (2 seeds)", side, "range", each=False)
    assert [one.label for one in found] == [
        "SGD (2 seeds), training",
        "SGD (2 seeds), validation",
    ]
    assert found[0].smoothed.tolist() == [1.5, 2.5, 3.5]


def test_its_band_is_that_asked_for(side: list[RunLines]) -> None:
    (low, high), _ = (one.spread for one in side_lines("SGD", side, "range", each=False))
    assert (low.tolist(), high.tolist()) == ([1, 2, 3], [2, 3, 4])


def test_it_has_the_colour_of_its_first_run(side: list[RunLines]) -> None:
    colours = {one.colour for one in side_lines("SGD", side, "range", each=True)}
    assert colours == {side[0][0].info.colour}


def test_each_run_stands_faintly_behind_where_asked_for(side: list[RunLines]) -> None:
    found = side_lines("SGD", side, "range", each=True)
    assert [one.faint for one in found] == [True, True, False, True, True, False]


def test_a_single_runs_lines_stay_as_they_are(side: list[RunLines]) -> None:
    assert side_lines("SGD", side[:1], "interval", each=True) is side[0][2]


def test_a_run_that_has_not_begun_is_left_out_of_the_mean(side: list[RunLines]) -> None:
    run, name, _ = side[1]
    waiting = (run, name, [line(f"{name}, training", np.empty(0), training=True)])
    found = side_lines("SGD", [side[0], waiting], "interval", each=False)
    assert found[0].smoothed.tolist() == [1, 2, 3]
    assert found[0].spread is None


def test_a_band_goes_and_comes_with_its_line(side: list[RunLines]) -> None:
    drawing = curve_drawing(
        side_lines("SGD", side, "range", each=False), metric="loss", axis="epochs", log=False
    )
    bands = [trace for trace in drawing.plain()["data"] if trace.get("fill") == "toself"]
    assert {trace["legendgroup"] for trace in bands} == {"SGD, training", "SGD, validation"}
    assert not any(trace["showlegend"] for trace in bands)


def test_a_band_never_reaches_0_on_a_logarithmic_axis(side: list[RunLines]) -> None:
    lines = side_lines("SGD", side, "interval", each=False)
    assert lines[0].spread is not None
    assert (lines[0].spread[0] < 0).any()
    drawing = curve_drawing(lines, metric="loss", axis="epochs", log=True)
    bands = [trace for trace in drawing.plain()["data"] if trace.get("fill") == "toself"]
    assert min(min(trace["y"]) for trace in bands) > 0
