"""The one place that reads the environment; everything else is handed its folders."""

import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigError

# Beyond these a number is a slip of the hand.
_MOST_GIGABYTES = 1e9
_MOST_SESSIONS = 100_000

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Where runs and images lie, how much may train at once and what visitors may take up.

    `cache` is for what may be deleted at any time; None where the system names no such folder.
    Sizes are in bytes: `warn_free` and `stop_free` are free space of the disk of the runs,
    `most_runs` is what the runs may take together, `most_uploads` the same of all uploads held in
    memory. `sessions` is how many pages may be open at once.
    """

    runs: Path
    data: Path
    cache: Path | None
    slots: int
    offline: bool
    chosen_drawings: Path | None = None
    chosen_logs: Path | None = None
    sessions: int = 300
    most_uploads: int = 500_000_000
    warn_free: int = 2_000_000_000
    stop_free: int = 500_000_000
    most_runs: int | None = None

    @property
    def drawings(self) -> Path:
        """Where the drawings of the field test lie: beside the runs, unless chosen otherwise."""
        return self.chosen_drawings or self.runs.parent / "drawings"

    @property
    def logs(self) -> Path:
        """Where the dashboard's log lies: beside the runs, unless chosen otherwise."""
        return self.chosen_logs or self.runs.parent / "logs"


def read_settings() -> Settings:
    """Read `DIGITLAB_RUNS`, `_DATA`, `_CACHE`, `_DRAWINGS`, `_LOGS`, `_SLOTS`, `_OFFLINE`, limits.

    `slots` is the number of runs that train at once, by default one a core; each gets
    cores ÷ slots threads. `offline` (`DIGITLAB_OFFLINE=1`) keeps the dashboard from fetching MNIST.
    Limits are `DIGITLAB_MAX_SESSIONS`, `DIGITLAB_MAX_UPLOADS_GB`, `DIGITLAB_MAX_RUNS_GB`,
    `DIGITLAB_WARN_FREE_GB` and `DIGITLAB_STOP_FREE_GB`.

    Raises ConfigError if a number is none, or out of range.
    """
    most_runs = _bytes("DIGITLAB_MAX_RUNS_GB", 0)
    return Settings(
        runs=_folder("DIGITLAB_RUNS", "runs"),
        data=_folder("DIGITLAB_DATA", "data"),
        cache=_cache_folder(),
        slots=_whole("DIGITLAB_SLOTS", core_count()),
        offline=os.environ.get("DIGITLAB_OFFLINE", "") not in ("", "0"),
        chosen_drawings=_chosen_folder("DIGITLAB_DRAWINGS"),
        chosen_logs=_chosen_folder("DIGITLAB_LOGS"),
        sessions=_whole("DIGITLAB_MAX_SESSIONS", Settings.sessions, _MOST_SESSIONS),
        most_uploads=_bytes("DIGITLAB_MAX_UPLOADS_GB", Settings.most_uploads),
        warn_free=_bytes("DIGITLAB_WARN_FREE_GB", Settings.warn_free),
        stop_free=_bytes("DIGITLAB_STOP_FREE_GB", Settings.stop_free),
        most_runs=most_runs or None,
    )


def _whole(variable: str, default: int, most: int | None = None) -> int:
    text = os.environ.get(variable, "").strip() or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise ConfigError(f"{variable} must be a whole number of at least 1, got {text!r}.")
    if most is not None and int(text) > most:
        raise ConfigError(f"{variable} must be at most {most:,}, got {text!r}.")
    return int(text)


def _bytes(variable: str, default: int) -> int:
    """Return a size that is typed in gigabytes (billions of bytes), such as 0.5."""
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= _MOST_GIGABYTES:
        raise ConfigError(f"{variable} must be a number of gigabytes, such as 0.5, got {text!r}.")
    return int(found * 1e9)


def core_count() -> int:
    """Return the number of processor cores that this process may use."""
    # Containers and taskset narrow the affinity; os.cpu_count would name the whole host.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _folder(variable: str, default: str) -> Path:
    # A relative value is meant from where the user typed it; the default belongs to the project.
    return _chosen_folder(variable) or PROJECT_ROOT / default


def _chosen_folder(variable: str) -> Path | None:
    value = os.environ.get(variable, "").strip()
    return Path(value).expanduser().resolve() if value else None


def _cache_folder() -> Path | None:
    # Never a folder that others may write to, such as the system's temporary one: what lies in
    # the cache is believed.
    own = os.environ.get("DIGITLAB_CACHE", "").strip()
    shared = os.environ.get("XDG_CACHE_HOME", "").strip()
    try:
        if own:
            return Path(own).expanduser().resolve()
        # The standard says to pass over a relative one.
        base = Path(shared) if Path(shared).is_absolute() else Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        return None
    return base / "digit-lab"
