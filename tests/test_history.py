"""core.runs.history: the live lines, what a crash leaves of them, Parquet at the end."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.runs.history import (
    EPOCH_COLUMNS,
    STEP_COLUMNS,
    HistoryWriter,
    pack_history,
    read_history,
    reopen_history,
)
from core.settings import PROJECT_ROOT


def row(step: int, loss: float = 0.5) -> dict[str, float]:
    counts = {"step": step, "epoch": 1, "images": 64 * step}
    return counts | {
        "seconds": step / 10,
        "loss": loss,
        "learning_rate": 0.01,
        "gradient_norm": 2 / step,
    }


def write(folder: Path, *rows: dict[str, float]) -> None:
    with HistoryWriter(folder / "steps.jsonl") as writer:
        writer.append(rows)


def write_text(folder: Path, text: str) -> None:
    with (folder / "steps.jsonl").open("a", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)


def read(folder: Path) -> pd.DataFrame:
    return read_history(folder, "steps", STEP_COLUMNS)


def steps(folder: Path) -> list[int]:
    return read(folder)["step"].tolist()


# Live lines


def test_written_rows_are_read_back(tmp_path: Path) -> None:
    write(tmp_path, row(1), row(2, 0.25))
    assert read(tmp_path).to_dict("records") == [row(1), row(2, 0.25)]


def test_rows_are_appended_to_those_there(tmp_path: Path) -> None:
    write(tmp_path, row(1))
    write(tmp_path, row(2))
    assert steps(tmp_path) == [1, 2]


def test_rows_are_there_while_the_writer_is_open(tmp_path: Path) -> None:
    with HistoryWriter(tmp_path / "steps.jsonl") as writer:
        writer.append([row(1)])
        assert steps(tmp_path) == [1]


def test_counts_are_whole_numbers_and_the_rest_are_floats(tmp_path: Path) -> None:
    write(tmp_path, row(1))
    kinds = {column: str(kind) for column, kind in read(tmp_path).dtypes.items()}
    counts = dict.fromkeys(("step", "epoch", "images"), "int64")
    rest = dict.fromkeys(("seconds", "loss", "learning_rate", "gradient_norm"), "float64")
    assert kinds == counts | rest


def test_what_was_not_recorded_is_nan(tmp_path: Path) -> None:
    epoch = dict.fromkeys(EPOCH_COLUMNS, 1) | {"test_loss": None}
    with HistoryWriter(tmp_path / "epochs.jsonl") as writer:
        writer.append([epoch])
    frame = read_history(tmp_path, "epochs", EPOCH_COLUMNS)
    assert frame.columns[frame.isna().any()].tolist() == ["test_loss"]


def test_a_loss_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with HistoryWriter(tmp_path / "steps.jsonl") as writer, pytest.raises(ValueError, match="JSON"):
        writer.append([row(1, float("nan"))])


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_nothing_written_is_an_empty_table(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        write_text(tmp_path, content)
    frame = read(tmp_path)
    assert (len(frame), tuple(frame.columns)) == (0, STEP_COLUMNS)


def test_an_empty_table_has_the_same_kinds_of_numbers(tmp_path: Path) -> None:
    empty = read(tmp_path).dtypes
    write(tmp_path, row(1))
    assert empty.equals(read(tmp_path).dtypes)


@pytest.mark.parametrize("kept", range(1, 30, 7))
def test_a_torn_last_line_is_passed_over(tmp_path: Path, kept: int) -> None:
    write(tmp_path, row(1), row(2))
    path = tmp_path / "steps.jsonl"
    torn = path.read_bytes().splitlines(keepends=True)[1][:kept]
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0] + torn)
    assert steps(tmp_path) == [1]


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "5",
        "null",
        "{}",
        "[" * 100_000,
        "\0\0\0",
        "\udcff\udcfe",
        '{"step": 2}',
        '{"step": [2], "epoch": 1, "images": 1, "seconds": 1, "loss": 1}',
        '{"step": Infinity, "epoch": 1, "images": 1, "seconds": 1, "loss": 1}',
        '{"step": 1e300, "epoch": 1, "images": 1, "seconds": 1, "loss": 1}',
        '{"step": -1, "epoch": 1, "images": 1, "seconds": 1, "loss": 1}',
        '{"step": 2, "epoch": 1, "images": 1, "seconds": 1, "loss": NaN}',
        '{"step": 2, "epoch": 1, "images": 1, "seconds": 1, "loss": "low"}',
        '{"step": 2, "epoch": 1, "images": 1, "seconds": 1, "loss": 1' + "0" * 400 + "}",
    ],
)
def test_a_foreign_line_is_passed_over(tmp_path: Path, line: str) -> None:
    write(tmp_path, row(1))
    write_text(tmp_path, line + "\n")
    write(tmp_path, row(3))
    assert steps(tmp_path) == [1, 3]


def test_columns_of_a_later_version_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, row(1) | {"gradient_norm": 3.0})
    assert tuple(read(tmp_path).columns) == STEP_COLUMNS


# Parquet


def test_packing_keeps_the_numbers_as_float32(tmp_path: Path) -> None:
    losses = np.random.default_rng(0).random(100, np.float32)
    write(tmp_path, *(row(n + 1, float(loss)) for n, loss in enumerate(losses)))
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    assert read(tmp_path)["loss"].tolist() == [float(loss) for loss in losses]


def test_packing_keeps_gradient_norms_to_one_part_in_4096(tmp_path: Path) -> None:
    norms = np.random.default_rng(0).lognormal(0, 3, 100)
    write(tmp_path, *(row(n + 1) | {"gradient_norm": norm} for n, norm in enumerate(norms)))
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    assert read(tmp_path)["gradient_norm"].tolist() == pytest.approx(norms, rel=1 / 4096)


def test_a_gradient_norm_that_was_packed_before_stays(tmp_path: Path) -> None:
    write(tmp_path, row(1) | {"gradient_norm": 0.123456789})
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    before = read(tmp_path)
    reopen_history(tmp_path, "steps", STEP_COLUMNS, after_epoch=99)
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    pd.testing.assert_frame_equal(read(tmp_path), before)


def test_packing_keeps_the_counts(tmp_path: Path) -> None:
    write(tmp_path, row(1), row(10_000_000))
    before = read(tmp_path)[["step", "epoch", "images"]]
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    pd.testing.assert_frame_equal(read(tmp_path)[["step", "epoch", "images"]], before)


def test_packing_keeps_what_was_not_recorded(tmp_path: Path) -> None:
    write(tmp_path, row(1) | {"loss": None})
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    assert read(tmp_path)["loss"].isna().tolist() == [True]


def test_packing_leaves_parquet_alone(tmp_path: Path) -> None:
    write(tmp_path, row(1))
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    assert [path.name for path in tmp_path.iterdir()] == ["steps.parquet"]


def test_packing_nothing_gives_an_empty_table(tmp_path: Path) -> None:
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    assert len(read(tmp_path)) == 0


def test_packing_twice_loses_nothing(tmp_path: Path) -> None:
    write(tmp_path, row(1))
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    assert steps(tmp_path) == [1]


def test_parquet_is_preferred_to_lines(tmp_path: Path) -> None:
    write(tmp_path, row(1))
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    write(tmp_path, row(2))
    assert steps(tmp_path) == [1]


def test_lines_are_read_where_parquet_is_damaged(tmp_path: Path) -> None:
    write(tmp_path, row(1))
    (tmp_path / "steps.parquet").write_bytes(b"PAR1 and then nothing")
    assert steps(tmp_path) == [1]


@pytest.mark.parametrize("value", ["two", [2], float("inf"), -1.0, None])
def test_foreign_rows_in_parquet_are_passed_over(tmp_path: Path, value: object) -> None:
    columns = {column: [1.0] for column in STEP_COLUMNS} | {"step": [value]}
    pq.write_table(pa.table(columns), tmp_path / "steps.parquet")
    assert steps(tmp_path) == []


# A crash

WRITER = """
import sys
from pathlib import Path
from core.runs.history import HistoryWriter

