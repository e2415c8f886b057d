"""Zip files with runs in them, good and odd, for the tests of export and import."""

import io
import json
import zipfile
from collections.abc import Mapping

import pytest

from core.config import RunConfig
from core.errors import ArchiveError
from core.runs import files
from core.runs.exporting import write_zip
from core.runs.importing import import_runs
from core.runs.store import RunStore

CONFIG = RunConfig(dataset="digits")
INFO = {"config": CONFIG.model_dump(mode="json"), "name": "guest", "created": 1.0}
STATUS = {"state": "cancelled", "heartbeat": 2.0}
GOOD = {
    "guest/config.json": json.dumps(INFO),
    "guest/status.json": json.dumps(STATUS),
}


def zipped(members: Mapping[str, str | bytes] = GOOD) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def exported(store: RunStore, *ids: str) -> io.BytesIO:
    file = io.BytesIO()
    write_zip(store, ids, file)
    return file


def entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def with_entry(info: zipfile.ZipInfo, content: bytes = b"x") -> io.BytesIO:
    file = zipped()
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(info, content)
    return file


def changed(file: io.BytesIO, old: bytes, new: bytes, count: int = -1) -> io.BytesIO:
    content = file.getvalue()
    assert old in content
    return io.BytesIO(content.replace(old, new, count))


def refused(store: RunStore, file: io.BytesIO, reason: str) -> None:
    """Check that `file` is refused for `reason`, and that no trace of it is left."""
    store.root.mkdir(exist_ok=True)
    before = sorted(store.root.rglob("*"))
    with pytest.raises(ArchiveError, match="not taken in") as caught:
        import_runs(store, file)
    assert reason in str(caught.value)
    after = [path for path in sorted(store.root.rglob("*")) if path.name != files.CHANGES_LOCK]
    assert after == before
