"""The report itself: one HTML file that opens from disk, needs no network and sends nothing.

What people typed passes through the template's escaping. The file's policy lets only its own two
scripts run, by their hashes, so that nothing else could even if something were overlooked.
"""

import base64
import hashlib
import importlib.metadata
import importlib.resources
import json
import platform
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from core.analysis.calibration import HOW_IT_IS_COMPUTED, WHAT_IT_IS
from core.report import comparison
from core.report.calibration import calibration
from core.report.charts import SMOOTHING, Chart, charts
from core.report.facts import facts, settings, spoken_time
from core.report.matrices import matrices
from core.report.mistakes import MOST_READERS, sheets
from core.report.per_digit import per_digit
from core.report.subjects import Subject, judged_alike, left_out_sentence, read_subjects
from core.runs.store import RunStore

ASSETS: Final = Path(__file__).with_name("assets")
_PACKAGES: Final = ("numpy", "scipy", "pandas", "plotly")


def build_report(store: RunStore, run_ids: Sequence[str]) -> str:
    """Return the report on the finished runs of `run_ids` as one HTML page.

    Raises what `read_subjects` raises: for none, too many, unknown, unreadable or unfinished runs.
    """
    return _page(store, read_subjects(store, run_ids), datetime.now().astimezone())


def report_name(run_ids: Sequence[str]) -> str:
    """Return what to call the file of a report on `run_ids`."""
    return f"digit-lab-report-{'-'.join(run_ids[:2])}{'-and-more' * (len(run_ids) > 2)}.html"


def _page(store: RunStore, subjects: Sequence[Subject], moment: datetime) -> str:
    script, plotly = _script("report.js"), plotly_script()
    drawn, mistakes = charts(subjects), sheets(subjects)
    shown_matrices = matrices(subjects)
    own_matrices = sum(not matrix.difference for matrix in shown_matrices)
    digits, believed = per_digit(subjects), calibration(subjects)
    of_answers = [section.chart for section in (digits, believed) if section is not None]
    return _template().render(
        policy=_policy(plotly, script),
        plotly=_trusted(plotly),
        script=_trusted(script),
        style=_trusted(_asset("report.css")),
        figures=_inline_json([_figure(chart) for chart in [*drawn, *of_answers]]),
        title=_title(subjects),
        moment=spoken_time(moment),
        versions=_versions(),
        data=_data(subjects),
        subjects=subjects,
        charts=drawn,
        verdicts=comparison.verdicts(subjects),
        alone=len(subjects) == 1,
        compared=any(len(group) > 1 for group in judged_alike(subjects)),
        reservations=comparison.reservations(store, subjects),
        differences=comparison.differences(subjects),
        seeds=comparison.seeds(subjects),
        reach=comparison.reach(subjects),
        facts=facts(store, subjects),
        matrices=shown_matrices,
        other_matrices=left_out_sentence(subjects, own_matrices),
        per_digit=digits,
        calibration=believed,
        calibration_is=WHAT_IT_IS,
        calibration_computed=HOW_IT_IS_COMPUTED,
        sheets=mistakes,
        other_sheets=left_out_sentence(subjects, MOST_READERS),
        two_readers=any(len(digit.answers) > 1 for sheet in mistakes for digit in sheet.digits),
        settings=settings(subjects),
        smoothing=SMOOTHING,
    )


def _title(subjects: Sequence[Subject]) -> str:
    names = [subject.name for subject in subjects]
    if len(names) <= 2:
        return " against ".join(names)
    return f"{len(names)} runs compared"


def _data(subjects: Sequence[Subject]) -> list[str]:
    """Say which images the runs learned from and were judged on, once for each data set."""
    sets = {
        "mnist": "MNIST: 60,000 training and 10,000 test images of handwritten digits, 28×28 "
        "pixels (LeCun, Cortes and Burges).",
        "digits": "Embedded digits: 1,797 handwritten digits of scikit-learn (load_digits, from "
        "UCI's Optical Recognition of Handwritten Digits), enlarged from 8×8 to 28×28 pixels; "
        "1,437 for training, 360 for testing.",
    }
    used = dict.fromkeys(subject.run.config.dataset for subject in subjects)
    return [sets.get(name, name) for name in used]


def _versions() -> str:
    own = f"Digit Lab {_version('digit-lab')}, Python {platform.python_version()}"
    return ", ".join([own, *(f"{name} {_version(name)}" for name in _PACKAGES)])


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"  # run from a folder, not installed


def _figure(chart: Chart) -> dict[str, Any]:
    return {
        "key": chart.key,
        "title": chart.title,
        "height": chart.height,
        "figure": chart.figure,
    }


def _inline_json(value: Any) -> Markup:
    """Return `value` as JSON that may stand in a page: nothing in it can end its element."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return _trusted(text)


def _trusted(text: str) -> Markup:
    """Let `text` stand in the page as it is: ours, Plotly's own, or JSON without a <, > or &."""
    return Markup(text)  # nosec B704 # nothing that anybody typed gets here unescaped


def _policy(*scripts: str) -> str:
    """Return the page's content security policy: its own scripts by their hash, and no network.

    Plotly sets styles on elements, which is why styles may stand anywhere.
    """
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


@cache
def plotly_script() -> str:
    """Return Plotly's script, which comes with its Python package, fit to stand in a page."""
    path = importlib.resources.files("plotly") / "package_data" / "plotly.min.js"
    return _fit_to_stand_in_a_page(path.read_text(encoding="utf-8"))


def chart_files_script() -> str:
    """Return the script that saves a chart as picture, drawing or numbers, for any page."""
    return _asset("chart_files.js")


def _script(name: str) -> str:
    return _fit_to_stand_in_a_page(chart_files_script() + _asset(name))


def _fit_to_stand_in_a_page(script: str) -> str:
    # Only in strings and patterns, where a backslash before these changes nothing. Browsers make
    # one kind of line end of all, and the hash must be of what they see.
    fit = script.replace("\r\n", "\n").replace("\r", "\n")
    return fit.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
