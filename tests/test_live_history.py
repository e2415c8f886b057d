"""What is kept of histories between readings: what was appended is added, nothing else is read."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.config import RunConfig
from core.runs import history_lines
from core.runs.history import (
    EPOCH_COLUMNS,
    STEP_COLUMNS,
    History,
    HistoryWriter,
    pack_history,
    read_history,
    reopen_history,
)
from core.runs.live_history import KeptHistories
from core.runs.store import RunStore


def row(step: int, epoch: int = 1) -> dict[str, float]:
    return {
        "step": step,
        "epoch": epoch,
        "images": 64 * step,
        "seconds": step / 10,
        "loss": 1 / step,
        "learning_rate": 0.01,
        "gradient_norm": 0.5,
    }


def write(folder: Path, *rows: dict[str, float]) -> None:
    with HistoryWriter(folder / "steps.jsonl") as writer:
        writer.append(rows)


def write_text(folder: Path, text: str) -> None:
    with (folder / "steps.jsonl").open("a", encoding="utf-8") as file:
        file.write(text)


@pytest.fixture
def kept() -> KeptHistories:
    return KeptHistories()


def read(kept: KeptHistories, folder: Path) -> list[int]:
    frame = kept.read(folder, "steps", STEP_COLUMNS)
    pd.testing.assert_frame_equal(frame, read_history(folder, "steps", STEP_COLUMNS))
    return frame["step"].tolist()


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lines each parsing was given."""
    counts: list[int] = []
    parse = history_lines.parse_lines

    def counted(text: str, columns: Any) -> Any:
        counts.append(text.count("\n") + bool(text))
        return parse(text, columns)

    monkeypatch.setattr(history_lines, "parse_lines", counted)
    return counts


def test_appended_rows_follow_those_known(kept: KeptHistories, tmp_path: Path) -> None:
    for step in range(1, 5):
        write(tmp_path, row(step))
        assert read(kept, tmp_path) == list(range(1, step + 1))


def test_only_what_was_appended_is_parsed(
    kept: KeptHistories, tmp_path: Path, parsed: list[int]
) -> None:
    write(tmp_path, *map(row, range(1, 101)))
    kept.read(tmp_path, "steps", STEP_COLUMNS)
    assert sum(parsed) == 100
    parsed.clear()
    write(tmp_path, row(101), row(102))
    kept.read(tmp_path, "steps", STEP_COLUMNS)
    kept.read(tmp_path, "steps", STEP_COLUMNS)
    assert sum(parsed) == 2


def test_no_file_is_an_empty_table_until_it_comes(kept: KeptHistories, tmp_path: Path) -> None:
    assert read(kept, tmp_path) == []
    write(tmp_path, row(1))
    assert read(kept, tmp_path) == [1]
    (tmp_path / "steps.jsonl").unlink()
    assert read(kept, tmp_path) == []


