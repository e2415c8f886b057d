"""Runs as short lines of JSON, and back without validating again what once was valid.

Validating 10,000 runs takes seconds. A line that this module packed holds values that passed all
checks; `code_version` tells whether the checks, and what fields there are, are still the same.
"""

import functools
import hashlib
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pydantic
from pydantic import BaseModel
from pydantic_core import from_json

import core.config
from core.runs import legible, reading, records, upgrading
from core.runs.records import Run

_ModelT = TypeVar("_ModelT", bound=BaseModel)


def packed(run: Run) -> str:
    """Return `run` as one line of JSON without what stands at its default."""
    return run.model_dump_json(exclude_defaults=True)


def unpacked(line: str) -> Run:
    """Return the run that `packed` made `line` of, under the same `code_version`.

    Raises ValueError, TypeError, KeyError or AttributeError if the line is anything else.
    """
    run: Run = _builder(Run)(from_json(line))
    return run


@functools.cache
def code_version() -> str:
    """Return what changes with the records, their checks and the library that makes them.

    By the source files themselves, so that nobody has to think of counting a number up.
    """
    folder = Path(core.config.__file__).parent
    sources = [
        *sorted(folder.glob("*.py")),
        Path(records.__file__),
        Path(legible.__file__),
        Path(reading.__file__),
        Path(upgrading.__file__),
        Path(__file__),
    ]
    found = hashlib.sha256(pydantic.VERSION.encode())
    for source in sources:
        found.update(source.read_bytes())
    return found.hexdigest()


@functools.cache
def _builder(model: type[_ModelT]) -> Callable[[dict[str, Any]], _ModelT]:
    """Return what makes a `model` of a dict of its values, as JSON has them."""
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    blank = {
        name: None if name in required else field.default
        for name, field in model.model_fields.items()
    }
    inner = [
        (name, _builder(found))
        for name, field in model.model_fields.items()
        if (found := _model_in(field.annotation)) is not None
    ]
    lists = [
        name
        for name, field in model.model_fields.items()
        if typing.get_origin(field.annotation) is tuple
    ]
    named = set(blank)

    def build(values: dict[str, Any]) -> _ModelT:
        for name, build_inner in inner:
            if values.get(name) is not None:
                values[name] = build_inner(values[name])
        for name in lists:
            if name in values:
                values[name] = tuple(values[name])
        every = blank | values
        if len(every) != len(blank) or not required <= values.keys():
            raise ValueError("these are not the fields of the record")
        made = model.__new__(model)
        # As a copy or a pickle of a model is filled; `model_construct` takes ten times as long.
        made.__setstate__(
            {
                "__dict__": every,
                "__pydantic_fields_set__": named,
                "__pydantic_extra__": None,
                "__pydantic_private__": None,
            }
        )
        return made

    return build


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field holds, alone or as `Model | None`; None if it holds none."""
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        parts = typing.get_args(annotation)
    else:
        parts = (annotation,)
    models = [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
    return models[0] if models else None
