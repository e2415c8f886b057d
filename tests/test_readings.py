"""core.report.readings: what runs read on many pictures, as a table and as CSV."""

import csv
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.drawing.batch import Listing, Reading, Source
from core.report.readings import readings_table
from core.report.tables import as_csv
from core.runs.records import Run
from core.runs.store import RunStore
from core.ui.picture_work import BatchWork
from tests.support.finished_runs import finished


@pytest.fixture
def runs(store: RunStore) -> list[Run]:
    return [finished(store, 0.9, name="=Adam"), finished(store, 0.8, name="SGD")]


def reading(name: str, *lines: int, remark: str = "") -> Reading:
    return Reading(name, np.zeros((len(lines), 28, 28), np.uint8), lines, remark)


def shares(*answers: int, sure: float = 0.91) -> np.ndarray:
    table = np.full((len(answers), 10), (1 - sure) / 9, np.float32)
    table[np.arange(len(answers)), answers] = sure
    return table


READINGS = [
    reading("a.png", 0, 0, 1),
    reading("=b.png", remark="-There is no digit."),
    reading("c.png", 0),
]


def test_each_picture_is_a_row_with_what_each_run_reads(runs: list[Run]) -> None:
    said = {runs[0].id: shares(0, 7, 2, 9), runs[1].id: shares(0, 1, 2, 9)}
    table = readings_table(runs, READINGS, said)
    assert table["picture"].tolist() == ["a.png", "=b.png", "c.png"]
    assert table["digits"].tolist() == [3, 0, 1]
    assert table["=Adam reads"].tolist() == ["07 / 2", "", "9"]
    assert table["SGD reads"].tolist() == ["01 / 2", "", "9"]


def test_a_number_is_as_sure_as_its_least_sure_digit(runs: list[Run]) -> None:
    said = np.concatenate([shares(0, 7), shares(2, sure=0.5), shares(9)])
    table = readings_table(runs[:1], READINGS, {runs[0].id: said})
    sure = table["=Adam is sure of it"]
    assert sure[0] == 0.5
    assert sure.isna().tolist() == [False, True, False]


def test_a_run_that_cannot_answer_has_no_columns(runs: list[Run]) -> None:
    table = readings_table(runs, READINGS, {runs[1].id: shares(0, 1, 2, 9)})
    assert [name for name in table.columns if "Adam" in name] == []


def test_text_that_a_spreadsheet_would_run_is_marked_in_headings_too(runs: list[Run]) -> None:
    table = readings_table(runs[:1], READINGS, {runs[0].id: shares(0, 7, 2, 9)})
    rows = list(csv.reader(as_csv(table).splitlines()))
    assert "'=Adam reads" in rows[0]
    assert rows[2][0] == "'=b.png"
    assert rows[2][-1] == "'-There is no digit."
    assert rows[1][2] == "07 / 2"


def test_no_picture_is_an_empty_table(runs: list[Run]) -> None:
    table = readings_table(runs, [], {run.id: shares() for run in runs})
    assert table.empty
    assert "SGD reads" in table.columns


# Reading one after the other


def batch_of(count: int) -> BatchWork:
    return BatchWork(Listing(tuple(Source(f"{n}.png", 0, bytes) for n in range(count)), ()))


def test_a_batch_is_under_way_until_all_is_read() -> None:
    work = batch_of(2)
    assert work.is_under_way()
    work.readings += [reading("0.png"), reading("1.png")]
    assert not work.is_under_way()


def test_a_batch_that_was_stopped_keeps_what_it_has_read() -> None:
    work = batch_of(3)
    work.readings.append(reading("0.png"))
    work.stop()
    assert not work.is_under_way()
    assert work.listing.remarks == ("You stopped: 1 of 3 files are read.",)
    assert [each.name for each in work.readings] == ["0.png"]


def test_no_picture_is_read_twice_by_scripts_that_overtake_each_other() -> None:
    work = batch_of(40)
    with ThreadPoolExecutor(4) as scripts:
        for _ in range(60):
            scripts.submit(work.read_next)
    assert [each.name for each in work.readings] == [f"{n}.png" for n in range(40)]


def test_a_batch_lets_go_of_its_files_at_the_end() -> None:
    work = batch_of(3)
    work.close()
    assert work.listing.sources == ()
