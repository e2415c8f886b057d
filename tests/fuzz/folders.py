"""Run folders, drawings, group files and the index, damaged in every way: never more than a word.

Each example is a fresh copy of a finished run in which one file is another one. Whatever the
dashboard and the command line do with runs is done with it.
"""

import functools
import io
import json
import os
import pickle
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from PIL import Image, ImageDraw
from safetensors.numpy import save as save_tensors

from core.cli.app import main
from core.config import IMAGE_SIDE
from core.errors import DigitLabError
from core.field_test.store import DrawingStore
from core.field_test.taking import keep_drawing
from core.learning.evaluation import predict, restore_model
from core.report.page import build_report
from core.runs import files
from core.runs.checkpoints import read_checkpoint
from core.runs.exporting import write_zip
from core.runs.groups import GroupStore
from core.runs.index import RunIndex
from core.runs.queue import waiting_before
from core.runs.records import Run
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from core.ui.run_rows import RowMaker
from tests.fuzz.hostile import (
    Edits,
    changed_bytes,
    changed_json,
    deep_texts,
    edited,
    edits,
    json_like,
    json_values,
    shortly,
)
from tests.fuzz.properties import Property
from tests.fuzz.watch import CANARY, only_within

WHOLE: Final = "example-sgd"
HARMED: Final = "example-adam"
_TEXTS: Final = (files.CONFIG, files.STATUS, files.SUMMARY, files.ENVIRONMENT)
_TABLES: Final = {name: f"{name}.parquet" for name in (files.STEPS, files.EPOCHS, files.LAYERS)}
_BINARIES: Final = (files.PREDICTIONS, files.DIGITS, files.WEIGHTS, *_TABLES.values())


class Harm:
    """What does harm to whoever unpickles it."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, ...]]:
        return os.system, (f"echo {CANARY}",)


@dataclass(frozen=True, repr=False)
class Damage:
    """What stands in the place of the file `name` of a run: other bytes, or no file at all."""

    name: str
    content: bytes | None = None
    instead: str = ""  # a folder, a pipe, a link to a device, to itself, to nothing, or nothing

    def __repr__(self) -> str:
        return f"{self.name}: {self.instead or shortly(repr(self.content))}"

    def do(self, folder: Path) -> None:
        """Do it to the run, or whatever it is, in `folder`."""
        path = folder / self.name
        path.unlink(missing_ok=True)
        match self.instead:
            case "":
                path.write_bytes(self.content or b"")
            case "folder":
                path.mkdir()
            case "pipe":
                os.mkfifo(path)
            case "endless device":
                path.symlink_to("/dev/zero")
            case "itself":
                path.symlink_to(path)
            case "large":
                with path.open("wb") as file:
                    file.truncate(40_000_000_000)


INSTEAD: Final = ("folder", "pipe", "endless device", "itself", "large", "nothing")


@functools.cache
def example(name: str) -> bytes:
    """Return the file `name` of the example run that is harmed."""
    return (PROJECT_ROOT / "runs" / HARMED / name).read_bytes()


def damages() -> SearchStrategy[Damage]:
    """Give damages to any file of a run."""
    every = (*_TEXTS, *_BINARIES, files.CHECKPOINT, f"{files.STEPS}.jsonl")
    return st.one_of(
        st.sampled_from(_TEXTS).flatmap(_changed_text),
        st.sampled_from(_BINARIES).flatmap(_changed_binary),
        st.builds(Damage, st.sampled_from(every), st.none(), st.sampled_from(INSTEAD)),
        st.builds(Damage, st.sampled_from(_BINARIES), _foreign_files()),
        st.builds(Damage, st.just(f"{files.EPOCHS}.jsonl"), _lines()),
        st.builds(Damage, st.sampled_from((*_TEXTS, *_BINARIES)), st.binary(max_size=300)),
    )


def _changed_text(name: str) -> SearchStrategy[Damage]:
    content = example(name)
    values = changed_json(json.loads(content)).map(json_like).map(_encoded)
    broken = st.one_of(values, changed_bytes(content), deep_texts.map(_encoded))
    return st.builds(Damage, st.just(name), broken)


def _changed_binary(name: str) -> SearchStrategy[Damage]:
    return st.builds(Damage, st.just(name), changed_bytes(example(name)))


def _lines() -> SearchStrategy[bytes]:
    rows = json_values.map(json_like)
    return st.lists(rows, max_size=5).map(lambda lines: _encoded("\n".join(lines)))


def _encoded(text: str) -> bytes:
    return text.encode(errors="replace")


def _foreign_files() -> SearchStrategy[bytes]:
    """Give whole files of the kinds that runs have, which hold something else."""
    kinds = st.sampled_from(
        (np.uint8, np.int64, np.float16, np.float32, np.float64, np.bool_, np.complex64)
        + ("U3", "M8[s]")
    )  # fmt: skip
    shapes = st.lists(st.integers(0, 30), max_size=4).map(tuple)
    arrays = st.builds(_array, kinds, shapes, st.sampled_from((0, 1, -1, 9, 10, 255, 1e30, np.nan)))
    named = st.dictionaries(
        st.sampled_from(("labels", "indices", "predicted", "logits", "pixels", "0.weight", "x")),
        arrays,
        max_size=5,
    )
    columns = st.dictionaries(
        st.sampled_from(("step", "epoch", "loss", "validation_accuracy", "layer", "images")),
        st.sampled_from(
            ([1, 2], [1.5, None], ["a", "b"], [[1], [2]], [True, False], [2**62, -1], [b"a", b"b"])
        ),
        max_size=4,
    )
    return st.one_of(
        named.map(_npz),
        named.map(_tensors),
        columns.map(_table),
        st.sampled_from((pickle.dumps(Harm()), _pickled_array(), _bomb(), _long_words())),
    )


def _array(kind: Any, shape: tuple[int, ...], value: float) -> np.ndarray[Any, Any]:
    try:
        with np.errstate(all="ignore"):
            return np.full(shape, value).astype(kind)
    except (ValueError, OverflowError):
        return np.zeros(shape, dtype=kind)


def _npz(arrays: dict[str, np.ndarray[Any, Any]]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _pickled_array() -> bytes:
    harm = np.array([Harm()], dtype=object)
    return _npz(dict.fromkeys(("labels", "indices", "predicted", "logits", "pixels"), harm))


def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.npy", bytes(100_000_000))
    return buffer.getvalue()


def _tensors(arrays: dict[str, np.ndarray[Any, Any]]) -> bytes:
    plain = {name: values for name, values in arrays.items() if values.dtype.kind in "iufb"}
    return save_tensors(plain)


def _table(columns: dict[str, list[Any]]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def _long_words() -> bytes:
    words = pa.array(["x" * 1_000_000] * 3_000).dictionary_encode()
    buffer = io.BytesIO()
    pq.write_table(pa.table({"step": words, "loss": words}), buffer)
    return buffer.getvalue()


@contextmanager
def folder_with_runs() -> Iterator[Path]:
    """Give a folder with a whole run and one to be harmed, which goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="digitlab-fuzz-") as place:
        runs = Path(place) / "runs"
        for name in (WHOLE, HARMED):
            shutil.copytree(PROJECT_ROOT / "runs" / name, runs / name)
        yield Path(place)


