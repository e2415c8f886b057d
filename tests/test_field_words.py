"""core.config: what fields, values and choices are called, and where they come from."""

from typing import get_args

import pytest

from core.config import (
    CHOICES,
    RunConfig,
    choice_sentence,
    choice_word,
    field_help,
    field_source,
    field_title,
    in_words,
    value_word,
)


@pytest.mark.parametrize("field", RunConfig.model_fields)
def test_every_field_has_a_plain_name(field: str) -> None:
    assert RunConfig.model_fields[field].title == field_title(field) != ""


@pytest.mark.parametrize("field", RunConfig.model_fields)
def test_every_field_has_a_sentence_of_help(field: str) -> None:
    assert field_help(field).endswith(".")


@pytest.mark.parametrize("field", RunConfig.model_fields)
def test_every_field_has_a_source(field: str) -> None:
    assert field_source(field)


CHOSEN = [
    (field, value)
    for field, info in RunConfig.model_fields.items()
    for value in get_args(info.annotation)
    if isinstance(value, str)
]


@pytest.mark.parametrize(("field", "value"), CHOSEN)
def test_every_choice_has_a_word_and_a_sentence(field: str, value: str) -> None:
    assert choice_word(field, value)
    assert choice_sentence(field, value).endswith(".")


def test_no_choice_is_described_that_there_is_not() -> None:
    described = [(field, value) for field, values in CHOICES.items() for value in values]
    assert sorted(described) == sorted(CHOSEN)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("loss", "mse", "mean squared error"),
        ("weight_decay", 1e-5, "0.00001"),
        ("validation_fraction", 1 / 6, "0.166667"),
        ("train_size", None, "all"),
        ("clip_norm", None, "no limit"),
        ("hidden_sizes", (), "none"),
        ("hidden_sizes", (128, 256), "128, 256"),
        ("batch_norm", True, "yes"),
        ("epochs", 25, "25"),
    ],
)
def test_a_value_reads(field: str, value: object, text: str) -> None:
    assert value_word(field, value) == text


def test_only_settings_that_apply_are_put_in_words() -> None:
    words = in_words(RunConfig(optimizer="adam"))
    assert "momentum" not in words
    assert words["beta1"] == "0.9"
