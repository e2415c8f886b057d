"""Several configs from one: every combination of the values of up to three settings."""

import itertools
import math
import re
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import ValidationError, create_model

from core.config import ALIASES, USUAL_RATES, RunConfig, field_title
from core.config.sentences import sentence
from core.errors import ConfigError

MAX_FIELDS: Final = 3
MAX_RUNS: Final = 500
RATES_EACH: Final = 5
_LONGEST_RANGE: Final = 10_000
_HIGHEST_RATE: Final = 100.0
# Of 60,000 images the 10,000 of article 1.
_VALIDATION_SHARE: Final = 1 / 6


def vary(
    base: RunConfig, values: Mapping[str, Sequence[object]], *, limit: int = MAX_RUNS
) -> list[RunConfig]:
    """Return `base` with every combination of `values`, the first setting changing slowest.

    `values` names one to three settings (aliases count) with at least one value each. What no
    longer applies beside a value falls back to its default, as in `RunConfig.switch`. Raises
    ConfigError for too many settings or runs, a value named twice, and a combination that
    contradicts itself, which is named.
    """
    named = {ALIASES.get(field, field): tuple(chosen) for field, chosen in values.items()}
    _check_fields(named, asked=len(values))
    count = math.prod(map(len, named.values()))
    if count > limit:
        raise ConfigError(
            f"This would be {count:,} runs; at most {limit:,} are started at once. Name fewer "
            "values, or raise the limit on the command line with --max-runs."
        )
    configs: dict[RunConfig, str] = {}
    for combination in itertools.product(*named.values()):
        changes = dict(zip(named, combination, strict=True))
        told = ", ".join(f"{field}={plain_value(value)}" for field, value in changes.items())
        try:
            config = base.switch(**changes)
        except ConfigError as error:
            raise ConfigError(f"The combination {told} cannot be trained: {error}") from error
        if config in configs:
            raise ConfigError(
                f"The combinations {configs[config]} and {told} are the same run: name each "
                "value once."
            )
        configs[config] = told
    return list(configs)


def read_values(field: str, text: str) -> tuple[Any, ...]:
    """Return the values of `field` that `text` names, each checked alone.

    Commas, semicolons or spaces stand between values: "0.1, 0.01". Hidden layers and channels
    are lists themselves, so between two of them stands a semicolon: "128 256; 64" is a network
    of two layers and one of a single layer; "none" is one without. Whole numbers may be a range:
    "0-4" is 0, 1, 2, 3, 4. "all" or "none" leaves a setting empty that may be. Raises
    ConfigError with a sentence.
    """
    field = ALIASES.get(field, field)
    if field not in RunConfig.model_fields:
        # Of all sentences the one that a single wrong name gets.
        RunConfig.parse({field: text})
    kinds = _kinds(field)
    separators = r"[;\n]" if tuple in kinds else r"[,;\s]"
    parts = [part.strip() for part in re.split(separators, text) if part.strip()]
    if not parts:
        raise ConfigError(
            f"Name at least one value for {field_title(field)}, such as {_hint(field)}."
        )
    spread = [one for part in parts for one in _spread(field, part, kinds)]
    read = tuple(_read_one(field, part, kinds) for part in spread)
    for place, value in enumerate(read):
        if value in read[:place]:
            raise ConfigError(
                f"{field_title(field).capitalize()} names {plain_value(value)} twice: name each "
                "value once."
            )
    return read


def consecutive_seeds(first: int, count: int) -> tuple[int, ...]:
    """Return `count` seeds from `first` on. Raises ConfigError for fewer than 1."""
    if count < 1:
        raise ConfigError(f"The number of seeds must be at least 1, got {count}.")
    return tuple(range(first, first + count))


