"""The verdict of a fair comparison: over its final runs, and only once they have all ended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from core.analysis.contenders import Answers
from core.analysis.judgement import Judgement, judgements
from core.analysis.lost import lost_runs, lost_sentence
from core.analysis.sides import sides
from core.errors import RunError
from core.runs.groups import Group, is_open, runs_of
from core.runs.records import Run


def all_finals(group: Group, runs: Sequence[Run]) -> list[Run]:
    """Return the final runs of a fair comparison, however they stand, in the order of launch."""
    return sorted(runs_of(group, runs, "final"), key=lambda run: run.id)


def final_runs(group: Group, runs: Sequence[Run]) -> list[Run]:
    """Return those final runs of a fair comparison that finished, in the order of launch."""
    return [run for run in all_finals(group, runs) if run.summary is not None]


def no_verdict_sentence(group: Group, runs: Sequence[Run]) -> str:
    """Say why a fair comparison has no verdict yet, or will have none; empty where it has one.

    A verdict before the last run has ended would change with each that ends, and whoever reads
    it would stop at the one they like.
    """
    if group.kind != "fair":
        return ""
    if is_open(group, runs):
        return "The verdict appears here when the last final run has ended."
    if len(sides({run.id: run.config for run in final_runs(group, runs)})) < 2:
        return "There is no verdict: that takes finished final runs of at least two optimizers."
    return ""


def final_judgement(
    finals: Sequence[Run], read: Callable[[Run], Answers], names: Mapping[str, str]
) -> Judgement:
    """Return the verdict on `all_finals` of a fair comparison, as the Compare page has it.

    It rests on those that finished, and names the others. `read` gives the answers of a finished
    run and `names` calls each by its id. For groups of which `no_verdict_sentence` says nothing.
    Raises RunError where they were not all judged on the same images, and what `read` raises.
    """
    answered = [(run, read(run)) for run in finals if run.summary is not None]
    images = {answers.labels.tobytes() for _, answers in answered}
    found = judgements(answered, names)
    if len(images) != 1 or len(found) != 1:
        raise RunError(
            "The final runs were not judged on the same test images, so their figures do not say "
            "which is better."
        )
    (judged,) = found
    # Also optimizers of which nothing is left: the verdict was to be about them too.
    lost = lost_sentence(lost_runs(finals), names)
    return replace(judged, caveat=" ".join(filter(None, [judged.caveat, lost])))
