"""The one place that reads the environment; everything else is handed its folders."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.errors import ConfigError

PASSPHRASE: Final = "DIGITLAB_PASSPHRASE"
PROJECT_ROOT = Path(__file__).resolve().parent.parent
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_ORIGIN: Final = re.compile(rf"https?://{_HOST.pattern}(:\d{{1,5}})?")


@dataclass(frozen=True)
class Settings:
    """Where runs and images lie, how much may train at once, and who else may open the pages.

    `cache` is for what may be deleted at any time, `config` for the owner's passphrase; None where
    the system names no such folder. `shared` says that others can open the dashboard, whatever
    address it listens at; `passphrase` is the owner's where the environment holds it. `hosts` are
    the public names that it goes by, `embedders` the origins whose pages may show it in a frame; in
    both, `*` stands for any.
    """

    runs: Path
    data: Path
    cache: Path | None
    slots: int
    offline: bool
    chosen_drawings: Path | None = None
    config: Path | None = None
    shared: bool = False
    passphrase: str = field(default="", repr=False)
    hosts: tuple[str, ...] = ()
    embedders: tuple[str, ...] = ()

    @property
    def drawings(self) -> Path:
        """Where the drawings of the field test lie: beside the runs, unless chosen otherwise."""
        return self.chosen_drawings or self.runs.parent / "drawings"


def read_settings() -> Settings:
    """Read `DIGITLAB_RUNS`, `_DATA`, `_CACHE`, `_DRAWINGS`, `_CONFIG` and the other settings.

    `slots` is the number of runs that train at once, by default one a core; each gets
    cores ÷ slots threads. `offline` (`DIGITLAB_OFFLINE=1`) keeps the dashboard from fetching MNIST,
    `shared` (`DIGITLAB_SHARE=1`) makes whoever has not signed in a visitor.

    `DIGITLAB_HOSTS` and `DIGITLAB_EMBED` are lists between spaces or commas.

    Raises ConfigError if `DIGITLAB_SLOTS` is not a whole number of at least 1, or if one of the
    lists holds what is no host or no origin.
    """
    slots = os.environ.get("DIGITLAB_SLOTS", "").strip() or str(core_count())
    if not slots.isdecimal() or int(slots) < 1:
        raise ConfigError(f"DIGITLAB_SLOTS must be a whole number of at least 1, got {slots!r}.")
    return Settings(
        runs=_folder("DIGITLAB_RUNS", "runs"),
        data=_folder("DIGITLAB_DATA", "data"),
        cache=_own_folder("CACHE", ".cache"),
        slots=int(slots),
        offline=_is_on("DIGITLAB_OFFLINE"),
        chosen_drawings=_chosen_folder("DIGITLAB_DRAWINGS"),
        config=_own_folder("CONFIG", ".config"),
        shared=_is_on("DIGITLAB_SHARE"),
        passphrase=os.environ.get(PASSPHRASE, ""),
        hosts=_list("DIGITLAB_HOSTS", _HOST, "a host's name, such as lab.example.org"),
        embedders=_embedders(),
    )


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
