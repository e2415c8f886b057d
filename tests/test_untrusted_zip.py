"""core.runs.untrusted_zip: zip files that are odd, torn or hostile are refused."""

import io
import stat
import struct
import zipfile

import numpy as np
import pytest

from core.runs import importing, untrusted_zip
from core.runs.store import RunStore
from tests.support.zip_files import (
    GOOD,
    changed,
    entry,
    refused,
    with_entry,
    zipped,
)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"Dear teacher", b"PK\x05\x06" + bytes(17), bytes(100_000)]
)
def test_what_is_no_zip_file_is_refused(store: RunStore, content: bytes) -> None:
    refused(store, io.BytesIO(content), "not a zip file")


@pytest.mark.parametrize("cut", [1, 10, 30, 100])
def test_a_torn_zip_file_is_refused(store: RunStore, cut: int) -> None:
    refused(store, io.BytesIO(zipped().getvalue()[:-cut]), "not a zip file")


def test_an_empty_zip_file_is_refused(store: RunStore) -> None:
    refused(store, zipped({}), "There is no run in it")


def test_a_zip_of_other_things_is_refused(store: RunStore) -> None:
    refused(store, zipped({"holiday.txt": "x"}), "There is no run in it")


@pytest.mark.parametrize(
    "name",
    [
        "guest/diary.txt",
        "elsewhere.txt",
        "guest/deep/config.yaml",
        "guest/model.pkl",
        "guest/checkpoints/epoch-1.pkl",
        "guest/checkpoints/deep/epoch-00001.safetensors",
        "guest/events.out.tfevents.1/x",
        "guest/config.json/x",
    ],
)
def test_a_foreign_file_is_refused(store: RunStore, name: str) -> None:
    refused(store, zipped({**GOOD, name: "x"}), "is not a file of a run")


@pytest.mark.parametrize(
    "name",
    [
        "../evil/config.json",
        "guest/../../evil.json",
        "guest/..",
        "/etc/passwd",
        "//host/share",
        "guest//config.json",
        "./guest/summary.json",
    ],
)
def test_a_name_that_leads_out_is_refused(store: RunStore, name: str) -> None:
    refused(store, zipped({**GOOD, name: "x"}), "leads out of its folder")


@pytest.mark.parametrize(
    "name",
    [
        "C:\\evil.json",
        "C:/evil.json",
        "guest\\..\\evil.json",
        "guest/line\nbreak",
        "guest/\x1b[31m",
        "guest/" + "x" * 300,
        "guest/turn\u202eed",
    ],
)
def test_a_strange_name_is_refused(store: RunStore, name: str) -> None:
    refused(store, zipped({**GOOD, name: "x"}), "is not one that files have")


def test_a_name_with_a_hidden_end_is_refused(store: RunStore) -> None:
    file = changed(zipped({**GOOD, "guest/error.txtX": "x"}), b"error.txtX", b"error.txt\0")
    refused(store, file, "is not one that files have")


@pytest.mark.parametrize(
    "mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK]
)
def test_links_and_devices_are_refused(store: RunStore, mode: int) -> None:
    file = with_entry(entry("guest/summary.json", mode | 0o777), b"/etc/passwd")
    refused(store, file, "is a link or a device")


@pytest.mark.parametrize("name", ["guest/config.json", "GUEST/Config.JSON", "guest/status.json/"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused(store: RunStore, name: str) -> None:
    refused(store, with_entry(entry(name), b""), "twice")


def test_an_encrypted_file_is_refused(store: RunStore) -> None:
    content = bytearray(zipped().getvalue())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    refused(store, io.BytesIO(bytes(content)), "encrypted")


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_unusual_packing_is_refused(store: RunStore, packing: int) -> None:
    info = entry("guest/error.txt")
    info.compress_type = packing
    refused(store, with_entry(info), "packed in an unusual way")


def test_too_many_files_are_refused(store: RunStore, monkeypatch) -> None:
    monkeypatch.setattr(untrusted_zip, "MOST_FILES", 1)
    refused(store, zipped(), "2 files; at most 1")


def test_a_directory_that_fills_the_memory_is_refused_unread(store: RunStore) -> None:
    # The count in its end record says 2; what counts is the directory's size.
    content = bytearray(zipped().getvalue())
    end = content.rindex(b"PK\x05\x06")
    content[end + 12 : end + 16] = struct.pack("<L", 2**31)
    refused(store, io.BytesIO(bytes(content)), "too many files")


def test_a_zip_for_larger_files_is_refused(store: RunStore) -> None:
    content = zipped().getvalue()
    end = content.rindex(b"PK\x05\x06")
    locator = b"PK\x06\x07" + bytes(16)
    refused(store, io.BytesIO(content[:end] + locator + content[end:]), "larger than 2 GB")


def test_too_many_runs_are_refused(store: RunStore, monkeypatch) -> None:
    monkeypatch.setattr(importing, "MOST_RUNS", 1)
    members = {f"{top}/{name}": text for top in "ab" for name, text in GOOD.items()}
    refused(store, zipped(members), "2 runs; at most 1")


def test_too_large_a_file_is_refused(store: RunStore) -> None:
    noise = np.random.default_rng(0).integers(0, 256, 1_100_000, np.uint8).tobytes()
    refused(store, zipped({**GOOD, "guest/error.txt": noise}), "is too large")


def test_too_much_in_all_is_refused(store: RunStore, monkeypatch) -> None:
    monkeypatch.setattr(untrusted_zip, "MOST_BYTES", 500)
    refused(store, zipped(), "Unpacked it would be larger")


def test_a_bomb_is_refused(store: RunStore) -> None:
    refused(store, zipped({**GOOD, "guest/steps.jsonl": bytes(25_000_000)}), "times as large")


def test_a_file_that_is_larger_than_it_says_is_refused(store: RunStore) -> None:
    file = zipped({**GOOD, "guest/error.txt": b"x" * 1000})
    file = changed(file, struct.pack("<L", 1000), struct.pack("<L", 10))
    refused(store, file, "damaged")


def test_a_file_that_is_smaller_than_it_says_is_refused(store: RunStore) -> None:
    file = zipped({**GOOD, "guest/error.txt": b"x" * 1000})
    file = changed(file, struct.pack("<L", 1000), struct.pack("<L", 1001))
    refused(store, file, "not as large as the zip file says")


def test_a_wrong_checksum_is_refused(store: RunStore) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in GOOD.items():
            archive.writestr(name, content)
    refused(store, changed(file, b'"guest"', b'"gXest"'), "damaged")


def test_an_entry_that_lies_before_the_beginning_is_called_damaged(store: RunStore) -> None:
    # The place of the directory, as the end states it, moves every entry by as much.
    content = bytearray(zipped().getvalue())
    end = content.rindex(b"PK\x05\x06")
    place = struct.unpack_from("<L", content, end + 16)[0]
    struct.pack_into("<L", content, end + 16, place + 40)
    refused(store, io.BytesIO(bytes(content)), "damaged")
