"""The drawings of the field test on disk: kept whole, listed fast, changed one at a time."""

import io
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.drawing import to_digit
from core.errors import (
    DrawingNotFoundError,
    DrawingUnreadableError,
    EmptyDrawingError,
    FieldTestError,
)
from core.field_test.records import Drawing, UnreadableDrawing
from core.field_test.store import DrawingStore
from core.field_test.strokes import MOST_POINTS, MOST_STROKES, clean_strokes
from core.field_test.taking import keep_drawing
from core.settings import PROJECT_ROOT
from tests.support.drawings import MESSAGE, NO_LIMITS, digit_on_pad, keep, same


@pytest.fixture
def drawings(tmp_path: Path) -> DrawingStore:
    return DrawingStore(tmp_path / "drawings", NO_LIMITS)


def test_a_drawing_is_read_back_as_it_was_kept(drawings: DrawingStore) -> None:
    picture, label = digit_on_pad(3)
    kept = keep_drawing(drawings, picture, label, MESSAGE)
    again = DrawingStore(drawings.root)
    assert same(again.read(kept.id), kept)
    assert kept.counts
    assert np.array_equal(kept.digit, to_digit(picture).image)
    original = again.original(kept.id)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(original.picture))), np.asarray(picture))
    assert original.strokes == (
        ((80.0, 60.0), (100.2, 61.0), (200.0, 60.0)),
        ((200.0, 60.0), (120.0, 220.0)),
    )


def test_a_drawing_with_clear_paper_is_kept_on_white(drawings: DrawingStore) -> None:
    picture, label = digit_on_pad(3)
    clear = Image.new("RGBA", (280, 280), (0, 0, 0, 0))
    clear.putalpha(Image.fromarray(255 - np.asarray(picture)))
    kept = keep_drawing(drawings, clear, label)
    shown = np.asarray(Image.open(io.BytesIO(drawings.original(kept.id).picture)))
    assert shown[0, 0] == 255
    assert shown.min() < 40


def test_an_empty_pad_keeps_nothing(drawings: DrawingStore) -> None:
    with pytest.raises(EmptyDrawingError):
        keep_drawing(drawings, Image.new("L", (280, 280), 255), 7)
    assert drawings.listed() == []


def test_drawings_are_listed_newest_first(drawings: DrawingStore) -> None:
    kept = keep(drawings, 4)
    assert [one.id for one in drawings.listed()] == [one.id for one in reversed(kept)]


def test_what_another_process_changes_is_seen_at_once(drawings: DrawingStore) -> None:
    other = DrawingStore(drawings.root)
    (kept,) = keep(drawings, 1)
    assert [one.id for one in other.listed()] == [kept.id]
    drawings.mark(kept.id, hidden=True)
    assert other.counted() == []
    drawings.discard([kept.id])
    assert other.listed() == []
    assert [one.id for one in other.binned()] == [kept.id]


def test_a_mark_changes_nothing_else(drawings: DrawingStore) -> None:
    (kept,) = keep(drawings, 1)
    before = drawings.original(kept.id)
    assert drawings.mark(kept.id, mistake=True).mistake
    assert not drawings.read(kept.id).counts
    drawings.mark(kept.id, mistake=False)
    assert same(drawings.read(kept.id), kept)
    assert drawings.original(kept.id) == before


