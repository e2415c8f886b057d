"""Zip files of runs from anywhere: taken in whole or refused, and nothing outside the folder."""

import functools
import io
import stat
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from core.errors import ArchiveError, RunError
from core.runs.exporting import write_zip
from core.runs.importing import import_runs
from core.runs.records import Run
from core.runs.store import RunStore
from core.settings import PROJECT_ROOT
from tests.fuzz.folders import HARMED, Damage, damages
from tests.fuzz.hostile import edited, edits, whole_texts
from tests.fuzz.properties import Property
from tests.fuzz.watch import only_within
from tests.support.zip_files import GOOD

_NAMES: Final = (
    "guest/config.json",
    "guest/../../escaped",
    "../escaped",
    "/tmp/digitlab-escaped",
    "guest/./config.json",
    "guest//config.json",
    "guest\\..\\escaped",
    "C:/escaped",
    "GUEST/CONFIG.JSON",
    "guest/checkpoints/epoch-1.safetensors",
    "guest/checkpoints/../../../escaped",
    "guest/.hidden",
    "guest/worker.lock",
    "config.json",
    ".import-1/config.json",
    ".bin/guest/config.json",
    ".groups/a.json",
    "a/b/c/d/config.json",
    "x" * 400,
    "guest/events.out.tfevents.1.a.2.b",
)
_KINDS: Final = (0, stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777, stat.S_IFIFO, stat.S_IFDIR | 0o755)


@functools.cache
def exported() -> bytes:
    """Return the export of an example run."""
    buffer = io.BytesIO()
    write_zip(RunStore(PROJECT_ROOT / "runs"), [HARMED], buffer)
    return buffer.getvalue()


@functools.cache
def _members() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(exported())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _with_entries(entries: list[tuple[str, int, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in GOOD.items():
            archive.writestr(name, content)
        for name, kind, content in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = kind << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def _damaged(damage: Damage) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _members().items():
            harmed = name == f"{HARMED}/{damage.name}" and not damage.instead
            archive.writestr(name, (damage.content or b"") if harmed else content)
    return buffer.getvalue()


def zips() -> SearchStrategy[bytes]:
    """Give zip files that are damaged, dangerous, or hold a damaged run."""
    contents = st.one_of(st.binary(max_size=50), st.just(bytes(21_000_000)), st.just(b"../x"))
    names = st.one_of(st.sampled_from(_NAMES), whole_texts.map(lambda text: f"guest/{text[:500]}"))
    entries = st.lists(
        st.tuples(names, st.sampled_from(_KINDS), contents), min_size=1, max_size=4
    ).map(_with_entries)
    return st.one_of(
        st.builds(edited, st.just(exported()), edits),
        entries,
        st.builds(edited, entries, edits),
        damages().map(_damaged),
        st.binary(max_size=200),
    )


def check_zip(content: bytes) -> None:
    """All runs of the zip are taken in, or none; nothing else appears anywhere."""
    with tempfile.TemporaryDirectory(prefix="digitlab-fuzz-") as place:
        store = RunStore(Path(place) / "inside" / "runs")
        store.root.mkdir(parents=True)
        taken: list[Any] = []
        with only_within(store.root), suppress(ArchiveError, RunError):
            taken = import_runs(store, io.BytesIO(content))
        appeared = {path.name for path in store.root.iterdir()} - {".changes.lock"}
        assert appeared == {one.run_id for one in taken}
        assert list(Path(place).iterdir()) == [store.root.parent]
        assert not [path for path in store.root.rglob("*") if path.is_symlink()]
        assert all(isinstance(run, Run) and not run.active for run in store.list())


ZIPS: Final = Property("zip files of runs", st.deferred(zips), check_zip, quick=25)
