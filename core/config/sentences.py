"""What is wrong with values for a RunConfig, in sentences that a beginner understands."""

import difflib
from collections.abc import Collection, Mapping
from typing import Any, Final

_BOUND_KEYS: Final = frozenset({"gt", "ge", "lt", "le", "max_length", "expected"})


def sentence(problem: Any, titles: Mapping[str, str], aliases: Collection[str]) -> str:
    """Return what is wrong, from one entry of a ValidationError's `errors()`.

    `titles` are the fields' names in plain words, `aliases` other names that may be typed.
    """
    location = [part for part in problem["loc"] if isinstance(part, str)]
    if not location:
        return str(problem["ctx"]["error"]) if "error" in problem.get("ctx", {}) else problem["msg"]
    name = location[0]
    if problem["type"] == "extra_forbidden":
        close = difflib.get_close_matches(name, [*titles, *aliases], n=1)
        names = "`python -m core train --help` names all there are"
        hint = f"perhaps {close[0]} is meant" if close else names
        return f"there is no setting called {name}; {hint}"
    return f"{titles[name]} {_complaint(problem)}"


def _complaint(problem: Any) -> str:
    context, kind = problem.get("ctx", {}), problem["type"]
    got = f", got {_as_typed(problem['input'])[:60]}"
    bounds = {
        "greater_than": "must be above {gt}",
        "greater_than_equal": "must be at least {ge}",
        "less_than": "must be below {lt}",
        "less_than_equal": "must be at most {le}",
        "too_long": "may have at most {max_length} entries",
        "literal_error": "must be one of {expected}",
    }
    if kind in bounds:
        plain = {
            key: value if key == "expected" else _plain_number(value)
            for key, value in context.items()
            if key in _BOUND_KEYS
        }
        sentence = bounds[kind].format(**plain).replace("'", "")
        return sentence if kind == "too_long" else sentence + got
    if kind == "value_error":
        return str(context["error"])
    if "int" in kind:
        return "must be a whole number" + got
    if "float" in kind or kind == "finite_number":
        return "must be a number" + got
    if "bool" in kind:
        return "must be yes or no" + got
    return "is not understood" + got


def _as_typed(value: object) -> str:
    # A form's numbers come as floats: who typed -1 shall read -1 and not -1.0.
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _plain_number(bound: float) -> str:
    # 100.0 reads as a measured figure and 2.14748e+09 as none: 100 and 2,147,483,647.
    return f"{bound:,.0f}" if bound == int(bound) else f"{bound:g}"
