"""How long article 1's pair takes together, against its two plain scripts one after the other.

    make bench            (or: python benchmarks/article1_pair.py [--epochs 25])

Needs MNIST under DIGITLAB_DATA. Both sides train the same models on the same 50,000 images for
the same epochs, evaluate after each on the 10,000 validation images, and include the start of
their processes. Prints seconds and the ratio; run it on an otherwise idle machine.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from core.learning.data import load
from core.recipes import COMPARED_PAIR, find_recipe
from core.runs.engines.local import LocalEngine
from core.runs.queue import RunQueue
from core.runs.store import RunStore
from core.settings import core_count, read_settings


def train_plainly(optimizer_name: str, epochs: int) -> float:
    """Train as article 1's script does (TensorDataset, DataLoader); return the last accuracy."""
    data = load("mnist", read_settings().data).train
    pixels, labels = data.pixels.float().div(255).flatten(1), data.labels
    train = DataLoader(TensorDataset(pixels[:50_000], labels[:50_000]), 64, shuffle=True)
    validation = DataLoader(TensorDataset(pixels[50_000:], labels[50_000:]), 64)
    model = nn.Sequential(
        nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(128, 256), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(256, 10),
    )  # fmt: skip
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer_name]
    optimizer = kind(model.parameters(), lr=1e-3)
    loss_function = nn.CrossEntropyLoss()
    accuracy = 0.0
    for _ in range(epochs):
        model.train()
        for inputs, targets in train:
            optimizer.zero_grad()
            loss = loss_function(model(inputs), targets)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            right = sum(
                (model(inputs).argmax(1) == targets).sum().item() for inputs, targets in validation
            )
        accuracy = right / 10_000
    return accuracy


def time_plain_scripts(epochs: int) -> float:
    """Return the seconds that both plain scripts take, one after the other."""
    started = time.perf_counter()
    for name in ("sgd", "adam"):
        subprocess.run(
            [sys.executable, __file__, "--plain", name, "--epochs", str(epochs)], check=True
        )
    return time.perf_counter() - started


def time_pair(epochs: int) -> float:
    """Return the seconds from launching the pair to the end of the second run."""
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        settings = read_settings()
        queue = RunQueue(store, LocalEngine(settings.data, 1), slots=min(2, core_count()))
        started = time.perf_counter()
        for name in COMPARED_PAIR:
            store.create(find_recipe(name).config.replace(epochs=epochs), name=name)
        queue.start()
        while any(run.active for run in store.list()):
            time.sleep(0.1)
        seconds = time.perf_counter() - started
        queue.stop()
        for run in store.list():
            accuracy, own = run.summary.final_validation_accuracy, run.summary.seconds
            print(f"  {run.name}: {accuracy:.1%} of the validation images, {own:.1f} s")
        return seconds


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--plain", choices=("sgd", "adam"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        accuracy = train_plainly(options.plain, options.epochs)
        print(f"  plain {options.plain}: {accuracy:.1%} of the validation images")
        return
    print(f"{options.epochs} epochs, {core_count()} cores, torch {torch.__version__}")
    plain = time_plain_scripts(options.epochs)
    print(f"two plain scripts, one after the other: {plain:.1f} s")
    pair = time_pair(options.epochs)
    print(f"the pair, launched together:            {pair:.1f} s")
    print(f"ratio: {plain / pair:.2f}")


if __name__ == "__main__":
    main()
