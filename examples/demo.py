"""From text to trained networks: renders optimizers, imports the rendered files and trains with them.

1. Opt4 of the catalog is rendered for PyTorch and TensorFlow.
2. The three best optimizers of ``authors_syntax.log``, which is in the log syntax of the paper's authors, are
   rendered.
3. A small convolutional network learns scikit-learn's digits with each of the four and with
   ``torch.optim.Adam``, at several peak learning rates of the paper's one-cycle schedule. The best rate is
   chosen by the accuracy on validation images; the table shows that on test images, which chose nothing.

    python examples/demo.py [--out build/demo] [--epochs 10]
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

import nos_sym
from nos_sym import onecycle
from nos_sym.language.authors.log import read_authors_log

LOG = Path(__file__).with_name("authors_syntax.log")
PEAKS = (10.0, 3.0, 1.0, 0.3, 0.1, 0.01, 0.001)
BATCH = 64
Make = Callable[[Iterable[Tensor], float, int], torch.optim.Optimizer]


@dataclass(frozen=True)
class Contender:
    """An optimizer with the text of its rule."""

    name: str
    rule: str
    make: Make


@dataclass(frozen=True)
class Digits:
    """Images of shape (n, 1, 8, 8) and their digits, in three parts."""

    train: tuple[Tensor, Tensor]
    validation: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Trained:
    """Accuracies after one training; ``None`` stands for weights that did not stay finite."""

    peak: float
    validation: float | None
    test: float | None


def main() -> None:
    """Run the three steps and print the table."""
    parser = argparse.ArgumentParser(description="Render optimizers and train a small network with each.")
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="folder of the rendered files")
    parser.add_argument("--epochs", type=int, default=10, help="passes over the training images")
    options = parser.parse_args()
    # The network is too small for a second thread to help, and one gives the same numbers on every machine.
    torch.set_num_threads(1)
    start = time.perf_counter()
    console = Console(highlight=False)
    contenders = render_contenders(options.out, console)
    results = train_all(contenders, options.epochs, console)
    print_table(contenders, results, console)
    console.print(f"{time.perf_counter() - start:.0f} seconds; the rendered optimizers are in {options.out}")


def render_contenders(folder: Path, console: Console) -> list[Contender]:
    """Render Opt4 and the best of the log, and return them with Adam."""
    folder.mkdir(parents=True, exist_ok=True)
    opt4 = nos_sym.catalog.entry("Opt4")
    assert isinstance(opt4, nos_sym.Rule)
    for backend in ("torch", "tensorflow"):
        write(folder / f"opt4_{backend}.py", nos_sym.render(opt4, backend), console)
    contenders = [Contender("Opt4", str(opt4.named("", "")), load(folder / "opt4_torch.py", "Opt4"))]
    for index, (rule, accuracy) in enumerate(best_of_log(3), 1):
        name = f"Logged{index}"
        path = folder / f"logged{index}_torch.py"
        named = rule.named(name, f"{LOG.name}, validation accuracy {accuracy:.4f}")
        write(path, nos_sym.render(named, "torch"), console)
        contenders.append(Contender(name, str(rule), load(path, name)))
    adam = Contender("torch.optim.Adam", "", lambda p, lr, _: torch.optim.Adam(p, lr=lr))
    return [*contenders, adam]


def best_of_log(count: int) -> list[tuple[nos_sym.Rule, float]]:
    """Return the rules of the log with the best validation accuracies."""
    best: dict[nos_sym.Rule, float] = {}
    for evaluation in read_authors_log(LOG).evaluations:
        if evaluation.rule is not None and evaluation.accuracy is not None:
            best[evaluation.rule] = max(evaluation.accuracy, best.get(evaluation.rule, 0.0))
    return sorted(best.items(), key=lambda item: -item[1])[:count]


def write(path: Path, source: str, console: Console) -> None:
    """Write a rendered file and say so."""
    path.write_text(source, encoding="utf-8")
    console.print(f"rendered {path} ({len(source.splitlines())} lines)")


def load(path: Path, name: str) -> Make:
    """Import a rendered file and return a function that makes its optimizer."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    optimizer = getattr(module, name)
    needs_steps = "total_steps" in optimizer.__init__.__code__.co_varnames

    def make(parameters: Iterable[Tensor], lr: float, total_steps: int) -> torch.optim.Optimizer:
        more: dict[str, Any] = {"total_steps": total_steps} if needs_steps else {}
        made: torch.optim.Optimizer = optimizer(parameters, lr=lr, **more)
        return made

    return make


