"""How figures and fields read, on a page and on the command line."""

import math
import re
import time
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from core.analysis.paired import wilson_interval
from core.analysis.wording import state_word
from core.config import Layer, RunConfig, plan_layers
from core.config import choices as config_choices
from core.config.layers import LayerKind
from core.runs.records import Run, Summary, UnreadableRun

_LAYERS: Final[dict[LayerKind, str]] = {
    "convolution": "{out} patterns sought in windows of {window}×{window} (convolution)",
    "max_pooling": "largest value of each 2×2 block (max-pooling)",
    "average_pooling": "mean of each 2×2 block (average pooling)",
    "batch_norm": "values brought to mean 0 and spread 1 (batch norm)",
    "activation": "{activation} on every value (activation)",
    "response_norm": "strong answers damp their neighbours (LRN)",
    "flatten": "all values in one row (flatten)",
    "linear": "{out} units that weigh all values (fully connected)",
    "dropout": "{dropout:.3g} % of the units switched off by chance (dropout)",
}

# What a run records of each layer with weights (`layers` in its folder), as columns read.
LAYER_FIGURES: Final = {
    "gradient_norm": "gradient norm",
    "weight_norm": "weight norm",
    "update_ratio": "update ratio",
    "dead_share": "dead ReLU units",
}


# What Streamlit makes a link of, escaped or not: only a letter that nobody sees keeps it from that.
_ADDRESS: Final = re.compile(r"https?(?=://)|www(?=\.)|(?<=[-.\w+])(?=@[-\w])", re.IGNORECASE)
_JOINER: Final = "\u2060"


def choice_word(field: str, value: str) -> str:
    """Return how a choice of `field` reads on a page."""
    return config_choices.choice_word(field, value)


def layer_rows(config: RunConfig) -> list[tuple[str, str, str]]:
    """Return for each layer what it does, its answer's shape for one image, its parameters."""
    rows = [
        (
            layer_word(layer, config),
            " × ".join(f"{size:,}" for size in layer.shape),
            f"{layer.parameters:,}" if layer.parameters else "–",
        )
        for layer in plan_layers(config)
    ]
    return [*rows[:-1], ("ten outputs, one for each digit (fully connected)", *rows[-1][1:])]


def layer_word(layer: Layer, config: RunConfig) -> str:
    """Return what a layer does, in plain words with its usual name behind them."""
    return _LAYERS[layer.kind].format(
        out=layer.out,
        window=config.kernel_size,
        activation=choice_word("activation", config.activation),
        dropout=100 * config.dropout,
    )


def weighted_layers(config: RunConfig) -> list[str]:
    """Return a short name for each layer with weights, in the order in which runs record them.

    That is convolutions and fully connected layers; the last one gives the ten outputs.
    """
    names = {"convolution": "convolution, {out} patterns", "linear": "fully connected, {out} units"}
    every = [
        names[layer.kind].format(out=layer.out)
        for layer in plan_layers(config)
        if layer.kind in names
    ]
    return [f"{number}: {name}" for number, name in enumerate([*every[:-1], "ten outputs"], 1)]


def distinct_names(runs: Iterable[Run]) -> dict[str, str]:
    """Return a name for each run, by id, that no other of `runs` has.

    Names may repeat: a run launched from a recipe is called as the shipped example of it.
    """
    every = list(runs)
    own = Counter(run.name for run in every)
    given: set[str] = set()
    names: dict[str, str] = {}
    for run in every:
        mark = "example" if run.info.example else run.id[-5:]
        name = run.name if own[run.name] == 1 else f"{run.name} ({mark})"
        taken = name in given or own[name] > (name == run.name)
        names[run.id] = f"{run.name} ({run.id})" if taken else name
        given.add(names[run.id])
    return names


def short_names(runs: Iterable[Run], longest: int) -> dict[str, str]:
    """Return `distinct_names` cut to `longest` characters, by id; no two of them alike."""
    short = {
        run_id: name if len(name) <= longest else f"{name[: longest - 1]}…"
        for run_id, name in distinct_names(runs).items()
    }
    every = list(short.values())
    return {
        run_id: name if every.count(name) == 1 else f"{name} ({run_id})"
        for run_id, name in short.items()
    }


def as_text(text: str) -> str:
    """Return `text` so that Streamlit, which reads Markdown, shows it as it stands."""
    line = _ADDRESS.sub(lambda found: f"{found[0]}{_JOINER}", " ".join(text.split()))
    escaped = re.sub(r"([\\`*_{}\[\]()<>#+!|~$:&])", r"\\\1", line)
    # At its beginning these make a list or a heading of a sentence.
    return re.sub(r"^(\d*)([-=.])", r"\1\\\2", escaped)


