"""core.runs.files: a file is replaced in one piece or not at all."""

import threading
from pathlib import Path

import pytest

from core.runs import files


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