def test_a_torn_last_line_counts_once_it_is_whole(kept: KeptHistories, tmp_path: Path) -> None:
    write(tmp_path, row(1), row(2))
    path = tmp_path / "steps.jsonl"
    whole = path.read_bytes()
    for cut in range(len(whole) // 2 + 5, len(whole), 10):
        path.write_bytes(whole[:cut])
        assert read(kept, tmp_path)[:1] == [1]
    path.write_bytes(whole)
    assert read(kept, tmp_path) == [1, 2]


def test_a_last_line_without_its_end_counts_once(kept: KeptHistories, tmp_path: Path) -> None:
    write(tmp_path, row(1), row(2))
    path = tmp_path / "steps.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    assert read(kept, tmp_path) == [1, 2]
    write_text(tmp_path, "\n")
    write(tmp_path, row(3))
    assert read(kept, tmp_path) == [1, 2, 3]


@pytest.mark.parametrize(
    "line", ["", "hello", "[1", "2]", "[{}, {}]", "{}, {}", "\0", '{"step": -1}', "5", "[" * 9_999]
)
def test_foreign_lines_are_passed_over(kept: KeptHistories, tmp_path: Path, line: str) -> None:
    write(tmp_path, row(1))
    assert read(kept, tmp_path) == [1]
    write_text(tmp_path, line + "\n")
    write(tmp_path, row(2))
    assert read(kept, tmp_path) == [1, 2]


@pytest.mark.parametrize("value", [None, 3, 0.1, float("nan"), float("inf"), "low", [1], 10**400])
def test_all_rows_are_taken_or_refused_as_one_alone_would_be(
    kept: KeptHistories, tmp_path: Path, value: Any
) -> None:
    odd = json.dumps(row(2) | {"loss": value}) + "\n"
    write(tmp_path, row(1))
    write_text(tmp_path, odd)
    write(tmp_path, row(3))
    together = read(kept, tmp_path)
    (tmp_path / "alone").mkdir()
    write_text(tmp_path / "alone", odd)
    alone = read(kept, tmp_path / "alone")
    assert together == sorted([1, *alone, 3])
    assert alone == ([2] if value in (None, 3, 0.1) else [])


def test_bytes_that_are_no_text_are_passed_over(kept: KeptHistories, tmp_path: Path) -> None:
    write(tmp_path, row(1))
    with (tmp_path / "steps.jsonl").open("ab") as file:
        file.write(b"\xff\xfe\n")
    write(tmp_path, row(2))
    assert read(kept, tmp_path) == [1, 2]


def test_a_history_taken_up_after_a_crash_is_read_anew(kept: KeptHistories, tmp_path: Path) -> None:
    write(tmp_path, row(1), row(2), row(3, epoch=2), row(4, epoch=2))
    assert read(kept, tmp_path) == [1, 2, 3, 4]
    reopen_history(tmp_path, "steps", STEP_COLUMNS, after_epoch=1)
    assert read(kept, tmp_path) == [1, 2]
    write(tmp_path, row(30, epoch=2))
    assert read(kept, tmp_path) == [1, 2, 30]


def test_a_file_cut_back_and_grown_again_is_read_anew(kept: KeptHistories, tmp_path: Path) -> None:
    write(tmp_path, row(1), row(2), row(3))
    assert read(kept, tmp_path) == [1, 2, 3]
    path = tmp_path / "steps.jsonl"
    # In place, so that the file keeps its number; longer than before when it is read next.
    os.truncate(path, path.read_bytes().index(b"\n") + 1)
    write(tmp_path, *map(row, range(10, 20)))
    assert read(kept, tmp_path) == [1, *range(10, 20)]


def test_a_packed_history_is_read_from_its_table(kept: KeptHistories, tmp_path: Path) -> None:
    write(tmp_path, row(1), row(2))
    assert read(kept, tmp_path) == [1, 2]
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    assert read(kept, tmp_path) == [1, 2]
    write(tmp_path, row(9))  # the table stands, whatever lies beside it
    assert read(kept, tmp_path) == [1, 2]


def test_a_run_gone_on_with_is_lines_again(kept: KeptHistories, tmp_path: Path) -> None:
    write(tmp_path, row(1), row(2, epoch=2))
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    assert read(kept, tmp_path) == [1, 2]
    reopen_history(tmp_path, "steps", STEP_COLUMNS, after_epoch=2)
    write(tmp_path, row(3, epoch=3))
    assert read(kept, tmp_path) == [1, 2, 3]


def test_a_table_that_was_replaced_is_read_again(kept: KeptHistories, tmp_path: Path) -> None:
    for last in (2, 5):
        write(tmp_path, *map(row, range(1, last + 1)))
        (tmp_path / "steps.parquet").unlink(missing_ok=True)
        pack_history(tmp_path, "steps", STEP_COLUMNS)
        assert read(kept, tmp_path) == list(range(1, last + 1))


def test_what_a_reader_does_to_its_table_is_its_own(kept: KeptHistories, tmp_path: Path) -> None:
    write(tmp_path, row(1), row(2))
    mine = kept.read(tmp_path, "steps", STEP_COLUMNS)
    mine["loss"] = 0.0
    mine.loc[0, "step"] = 7
    assert read(kept, tmp_path) == [1, 2]


def test_the_histories_of_a_run_are_kept_apart(kept: KeptHistories, tmp_path: Path) -> None:
    write(tmp_path, row(1))
    with HistoryWriter(tmp_path / "epochs.jsonl") as writer:
        writer.append([dict.fromkeys(EPOCH_COLUMNS, 1)])
    assert len(kept.read(tmp_path, "epochs", EPOCH_COLUMNS).columns) == len(EPOCH_COLUMNS)
    assert read(kept, tmp_path) == [1]


def test_no_more_rows_are_kept_than_agreed(tmp_path: Path) -> None:
    kept = KeptHistories(most_rows=25)
    for name in "abcd":
        (tmp_path / name).mkdir()
        write(tmp_path / name, *map(row, range(1, 11)))
        assert read(kept, tmp_path / name) == list(range(1, 11))
        assert len(kept) <= 25
    assert read(kept, tmp_path / "a") == list(range(1, 11))


def test_rows_are_counted_right_after_a_history_was_dropped_while_it_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptHistories(most_rows=100)
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
        write(folder, *(row(step) for step in range(1, 81)))
    whole = History.read

    def slow(history: History) -> pd.DataFrame:
        frame = whole(history)
        if history._packed.parent == folders[0]:
            monkeypatch.setattr(History, "read", whole)
            kept.read(folders[1], "steps", STEP_COLUMNS)
            kept.read(folders[2], "steps", STEP_COLUMNS)
        return frame

    monkeypatch.setattr(History, "read", slow)
    kept.read(folders[0], "steps", STEP_COLUMNS)
    assert len(kept) == 80


def test_several_threads_read_one_history(kept: KeptHistories, tmp_path: Path) -> None:
    found: list[list[int]] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            found.append(kept.read(tmp_path, "steps", STEP_COLUMNS)["step"].tolist())

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for step in range(1, 201):
        write(tmp_path, row(step))
    done.set()
    for thread in threads:
        thread.join()
    assert all(steps == list(range(1, len(steps) + 1)) for steps in found)
    assert read(kept, tmp_path) == list(range(1, 201))


def test_a_store_reads_what_was_appended_since(store: RunStore, parsed: list[int]) -> None:
    run_id = store.create(RunConfig())
    write(store.folder(run_id), row(1))
    assert np.array_equal(store.steps(run_id)["step"], [1])
    parsed.clear()
    write(store.folder(run_id), row(2))
    assert np.array_equal(store.steps(run_id)["step"], [1, 2])
    assert sum(parsed) == 1
