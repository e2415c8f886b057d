"""The drawings leave as a data set that NumPy, torchvision and anybody's eyes can read."""

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import FieldTestError
from core.field_test.exporting import write_dataset
from core.field_test.records import Drawing
from core.field_test.store import DrawingStore
from core.ui.drawing_export import DrawingExports
from tests.support.drawings import NO_LIMITS, keep

FOLDER = "digit-lab-drawings"


@pytest.fixture
def drawings(tmp_path: Path) -> DrawingStore:
    return DrawingStore(tmp_path / "drawings", NO_LIMITS)


def exported(store: DrawingStore, *, mistakes: bool = False) -> zipfile.ZipFile:
    file = io.BytesIO()
    write_dataset(store, file, mistakes=mistakes)
    return zipfile.ZipFile(file)


def arrays(archive: zipfile.ZipFile) -> dict[str, np.ndarray]:
    content = io.BytesIO(archive.read(f"{FOLDER}/drawings.npz"))
    with np.load(content, allow_pickle=False) as found:
        return dict(found)


def test_the_arrays_hold_every_drawing_that_counts(drawings: DrawingStore) -> None:
    kept = keep(drawings, 6)
    drawings.mark(kept[1].id, hidden=True)
    drawings.mark(kept[2].id, mistake=True)
    drawings.discard([kept[3].id])
    there = [kept[0], kept[4], kept[5]]
    found = arrays(exported(drawings))
    assert found["images"].dtype == np.uint8
    assert np.array_equal(found["images"], np.stack([one.digit for one in there]))
    assert found["labels"].tolist() == [one.label for one in there]
    assert found["ids"].tolist() == [one.id for one in there]
    assert found["times"][0] == f"{kept[0].time:%Y-%m-%dT%H:%M:%SZ}"
    assert not found["mistakes"].any()


def test_marked_drawings_can_be_taken_along(drawings: DrawingStore) -> None:
    kept = keep(drawings, 3)
    drawings.mark(kept[1].id, mistake=True)
    archive = exported(drawings, mistakes=True)
    assert arrays(archive)["mistakes"].tolist() == [False, True, False]
    assert "1 of them were called a mistake" in archive.read(f"{FOLDER}/README.txt").decode()


def test_the_pictures_are_those_that_were_drawn_and_read(drawings: DrawingStore) -> None:
    (kept,) = keep(drawings, 1)
    archive = exported(drawings)
    place = f"{kept.label}/{kept.id}.png"
    small = Image.open(io.BytesIO(archive.read(f"{FOLDER}/digits/{place}")))
    assert np.array_equal(np.asarray(small), kept.digit)
    drawn = archive.read(f"{FOLDER}/drawn/{place}")
    assert drawn == drawings.original(kept.id).picture
    assert Image.open(io.BytesIO(drawn)).size == (280, 280)


def test_the_strokes_are_a_line_each(drawings: DrawingStore) -> None:
    kept = keep(drawings, 2)
    lines = exported(drawings).read(f"{FOLDER}/strokes.jsonl").decode().splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["id"] for row in rows] == [one.id for one in kept]
    assert rows[0]["strokes"][1] == [[200.0, 60.0], [120.0, 220.0]]


def test_the_export_says_what_is_what_and_names_nobody(drawings: DrawingStore) -> None:
    keep(drawings, 2)
    archive = exported(drawings)
    readme = archive.read(f"{FOLDER}/README.txt").decode()
    assert readme.startswith("Drawings of the Digit Lab field test")
    assert "2 drawings of digits" in readme
    assert all(name in readme for name in arrays(archive))


def test_an_export_comes_back_as_the_same_drawings(drawings: DrawingStore, tmp_path: Path) -> None:
    kept = keep(drawings, 3)
    found = arrays(exported(drawings))
    again = [one for one in drawings.listed() if isinstance(one, Drawing)][::-1]
    for place, one in enumerate(again):
        assert found["ids"][place] == one.id == kept[place].id
        assert np.array_equal(found["images"][place], one.digit)


def test_nothing_to_export_is_a_sentence(drawings: DrawingStore) -> None:
    with pytest.raises(FieldTestError, match="no drawing to export"):
        write_dataset(drawings, io.BytesIO())


def test_a_damaged_drawing_is_left_out_and_named(drawings: DrawingStore) -> None:
    one, other = keep(drawings, 2)
    path = drawings.root / f"{one.id}.json"
    text = path.read_text()
    path.write_text(text.replace('"picture": "', '"picture": "????'))
    count, problems = write_dataset(drawings, io.BytesIO())
    assert count == 1
    assert len(problems) == 1
    assert one.id in problems[0]
    assert other.id not in problems[0]
    (drawings.root / "torn.json").write_text("{}")
    readme = exported(drawings).read(f"{FOLDER}/README.txt").decode()
    assert "Left out since they cannot be read:" in readme
    assert all(name in readme for name in (problems[0], "Drawing torn cannot be read"))


def test_the_readme_says_what_was_taken_out(drawings: DrawingStore) -> None:
    kept = keep(drawings, 5)
    drawings.mark(kept[0].id, mistake=True)
    drawings.mark(kept[1].id, hidden=True)
    drawings.discard([kept[2].id])
    readme = exported(drawings).read(f"{FOLDER}/README.txt").decode()
    assert "Not in it: 1 that its maker called a mistake of their own, 1 hidden" in readme
    assert "1 deleted" in readme
    marked = exported(drawings, mistakes=True).read(f"{FOLDER}/README.txt").decode()
    assert "1 of them were called a mistake by their maker" in marked
    assert "Not in it: 1 hidden by the owner and 1 deleted" in marked


def test_a_second_export_of_the_same_drawings_is_the_first(drawings: DrawingStore) -> None:
    keep(drawings, 2)
    exports = DrawingExports(drawings)
    assert exports.current(mistakes=False) is None
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: exports.make(mistakes=False), range(4)))
    assert len({id(one) for one in made}) == 1
    assert exports.current(mistakes=False) is made[0]
    assert exports.current(mistakes=True) is None
    keep(drawings, 1, first=2)
    assert exports.current(mistakes=False) is None
    assert exports.make(mistakes=False).count == 3


def test_an_export_is_sent_whole_in_pieces_to_who_has_its_key(drawings: DrawingStore) -> None:
    keep(drawings, 3)
    exports = DrawingExports(drawings)
    made = exports.make(mistakes=False)
    one, other = made.pieces(), made.pieces()
    begun = next(other)
    content = b"".join(one)
    assert content == begun + b"".join(other)
    assert len(content) == made.size
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
    assert exports.find(made.key) is made
    assert exports.find("é") is None
    assert len(list(drawings.root.glob("*.json"))) == 3
    drawings.discard([drawings.counted()[0].id])
    exports.make(mistakes=False)
    assert exports.find(made.key) is None


def test_an_export_that_cannot_be_written_is_a_sentence(drawings: DrawingStore) -> None:
    with pytest.raises(FieldTestError, match="cannot be written"):
        DrawingExports(drawings).make(mistakes=False)
