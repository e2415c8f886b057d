"""A verdict in a terminal: its sentences and tables, and the same as raw numbers."""

from dataclasses import asdict
from typing import Any

from core.analysis.judgement import Judgement
from core.cli.text import plain, say, write_table


def write_sentences(judgement: Judgement) -> None:
    """Write the verdict in plain sentences, what it covers last."""
    for sentence in filter(None, (*judgement.sentences, judgement.caveat)):
        say(plain(sentence))


def write_statistics(judgement: Judgement) -> None:
    """Write the tables behind the verdict, each under its title and with its note."""
    for found in judgement.statistics:
        say()
        say(f"{plain(found.title)}:")
        write_table(list(found.table.columns), found.table.to_numpy().tolist())
        if found.note:
            say(plain(found.note))


def judgement_figures(judgement: Judgement) -> dict[str, Any]:
    """Return the verdict with its raw numbers, as JSON has it.

    The p-value of a pair is corrected for the number of pairs (Holm); that of its comparison is
    not.
    """
    names = [standing.side.name for standing in judgement.standings]
    return {
        "sentences": list(judgement.sentences),
        "caveat": judgement.caveat,
        "test_images": judgement.images,
        "sides": [
            {
                "name": standing.side.name,
                "runs": [run.id for run in standing.side.runs],
                "repeated_runs": [run.id for run in standing.side.again],
                "seeds": list(standing.figures.seeds),
                "accuracy": standing.figures.accuracy,
                "interval": standing.interval,
                "deviation": standing.figures.deviation,
            }
            for standing in judgement.standings
        ],
        "pairs": [
            {
                "a": names[pair.a],
                "b": names[pair.b],
                "better": {"a": names[pair.a], "b": names[pair.b], None: None}[pair.winner],
                "corrected_p_value": pair.p_value,
                "comparison": asdict(pair.comparison),
            }
            for pair in judgement.pairs
        ],
    }
