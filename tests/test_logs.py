"""The dashboard's log: what is taken out of it, how large it grows, and where it cannot be."""

import io
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.ui.logs import Logs, clean

_log = logging.getLogger("core.test")


@pytest.fixture
def terminal() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logs(tmp_path: Path, terminal: io.StringIO) -> Iterator[Logs]:
    """A log in a folder of its own, taken down afterwards."""
    logs = Logs(tmp_path / "logs", terminal)
    logs.start()
    yield logs
    logs.stop()


def lines(logs: Logs) -> list[dict]:
    assert logs.path is not None
    return [json.loads(line) for line in logs.path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET /compare?runs=abc&x=1 HTTP", "GET /compare?[removed] HTTP"),
        ("Cookie: a=b; _streamlit_user=c", "Cookie: [removed]"),
        ("headers {'cookie': 'a=b'}", "headers {'cookie': [removed]"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: [removed]"),
        ("sent Bearer abcdef123", "sent Bearer [removed]"),
        ("passphrase=correct horse", "passphrase=[removed] horse"),
        ('{"passphrase": "correct horse"}', '{"passphrase": [removed]}'),
        ("client_secret: 'abc'", "client_secret: [removed]"),
        ("got eyJhbGciOi.eyJzdWIi.c2ln back", "got [removed] back"),
        ("xsrf 2|0123456789abcdef0123456789abcdef", "xsrf 2|[removed]"),
        ("10.1.2.3:4444 came", "[address]:4444 came"),
        ("2001:db8::7 came", "[address] came"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, left: str) -> None:
    assert clean(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Run 06dzn0kq2vr has started at 12:30:45",
        "127.0.0.1 is this computer",
        "pydantic_core._pydantic_core.ValidationError: 1 error",
        'File "/opt/lab/lib/python3.11/site-packages/a_module_with_a_name_of_more_than_32.py"',
        "passed: 3, failed: 0",
        "Is it well? It is",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert clean(text) == text


def test_a_record_is_one_line_of_json(logs: Logs) -> None:
    _log.info("Run %s\nhas started", "abc")
    (line,) = lines(logs)
    assert (line["level"], line["logger"], line["message"]) == (
        "info",
        "core.test",
        "Run abc\nhas started",
    )


def test_a_traceback_is_kept_without_its_secrets(logs: Logs) -> None:
    try:
        int("token=abc123")
    except ValueError:
        _log.exception("It failed")
    (line,) = lines(logs)
    assert ("ValueError" in line["traceback"], "abc123" in json.dumps(line)) == (True, False)


def test_the_terminal_gets_a_line_to_read(logs: Logs, terminal: io.StringIO) -> None:
    _log.info("Run abc has started, passphrase=hunter2")
    assert terminal.getvalue().endswith("INFO Run abc has started, passphrase=[removed]\n")


def test_the_same_complaint_comes_once_a_minute(logs: Logs) -> None:
    for number in range(100):
        _log.warning("The queue waits: %s", number)
    assert [line["message"] for line in lines(logs)] == ["The queue waits: 0"]


def test_what_a_library_logs_is_in_the_file_and_clean(logs: Logs) -> None:
    logging.getLogger("some.library").warning("asked /x?password=hunter2")
    assert [line["message"] for line in lines(logs)] == ["asked /x?[removed]"]


def test_the_files_of_a_log_are_bounded(tmp_path: Path) -> None:
    logs = Logs(tmp_path / "logs", io.StringIO(), file_bytes=2_000)
    logs.start()
    for number in range(200):
        _log.info("%d %s", number, "word " * 20)
    logs.stop()
    sizes = [path.stat().st_size for path in (tmp_path / "logs").glob("digit-lab.jsonl*")]
    assert (len(sizes), max(sizes) <= 2_000) == (5, True)


def test_a_second_process_gets_files_of_its_own(logs: Logs, tmp_path: Path) -> None:
    second = Logs(tmp_path / "logs", io.StringIO())
    second.start()
    try:
        assert second.path is not None
        assert second.path.name == "digit-lab-2.jsonl"
    finally:
        second.stop()


def test_where_no_log_can_be_written_the_terminal_says_so_once(tmp_path: Path, terminal) -> None:
    (tmp_path / "logs").write_text("a file, no folder")
    logs = Logs(tmp_path / "logs", terminal)
    logs.start()
    try:
        _log.info("goes on")
        assert terminal.getvalue().count("No log can be written") == 1
        assert terminal.getvalue().endswith("goes on\n")
    finally:
        logs.stop()


def test_a_log_that_can_no_longer_be_written_is_said_once(logs: Logs, capsys) -> None:
    (file,) = (h for h in logging.getLogger().handlers if hasattr(h, "complained"))
    file.stream.close()
    file.stream = Path("/dev/full").open("w")  # noqa: SIM115
    for _ in range(3):
        _log.info("lost")
    assert capsys.readouterr().err.count("cannot be written now") == 1


def test_a_log_that_was_taken_down_cleans_no_more(tmp_path: Path) -> None:
    before = logging.getLogRecordFactory()
    logs = Logs(tmp_path / "logs", io.StringIO())
    logs.start()
    logs.stop()
    assert logging.getLogRecordFactory() is before


@pytest.mark.parametrize(
    "text", ["a", "1", "a-b_", "token", "token='", "eyJ-", "?a", "1.1.1.1", ":"]
)
def test_no_text_takes_long_to_clean(text: str) -> None:
    began = time.process_time()
    clean(text * (50_000 // len(text)))
    assert time.process_time() - began < 2
