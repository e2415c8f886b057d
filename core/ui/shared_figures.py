"""Figures that many visitors look at, made once for all of them.

Plotly takes ten milliseconds and more for a figure, most of a page's time; a class that looks at
the same comparison asks for the same few again and again.
"""

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from core.ui.model_cache import ModelCache

_MOST_BYTES: Final = 32 * 1024 * 1024  # a thousand matrices


@dataclass(frozen=True)
class FigureText:
    """A figure as browsers get it, JSON, and the title that stands in it."""

    text: str
    title: str


_figures: Final = ModelCache[FigureText](_MOST_BYTES, lambda figure: len(figure.text))


def shared_figure(make: Callable[..., go.Figure], *given: Any, **named: Any) -> FigureText:
    """Return the figure that `make` makes of these arguments, made once for all who ask.

    The arguments are compared by value: numbers, texts, arrays, and lists, tuples, mappings and
    dataclasses of such. `make` must do nothing but make the figure of them.
    """
    key = (make.__module__, make.__qualname__, _frozen(given), _frozen(named))
    return _figures.get(key, None, lambda: figure_text(make(*given, **named)))


def figure_text(figure: go.Figure) -> FigureText:
    """Return a figure as browsers get it."""
    text = figure.to_json()
    title = json.loads(text)["layout"].get("title", {}).get("text") or ""
    return FigureText(text, title)


def _frozen(value: Any) -> Hashable:
    """Return what equals that of another value only where the two are equal."""
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, Mapping):
        return tuple((name, _frozen(part)) for name, part in value.items())
    if isinstance(value, list | tuple):
        return tuple(_frozen(part) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return tuple(_frozen(getattr(value, field.name)) for field in fields(value))
    frozen: Hashable = value
    return frozen
