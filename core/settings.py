"""The one place that reads the environment; everything else is handed its folders."""

import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigError

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Where runs and images lie and how much may train at once.

    `cache` is for what may be deleted at any time; None where the system names no such folder.
    """

    runs: Path
    data: Path
    cache: Path | None
    slots: int
    offline: bool
    chosen_drawings: Path | None = None

    @property
    def drawings(self) -> Path:
        """Where the drawings of the field test lie: beside the runs, unless chosen otherwise."""
        return self.chosen_drawings or self.runs.parent / "drawings"


def read_settings() -> Settings:
    """Read `DIGITLAB_RUNS`, `_DATA`, `_CACHE`, `_DRAWINGS`, `_SLOTS` and `_OFFLINE`.

    `slots` is the number of runs that train at once, by default one a core; each gets
    cores ÷ slots threads. `offline` (`DIGITLAB_OFFLINE=1`) keeps the dashboard from fetching MNIST.

    Raises ConfigError if `DIGITLAB_SLOTS` is not a whole number of at least 1.
    """
    slots = os.environ.get("DIGITLAB_SLOTS", "").strip() or str(core_count())
    if not slots.isdecimal() or int(slots) < 1:
        raise ConfigError(f"DIGITLAB_SLOTS must be a whole number of at least 1, got {slots!r}.")
    return Settings(
        runs=_folder("DIGITLAB_RUNS", "runs"),
        data=_folder("DIGITLAB_DATA", "data"),
        cache=_cache_folder(),
        slots=int(slots),
        offline=os.environ.get("DIGITLAB_OFFLINE", "") not in ("", "0"),
        chosen_drawings=_chosen_folder("DIGITLAB_DRAWINGS"),
    )


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
