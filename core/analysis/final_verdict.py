"""The verdict of a fair comparison: over its final runs, and only once they have all ended."""

from collections.abc import Callable, Mapping, Sequence

from core.analysis.contenders import Answers
from core.analysis.judgement import Judgement, judgements
from core.analysis.sides import sides
from core.runs.groups import Group, is_open, runs_of
from core.runs.records import Run


def final_runs(group: Group, runs: Sequence[Run]) -> list[Run]:
    """Return those final runs of a fair comparison that finished, in the order of launch."""
    finals = [run for run in runs_of(group, runs, "final") if run.summary is not None]
    return sorted(finals, key=lambda run: run.id)


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
    """Return the verdict on the `final_runs` of a fair comparison, as the Compare page has it.

    `read` gives the answers of a run and `names` calls each by its id. For groups of which
    `no_verdict_sentence` says nothing. Raises what `read` raises.
    """
    # Made with the same data and judged on the same images: there is but one verdict.
    return judgements([(run, read(run)) for run in finals], names)[0]