def test_two_who_change_a_drawing_at_once_do_not_undo_each_other(drawings: DrawingStore) -> None:
    kept = keep(drawings, 5)
    other = DrawingStore(drawings.root)
    threads = [
        threading.Thread(target=lambda: [drawings.mark(one.id, hidden=True) for one in kept]),
        threading.Thread(target=lambda: [other.mark(one.id, mistake=True) for one in kept]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(one.hidden and one.mistake for one in map(drawings.read, (k.id for k in kept)))


def test_a_deleted_drawing_can_be_taken_back(drawings: DrawingStore) -> None:
    one, other = keep(drawings, 2)
    assert drawings.discard([one.id, "gone"]) == [one.id]
    assert [left.id for left in drawings.listed()] == [other.id]
    assert same(drawings.read(one.id), one)
    assert drawings.restore([one.id]) == [one.id]
    assert len(drawings.listed()) == 2
    assert drawings.binned() == []


def test_an_emptied_bin_is_empty_for_good(drawings: DrawingStore) -> None:
    one, _ = keep(drawings, 2)
    drawings.discard([one.id])
    assert drawings.empty_bin() == 1
    with pytest.raises(DrawingNotFoundError, match="deleted for good"):
        drawings.read(one.id)


@pytest.mark.parametrize("hostile", ["", "..", "../secret", "a/b", ".changes", "x" * 300, "a\0b"])
def test_an_id_cannot_lead_out_of_the_folder(drawings: DrawingStore, hostile: str) -> None:
    keep(drawings, 1)
    (drawings.root.parent / "secret.json").write_text("{}")
    with pytest.raises(DrawingNotFoundError):
        drawings.read(hostile)
    assert drawings.discard([hostile.replace("\0", "")]) == []
    assert (drawings.root.parent / "secret.json").exists()


def test_damaged_files_are_listed_with_the_reason(drawings: DrawingStore) -> None:
    (kept,) = keep(drawings, 1)
    whole = (drawings.root / f"{kept.id}.json").read_text()
    facts = json.loads(whole)
    broken = {
        "cut": whole[: len(whole) // 2],
        "no-json": "Dear teacher",
        "empty": "",
        "label": json.dumps(facts | {"label": 17}),
        "digit": json.dumps(facts | {"digit": "AAAA"}),
        "later": json.dumps(facts | {"schema_version": 2}),
        "large": "x" * 2_000_000,
        "before": json.dumps(facts | {"time": "0001-01-01T00:00:00+14:00"}),
        "after": json.dumps(facts | {"time": "9999-12-31T23:59:59-14:00"}),
        "no id": whole,
    }
    for name, text in broken.items():
        (drawings.root / f"{name}.json").write_text(text)
    (drawings.root / "folder.json").mkdir()
    (drawings.root / "notes.txt").write_text("passed over")
    listed = drawings.listed()
    assert [one.id for one in listed if isinstance(one, Drawing)] == [kept.id]
    reasons = {one.id: one.reason for one in listed if isinstance(one, UnreadableDrawing)}
    assert reasons.keys() == {*broken, "folder"}
    assert "a newer Digit Lab" in reasons["later"]
    assert "label" in reasons["label"]
    assert "too large" in reasons["large"]
    assert "rename it" in reasons["no id"]
    assert "time: outside the years 1 to 9999" in reasons["before"]
    assert "time: outside the years 1 to 9999" in reasons["after"]
    assert drawings.discard(["cut"]) == ["cut"]


def test_a_very_old_time_is_written_as_it_is_read(drawings: DrawingStore) -> None:
    (kept,) = keep(drawings, 1)
    path = drawings.root / f"{kept.id}.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps(facts | {"time": "0007-03-01T00:00:00Z"}))
    drawings.mark(kept.id, hidden=True)
    assert json.loads(path.read_text())["time"] == "0007-03-01T00:00:00Z"
    assert drawings.read(kept.id).time.year == 7


def test_a_drawing_written_by_other_hands_counts_too(drawings: DrawingStore) -> None:
    (kept,) = keep(drawings, 1)
    path = drawings.root / f"{kept.id}.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=4))
    assert same(drawings.read(kept.id), kept)


def test_a_picture_that_is_none_is_said_when_it_is_opened(drawings: DrawingStore) -> None:
    (kept,) = keep(drawings, 1)
    path = drawings.root / f"{kept.id}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"picture": "AAAA"}))
    with pytest.raises(DrawingUnreadableError, match="not a PNG"):
        drawings.original(kept.id)


def test_half_written_files_are_passed_over_and_go_with_the_bin(drawings: DrawingStore) -> None:
    (kept,) = keep(drawings, 1)
    half = drawings.root / ".new.json.12ab34cd.tmp"
    half.write_text('{"schema')
    fresh = drawings.root / ".other.json.12ab34cd.tmp"
    fresh.write_text('{"schema')
    os.utime(half, (time.time() - 7_200,) * 2)
    assert [one.id for one in drawings.listed()] == [kept.id]
    drawings.empty_bin()
    assert not half.exists()
    assert fresh.exists()


# Without torch and the digits, which take seconds to import.
WRITER = """
import sys
from pathlib import Path
import numpy as np
from core.field_test.limits import Limits
from core.field_test.records import Original
from core.field_test.store import DrawingStore
store = DrawingStore(Path(sys.argv[1]), Limits(minute=10**6, day=10**6))
digit = np.zeros((28, 28), dtype=np.uint8)
original = Original(bytes.fromhex("89504e470d0a1a0a") + bytes(20_000), (((1.0, 2.0),),))
first = store.add(7, digit, original)
while True:
    store.mark(first.id, hidden=True)
    print(store.add(7, digit, original).id, flush=True)
    store.mark(first.id, hidden=False)
"""


def test_a_killed_writer_leaves_only_whole_drawings(drawings: DrawingStore) -> None:
    command = [sys.executable, "-c", WRITER, str(drawings.root)]
    acknowledged: list[str] = []
    for _ in range(3):
        process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        acknowledged += [process.stdout.readline().strip() for _ in range(20)]
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.read().split()
        process.wait()
    listed = drawings.listed()
    assert len(acknowledged) >= 60
    assert all(isinstance(one, Drawing) for one in listed)
    assert {one.id for one in listed} >= set(acknowledged)
    assert all(len(drawings.original(one.id).picture) == 20_008 for one in listed)
    keep(drawings, 1)  # the lock was left free


def test_a_folder_that_cannot_be_written_to_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(FieldTestError, match="cannot be"):
        keep(DrawingStore(tmp_path / "file" / "drawings"), 1)


def test_ten_thousand_drawings_are_listed_quickly(drawings: DrawingStore) -> None:
    kept = keep(drawings, 2)
    source = drawings.root / f"{kept[0].id}.json"
    for number in range(10_000):
        shutil.copyfile(source, drawings.root / f"0{number:010d}.json")
    fresh = DrawingStore(drawings.root)
    started = time.process_time()
    assert len(fresh.listed()) == 10_002
    first = time.process_time() - started
    deadline = time.monotonic() + 60
    again = 1.0
    # Files younger than a clock's tick are read again: soon none is.
    while again > 0.05 and time.monotonic() < deadline:
        time.sleep(1)
        started = time.process_time()
        fresh.listed()
        again = time.process_time() - started
    assert first < 8
    assert again < 0.05


@pytest.mark.parametrize(
    "message",
    [
        None,
        "strokes",
        {},
        {"objects": "many"},
        {"objects": [None, 3, {"path": None}, {"path": "M 1 2"}, {"path": [None, ["M"], ["Z"]]}]},
        {"objects": [{"path": [["M", "1", None], ["L", True, 2], ["L", float("nan"), 2]]}]},
        {"objects": [{"path": [["M", 1e9, 5], ["A", 1, 2, 3, 4, 5, 6, 7]]}]},
        {"objects": [{"path": [["M", 10**400, 5], ["L", 5, -(10**400)], ["L", 1, -math.inf]]}]},
    ],
)
def test_a_message_that_holds_no_strokes_gives_none(message: object) -> None:
    assert clean_strokes(message, 280) == ()


def test_strokes_are_kept_on_the_pad_and_bounded() -> None:
    long = {"path": [["L", -20, 300.04]] * 10 * MOST_POINTS}
    assert clean_strokes({"objects": [long]}, 280) == (((0.0, 280.0),) * MOST_POINTS,)
    short = {"path": [["M", 1.26, 2]], "secret": "x"}
    assert clean_strokes({"objects": [short] * 500}, 280) == (((1.3, 2.0),),) * MOST_STROKES
