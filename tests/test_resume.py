"""Going on with runs: real workers killed, stopped, starved of disk and memory, then resumed.

Every history that was interrupted is held, bit for bit, against that of a run which never was.
"""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from safetensors.numpy import load_file

from core.config import RunConfig
from core.errors import RunStateError
from core.runs import files
from core.runs.checkpoints import read_checkpoint
from core.runs.records import new_status
from core.runs.resuming import extend, resume
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.support.workers import wait_until

PATIENCE_SECONDS = 90
# Some seconds of training with all that draws by chance: order, dropout, augmentation.
CONFIG = RunConfig(
    dataset="digits",
    hidden_sizes=(32,),
    dropout=0.5,
    augmentation=1,
    optimizer="adam",
    batch_size=8,
    epochs=12,
)
SHORT = CONFIG.replace(epochs=3, batch_size=64)
COUNTED = [files.STEPS, files.EPOCHS, files.LAYERS]
# What depends on the clock.
TIMES = ["seconds", "images_per_second"]


def worker(folder: Path, **options: object) -> subprocess.Popen[bytes]:
    with (folder / files.WORKER_LOG).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "core.runs.worker", str(folder)],
            cwd=PROJECT_ROOT,
            stdout=log,
            stderr=log,
            **options,
        )


def work(store: RunStore, run_id: str, **options: object) -> None:
    worker(store.folder(run_id), **options).wait(PATIENCE_SECONDS)


def finished(store: RunStore, config: RunConfig) -> str:
    run_id = store.create(config)
    work(store, run_id)
    assert store.read(run_id).status.state == "finished", log(store, run_id)
    return run_id


def log(store: RunStore, run_id: str) -> str:
    return (store.folder(run_id) / files.WORKER_LOG).read_text()


def trains(store: RunStore, run_id: str, step: int = 1) -> bool:
    return store.read(run_id).status.state == "running" and len(store.steps(run_id)) >= step


def histories(store: RunStore, run_id: str) -> list[pd.DataFrame]:
    folder = store.folder(run_id)
    tables = [pd.read_parquet(folder / f"{name}.parquet") for name in COUNTED]
    return [table.drop(columns=TIMES, errors="ignore") for table in tables]


def assert_same_run(store: RunStore, run_id: str, undisturbed: str) -> None:
    assert store.read(run_id).status.state == "finished", log(store, run_id)
    for table, expected in zip(
        histories(store, run_id), histories(store, undisturbed), strict=True
    ):
        pd.testing.assert_frame_equal(table, expected, check_exact=True)
    weights, expected_weights = (
        load_file(store.folder(one) / files.WEIGHTS) for one in (run_id, undisturbed)
    )
    assert all((weights[name] == value).all() for name, value in expected_weights.items())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    """A store whose runs are shared by the tests of this module."""
    return RunStore(tmp_path_factory.mktemp("resume") / "runs")


@pytest.fixture(scope="module")
def undisturbed(shop: RunStore) -> str:
    return finished(shop, CONFIG)


@pytest.fixture(scope="module")
def short(shop: RunStore) -> str:
    return finished(shop, SHORT)


# Killed


def test_killed_again_and_again_a_run_ends_as_if_never_disturbed(shop, undisturbed) -> None:
    run_id = shop.create(CONFIG)
    total = shop.read(undisturbed).summary.steps
    for share in (0.02, 0.2, 0.45, 0.8):
        process = worker(shop.folder(run_id))
        wait_until(lambda at=int(share * total): trains(shop, run_id, at))
        process.kill()
        process.wait()
        assert shop.read(run_id).status.state == "crashed"
        resume(shop, run_id)
    work(shop, run_id)
    assert_same_run(shop, run_id, undisturbed)


def test_a_resumed_run_goes_on_from_its_checkpoint(shop, undisturbed) -> None:
    run_id = shop.create(CONFIG)
    process = worker(shop.folder(run_id))
    wait_until(lambda: len(shop.epochs(run_id)) >= 4)
    process.kill()
    process.wait()
    resume(shop, run_id)
    work(shop, run_id)
    assert "Goes on after epoch" in log(shop, run_id)


# A worker that dies with its temporary file half written, at the n-th checkpoint.
DYING_WRITER = """
import os, signal, sys
from core.runs import tensors, worker
save, calls = tensors.save_file, []
def dying(arrays, path, metadata=None):
    calls.append(path)
    if len(calls) == 2:
        path.write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    save(arrays, path, metadata=metadata)
tensors.save_file = dying
worker.main(sys.argv[1:])
"""


