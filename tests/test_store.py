"""core.runs.store, records, results and files: run folders, good, damaged and hostile."""

import json
import os
import pickle
import shutil
import stat
import threading
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from core.config import RunConfig
from core.errors import (
    DigitLabError,
    RunError,
    RunNotFoundError,
    RunStateError,
    RunUnreadableError,
)
from core.runs import files
from core.runs.processes import own_process
from core.runs.records import Run, UnreadableRun, new_status
from core.runs.results import write_digits, write_predictions, write_weights
from core.runs.store import PALETTE_SIZE, RunStore, new_run_id

CONFIG = RunConfig(dataset="digits")
SUMMARY = {
    "epochs": 1, "steps": 2, "seconds": 3.0, "train_images": 4, "validation_images": 5,
    "test_images": 6, "test_loss": 0.5, "test_accuracy": 0.75,
}  # fmt: skip


def change_json(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def only(store: RunStore) -> Run | UnreadableRun:
    (run,) = store.list()
    return run


# Create, read, list, delete


def test_a_created_run_is_read_back(store: RunStore) -> None:
    run = store.read(store.create(CONFIG, name="mine", recipe="article1-sgd", group="pair"))
    assert (run.config, run.name, run.info.recipe, run.info.group) == (
        CONFIG,
        "mine",
        "article1-sgd",
        "pair",
    )


def test_a_created_run_waits(store: RunStore) -> None:
    run = store.read(store.create(CONFIG))
    assert (run.status.state, run.active, run.summary) == ("queued", True, None)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "SGD 0.001, MLP"),
        ({"optimizer": "adam", "learning_rate": 0.01}, "Adam 0.01, MLP"),
        ({"optimizer": "adagrad", "model": "cnn", "channels": (2,)}, "Adagrad 0.001, CNN"),
        ({"model": "softmax", "hidden_sizes": ()}, "SGD 0.001, softmax regression"),
        ({"learning_rate": 0.00001}, "SGD 0.00001, MLP"),
    ],
)
def test_a_run_without_a_name_gets_one(store: RunStore, values: dict, name: str) -> None:
    assert store.read(store.create(CONFIG.replace(**values))).name == name


def test_a_name_is_one_line_of_at_most_200_letters(store: RunStore) -> None:
    assert store.read(store.create(CONFIG, name=" a\n b" * 300)).name == ("a b " * 50)


