"""What models answer, alone and for many visitors at once."""

import threading

import numpy as np
import torch

from core.learning.evaluation import infer, predict, restore_model
from core.learning.models import build_model
from core.recipes import find_recipe

CONFIG = find_recipe("article1-sgd").config


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
