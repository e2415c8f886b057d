"""Compare with a hundred runs: all pairs at once, the table of the best, the page, its link."""

import itertools
import re
import shutil
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from scipy.stats import binomtest

from benchmarks.synthetic_runs import make_finished_runs
from core.analysis.judgement import Judgement, judgements
from core.analysis.paired import (
    both_right_counts,
    compare_counts,
    compare_predictions,
    exact_mcnemar,
    wilson_interval,
)
from core.analysis.ranking import ranked
from core.analysis.several import holm
from core.runs.records import Run
from core.runs.results import read_predictions, write_predictions
from core.runs.store import RunStore
from core.ui.links import MAX_COMPARED, MAX_RUNS
from core.words import distinct_names
from tests.support.charts import layout
from tests.support.dashboard import Dashboard

IMAGES = 500


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred finished runs of different settings, each with answers of its own."""
    root = tmp_path_factory.mktemp("many") / "runs"
    make_finished_runs(root, MAX_COMPARED, steps=50, epochs=5, test_images=IMAGES, different=10)
    return root


@pytest.fixture(scope="module")
def runs(folder: Path) -> list[Run]:
    return [run for run in RunStore(folder).list() if isinstance(run, Run)]


@pytest.fixture(scope="module")
def judged(folder: Path, runs: list[Run]) -> Judgement:
    store = RunStore(folder)
    found = [(run, store.predictions(run.id)) for run in runs]
    (judgement,) = judgements(found, distinct_names(runs))
    return judgement


@pytest.fixture(scope="module")
def many(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Dashboard]:
    """A dashboard over the hundred runs."""
    beside = tmp_path_factory.mktemp("beside")
    dashboard = Dashboard(folder, beside / "data", beside / "log")
    dashboard.start()
    yield dashboard
    for context in browser.contexts:
        context.close()
    dashboard.stop()
    assert "Traceback" not in dashboard.log_text()


def compare(page: Page, dashboard: Dashboard, ids: list[str], more: str = "") -> None:
    link = urllib.parse.urlencode([("runs", run_id) for run_id in ids])
    page.goto(f"{dashboard.url}/compare?{link}{more}")
    expect(page.locator(".dl-verdict")).to_be_visible(timeout=60_000)


# The statistics of all pairs at once


def test_pairs_counted_together_are_those_compared_one_by_one() -> None:
    chance = np.random.default_rng(1)
    labels = chance.integers(0, 10, 300)
    predicted = [np.where(chance.random(300) < 0.8, labels, 0) for _ in range(6)]
    both = both_right_counts(labels, predicted)
    for a, b in itertools.combinations(range(6), 2):
        counts = both[a, b], both[a, a], both[b, b]
        one_by_one = compare_predictions(labels, predicted[a], predicted[b])
        assert compare_counts(*map(int, counts), 300) == one_by_one


def test_no_model_has_no_pairs() -> None:
    assert both_right_counts([], []).shape == (0, 0)


@pytest.mark.parametrize("count", [1, 2, 60, 360, 10_000])
def test_wilsons_interval_is_scipys(count: int) -> None:
    for right in {0, 1, count // 3, count // 2, count - 1, count}:
        expected = binomtest(right, count).proportion_ci(0.95, method="wilson")
        assert wilson_interval(right, count) == pytest.approx(tuple(expected), abs=1e-14)


def test_wilsons_interval_reaches_its_end_exactly() -> None:
    assert wilson_interval(0, 7)[0] == 0
    assert wilson_interval(7, 7)[1] == 1


@pytest.mark.parametrize("apart", [1, 2, 9, 250, 4_000])
def test_the_exact_test_is_scipys(apart: int) -> None:
    for one in {0, 1, apart // 3, apart // 2, apart - 1, apart}:
        expected = binomtest(one, apart).pvalue
        assert exact_mcnemar(one, apart - one) == pytest.approx(expected, rel=1e-9)


def test_a_hundred_sides_are_corrected_for_all_their_pairs(judged: Judgement) -> None:
    assert len(judged.pairs) == 100 * 99 // 2
    raw = [pair.comparison.p_value or 0.0 for pair in judged.pairs]
    assert [pair.p_value for pair in judged.pairs] == holm(raw)
    (_, pairs) = judged.statistics
    assert "Of 4,950 pairs the table has those with" in pairs.note
    assert len(pairs.table) == 99


# The table of the best


def test_the_best_stand_first(judged: Judgement) -> None:
    accuracies = [row.standing.figures.accuracy for row in ranked(judged)]
    assert accuracies == sorted(accuracies, reverse=True)
    assert len(accuracies) == 100


def test_a_side_is_worse_only_where_the_verdict_says_so(judged: Judgement) -> None:
    best, *rest = ranked(judged)
    assert best.place == "best"
    for row in rest:
        (pair,) = (
            pair
            for pair in judged.pairs
            if {judged.standings[pair.a].side.name, judged.standings[pair.b].side.name}
            == {best.standing.side.name, row.standing.side.name}
        )
        assert (row.place == "worse") == (pair.winner is not None)
    assert {row.place for row in rest} == {"worse", "open"}


# The page


def test_the_link_of_twenty_runs_is_short(runs: list[Run]) -> None:
    view = {
        "part": "validation",
        "axis": "seconds",
        "layout": "apart",
        "smooth": "0.97",
        "scale": "log",
        "matrix": "percent",
        "m": ".".join(run.id[-5:] for run in runs[:4]),
    }
    chosen = [("runs", run.id) for run in runs[:MAX_RUNS]]
    query = urllib.parse.urlencode([*chosen, *view.items()])
    assert len(f"https://a-rather-long-name.example.org/compare?{query}") <= 500


@pytest.mark.browser
def test_a_hundred_runs_open_with_verdict_table_and_curves(
    page: Page, many: Dashboard, runs: list[Run]
) -> None:
    compare(page, many, [run.id for run in runs])
    expect(page.locator(".dl-verdict")).to_contain_text("reads most")
    expect(page.locator(".dl-verdict")).to_contain_text(re.compile(r"and \d+ more"))
    ranking = page.locator(".dl-scroll table").first
    expect(ranking.locator("tbody tr")).to_have_count(10)
    expect(ranking.locator("tbody tr").first).to_contain_text("reads most")
    for chart in page.locator(".dl-chart").all()[:2]:
        expect(chart.locator(".scatterlayer .trace")).to_have_count(200, timeout=60_000)
        # The names of so many would leave no room for the curves.
        expect(chart.locator(".legend")).to_have_count(0)
    expect(page.locator(".dl-chart[aria-label^='Confusion matrix']")).to_have_count(4)
    bars = page.locator(".dl-chart[aria-label^='Bars']")
    expect(bars.locator(".legendtext")).to_have_count(4, timeout=60_000)


@pytest.mark.browser
def test_the_other_sides_are_there_when_the_link_opens_them(
    page: Page, many: Dashboard, runs: list[Run]
) -> None:
    compare(page, many, [run.id for run in runs], "&open=rank1.differs")
    others = page.locator(".st-key-fold_rank1 tbody tr")
    expect(others).to_have_count(90, timeout=60_000)
    # A row for each run: a hundred columns fit on no screen.
    expect(page.locator(".st-key-fold_differs tbody tr")).to_have_count(100)
    expect(page.locator(".st-key-fold_differs thead th")).to_have_count(2)


@pytest.mark.browser
def test_names_of_twenty_runs_leave_the_curves_their_room(
    page: Page, many: Dashboard, runs: list[Run]
) -> None:
    compare(page, many, [run.id for run in runs[:20]])
    chart = page.locator(".dl-chart").first
    expect(chart.locator(".legendtext").first).to_be_attached(timeout=60_000)
    assert layout(chart, "hovermode") == "closest"
    legend = chart.locator(".legend .bg").bounding_box()
    plot = chart.locator(".nsewdrag").bounding_box()
    assert legend is not None
    assert plot is not None
    assert legend["height"] < 0.5 * plot["height"]


@pytest.mark.browser
def test_mistakes_says_that_it_shows_the_first_twenty(
    page: Page, many: Dashboard, runs: list[Run]
) -> None:
    link = urllib.parse.urlencode([("runs", run.id) for run in runs])
    page.goto(f"{many.url}/mistakes?{link}")
    expect(page.get_by_text("The first 20 of 100 runs are shown")).to_be_visible(timeout=60_000)


@pytest.mark.browser
def test_a_run_on_other_images_is_not_lost_beside_many(
    page: Page, many: Dashboard, folder: Path, runs: list[Run]
) -> None:
    fewer = folder / "fewer"
    shutil.copytree(folder / runs[-1].id, fewer)
    answers = read_predictions(fewer)
    write_predictions(fewer, answers.labels[:100], answers.logits[:100])
    compare(page, many, [*(run.id for run in runs[:9]), "fewer"])
    expect(page.get_by_text("Not all of these runs were judged on the same")).to_be_visible()
    expect(page.locator(".dl-scroll table").first.locator("tbody tr")).to_have_count(9)
    expect(page.locator(".dl-who > span")).to_have_count(1)
    expect(page.locator(".dl-who")).to_contain_text(runs[-1].name)
