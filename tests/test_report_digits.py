"""What a report says of each digit and of calibration: the figures of the page, for many runs."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect
from sklearn.metrics import precision_recall_fscore_support

from core.analysis.calibration import calibrate, own_confidence
from core.report.calibration import calibration
from core.report.digit_figures import MOST_DRAWN
from core.report.matrices import matrices
from core.report.mistakes import MOST_READERS, sheets
from core.report.page import build_report
from core.report.per_digit import per_digit
from core.report.subjects import Subject, left_out_sentence, read_subjects
from core.runs import files
from core.runs.results import write_predictions
from core.runs.store import RunStore
from tests.support.charts import zoom_into_the_left_half

PAIR = ["example-sgd", "example-adam"]


def subjects(store: RunStore, *ids: str) -> list[Subject]:
    return read_subjects(store, ids or PAIR)


def copies(store: RunStore, count: int) -> list[str]:
    """Make so many runs out of the Adam example, each with settings of its own."""
    ids = []
    for number in range(count):
        run_id = f"copy{number:03}"
        shutil.copytree(store.folder("example-adam"), store.root / run_id)
        path = store.root / run_id / files.CONFIG
        info = json.loads(path.read_text())
        info["config"]["learning_rate"] = 0.001 * (1 + number)
        path.write_text(json.dumps(info | {"name": f"copy {number}", "colour": number}))
        ids.append(run_id)
    return ids


def test_the_tables_hold_what_scikit_learn_computes(examples: RunStore) -> None:
    found = per_digit(subjects(examples))
    assert found is not None
    answers = examples.predictions("example-sgd")
    precision, recall, f1, _ = precision_recall_fscore_support(answers.labels, answers.predicted)
    for table, expected in zip(found.tables, (recall, precision, f1), strict=True):
        name, cells = table.rows[0]
        assert name == "SGD (article 1)"
        assert [cell.text for cell in cells] == [f"{100 * share:.1f}" for share in expected]


def test_a_colour_means_the_same_in_all_tables(examples: RunStore) -> None:
    found = per_digit(subjects(examples))
    assert found is not None
    cells = [cell for table in found.tables for _, row in table.rows for cell in row]
    strengths = {cell.text: round(cell.strength, 1) for cell in cells}
    assert all(strengths[cell.text] == round(cell.strength, 1) for cell in cells)
    assert max(cell.strength for cell in cells) == 1.0


def test_the_bars_are_the_recall_of_all_runs(examples: RunStore) -> None:
    found = per_digit(subjects(examples))
    assert found is not None
    first, second = found.chart.figure["data"]
    assert (first["name"], second["name"]) == ("SGD (article 1)", "Adam (article 1)")
    texts = [cell.text for cell in found.tables[0].rows[1][1]]
    assert [f"{value:.1f}" for value in second["y"]] == texts


def test_a_digit_that_nobody_was_shown_has_a_dash_and_no_bar(examples: RunStore) -> None:
    labels = np.arange(90, dtype=np.int64) % 9
    logits = 5 * np.eye(10, dtype=np.float32)[labels]
    write_predictions(examples.folder("example-adam"), labels, logits)
    found = per_digit(subjects(examples, "example-adam"))
    assert found is not None
    assert [cell.text for cell in found.tables[0].rows[0][1]] == ["100.0"] * 9 + ["–"]
    assert found.chart.figure["data"][0]["y"][9] is None
    assert "was shown no 9" in found.sentence


def test_the_calibration_error_is_that_of_the_page(examples: RunStore) -> None:
    answers = examples.predictions("example-sgd")
    sure = own_confidence(answers.probabilities, answers.predicted)
    error = calibrate(sure, answers.predicted == answers.labels).error
    found = calibration(subjects(examples, "example-sgd"))
    assert found is not None
    assert f"{100 * error:.1f} points apart on average (ECE)" in found.first[0].sentence


def test_a_plain_sentence_on_each_run_the_most_to_be_believed_first(examples: RunStore) -> None:
    found = calibration(subjects(examples))
    assert found is not None
    assert [one.name for one in found.first] == ["Adam (article 1)", "SGD (article 1)"]
    assert found.folded == ()


def test_runs_without_answers_are_left_out(examples: RunStore) -> None:
    (examples.folder("example-sgd") / files.PREDICTIONS).write_bytes(b"nothing")
    found, believed = per_digit(subjects(examples)), calibration(subjects(examples))
    assert found is not None
    assert believed is not None
    assert [name for name, _ in found.tables[0].rows] == ["Adam (article 1)"]
    assert [one.name for one in believed.first] == ["Adam (article 1)"]


def test_without_any_answers_both_sections_are_left_out(examples: RunStore) -> None:
    for run_id in PAIR:
        (examples.folder(run_id) / files.PREDICTIONS).write_bytes(b"nothing")
    report = build_report(examples, PAIR)
    assert 'id="per-digit"' not in report
    assert 'id="calibration"' not in report


def test_of_many_runs_the_charts_show_some_and_the_tables_all(examples: RunStore) -> None:
    many = subjects(examples, *copies(examples, 30))
    found, believed = per_digit(many), calibration(many)
    assert found is not None
    assert believed is not None
    assert len(found.chart.figure["data"]) == MOST_DRAWN
    assert f"Drawn are {MOST_DRAWN} of the 30 runs" in found.chart.note
    assert f"Drawn are {MOST_DRAWN} of the 30 runs" in believed.chart.note
    assert len(found.tables[0].rows) == len(believed.folded) == 30


def test_of_many_runs_four_matrices_and_some_sheets_are_shown_and_it_is_said(
    examples: RunStore,
) -> None:
    many = subjects(examples, *copies(examples, 10))
    assert len(matrices(many)) == 4
    assert len(sheets(many)) == MOST_READERS
    assert left_out_sentence(many, 4) == "Shown are 4 of the 10 runs, one of each kind first."
    assert left_out_sentence(many, 10) == ""


def test_no_number_in_a_figure_is_longer_than_a_drawing_can_show(examples: RunStore) -> None:
    found = calibration(subjects(examples))
    assert found is not None
    longest = re.findall(r"\d+\.\d{6,}", json.dumps(found.chart.figure["data"]))
    assert longest == []
    assert "template" not in found.chart.figure["layout"]


@pytest.mark.browser
def test_both_charts_are_drawn_from_disk_without_a_network_and_zoom(
    page: BrowserPage, examples: RunStore, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(build_report(examples, PAIR))
    page.context.set_offline(True)
    page.goto(path.as_uri())
    for key in ("per-digit", "calibration"):
        expect(page.locator(f"#chart-{key} .main-svg").first).to_be_visible(timeout=30_000)
    expect(page.locator("#per-digit table.scores")).to_have_count(3)
    host = page.locator("#chart-per-digit")
    zoom_into_the_left_half(page, host)
    low, high = host.evaluate("host => host.layout.xaxis.range")
    assert high - low < 6
