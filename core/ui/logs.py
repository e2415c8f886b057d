"""The dashboard's log: lines of JSON in files of bounded size, and readable lines on the terminal.

Whatever is logged in this process, by us or by the libraries, is cleaned as it is made: no query
string, cookie, passphrase, token or visitor's address reaches a file or the terminal.
"""

import contextlib
import ipaddress
import json
import logging
import re
import sys
import threading
import time
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final, TextIO

from filelock import FileLock, Timeout

FILE_NAME: Final = "digit-lab.jsonl"
_FILE_BYTES: Final = 5_000_000
_FILES: Final = 4  # older ones beside the one that is written
_PROCESSES: Final = 8  # that may log into one folder at once, each into files of its own
_LONGEST: Final = 8_000  # characters of a message or a traceback
_REPEATED_SECONDS: Final = 60.0
_GONE: Final = "[removed]"

# What looks like a secret; what the groups hold stays.
_SECRETS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Whole header lines, with all that stands in them.
        r"\b((?:set-)?cookie2?|authorization|x-xsrftoken)(['\"]?\s*[:=]\s*).*",
        r"\b(bearer|basic)(\s+)[\w.~+/=-]{6,}",
        # What opens something to whoever knows it: an upload, a file, a view of curves.
        r"(/upload_file/|/digitlab/(?:curves|drawings)/)()[^\s'\"]+",
        # The part of an address behind the question mark.
        r"(\?)()[\w%.~+-]+=[^\s'\"<>)\]]*",
        # Named ones: "passphrase=…", "'token': '…'".
        r"((?:password|passphrase|passwd|secret|token|api_?key|credential|session_?id|"
        r"signature)[\w-]{0,30})(['\"]?\s{0,9}[:=]\s{0,9})"
        r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&)\]}]+)",
        # Signed words (JSON web tokens), and random ones.
        r"()()(?<![\w-])eyJ[\w-]{6,}(?:\.[\w-]*)+",
        r"()()(?<![\w/.-])(?=[\w-]*\d)[\w-]{32,}={0,2}(?![\w/.-])",
    )
)
_ADDRESS: Final = re.compile(r"(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f:]{3,39})(?![\w])")
_NOT_VISITORS: Final = frozenset({"127.0.0.1", "0.0.0.0", "::1", "::"})  # nosec B104 - compared

_log = logging.getLogger(__name__)


def clean(text: str) -> str:
    """Return `text` without what looks like a secret or the address of a visitor."""
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… (cut)"
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<1>\g<2>{_GONE}", text)
    return _ADDRESS.sub(_without_visitor, text)


def _without_visitor(found: re.Match[str]) -> str:
    word = found[0]
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return word
    return word if word in _NOT_VISITORS else "[address]"


class CleanRecord(logging.LogRecord):
    """A record that never held a secret, its traceback included, whoever writes it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.template = str(self.msg)  # the same for all records of one place
        try:
            message = self.getMessage()
        except Exception:  # noqa: BLE001 - whatever a library hands to its own log
            message = self.template
        self.msg, self.args = clean(message), ()
        if self.exc_info and self.exc_info[0] is not None:
            self.exc_text = clean(logging.Formatter().formatException(self.exc_info))


class Seldom(logging.Filter):
    """Lets the same complaint through once a minute, and says how often it came meanwhile.

    The queue looks three times a second: a disk that cannot be written to is one thing to say,
    not three a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._last: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether `record` is to be written."""
        if record.levelno < logging.WARNING:
            return True
        template = str(getattr(record, "template", record.msg))
        key, now = (record.name, template), time.monotonic()
        with self._lock:
            at, missed = self._last.get(key, (-_REPEATED_SECONDS, 0))
            if now - at < _REPEATED_SECONDS:
                self._last[key] = (at, missed + 1)
                return False
            if len(self._last) > 1_000:
                self._last.clear()
            self._last[key] = (now, 0)
        if missed:
            record.repeated = missed
        return True


class JsonLines(logging.Formatter):
    """One record as one line of JSON: when, how grave, who says it, what."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        moment = datetime.fromtimestamp(record.created, UTC)
        fields: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if getattr(record, "repeated", 0):
            fields["repeated"] = record.repeated  # type: ignore[attr-defined]
        if record.exc_text:
            fields["traceback"] = record.exc_text
        return json.dumps(fields, ensure_ascii=False)


