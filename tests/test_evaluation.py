"""core.learning.evaluation: what models answer, alone and for many visitors at once."""

import itertools
import math
import threading

import numpy as np
import pytest
import torch

from core.errors import ConfigError, RunUnreadableError
from core.learning.data import to_input
from core.learning.evaluation import infer, predict, restore_model, score
from core.learning.losses import Criterion
from core.learning.models import build_model, choose_device
from core.recipes import find_recipe
from tests.support.training import CPU, epochs_of, small_config, training_of

CONFIG = find_recipe("article1-sgd").config


def test_squared_error_is_article_2s_formula() -> None:
    logits = torch.randn(7, 10, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([3, 1, 4, 1, 5, 9, 2])
    one_hot = np.eye(10)[labels.numpy()]
    expected = ((logits.numpy() - one_hot) ** 2).sum() / (7 * 10)
    assert Criterion("mse")(logits, labels).item() == pytest.approx(expected, rel=1e-6)


def test_score_is_mean_loss_and_share_of_right_answers() -> None:
    logits = torch.eye(10)[[1, 2, 3, 4]] * 5
    result = score(logits, torch.tensor([1, 2, 3, 0]), Criterion("cross_entropy"))
    sure = math.log(math.exp(5) + 9)
    assert (result.loss, result.accuracy) == pytest.approx((sure - 5 * 3 / 4, 0.75))


def test_inference_in_chunks_is_inference_at_once(digits_data) -> None:
    model = build_model(small_config()).eval()
    inputs = to_input(digits_data.train.pixels, "none", CPU)
    with torch.no_grad():
        torch.testing.assert_close(infer(model, inputs), model(inputs))


def test_a_stopped_inference_has_the_rows_read_so_far() -> None:
    asked = itertools.count(1)
    logits = infer(
        build_model(small_config()), torch.zeros(2500, 1, 28, 28), lambda: next(asked) > 2
    )
    assert logits.shape == (2000, 10)


def test_a_restored_model_answers_as_the_trained_one(digits_data) -> None:
    session = training_of(small_config(dropout=0.5), digits_data)
    epochs_of(session)
    weights = {name: value.numpy() for name, value in session.model.state_dict().items()}
    restored = restore_model(session.config, weights)
    inputs = session.to_input(digits_data.test)
    assert torch.equal(infer(restored, inputs), infer(session.model, inputs))


def test_weights_of_another_model_are_refused() -> None:
    weights = {n: v.numpy() for n, v in build_model(small_config()).state_dict().items()}
    with pytest.raises(RunUnreadableError, match="do not fit"):
        restore_model(small_config(hidden_sizes=(17,)), weights)


def test_probabilities_sum_to_one(digits_data) -> None:
    shares = predict(
        small_config(), build_model(small_config()), digits_data.test.pixels[:5].numpy()
    )
    assert shares.sum(axis=1) == pytest.approx([1.0] * 5)


def test_a_device_that_is_not_there_is_refused() -> None:
    absent = "mps" if not torch.backends.mps.is_available() else "cuda"
    with pytest.raises(ConfigError, match=f"no {absent} to compute on. Set device to auto"):
        choose_device(absent)


def test_the_automatic_device_is_one_that_is_there() -> None:
    assert torch.zeros(1, device=choose_device("auto")).sum() == 0


def test_visitors_asking_one_model_at_once_get_the_answers_of_one_alone() -> None:
    weights = {name: value.numpy() for name, value in build_model(CONFIG).state_dict().items()}
    model = restore_model(CONFIG, weights)
    images = np.random.default_rng(0).integers(0, 256, (1, 28, 28), dtype=np.uint8)
    alone = predict(CONFIG, model, images)
    wrong = []

    def ask() -> None:
        wrong.extend(not np.array_equal(predict(CONFIG, model, images), alone) for _ in range(300))

    visitors = [threading.Thread(target=ask) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert sum(wrong) == 0


def test_a_model_in_training_is_in_training_again_after_being_asked() -> None:
    model = build_model(CONFIG).train()
    infer(model, torch.zeros(3, 1, 28, 28))
    assert model.training