def rate_grid(optimizer: str) -> tuple[float, ...]:
    """Return the learning rates to try for `optimizer`, lowest first.

    Five in steps of half a power of ten around its usual rate, to two significant digits.
    """
    steps = range(-(RATES_EACH // 2), RATES_EACH // 2 + 1)
    rates = (float(f"{USUAL_RATES[optimizer] * 10 ** (step / 2):.2g}") for step in steps)
    return tuple(dict.fromkeys(min(_HIGHEST_RATE, rate) for rate in rates))


def judged_on_validation(base: RunConfig) -> tuple[RunConfig, str]:
    """Return `base` watching validation images, and a sentence where that changed something.

    A learning rate must not be chosen by the test images: they would no longer be unseen.
    Raises ConfigError where too few images would be left to learn from.
    """
    if not base.validation_fraction:
        config = base.replace(validation_fraction=_VALIDATION_SHARE, watch="validation")
        return config, (
            "One sixth of the training images is held back as validation images to choose by; "
            "these settings held back none."
        )
    if base.watch != "validation":
        config = base.replace(watch="validation")
        return config, (
            "Validation images are watched, to choose by them and not by the test images."
        )
    return base, ""


def plain_value(value: object) -> str:
    """Return a value as it would be typed: "0.01", "128 256", "yes", "none"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return " ".join(map(str, value)) or "none"
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def choices(field: str) -> tuple[str, ...]:
    """Return the words that `field` may be, none where it is a number or a list."""
    annotation = RunConfig.model_fields[field].annotation
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _check_fields(named: Mapping[str, tuple[object, ...]], *, asked: int) -> None:
    if not named:
        raise ConfigError("Name at least one setting to vary, such as lr=0.1,0.01.")
    if len(named) < asked:
        raise ConfigError("One setting is named twice: name all its values together.")
    if len(named) > MAX_FIELDS:
        raise ConfigError(
            f"At most {MAX_FIELDS} settings can be varied at once, got {len(named)}: "
            f"{', '.join(named)}."
        )
    for field, values in named.items():
        if not values:
            title = field_title(field) if field in RunConfig.model_fields else field
            raise ConfigError(f"Name at least one value for {title}.")


def _kinds(field: str) -> tuple[Any, ...]:
    """Return the types that a field may hold: of `int | None` both, of a list `tuple`."""
    annotation = RunConfig.model_fields[field].annotation
    if get_origin(annotation) in (Union, types.UnionType):
        return get_args(annotation)
    return (get_origin(annotation) or annotation,)


def _spread(field: str, part: str, kinds: tuple[Any, ...]) -> list[str]:
    ends = re.fullmatch(r"(\d+)\s*(?:-|–|\.\.)\s*(\d+)", part)
    if int not in kinds or ends is None:
        return [part]
    low, high = int(ends[1]), int(ends[2])
    if not 0 <= high - low < _LONGEST_RANGE:
        raise ConfigError(
            f"{field_title(field).capitalize()}: the range {part} must go up, by less than "
            f"{_LONGEST_RANGE:,}."
        )
    return [str(number) for number in range(low, high + 1)]


def _read_one(field: str, part: str, kinds: tuple[Any, ...]) -> Any:
    value: Any = part
    if tuple in kinds:
        sizes = part.replace(",", " ").split()
        value = () if part.lower() in ("none", "empty") else tuple(sizes)
    elif type(None) in kinds and part.lower() in ("all", "none", "empty"):
        value = None
    info = RunConfig.model_fields[field]
    # Alone: whether it fits the other settings is seen when they are combined.
    fields: dict[str, Any] = {field: (Annotated[info.annotation, info], ...)}
    alone: Any = create_model("Alone", **fields)
    try:
        return getattr(alone(**{field: value}), field)
    except ValidationError as error:
        titles = {field: field_title(field)}
        problem = sentence(error.errors()[0], titles, ALIASES)
        raise ConfigError(f"{problem[:1].upper()}{problem[1:]}.") from error


def _hint(field: str) -> str:
    default = RunConfig.model_fields[field].get_default()
    return plain_value(default) if default not in (None, ()) else "64"