with HistoryWriter(Path(sys.argv[1])) as writer:
    step = 0
    while True:
        step += 1
        row = {"step": step, "epoch": 1, "images": step, "seconds": 0.5, "loss": 0.25}
        writer.append([row] * 3)
        sys.stdout.write(f"{step}\\n")
        sys.stdout.flush()
"""


def test_a_killed_writer_loses_no_line_that_it_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=PROJECT_ROOT,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 500:
                break
        process.kill()
        acknowledged = [int(line), *map(int, process.stdout.read().split())][-1]
    written = steps(tmp_path)
    assert written[: 3 * acknowledged] == [n for n in range(1, acknowledged + 1) for _ in range(3)]


# Taken up again


def epoch_row(step: int, epoch: int) -> dict[str, float]:
    return row(step, 1 / 3) | {"epoch": epoch}


def test_reopening_cuts_off_what_came_after_an_epoch(tmp_path: Path) -> None:
    write(tmp_path, epoch_row(1, 1), epoch_row(2, 1), epoch_row(3, 2))
    reopen_history(tmp_path, "steps", STEP_COLUMNS, after_epoch=1)
    assert steps(tmp_path) == [1, 2]


def test_reopening_keeps_every_bit_of_the_rest(tmp_path: Path) -> None:
    write(tmp_path, epoch_row(1, 1), epoch_row(3, 2))
    before = read(tmp_path)
    reopen_history(tmp_path, "steps", STEP_COLUMNS, after_epoch=2)
    pd.testing.assert_frame_equal(read(tmp_path), before, check_exact=True)


def test_reopening_takes_up_what_was_packed(tmp_path: Path) -> None:
    write(tmp_path, epoch_row(1, 1), epoch_row(2, 2))
    pack_history(tmp_path, "steps", STEP_COLUMNS)
    reopen_history(tmp_path, "steps", STEP_COLUMNS, after_epoch=1)
    write(tmp_path, epoch_row(2, 2))
    assert steps(tmp_path) == [1, 2]


def test_reopening_mends_a_torn_last_line(tmp_path: Path) -> None:
    write(tmp_path, epoch_row(1, 1))
    write_text(tmp_path, '{"step": 2, "epo')
    reopen_history(tmp_path, "steps", STEP_COLUMNS, after_epoch=1)
    write(tmp_path, epoch_row(2, 2))
    assert steps(tmp_path) == [1, 2]


def test_reopening_nothing_gives_an_empty_table(tmp_path: Path) -> None:
    reopen_history(tmp_path, "steps", STEP_COLUMNS, after_epoch=0)
    assert steps(tmp_path) == []