def test_killed_while_it_writes_a_checkpoint_the_one_before_serves(shop, undisturbed) -> None:
    run_id = shop.create(CONFIG)
    command = [sys.executable, "-c", DYING_WRITER, str(shop.folder(run_id))]
    subprocess.run(command, cwd=PROJECT_ROOT, timeout=PATIENCE_SECONDS, check=False)
    before = read_checkpoint(shop.folder(run_id))
    resume(shop, run_id)
    work(shop, run_id)
    assert before is not None
    assert_same_run(shop, run_id, undisturbed)


# A worker that dies when the live lines have become Parquet and the summary is not yet there.
DYING_END = """
import os, signal, sys
from core.runs import attempt, worker
attempt.Attempt._write_summary = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
worker.main(sys.argv[1:])
"""


def test_killed_at_its_very_end_a_run_still_ends_the_same(shop, short) -> None:
    run_id = shop.create(SHORT)
    command = [sys.executable, "-c", DYING_END, str(shop.folder(run_id))]
    subprocess.run(command, cwd=PROJECT_ROOT, timeout=PATIENCE_SECONDS, check=False)
    assert shop.read(run_id).status.state == "crashed"
    resume(shop, run_id)
    work(shop, run_id)
    assert_same_run(shop, run_id, short)


@pytest.mark.parametrize("damage", ["cut", "foreign", "empty"])
def test_with_a_damaged_checkpoint_a_run_begins_anew(shop, short, damage: str) -> None:
    run_id = shop.create(SHORT)
    path = shop.folder(run_id) / files.CHECKPOINT
    whole = (shop.folder(short) / files.CHECKPOINT).read_bytes()
    path.write_bytes({"cut": whole[:-100], "foreign": b"{} not a checkpoint", "empty": b""}[damage])
    work(shop, run_id)
    assert_same_run(shop, run_id, short)


# Stopped


def test_a_run_stopped_by_sigterm_says_how_to_go_on(shop) -> None:
    run_id = shop.create(CONFIG)
    process = worker(shop.folder(run_id))
    wait_until(lambda: trains(shop, run_id))
    process.terminate()
    process.wait(PATIENCE_SECONDS)
    status = shop.read(run_id).status
    assert (status.state, status.reason) == (
        "cancelled",
        "Stopped from outside before its end; resume it to go on.",
    )


def test_a_run_stopped_by_sigterm_ends_as_if_never_disturbed(shop, undisturbed) -> None:
    run_id = shop.create(CONFIG)
    process = worker(shop.folder(run_id))
    wait_until(lambda: trains(shop, run_id, 700))
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE_SECONDS)
    resume(shop, run_id)
    work(shop, run_id)
    assert_same_run(shop, run_id, undisturbed)


def test_an_attempt_that_was_replaced_ends_without_a_word(shop) -> None:
    run_id = shop.create(CONFIG.replace(epochs=10_000))
    process = worker(shop.folder(run_id))
    wait_until(lambda: trains(shop, run_id))
    later = new_status("queued", attempt=2)
    # The old worker may write its own status once more between its reading and its writing.
    wait_until(lambda: shop.write_status(run_id, later) or process.poll() is not None)
    assert shop.read(run_id).status.state == "queued"


# Starved


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root on Linux")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_on_a_full_disk_a_run_fails_with_a_sentence_and_can_be_resumed(
    small_disk: Path, shop, undisturbed
) -> None:
    store = RunStore(small_disk / "runs")
    run_id = store.create(CONFIG)
    process = worker(store.folder(run_id))
    wait_until(lambda: len(store.epochs(run_id)) >= 2)
    filler = small_disk / "filler"
    with filler.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    process.wait(PATIENCE_SECONDS)
    run = store.read(run_id)
    assert (run.status.state, run.status.reason.split(",")[0]) == ("failed", "The disk is full")
    filler.unlink()
    moved = shop.root / run_id  # the rest needs more room than the small disk has
    shutil.copytree(store.folder(run_id), moved)
    resume(shop, run_id)
    work(shop, run_id)
    assert_same_run(shop, run_id, undisturbed)