def file_name(text: str, longest: int = 80) -> str:
    """Return what to call a file of what `text` describes: its words in small letters, each once.

    Letters of any language stay; the ending is not part of it.
    """
    words = dict.fromkeys(re.findall(r"\w+", text.lower()))
    name = "-".join(words)
    if len(name) > longest:
        name = name[:longest].rpartition("-")[0] or name[:longest]
    return name or "digit-lab"


def percent(share: float | None) -> str:
    """Write a share as percent with one decimal; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f} %"


def share_word(probability: float) -> str:
    """Write a probability as percent, never as a certainty."""
    return ">99 %" if probability >= 0.995 else f"{100 * probability:.0f} %"


def figure(value: float) -> str:
    """Write a figure of any size to three digits, never as 1e-05; a dash where there is none."""
    return "–" if not math.isfinite(value) else f"{Decimal(f'{value:.3g}'):f}"


def layer_figure(column: str, value: float) -> str:
    """Write a figure of a layer as its column in LAYER_FIGURES asks for."""
    if column == "dead_share":
        return percent(None if math.isnan(value) else value)
    return figure(value)


def test_accuracy(summary: Summary | None) -> str:
    """Write the test accuracy with half the width of its 95 % Wilson interval."""
    if summary is None:
        return "–"
    right = round(summary.test_accuracy * summary.test_images)
    low, high = wilson_interval(right, summary.test_images)
    return f"{percent(summary.test_accuracy)} ±{50 * (high - low):.1f}"


def duration(seconds: float | None) -> str:
    """Write a length of time, rounded as far as it matters."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes < 10 else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def file_size(count: int) -> str:
    """Write a number of bytes, rounded as far as it matters."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"


def run_time(run: Run) -> str:
    """Write how long the run has trained, or did."""
    return duration(seconds_trained(run))


def seconds_trained(run: Run) -> float | None:
    """Return for how many seconds the run has trained, or did; None before it began."""
    if run.summary is not None:
        return run.summary.seconds
    return None if run.status.started is None else run.status.heartbeat - run.status.started


def state_detail(run: Run, waiting_before: int) -> str:
    """Write what is worth knowing beside the state."""
    if run.status.state == "finished":
        return early_end(run.summary)
    detail = run.status.reason
    if run.status.state == "queued":
        detail = "next" if not waiting_before else f"{waiting_before} before it"
    elif run.status.state == "running":
        detail = _progress(run)
    if run.status.attempt == 1:
        return detail
    attempt = f"attempt {run.status.attempt}"
    return f"{detail}, {attempt}" if run.active else f"{attempt.capitalize()}: {detail}"


def _progress(run: Run) -> str:
    silent = time.time() - run.status.heartbeat
    if silent > 30:
        return f"no sign of life for {duration(silent)}"
    left = run.seconds_left
    if left is None:
        return "getting ready (some seconds)"
    return f"epoch {max(1, run.status.epoch)} of {run.config.epochs}, {duration(left)} left"


def early_end(summary: Summary | None) -> str:
    """Write what ended a training before its last epoch; empty where nothing did."""
    if summary is None or summary.ended_by == "epochs":
        return ""
    after = f"ended early after epoch {summary.epochs}"
    if summary.ended_by == "seconds":
        return f"{after}: time limit"
    best = f" (best: epoch {summary.best_epoch})" if summary.best_epoch else ""
    return f"{after}: nothing got better{best}"


def origin(run: Run, listed: Iterable[Run | UnreadableRun]) -> str:
    """Write which run of `listed`, all that there are, `run` goes on with; empty if none."""
    parent = run.info.continued_from
    if parent is None:
        return ""
    found = next((other for other in listed if other.id == parent), None)
    if found is None:
        return "continues a deleted run"
    if isinstance(found, UnreadableRun):
        return f"continues {parent}, which cannot be read"
    return f"continues “{found.name}”"


def machine(run: Run) -> str:
    """Write on which device and with how many threads a run trains or did; empty before that."""
    found = run.environment
    if found is None:
        return ""
    device = choice_word("device", found.device)
    chosen = ", chosen automatically" if run.config.device == "auto" else ""
    threads = f"{found.threads} thread{'' if found.threads == 1 else 's'}"
    return f"{device}{chosen}, {threads}"


def state_line(run: Run) -> str:
    """Write where the run stands and why, as a sentence."""
    detail = state_detail(run, 0)
    sentence = state_word(run).capitalize() + "."
    return sentence if not detail or detail == sentence else f"{sentence} {detail}"


def method(config: RunConfig) -> str:
    """Write optimizer and learning rate."""
    return f"{choice_word('optimizer', config.optimizer)}, {config.learning_rate:g}"