def said(words: list[str]) -> tuple[int, str]:
    """Return what the command line answers to `words`, with what it says on stderr."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    return code, err.getvalue()


def check_run(damage: Damage) -> None:
    """A damaged run is listed, read, drawn with, compared, reported and exported, or refused."""
    with folder_with_runs() as place:
        runs = place / "runs"
        damage.do(runs / HARMED)
        with only_within(place):
            store = RunStore(runs)
            listed = store.list()
            assert {run.id for run in listed} == {WHOLE, HARMED}
            RowMaker(store, listed).rows([])
            for run in listed:
                if isinstance(run, Run):
                    _use(store, run, listed)
            _ask_command_line(runs)


def _use(store: RunStore, run: Run, listed: list[Any]) -> None:
    waiting_before([one for one in listed if isinstance(one, Run)], run.id)
    for read in (store.steps, store.epochs, store.layers, store.predictions, store.digits):
        with suppress(DigitLabError):
            read(run.id)
    read_checkpoint(store.folder(run.id))
    with suppress(DigitLabError):
        model = restore_model(run.config, store.weights(run.id))
        shares = predict(run.config, model, np.zeros((2, IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8))
        assert shares.shape == (2, 10)
    with suppress(DigitLabError):
        write_zip(store, [run.id], io.BytesIO())


def _ask_command_line(runs: Path) -> None:
    where = ["--runs", str(runs)]
    for words in (["runs"], ["show", HARMED], ["compare", WHOLE, HARMED]):
        code, complaint = said([*where, *words])
        assert code in (0, 1, 2)
        assert not code or complaint.strip(), f"{words} fails without a word"


def check_report(damage: Damage) -> None:
    """The report on a damaged run is written, or refused in a sentence."""
    with folder_with_runs() as place:
        damage.do(place / "runs" / HARMED)
        with only_within(place), suppress(DigitLabError):
            build_report(RunStore(place / "runs"), [WHOLE, HARMED])


@functools.cache
def _drawing() -> bytes:
    """Return the file of a drawing."""
    picture = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(picture).line([(140, 40), (140, 240)], fill=0, width=20)
    with tempfile.TemporaryDirectory() as place:
        store = DrawingStore(Path(place))
        kept = keep_drawing(store, picture, 1)
        return (Path(place) / f"{kept.id}.json").read_bytes()


def _drawing_damages() -> SearchStrategy[Damage]:
    name = st.just("0123456789a.json")
    content = _drawing()
    return st.one_of(
        st.builds(Damage, name, changed_bytes(content)),
        st.builds(Damage, name, changed_json(json.loads(content)).map(json_like).map(_encoded)),
        st.builds(Damage, name, deep_texts.map(_encoded)),
        st.builds(Damage, name, st.none(), st.sampled_from(INSTEAD)),
    )


def check_drawing(damage: Damage) -> None:
    """A damaged drawing of the field test is listed with the reason, and shown or refused."""
    with tempfile.TemporaryDirectory(prefix="digitlab-fuzz-") as place:
        damage.do(Path(place))
        with only_within(Path(place)):
            store = DrawingStore(Path(place))
            store.listed()
            drawing_id = damage.name.removesuffix(".json")
            with suppress(DigitLabError):
                store.read(drawing_id)
                store.original(drawing_id)
            with suppress(DigitLabError):
                store.mark(drawing_id, hidden=True)


_GROUP: Final = {
    "id": "a",
    "kind": "sweep",
    "name": "sweep",
    "created": 1.0,
    "base": {"dataset": "digits"},
    "varied": {"optimizer": ["sgd", "adam"], "learning_rate": [0.1, 0.01]},
}
_FAIR: Final = {
    "id": "a",
    "kind": "fair",
    "name": "fair",
    "created": 1.0,
    "base": {"dataset": "digits"},
    "rates": {"sgd": [0.1], "adam": [0.01]},
    "seeds": [1, 2],
    "stage": "chosen",
    "choices": {"sgd": {"rate": 0.1, "tried": 1, "usable": 1}},
}


def _group_damages() -> SearchStrategy[Damage]:
    name = st.just("a.json")
    whole = st.sampled_from((_GROUP, _FAIR))
    return st.one_of(
        st.builds(Damage, name, whole.flatmap(changed_json).map(json_like).map(_encoded)),
        st.builds(Damage, name, changed_bytes(json.dumps(_GROUP).encode())),
        st.builds(Damage, name, st.none(), st.sampled_from(INSTEAD)),
    )


def check_group(damage: Damage) -> None:
    """A damaged file of a sweep costs the sweep its line, never a page."""
    with tempfile.TemporaryDirectory(prefix="digitlab-fuzz-") as place:
        folder = Path(place) / files.GROUPS
        folder.mkdir()
        damage.do(folder)
        with only_within(Path(place)):
            groups = GroupStore(Path(place))
            for group in groups.list():
                assert group.foreseen >= 0
                assert group.fields is not None
                for configs in (group.first_configs, group.foreseen_configs, group.final_configs):
                    with suppress(DigitLabError):
                        configs()


@functools.cache
def _indexed() -> tuple[Path, Path, bytes]:
    """Return a folder of runs, one for the index of them, and what the index holds."""
    place = Path(_KEPT.name)
    shutil.copytree(PROJECT_ROOT / "runs" / WHOLE, place / "runs" / WHOLE)
    time.sleep(_BELIEVED_SECONDS)
    index = RunIndex(place / "cache", place / "runs")
    store = RunStore(place / "runs", index)
    store.list()
    store.save_index()
    assert index.load().keys() == {WHOLE}
    return place / "runs", index.path, index.path.read_bytes()


_KEPT: Final = tempfile.TemporaryDirectory(prefix="digitlab-fuzz-")
_BELIEVED_SECONDS: Final = 3.0  # after which a time stamp says that nothing has changed


def check_index(changes: Edits | str) -> None:
    """Whatever the index holds, the runs are listed as their folders say."""
    runs, path, content = _indexed()
    for kept in path.parent.iterdir():
        shutil.rmtree(kept) if kept.is_dir() else kept.unlink()
    whole = edited(content, changes) if isinstance(changes, list) else None
    Damage(path.name, whole, "" if whole is not None else str(changes)).do(path.parent)
    with only_within(runs, path.parent):
        store = RunStore(runs, RunIndex(path.parent, runs))
        assert store.list() == RunStore(runs).list()
        store.save_index()
        assert store.list() == RunStore(runs).list()


RUNS: Final = Property("run folders", damages(), check_run, quick=12)
REPORTS: Final = Property("run folders in a report", damages(), check_report, quick=5)
DRAWINGS: Final = Property(
    "drawings of the field test", st.deferred(_drawing_damages), check_drawing
)
GROUPS: Final = Property("sweeps' files", _group_damages(), check_group)
INDEXES: Final = Property(
    "the index of runs", st.one_of(edits, st.sampled_from(INSTEAD[:4])), check_index, quick=30
)