def test_creating_leaves_nothing_but_the_run(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    assert [path.name for path in store.root.iterdir()] == [run_id]


def test_runs_are_listed_newest_first(store: RunStore) -> None:
    ids = [store.create(CONFIG) for _ in range(3)]
    assert [run.id for run in store.list()] == ids[::-1]


def test_examples_are_listed_below_the_visitors_own(store: RunStore) -> None:
    mine = store.create(CONFIG)
    example = store.create(CONFIG, example=True)
    assert [run.id for run in store.list()] == [mine, example]


def test_two_stores_of_one_root_see_the_same(store: RunStore) -> None:
    other = RunStore(store.root)
    other.list()
    store.create(CONFIG)
    assert other.list() == store.list()


def test_a_listing_sees_what_changed(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    store.list()
    store.write_status(run_id, new_status("failed", reason="Broken."))
    assert store.list() == [store.read(run_id)]


def test_a_deleted_run_is_gone(store: RunStore) -> None:
    kept, run_id = store.create(CONFIG), store.create(CONFIG)
    store.write_status(run_id, new_status("cancelled"))
    store.delete(run_id)
    assert [path.name for path in store.root.iterdir()] == [kept]


@pytest.mark.parametrize("state", ["queued", "running"])
def test_an_active_run_is_not_deleted(store: RunStore, state) -> None:
    run_id = store.create(CONFIG)
    store.write_status(run_id, new_status(state, process=own_process()))
    with pytest.raises(RunStateError, match="cancel it first"):
        store.delete(run_id)
    assert store.folder(run_id).exists()


def test_an_unreadable_run_can_be_deleted(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    (store.folder(run_id) / files.CONFIG).unlink()
    store.delete(run_id)
    assert store.list() == []


def test_a_missing_root_has_no_runs(tmp_path: Path) -> None:
    assert RunStore(tmp_path / "nowhere" / "runs").list() == []


def test_a_missing_root_is_made(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "nowhere" / "runs")
    store.create(CONFIG)
    assert len(store.list()) == 1


def test_a_file_in_place_of_the_root_cannot_be_listed(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(RunError, match=r"cannot be listed \(Not a directory\)\. Check that"):
        RunStore(tmp_path / "runs").list()


def test_a_file_in_place_of_the_root_takes_no_run(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(RunError, match="Check that"):
        RunStore(tmp_path / "runs").create(CONFIG)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into any folder")
def test_a_root_that_cannot_be_written_to_gives_a_sentence(store: RunStore) -> None:
    store.root.mkdir()
    store.root.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(RunError, match=r"No run can be created .* \(Permission denied\)"):
        store.create(CONFIG)


# Ids


def test_a_thousand_ids_are_unique_and_sorted() -> None:
    ids = [new_run_id() for _ in range(1000)]
    assert ids == sorted(set(ids))


def test_ids_of_many_threads_are_unique() -> None:
    ids: list[str] = []
    threads = [
        threading.Thread(target=lambda: ids.extend([new_run_id() for _ in range(200)]))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 1000


def test_an_id_is_short_and_url_safe() -> None:
    run_id = new_run_id()
    assert (len(run_id), run_id.isalnum(), run_id.isascii()) == (11, True, True)


@pytest.mark.parametrize(
    "run_id",
    ["", ".", "..", "../x", "../runs", "a/b", "/etc", "a/", ".hidden", "\0", "x\0", "a" * 5000,
     "\ud800", "absent", "notes.txt"],
)  # fmt: skip
def test_a_hostile_id_is_no_run(store: RunStore, run_id: str) -> None:
    (store.root / ".hidden").mkdir(parents=True)
    (store.root / "notes.txt").touch()
    with pytest.raises(RunNotFoundError, match="There is no run"):
        store.folder(run_id)


def test_a_hostile_id_deletes_nothing(store: RunStore, tmp_path: Path) -> None:
    store.create(CONFIG)
    (tmp_path / "mine").mkdir()
    with pytest.raises(RunNotFoundError):
        store.delete("../mine")
    assert (tmp_path / "mine").exists()


# Colours


def test_a_pair_differs_in_colour(store: RunStore) -> None:
    first, second = (store.read(store.create(CONFIG)).info.colour for _ in range(2))
    assert first != second


def test_colours_repeat_only_when_all_are_used(store: RunStore) -> None:
    colours = [store.read(store.create(CONFIG)).info.colour for _ in range(PALETTE_SIZE)]
    assert sorted(colours) == list(range(PALETTE_SIZE))


def test_a_run_keeps_its_colour_when_others_go(store: RunStore) -> None:
    first, second = store.create(CONFIG), store.create(CONFIG)
    before = store.read(second).info.colour
    store.write_status(first, new_status("finished"))
    store.delete(first)
    assert store.read(second).info.colour == before


# States


def test_a_summary_means_finished(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    files.write_json(store.folder(run_id) / files.SUMMARY, SUMMARY)
    run = store.read(run_id)
    assert (run.status.state, run.summary.test_accuracy) == ("finished", 0.75)


def test_a_running_run_of_a_living_process_runs(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    store.write_status(run_id, new_status("running", process=own_process()))
    assert store.read(run_id).status.state == "running"


@pytest.mark.parametrize("change", [{"create_time": 1.0}, {"pid": 2**22 + 1}, {"pid": 10**30}])
def test_a_running_run_without_its_process_has_crashed(store: RunStore, change: dict) -> None:
    run_id = store.create(CONFIG)
    process = own_process().model_copy(update=change)
    store.write_status(run_id, new_status("running", process=process))
    assert store.read(run_id).status.state == "crashed"


def test_a_crashed_run_is_listed_as_crashed_without_a_change_on_disk(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    process = own_process().model_copy(update={"create_time": 1.0})
    store.write_status(run_id, new_status("running", process=process))
    assert "the curves up to then are kept" in only(store).status.reason


def test_the_time_left_goes_by_the_speed_so_far(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    status = new_status("running", process=own_process(), step=25, steps=100)
    store.write_status(run_id, status.model_copy(update={"started": 1_000.0, "heartbeat": 1_010.0}))
    assert store.read(run_id).seconds_left == 30.0


def test_nothing_is_said_of_the_time_left_before_the_first_step(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    store.write_status(run_id, new_status("running", process=own_process(), started=1.0, steps=9))
    assert store.read(run_id).seconds_left is None


# Unreadable runs


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def truncated(folder: Path) -> None:
    path = folder / files.CONFIG
    path.write_text(path.read_text()[:40])


def foreign(folder: Path) -> None:
    (folder / files.STATUS).write_bytes(b"\x89PNG\xff")


def a_list(folder: Path) -> None:
    (folder / files.STATUS).write_text("[1, 2]")


def deep(folder: Path) -> None:
    (folder / files.STATUS).write_text("[" * 100_000)


def a_folder(folder: Path) -> None:
    (folder / files.STATUS).unlink()
    (folder / files.STATUS).mkdir()


def wrong_type(folder: Path) -> None:
    change_json(folder / files.CONFIG, name=5)


def no_number(folder: Path) -> None:
    (folder / files.STATUS).write_text('{"state": "queued", "heartbeat": NaN}')


def wrong_state(folder: Path) -> None:
    change_json(folder / files.STATUS, state="asleep")


def wrong_setting(folder: Path) -> None:
    change_json(folder / files.CONFIG, config={"learning_rate": -1})


def no_config(folder: Path) -> None:
    change_json(folder / files.CONFIG, config=None)


def newer(folder: Path) -> None:
    change_json(folder / files.CONFIG, schema_version=2)


def torn_summary(folder: Path) -> None:
    (folder / files.SUMMARY).write_text('{"epochs": 1')


DAMAGES = {
    empty: "config.json is missing",
    truncated: "config.json is damaged (not complete JSON)",
    foreign: "status.json cannot be read",
    a_list: "status.json is damaged (not a JSON object)",
    deep: "status.json is damaged",
    a_folder: "status.json cannot be read",
    wrong_type: "config.json: name: Input should be a valid string",
    no_number: "status.json: heartbeat: Input should be a finite number",
    wrong_state: "status.json: state: Input should be",
    wrong_setting: "config.json: learning rate must be above 0, got -1",
    no_config: "config.json: config:",
    newer: "config.json was written by another version of Digit Lab (format 2, this one reads 1)",
    torn_summary: "summary.json is damaged",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_is_listed_with_the_reason(store: RunStore, damage) -> None:
    damage(store.folder(store.create(CONFIG)))
    run = only(store)
    assert isinstance(run, UnreadableRun)
    assert DAMAGES[damage] in run.reason


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_does_not_hide_the_others(store: RunStore, damage) -> None:
    good, bad, better = (store.create(CONFIG) for _ in range(3))
    damage(store.folder(bad))
    assert [(run.id, isinstance(run, Run)) for run in store.list()] == [
        (better, True),
        (bad, False),
        (good, True),
    ]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_says_what_to_do(store: RunStore, damage) -> None:
    run_id = store.create(CONFIG)
    damage(store.folder(run_id))
    with pytest.raises(RunUnreadableError, match="Restore the file from a copy, or delete the run"):
        store.read(run_id)


def test_a_mended_run_is_listed_again(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    path = store.folder(run_id) / files.CONFIG
    content = path.read_text()
    path.write_text("{")
    assert isinstance(only(store), UnreadableRun)
    path.write_text(content)
    assert isinstance(only(store), Run)


def test_fields_of_a_later_version_are_passed_over(store: RunStore) -> None:
    run_id = store.create(CONFIG, name="mine")
    change_json(store.folder(run_id) / files.CONFIG, mood="good")
    assert store.read(run_id).name == "mine"


def test_a_file_beside_the_runs_is_no_run(store: RunStore) -> None:
    store.create(CONFIG)
    (store.root / "notes.txt").touch()
    (store.root / ".cache").mkdir()
    assert len(store.list()) == 1


def test_a_folder_with_spaces_in_its_name_is_a_run(store: RunStore) -> None:
    store.folder(store.create(CONFIG)).rename(store.root / "copy of my run")
    assert (only(store).id, store.read("copy of my run").config) == ("copy of my run", CONFIG)


# Results


LABELS = np.array([3, 1, 4])
LOGITS = np.random.default_rng(0).normal(size=(3, 10)).astype(np.float32)
PIXELS = np.random.default_rng(1).integers(0, 256, (300, 28, 28)).astype(np.uint8)


@pytest.fixture
def finished(store: RunStore) -> str:
    run_id = store.create(CONFIG)
    write_predictions(store.folder(run_id), LABELS, LOGITS)
    write_digits(store.folder(run_id), PIXELS, np.arange(300) == 250)
    write_weights(store.folder(run_id), {"layer": LOGITS})
    return run_id


def test_predictions_are_read_back(store: RunStore, finished: str) -> None:
    found = store.predictions(finished)
    assert (found.labels.tolist(), found.indices.tolist()) == ([3, 1, 4], [0, 1, 2])
    assert found.predicted.tolist() == LOGITS.argmax(axis=1).tolist()


def test_probabilities_are_the_softmax(store: RunStore, finished: str) -> None:
    expected = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
    assert store.predictions(finished).probabilities == pytest.approx(expected, rel=5e-3)


def test_enormous_logits_are_still_probabilities(store: RunStore, finished: str) -> None:
    write_predictions(store.folder(finished), LABELS, LOGITS * 1e30)
    assert store.predictions(finished).probabilities.sum(axis=1) == pytest.approx([1, 1, 1])


def test_misread_digits_and_the_first_hundred_are_kept(store: RunStore, finished: str) -> None:
    digits = store.digits(finished)
    assert list(digits) == [*range(100), 250]
    assert np.array_equal(digits[250], PIXELS[250])


def test_weights_are_read_back(store: RunStore, finished: str) -> None:
    assert np.array_equal(store.weights(finished)["layer"], LOGITS)


def test_other_weights_have_another_version(store: RunStore, finished: str) -> None:
    before = store.weights_version(finished)
    os.utime(store.folder(finished) / files.WEIGHTS, (1, 1))
    assert store.weights_version(finished) != before


RESULTS = [
    ("predictions", files.PREDICTIONS),
    ("digits", files.DIGITS),
    ("weights", files.WEIGHTS),
]


@pytest.mark.parametrize("reader", ["predictions", "digits", "weights", "weights_version"])
def test_results_of_a_run_that_has_none(store: RunStore, reader: str) -> None:
    run_id = store.create(CONFIG)
    with pytest.raises(RunStateError, match="it has not finished"):
        getattr(store, reader)(run_id)


@pytest.mark.parametrize(("reader", "file"), RESULTS)
@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 broken zip", b"\xff" * 1000])
def test_foreign_results_are_unreadable(
    store: RunStore, finished: str, reader: str, file: str, content: bytes
) -> None:
    (store.folder(finished) / file).write_bytes(content)
    with pytest.raises(RunUnreadableError, match=f"{file} of run {finished} is damaged"):
        getattr(store, reader)(finished)


@pytest.mark.parametrize(("reader", "file"), RESULTS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_truncated_results_are_unreadable(
    store: RunStore, finished: str, reader: str, file: str, share: float
) -> None:
    path = store.folder(finished) / file
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(RunUnreadableError, match="damaged"):
        getattr(store, reader)(finished)


def test_flipped_bytes_never_break_a_reader(store: RunStore, finished: str) -> None:
    generator = np.random.default_rng(0)
    refused = 0
    for reader, file in RESULTS:
        path = store.folder(finished) / file
        content = np.frombuffer(path.read_bytes(), np.uint8)
        for _ in range(100):
            damaged = content.copy()
            damaged[generator.integers(0, len(damaged), 5)] ^= 0x5A
            path.write_bytes(damaged.tobytes())
            try:
                getattr(store, reader)(finished)
            except DigitLabError:
                refused += 1
    assert refused > 100


class Bomb:
    """Were it unpickled, the file that it names would be there."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize(("reader", "file"), RESULTS[:2])
def test_a_pickle_is_never_loaded(
    store: RunStore, finished: str, tmp_path: Path, reader: str, file: str
) -> None:
    path, trace = store.folder(finished) / file, tmp_path / "exploded"
    objects = np.array([Bomb(trace)], dtype=object)
    arrays = dict.fromkeys(("labels", "indices", "predicted", "logits", "pixels"), objects)
    np.savez(path, allow_pickle=True, **arrays)
    with pytest.raises(RunUnreadableError):
        getattr(store, reader)(finished)
    path.write_bytes(pickle.dumps(Bomb(trace)))
    with pytest.raises(RunUnreadableError):
        getattr(store, reader)(finished)
    assert not trace.exists()


GOOD = {
    "labels": LABELS, "indices": np.arange(3), "predicted": LABELS, "logits": LOGITS,
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"labels": np.array([3, 1])},
        {"labels": np.array(3)},
        {"labels": np.array([3, 1, 10])},
        {"predicted": np.array([3, 1, -1])},
        {"labels": np.array(["a", "b", "c"])},
        {"logits": LOGITS[:, :9]},
        {"logits": LOGITS * np.nan},
        {"logits": np.full((3, 10), "x")},
    ],
)
def test_predictions_that_do_not_fit_together_are_unreadable(
    store: RunStore, finished: str, change: dict
) -> None:
    np.savez(store.folder(finished) / files.PREDICTIONS, **(GOOD | change))
    with pytest.raises(RunUnreadableError, match=r"predictions\.npz"):
        store.predictions(finished)


@pytest.mark.parametrize(
    "arrays",
    [
        {"pixels": PIXELS[:2]},
        {"indices": np.arange(3), "pixels": PIXELS[:2]},
        {"indices": np.array(1), "pixels": PIXELS[:1]},
        {"indices": np.array([[1]]), "pixels": PIXELS[:1]},
        {"indices": np.array([0.5]), "pixels": PIXELS[:1]},
        {"indices": np.arange(2), "pixels": PIXELS[:2, :14]},
        {"indices": np.arange(2), "pixels": PIXELS[:2].astype(float)},
    ],
)
def test_digits_that_do_not_fit_together_are_unreadable(
    store: RunStore, finished: str, arrays: dict
) -> None:
    np.savez(store.folder(finished) / files.DIGITS, **arrays)
    with pytest.raises(RunUnreadableError, match=r"digits\.npz"):
        store.digits(finished)


@pytest.mark.parametrize("weights", [LOGITS * np.nan, LABELS])
def test_weights_that_are_no_numbers_are_unreadable(
    store: RunStore, finished: str, weights: np.ndarray
) -> None:
    save_file({"layer": weights}, store.folder(finished) / files.WEIGHTS)
    with pytest.raises(RunUnreadableError, match=r"model\.safetensors"):
        store.weights(finished)


def test_weights_of_a_kind_that_numpy_has_not_are_unreadable(
    store: RunStore, finished: str
) -> None:
    header = json.dumps({"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    content = len(header).to_bytes(8, "little") + header + bytes(4)
    (store.folder(finished) / files.WEIGHTS).write_bytes(content)
    with pytest.raises(RunUnreadableError):
        store.weights(finished)


# Writing


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    files.write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(path, {"a": float("nan")})
    assert [files.read_json(path), list(tmp_path.iterdir())] == [{"a": 1}, [path]]


def test_threads_that_write_one_file_do_not_break_each_other(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    broken: list[OSError] = []

    def write_often() -> None:
        try:
            for number in range(50):
                files.write_json(path, {"number": number})
        except OSError as error:
            broken.append(error)

    threads = [threading.Thread(target=write_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    files.write_json(path, {"text": ""})
    writer = threading.Thread(
        target=lambda: [files.write_json(path, {"text": "x" * 50_000}) for _ in range(50)]
    )
    writer.start()
    while writer.is_alive():
        assert files.read_json(path)["text"] in ("", "x" * 50_000)
    writer.join()
