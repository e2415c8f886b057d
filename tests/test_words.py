"""How names and texts are written."""

import pytest

from core.config import RunConfig
from core.recipes import find_recipe
from core.runs.records import Run
from core.runs.store import RunStore
from core.words import as_text, distinct_names, file_name, layer_rows

CONFIG = find_recipe("article1-sgd").config


def runs_called(store: RunStore, *names: str) -> list[Run]:
    return [store.read(store.create(CONFIG, name=name)) for name in names]


def test_names_that_differ_stay_as_they_are(store: RunStore) -> None:
    assert list(distinct_names(runs_called(store, "a", "b")).values()) == ["a", "b"]


@pytest.mark.parametrize("names", [("x", "x"), ("x", "x", "x"), ("x", "x", "y", "y")])
def test_names_that_repeat_become_distinct(store: RunStore, names: tuple[str, ...]) -> None:
    given = distinct_names(runs_called(store, *names))
    assert len(set(given.values())) == len(names)


def test_a_made_name_does_not_meet_a_given_one(store: RunStore) -> None:
    first, second = runs_called(store, "x", "x")
    (third,) = runs_called(store, f"x ({first.id[-5:]})")
    assert len(set(distinct_names([first, second, third]).values())) == 3


def test_an_example_is_marked_where_its_name_repeats(store: RunStore) -> None:
    own = store.read(store.create(CONFIG, name="SGD"))
    example = store.read(store.create(CONFIG, name="SGD", example=True))
    assert distinct_names([own, example])[example.id] == "SGD (example)"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("[x](https://example.org)", "\\[x\\]\\(https\u2060\\://example.org\\)"),
        ("**bold** `code`", r"\*\*bold\*\* \`code\`"),
        ("one\n# two", r"one \# two"),
        ("Adam 0.001, MLP", "Adam 0.001, MLP"),
        # What Streamlit would make a link of, however it is escaped.
        ("www.example.org", "www\u2060.example.org"),
        ("a@example.org", "a\u2060@example.org"),
        ("- one", r"\- one"),
        ("1. one", r"1\. one"),
        ("&lt;b&gt;", r"\&lt;b\&gt;"),
    ],
)
def test_markdown_is_shown_as_it_was_typed(typed: str, shown: str) -> None:
    assert as_text(typed) == shown


def test_every_layer_of_a_cnn_is_put_in_words() -> None:
    config = RunConfig(
        model="cnn",
        channels=(4,),
        kernel_size=3,
        pooling="average",
        response_norm=True,
        batch_norm=True,
        activation="tanh",
        hidden_sizes=(50,),
        dropout=0.25,
    )
    assert layer_rows(config) == [
        ("4 patterns sought in windows of 3×3 (convolution)", "4 × 28 × 28", "36"),
        ("mean of each 2×2 block (average pooling)", "4 × 14 × 14", "–"),
        ("values brought to mean 0 and spread 1 (batch norm)", "4 × 14 × 14", "8"),
        ("tanh on every value (activation)", "4 × 14 × 14", "–"),
        ("strong answers damp their neighbours (LRN)", "4 × 14 × 14", "–"),
        ("all values in one row (flatten)", "784", "–"),
        ("50 units that weigh all values (fully connected)", "50", "39,200"),
        ("values brought to mean 0 and spread 1 (batch norm)", "50", "100"),
        ("tanh on every value (activation)", "50", "–"),
        ("25 % of the units switched off by chance (dropout)", "50", "–"),
        ("ten outputs, one for each digit (fully connected)", "10", "510"),
    ]


def test_a_file_is_called_by_its_words_each_once() -> None:
    described = "Loss over epochs: SGD (article 1), training, SGD (article 1), validation"
    assert file_name(described) == "loss-over-epochs-sgd-article-1-training-validation"


@pytest.mark.parametrize("text", ["../../etc/passwd", "a/b\\c:d*e?", ".hidden", "x\0y\n"])
def test_no_file_name_leads_elsewhere(text: str) -> None:
    assert not set(file_name(text)) & set('/\\:*?"<>|.\0\n')


def test_a_long_file_name_ends_with_a_whole_word() -> None:
    name = file_name(" ".join(f"word{number}" for number in range(40)))
    assert len(name) <= 80
    assert name.split("-")[-1].startswith("word")


def test_nothing_to_say_is_called_by_the_project() -> None:
    assert file_name("…!") == "digit-lab"
