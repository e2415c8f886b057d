"""How the combinations of a group of runs did, over their seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.config import RunConfig, choice_word, value_word
from core.runs.groups import Group, Role, runs_of, setting_in_words
from core.runs.records import Run

# Of the interval of a mean over seeds: all its runs were judged on the same test images.
SEEDS_ONLY: Final = "It tells how much the seed matters, not how other test images would turn out."


@dataclass(frozen=True)
class Outcome:
    """How one combination of settings did, over its seeds; accuracies are shares from 0 to 1."""

    label: str
    config: RunConfig  # of its first run
    run_ids: tuple[str, ...]
    finished: int
    validation_accuracy: float | None  # means over the finished runs
    test_accuracy: float | None
    test_half: float | None  # half of the 95 % t interval of the mean; None below two runs

    @property
    def spoken_half(self) -> str:
        """`test_half` in percent, as exact as it can mean anything; empty where there is none."""
        return spoken_half(self.test_half)


def outcomes(group: Group, runs: Sequence[Run]) -> list[Outcome]:
    """Return one outcome a combination, in the order of launch; of a fair one the final runs'."""
    role: Role | None = "final" if group.kind == "fair" else None
    alike: dict[RunConfig, list[Run]] = {}
    for run in sorted(runs_of(group, runs, role), key=lambda run: run.id):
        alike.setdefault(run.config.model_copy(update={"seed": 0}), []).append(run)
    return [_outcome(group, same) for same in alike.values()]


def _outcome(group: Group, runs: Sequence[Run]) -> Outcome:
    figures = [run.summary for run in runs if run.summary is not None]
    watched = [
        figure.final_validation_accuracy
        for figure in figures
        if figure.final_validation_accuracy is not None
    ]
    test = [figure.test_accuracy for figure in figures]
    config = runs[0].config
    fields = [field for field in group.fields if field != "seed"]
    return Outcome(
        label=", ".join(setting_in_words(field, config) for field in fields) or "all seeds",
        config=config,
        run_ids=tuple(run.id for run in runs),
        finished=len(figures),
        validation_accuracy=_mean(watched),
        test_accuracy=_mean(test),
        test_half=half_interval(test),
    )


def choice_sentences(group: Group) -> list[str]:
    """Return for each optimizer of a fair comparison what its search found, one sentence each."""
    sentences = []
    for optimizer, choice in group.choices.items():
        word = choice_word("optimizer", optimizer)
        if choice.rate is None or choice.validation_accuracy is None:
            sentences.append(
                f"{word}: none of its {choice.tried} tries could be used, so it has no final runs."
            )
            continue
        lost = choice.tried - choice.usable
        sentences.append(
            f"{word}: of {choice.tried} learning rates tried, "
            f"{value_word('learning_rate', choice.rate)} read the validation images best "
            f"({100 * choice.validation_accuracy:.1f} %)"
            f"{f'; {lost} gave no result' if lost else ''}."
            f"{_edge_sentence(group.rates.get(optimizer, ()), choice.rate)}"
        )
    return sentences


def _edge_sentence(rates: Sequence[float], best: float) -> str:
    """Say that a still better rate may lie outside of those tried, where the best is the last."""
    if len(rates) > 1 and best == max(rates):
        return " That is the highest one tried: a higher one may do better still."
    if len(rates) > 1 and best == min(rates):
        return " That is the lowest one tried: a lower one may do better still."
    return ""


def half_interval(values: Sequence[float]) -> float | None:
    """Return half of the 95 % t interval of the values' mean, None for fewer than two.

    Source: Student 1908, The probable error of a mean.
    """
    if len(values) < 2:
        return None
    from scipy.special import stdtrit  # takes a moment that a queue need not wait

    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return float(stdtrit(len(values) - 1, 0.975)) * math.sqrt(variance / len(values))


def spoken_half(half: float | None) -> str:
    """Write half of an interval, a share, in percent; empty where there is none."""
    if half is None:
        return ""
    if half > 0.5:
        return "over 50"
    text = f"{100 * half:.1f}"
    # Few seeds that happen to agree do not make a mean exact.
    return "under 0.1" if text == "0.0" else text


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