def train_all(contenders: list[Contender], epochs: int, console: Console) -> dict[str, list[Trained]]:
    """Train with every optimizer at every peak learning rate."""
    digits = load_images()
    runs = [(c, peak) for c in contenders for peak in PEAKS]
    results: dict[str, list[Trained]] = {c.name: [] for c in contenders}
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=console) if console.is_terminal else None
    with bar or nullcontext():
        task = bar.add_task("training", total=len(runs)) if bar else None
        for contender, peak in runs:
            if bar and task is not None:
                bar.update(task, description=f"{contender.name} at {peak:g}")
            result = train(contender.make, peak, epochs, digits)
            results[contender.name].append(result)
            if bar and task is not None:
                bar.advance(task)
            else:
                print(
                    f"{contender.name:<18} peak {peak:<6g} validation {percent(result.validation)}",
                    flush=True,
                )
    return results


def load_images() -> Digits:
    """Return the digits of scikit-learn: 1,077 to train, 270 to choose by, 450 to test."""
    images, labels = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(images, labels, test_size=450, stratify=labels, random_state=0)
    x, x_val, y, y_val = train_test_split(x, y, test_size=270, stratify=y, random_state=0)

    def tensors(part: Any, target: Any) -> tuple[Tensor, Tensor]:
        pixels = torch.tensor(part, dtype=torch.float32).reshape(-1, 1, 8, 8) / 8 - 1
        return pixels, torch.tensor(target)

    return Digits(tensors(x, y), tensors(x_val, y_val), tensors(x_test, y_test))


def train(make: Make, peak: float, epochs: int, digits: Digits) -> Trained:
    """Train one network; weights, order of the images and masks come from one seed."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.SiLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.SiLU(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(128, 10),
    )  # fmt: skip
    images, labels = digits.train
    total = epochs * (len(images) // BATCH)
    optimizer = make(network.parameters(), peak, total)
    warmup = total // 10
    rates, momenta = onecycle.learning_rates(total, peak, warmup), onecycle.momenta(total, warmup)
    for step in range(total):
        for group in optimizer.param_groups:
            group["lr"] = float(rates[step])
            if "momentum" in group:
                group["momentum"] = float(momenta[step])
        if step % (len(images) // BATCH) == 0:
            order = torch.randperm(len(images))
        batch = order[(step % (len(images) // BATCH)) * BATCH :][:BATCH]
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images[batch]), labels[batch]).backward()
        optimizer.step()
    if not all(bool(p.isfinite().all()) for p in network.parameters()):
        return Trained(peak, None, None)
    network.eval()
    return Trained(peak, accuracy(network, digits.validation), accuracy(network, digits.test))


@torch.no_grad()
def accuracy(network: nn.Module, part: tuple[Tensor, Tensor]) -> float:
    """Return the share of images whose digit is recognized."""
    images, labels = part
    return float((network(images).argmax(dim=1) == labels).float().mean())


def percent(share: float | None) -> str:
    """Return a share in percent, or what stands for weights that did not stay finite."""
    return "diverged" if share is None else f"{100 * share:.1f} %"


def print_table(contenders: list[Contender], results: dict[str, list[Trained]], console: Console) -> None:
    """Print test accuracies at the best peak learning rate, and the rules."""
    table = Table(title="Digits: accuracy at the best peak learning rate", title_justify="left")
    table.add_column("optimizer", no_wrap=True)
    table.add_column("peak", justify="right")
    table.add_column("validation", justify="right", no_wrap=True)
    table.add_column("test", justify="right", no_wrap=True)
    table.add_column("rule")
    for contender in contenders:
        best = max(results[contender.name], key=lambda r: -1.0 if r.validation is None else r.validation)
        table.add_row(
            contender.name,
            f"{best.peak:g}",
            percent(best.validation),
            percent(best.test),
            Text(contender.rule),
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