class _Files(RotatingFileHandler):
    """Writes into files; where that fails, says so once and leaves the dashboard alone."""

    complained = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002
        """Say once that the log cannot be written."""
        if self.complained:
            return
        self.complained = True
        reason = sys.exc_info()[1]
        sys.stderr.write(f"The log in {self.baseFilename} cannot be written now ({reason}).\n")


class Logs:
    """The handlers that this process has put up, to be taken down again."""

    def __init__(
        self, folder: Path, terminal: TextIO | None = None, *, file_bytes: int = _FILE_BYTES
    ) -> None:
        """Write files of `file_bytes` into `folder`, and on `terminal`, by default stderr."""
        self._file_bytes = file_bytes
        self._folder = folder
        self._terminal = terminal
        self._put_up: list[tuple[logging.Logger, logging.Handler]] = []
        self._made_before = logging.getLogRecordFactory()
        self._lock: FileLock | None = None
        self.path: Path | None = None  # the file that is written; None where none can be

    def start(self) -> None:
        """Begin to log. Raises nothing: without a folder the terminal alone has the lines."""
        logging.setLogRecordFactory(CleanRecord)
        logging.getLogger("core").setLevel(logging.INFO)
        terminal = logging.StreamHandler(self._terminal)
        terminal.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        terminal.addFilter(_ours_or_grave)
        terminal.addFilter(Seldom())
        self._put(logging.getLogger(), terminal)
        files = self._open()
        if files is None:
            _log.warning(
                "No log can be written in %s: check that the folder may be written to. The "
                "dashboard runs on, with what it says on the terminal alone.",
                self._folder,
            )
            return
        files.setFormatter(JsonLines())
        files.addFilter(Seldom())
        for logger in (logging.getLogger(), *_apart()):
            self._put(logger, files)

    def stop(self) -> None:
        """Close the files."""
        for logger, handler in self._put_up:
            logger.removeHandler(handler)
            with contextlib.suppress(OSError):  # the last lines find no room
                handler.close()
        self._put_up.clear()
        logging.setLogRecordFactory(self._made_before)
        if self._lock is not None:
            self._lock.release()

    def _put(self, logger: logging.Logger, handler: logging.Handler) -> None:
        logger.addHandler(handler)
        self._put_up.append((logger, handler))

    def _open(self) -> _Files | None:
        """Open the first log that no other process writes to."""
        stem, ending = FILE_NAME.split(".")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for number in range(1, _PROCESSES + 1):
                name = FILE_NAME if number == 1 else f"{stem}-{number}.{ending}"
                lock = FileLock(self._folder / f".{name}.lock", thread_local=False)
                with contextlib.suppress(Timeout):
                    lock.acquire(blocking=False)
                    path = self._folder / name
                    files = _Files(path, "a", self._file_bytes, _FILES, encoding="utf-8")
                    self._lock, self.path = lock, path
                    return files
        except OSError:
            return None
        return None


def _ours_or_grave(record: logging.LogRecord) -> bool:
    """Tell whether a record is for the terminal: the libraries write theirs there themselves."""
    return record.name.startswith("core.") or record.levelno >= logging.WARNING


def _apart() -> list[logging.Logger]:
    """Return the loggers of libraries whose records go no further up."""
    known = list(logging.Logger.manager.loggerDict.values())
    apart = [one for one in known if isinstance(one, logging.Logger) and not one.propagate]
    # With a handler, uvicorn would begin to note every request.
    return [one for one in apart if one.name != "uvicorn.access"]
