"""What a run folder says about itself, as immutable values."""

import time
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from core.config import RunConfig
from core.runs.legible import Legible, legible
from core.runs.upgrading import RUN_FORMAT

SCHEMA_VERSION: Final = RUN_FORMAT.current

State = Literal["queued", "running", "finished", "failed", "diverged", "cancelled", "crashed"]
ENDED: Final[frozenset[State]] = frozenset(
    {"finished", "failed", "diverged", "cancelled", "crashed"}
)


def new_status(state: State, **fields: Any) -> "Status":
    """Return a status that says when it was written."""
    return Status(state=state, heartbeat=time.time(), **fields)


class _Record(BaseModel):
    # Fields that were added since are kept out rather than refused: a run folder may travel, and
    # a field that older versions do not need is no new format.
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Process(_Record):
    """One process on one machine; `create_time` tells it from a later one with the same pid.

    `folder` tells the run's folder from a copy of it, and `since_boot` holds what no clock that is
    set can change; either is empty where it is not known: see `core.runs.processes`.
    """

    pid: int = Field(ge=1)
    create_time: float
    host: str
    folder: str = ""
    since_boot: str = ""


class Status(_Record):
    """Where a run stands; the worker rewrites it about once a second (the heartbeat)."""

    schema_version: int = SCHEMA_VERSION
    state: State
    heartbeat: float  # seconds since 1970, when this was written
    process: Process | None = None
    started: float | None = None
    step: int = Field(0, ge=0)
    steps: int = Field(0, ge=0)  # in all; 0 until the worker knows
    epoch: int = Field(0, ge=0)
    reason: Legible = ""  # one sentence, where the run did not simply finish
    attempt: int = Field(1, ge=1)  # counts up with every resuming: an orphan knows that it is one


class Summary(_Record):
    """Final figures; accuracies are shares from 0 to 1, times are in seconds."""

    schema_version: int = SCHEMA_VERSION
    epochs: int = Field(ge=0)
    steps: int = Field(ge=0)
    seconds: float = Field(ge=0)  # of training, evaluation after each epoch included
    train_images: int = Field(ge=0)
    validation_images: int = Field(ge=0)
    test_images: int = Field(ge=1)
    test_loss: float
    test_accuracy: float = Field(ge=0, le=1)
    best_validation_accuracy: float | None = Field(None, ge=0, le=1)
    final_validation_accuracy: float | None = Field(None, ge=0, le=1)
    best_epoch: int | None = Field(None, ge=1)  # whose weights are kept, with early stopping
    ended_by: Literal["epochs", "seconds", "patience"] = "epochs"


class Environment(_Record):
    """On what a run was trained."""

    schema_version: int = SCHEMA_VERSION
    python: Legible
    torch: Legible
    device: Legible
    threads: int
    platform: Legible  # system and processor family, such as "Linux x86_64"


def _parse(config: Any) -> Any:
    return RunConfig.parse(config) if isinstance(config, dict) else config


class RunInfo(_Record):
    """config.json: the RunConfig and what people call the run."""

    schema_version: int = SCHEMA_VERSION
    config: Annotated[RunConfig, BeforeValidator(_parse)]
    name: Annotated[str, Field(max_length=200), AfterValidator(legible)]
    recipe: Legible | None = None
    group: str | None = None
    role: Literal["search", "final"] | None = None  # in a fair comparison (core/runs/fair.py)
    tags: tuple[Legible, ...] = ()
    notes: Legible = ""
    starred: bool = False
    archived: bool = False  # kept, but out of the table unless somebody asks for it
    colour: int = Field(0, ge=0)  # position in the palette: a run keeps its colour
    created: float
    example: bool = False
    continued_from: str | None = None  # the id of the finished run that this one goes on with
    visitor: str = Field("", max_length=40)  # the pseudonym of the visitor who started it, if one
    seconds_allowed: float | None = Field(None, gt=0)  # of training, of a visitor's budget


class Run(_Record):
    """One readable run as the disk has it at this moment."""

    id: str
    info: RunInfo
    status: Status
    summary: Summary | None = None
    environment: Environment | None = None

    @property
    def config(self) -> RunConfig:
        """What the run trains."""
        return self.info.config

    @property
    def name(self) -> str:
        """What people call the run."""
        return self.info.name

    @property
    def active(self) -> bool:
        """Whether the run waits or trains."""
        return self.status.state not in ENDED

    @property
    def seconds_left(self) -> float | None:
        """Estimate of the seconds until the last step, from the speed so far."""
        status = self.status
        if status.state != "running" or not status.step or status.started is None:
            return None
        elapsed = status.heartbeat - status.started
        left = elapsed / status.step * (status.steps - status.step)
        for limit in (self.config.max_seconds, self.info.seconds_allowed):
            if limit is not None:
                left = min(left, limit - elapsed)
        return max(0.0, left)


class UnreadableRun(_Record):
    """A folder in `runs/` that cannot be read as a run, and why in one sentence."""

    id: str
    reason: str
