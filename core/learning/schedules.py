"""How the learning rate changes from step to step."""

import math

from core.config import RunConfig


def learning_rate(config: RunConfig, step: int, steps_per_epoch: int) -> float:
    """Return the learning rate of the correction number `step`, counted from 0.

    Warm-up rises linearly over its steps to the full rate (Goyal and others 2017, section 2.2);
    cosine falls to 0 over the steps after it (Loshchilov and Hutter 2017, equation 5 without
    restarts); one-cycle is torch's OneCycleLR with its defaults (Smith and Topin 2018): up along a
    cosine from 1/25 of the rate in the first 30 % of all steps, then down to 1/10,000 of the start.
    """
    total = config.epochs * steps_per_epoch
    warmup = round(config.warmup_epochs * steps_per_epoch)
    if config.schedule == "one_cycle":
        return config.learning_rate * _one_cycle(step, total)
    if step < warmup:
        return config.learning_rate * (step + 1) / warmup
    if config.schedule == "step":
        falls = step // (config.step_epochs * steps_per_epoch)
        return config.learning_rate * config.step_factor**falls
    if config.schedule == "cosine":
        return config.learning_rate * _cosine(1, 0, (step - warmup) / max(1, total - warmup))
    return config.learning_rate


def _one_cycle(step: int, total: int) -> float:
    start, end = 1 / 25, 1 / 25 / 1e4
    peak = 0.3 * total - 1
    if step <= peak:
        return _cosine(start, 1, step / peak if peak > 0 else 1)
    return _cosine(1, end, (step - peak) / (total - 1 - peak) if total - 1 > peak else 1)


def _cosine(begin: float, end: float, share: float) -> float:
    return end + (begin - end) * (1 + math.cos(math.pi * min(1.0, share))) / 2
