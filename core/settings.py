"""The one place that reads the environment; everything else is handed its folders."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.errors import ConfigError

# Beyond these a number is a slip of the hand.
_MOST_GIGABYTES: Final = 1e9
_MOST_SESSIONS: Final = 100_000
PASSPHRASE: Final = "DIGITLAB_PASSPHRASE"
PROJECT_ROOT = Path(__file__).resolve().parent.parent
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_ORIGIN: Final = re.compile(rf"https?://{_HOST.pattern}(:\d{{1,5}})?")


@dataclass(frozen=True)
class Settings:
    """Where runs and images lie, how much may train at once, and what others may do and take up.

    `cache` is for what may be deleted at any time, `config` for the owner's passphrase; None where
    the system names no such folder. `shared` says that others can open the dashboard, whatever
    address it listens at; `passphrase` is the owner's where the environment holds it. `hosts` are
    the public names that it goes by, `embedders` the origins whose pages may show it in a frame; in
    both, `*` stands for any.

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
    config: Path | None = None
    shared: bool = False
    passphrase: str = field(default="", repr=False)
    hosts: tuple[str, ...] = ()
    embedders: tuple[str, ...] = ()

    @property
    def drawings(self) -> Path:
        """Where the drawings of the field test lie: beside the runs, unless chosen otherwise."""
        return self.chosen_drawings or self.runs.parent / "drawings"

    @property
    def logs(self) -> Path:
        """Where the dashboard's log lies: beside the runs, unless chosen otherwise."""
        return self.chosen_logs or self.runs.parent / "logs"


def read_settings() -> Settings:
    """Read `DIGITLAB_RUNS`, `_DATA`, `_CACHE`, `_DRAWINGS`, `_LOGS`, `_CONFIG` and the others.

    `slots` is the number of runs that train at once, by default one a core; each gets
    cores ÷ slots threads. `offline` (`DIGITLAB_OFFLINE=1`) keeps the dashboard from fetching MNIST,
    `shared` (`DIGITLAB_SHARE=1`) makes whoever has not signed in a visitor.

    Limits are `DIGITLAB_MAX_SESSIONS`, `DIGITLAB_MAX_UPLOADS_GB`, `DIGITLAB_MAX_RUNS_GB`,
    `DIGITLAB_WARN_FREE_GB` and `DIGITLAB_STOP_FREE_GB`. `DIGITLAB_HOSTS` and `DIGITLAB_EMBED` are
    lists between spaces or commas.

    Raises ConfigError if a number is none or out of range, or if one of the lists holds what is no
    host or no origin.
    """
    most_runs = _bytes("DIGITLAB_MAX_RUNS_GB", 0)
    return Settings(
        runs=_folder("DIGITLAB_RUNS", "runs"),
        data=_folder("DIGITLAB_DATA", "data"),
        cache=_own_folder("CACHE", ".cache"),
        slots=_whole("DIGITLAB_SLOTS", core_count()),
        offline=_is_on("DIGITLAB_OFFLINE"),
        chosen_drawings=_chosen_folder("DIGITLAB_DRAWINGS"),
        chosen_logs=_chosen_folder("DIGITLAB_LOGS"),
        sessions=_whole("DIGITLAB_MAX_SESSIONS", Settings.sessions, _MOST_SESSIONS),
        most_uploads=_bytes("DIGITLAB_MAX_UPLOADS_GB", Settings.most_uploads),
        warn_free=_bytes("DIGITLAB_WARN_FREE_GB", Settings.warn_free),
        stop_free=_bytes("DIGITLAB_STOP_FREE_GB", Settings.stop_free),
        most_runs=most_runs or None,
        config=_own_folder("CONFIG", ".config"),
        shared=_is_on("DIGITLAB_SHARE"),
        passphrase=os.environ.get(PASSPHRASE, ""),
        hosts=_list("DIGITLAB_HOSTS", _HOST, "a host's name, such as lab.example.org"),
        embedders=_embedders(),
    )


def read_niceness() -> int:
    """Read `DIGITLAB_NICE`: how far a training stands back for others, from 0 (not at all) to 19.

    Anything else counts as the usual 10: a worker has nobody to tell it to.
    """
    text = os.environ.get("DIGITLAB_NICE", "").strip()
    return int(text) if text.isdecimal() and int(text) <= 19 else 10


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


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a process that has no business with the owner's passphrase."""
    return {name: value for name, value in environment.items() if name != PASSPHRASE}


def core_count() -> int:
    """Return the number of processor cores that this process may use."""
    # Containers and taskset narrow the affinity; os.cpu_count would name the whole host.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "").strip() not in ("", "0")


def _embedders() -> tuple[str, ...]:
    found = _list("DIGITLAB_EMBED", _ORIGIN, "a page's origin, such as https://example.org")
    if "*" in found and not _is_on("DIGITLAB_SHARE"):
        raise ConfigError(
            "DIGITLAB_EMBED=* is for a shared dashboard (DIGITLAB_SHARE=1): without roles, any "
            "page could use the owner's rights. Name the pages that may show it, such as "
            "https://example.org."
        )
    return found


def _list(variable: str, form: re.Pattern[str], what: str) -> tuple[str, ...]:
    found = tuple(re.split(r"[\s,]+", os.environ.get(variable, "").strip().lower()))
    for entry in found:
        if entry not in ("", "*") and not form.fullmatch(entry):
            raise ConfigError(f"{variable} must hold {what}, or *, got {entry!r}.")
    return tuple(filter(None, found))


def _folder(variable: str, default: str) -> Path:
    # A relative value is meant from where the user typed it; the default belongs to the project.
    return _chosen_folder(variable) or PROJECT_ROOT / default


def _chosen_folder(variable: str) -> Path | None:
    value = os.environ.get(variable, "").strip()
    return Path(value).expanduser().resolve() if value else None


def _own_folder(kind: str, usual: str) -> Path | None:
    """Return this user's folder of a kind (CACHE, CONFIG), `usual` below the home by default."""
    # Never a folder that others may write to, such as the system's temporary one: what lies there
    # is believed.
    own = os.environ.get(f"DIGITLAB_{kind}", "").strip()
    shared = os.environ.get(f"XDG_{kind}_HOME", "").strip()
    try:
        if own:
            return Path(own).expanduser().resolve()
        # The standard says to pass over a relative one.
        base = Path(shared) if Path(shared).is_absolute() else Path.home() / usual
    except RuntimeError:  # a user without a home
        return None
    return base / "digit-lab"