# A worker that may take 100 MB more than it has with torch loaded.
STARVED = """
import resource, sys, torch
from core.runs import worker
lines = dict(line.split(":") for line in open("/proc/self/status"))
taken = int(lines["VmData"].split()[0]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (taken + 100 * 2**20,) * 2)
worker.main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads a process's memory as Linux tells it")
def test_without_memory_a_run_fails_with_a_sentence(shop) -> None:
    # 41 million weights: 164 MB.
    run_id = shop.create(SHORT.replace(hidden_sizes=(6_000, 6_000), dropout=0))
    command = [sys.executable, "-c", STARVED, str(shop.folder(run_id))]
    subprocess.run(command, cwd=PROJECT_ROOT, timeout=PATIENCE_SECONDS, check=False)
    run = shop.read(run_id)
    assert (run.status.state, run.status.reason) == (
        "failed",
        "The memory is used up: choose a smaller model or batch.",
    )


@pytest.mark.skipif(sys.platform != "linux", reason="a file size limit as Linux sets it")
def test_a_file_of_tensors_that_does_not_fit_is_an_error_of_files(tmp_path: Path) -> None:
    script = (
        "import errno, pathlib, resource, numpy\n"
        "from core.runs.tensors import write_tensors\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        f"    write_tensors(pathlib.Path({str(tmp_path / 'x')!r}), {{'a': numpy.zeros(9999)}})\n"
        "except OSError as error:\n"
        "    print(errno.errorcode[error.errno])\n"
    )
    command = [sys.executable, "-c", script]
    ended = subprocess.run(
        command, cwd=PROJECT_ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert ended.stdout == "EFBIG\n", ended.stderr


def test_what_a_killed_attempt_left_half_written_is_removed(shop) -> None:
    run_id = shop.create(SHORT.replace(epochs=1))
    left = shop.folder(run_id) / f".{files.CHECKPOINT}.1234.tmp"
    left.write_bytes(b"half")
    work(shop, run_id)
    assert not left.exists()


# What may be resumed


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("queued", "waits for its turn"),
        ("finished", "has finished. To train it longer"),
        ("diverged", "Start it anew with a smaller learning rate"),
    ],
)
def test_a_run_is_not_resumed_that(store: RunStore, state, sentence: str) -> None:
    run_id = store.create(SHORT)
    store.write_status(run_id, new_status(state))
    with pytest.raises(RunStateError, match=sentence):
        resume(store, run_id)


def test_resuming_counts_the_attempt(store: RunStore) -> None:
    run_id = store.create(SHORT)
    store.write_status(run_id, new_status("failed", reason="No power."))
    resume(store, run_id)
    assert store.read(run_id).status.attempt == 2


def test_resuming_forgets_an_old_cancel(store: RunStore) -> None:
    run_id = store.create(SHORT)
    store.write_status(run_id, new_status("cancelled"))
    (store.folder(run_id) / files.CANCEL).touch()
    resume(store, run_id)
    assert not (store.folder(run_id) / files.CANCEL).exists()


# Continued


def test_a_continued_run_is_one_of_as_many_epochs_from_the_beginning(shop, short) -> None:
    longer = finished(shop, SHORT.replace(epochs=5))
    run_id = extend(shop, short, 5)
    work(shop, run_id)
    assert_same_run(shop, run_id, longer)


def test_a_continued_run_names_where_it_comes_from(shop, short) -> None:
    assert shop.read(extend(shop, short, 4)).info.continued_from == short


def test_the_run_it_comes_from_stays_as_it_is(shop, short) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in shop.folder(short).iterdir()}
    extend(shop, short, 4)
    after = {path.name: path.stat().st_mtime_ns for path in shop.folder(short).iterdir()}
    assert before == after


def test_continuing_needs_more_epochs(shop, short) -> None:
    with pytest.raises(RunStateError, match="has 3 epochs: going on needs more than that, got 3"):
        extend(shop, short, 3)


def test_a_run_whose_rate_has_fallen_is_not_continued(shop) -> None:
    run_id = finished(shop, SHORT.replace(schedule="cosine", epochs=1))
    with pytest.raises(RunStateError, match="has fallen to its end as its schedule says"):
        extend(shop, run_id, 2)


def test_a_run_that_ended_by_its_seconds_is_not_continued(shop) -> None:
    run_id = finished(shop, SHORT.replace(max_seconds=0.01))
    with pytest.raises(RunStateError, match="ended by its time limit"):
        extend(shop, run_id, 9)


def test_a_run_without_a_checkpoint_is_not_continued(shop, short) -> None:
    run_id = finished(shop, SHORT.replace(epochs=1))
    (shop.folder(run_id) / files.CHECKPOINT).unlink()
    with pytest.raises(RunStateError, match="no checkpoint to go on from"):
        extend(shop, run_id, 9)


# Every epoch kept


def test_the_weights_of_every_epoch_are_kept_if_asked(shop) -> None:
    run_id = finished(shop, SHORT.replace(keep_checkpoints=True))
    kept = sorted(path.name for path in (shop.folder(run_id) / files.CHECKPOINTS).iterdir())
    assert kept == [f"epoch-0000{n}.safetensors" for n in (1, 2, 3)]


def test_the_last_kept_epoch_is_the_trained_model(shop) -> None:
    run_id = finished(shop, SHORT.replace(keep_checkpoints=True, epochs=1))
    folder = shop.folder(run_id)
    kept = load_file(folder / files.CHECKPOINTS / "epoch-00001.safetensors")
    assert all((kept[k] == v).all() for k, v in load_file(folder / files.WEIGHTS).items())


def test_a_worker_leaves_no_reserve_behind(shop, short) -> None:
    assert not (shop.folder(short) / files.RESERVE).exists()
