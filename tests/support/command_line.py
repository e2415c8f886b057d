"""`python -m core` as a user types it: real processes, two runs at once."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from core.settings import PROJECT_ROOT

PATIENCE_SECONDS = 120


def start(*words: str | Path, settings: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Start it with `words` and `settings`, and with none of this shell's own settings."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("DIGITLAB_")}
    return subprocess.Popen(
        [sys.executable, "-m", "core", *map(str, words)],
        cwd=PROJECT_ROOT,
        env=kept | {"DIGITLAB_SLOTS": "2", "PYTHONUTF8": "1", **(settings or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def wait(process: "subprocess.Popen[str]") -> "subprocess.CompletedProcess[str]":
    """Return what `process` said when it ended by itself; never a traceback."""
    try:
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert "Traceback" not in err
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
