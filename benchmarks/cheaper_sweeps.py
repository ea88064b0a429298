"""What halving of the sweep and ends by the curve save on the demo's task, and what they cost in ranks.

    python benchmarks/cheaper_sweeps.py                            # an hour on one core
    python benchmarks/cheaper_sweeps.py --show                     # the table of what is there
    python benchmarks/cheaper_sweeps.py --random 4 --entries 2 --earlier 3 --out /tmp/quick

Optimizers are drawn as the initial population of a search is, with others of the catalog. Each is trained by
the whole protocol, on the network of the demo, at the seven learning rates of the paper, in epochs of 20
steps. What goes on after a rung, and what a run is before it is ended, is to the bit the training that is
made without; so the cheaper ways are decided on these curves by the code that decides trainings, and what
they train besides, a whole run at another rate, is trained. ``--check`` trains some optimizers by the cheaper
settings themselves, and compares. Levels of curves are learned from other optimizers, drawn before.

An optimizer without a fitness counts as chance. Intervals are of 2,000 bootstrap samples of optimizers. The
last row, where that is trained, is the same protocol with another seed: ranks are no surer than that. Every
training is kept in ``OUT.json`` when it ends, and a run that is stopped goes on from there.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from searches.known_curves import FULL, Trainings, fitness, replay, write_file
from searches.ranks import Ranks, compare

from nos_sym import catalog
from nos_sym.language.rule import Rule
from nos_sym.search.algorithms.random_search import RandomSearch
from nos_sym.search.curve_levels import learn_levels
from nos_sym.search.results import Evaluated
from nos_sym.search.settings import preset
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.trainer import TorchTrainer

OUT = Path(__file__).parent / "results" / "cheaper-sweeps"
LOOKS = (60, 120, 180)


def main() -> None:
    """Train what is missing, check, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="of the drawn optimizers")
    parser.add_argument("--earlier", type=int, default=30, help="optimizers that levels are learned from")
    parser.add_argument("--random", type=int, default=62, help="drawn optimizers that are ranked")
    parser.add_argument("--entries", type=int, default=50, help="entries of the catalog that are ranked")
    parser.add_argument(
        "--check", type=int, default=5, help="optimizers that are trained by cheaper settings"
    )
    parser.add_argument("--show", action="store_true", help="train nothing")
    parser.add_argument("--out", type=Path, default=OUT, help="files of the results, without .json and .txt")
    options = parser.parse_args()
    kept = Trainings(options.out.with_suffix(".json"))
    if not options.show:
        train(kept, options)
    cheaper = ways(kept.part("earlier", 0))
    lines = table(kept, cheaper)
    print("\n".join(lines))
    options.out.with_suffix(".txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def train(kept: Trainings, options: argparse.Namespace) -> None:
    """Train what is missing; a seed more in the end."""
    rules = drawn(options)
    for rule in rules["earlier"]:
        kept.train("earlier", rule, 0, [FULL])
    cheaper = ways(kept.part("earlier", 0))
    for number, rule in enumerate(rules["ranked"], 1):
        kept.train("ranked", rule, 0, [FULL, *cheaper.values()])
        print(f"{number} of {len(rules['ranked'])}", file=sys.stderr, flush=True)
    compared = check(rules["ranked"][: options.check], cheaper, kept)
    print(f"{compared} results trained by cheaper settings are those of the known curves", file=sys.stderr)
    for rule in rules["ranked"]:
        kept.train("ranked", rule, 1, [FULL])


def table(kept: Trainings, cheaper: dict[str, TrainingSettings]) -> list[str]:
    """Return the lines of the table."""
    rows = kept.part("ranked", 0)
    full = [replay(FULL, row) for row in rows]
    scores, spent = [fitness(result) for result, _ in full], sum(steps for _, steps in full)
    with_fitness = sum(isinstance(result, Evaluated) for result, _ in full)
    lines = [
        f"{len(rows)} optimizers, {with_fitness} with a fitness in the full protocol, {spent} steps",
        "",
        f"{'':24}{'steps':>7}  {'Spearman':24}{'Kendall':24}{'best 10 kept':>13}{'fitness':>9}",
    ]
    for name, settings in cheaper.items():
        found = [replay(settings, row) for row in rows]
        ranks = compare(scores, [fitness(result) for result, _ in found])
        lines.append(line(name, sum(steps for _, steps in found) / spent, ranks))
    again = {row["text"]: row for row in kept.part("ranked", 1)}
    pairs = [
        (score, again[row["text"]]) for score, row in zip(scores, rows, strict=True) if row["text"] in again
    ]
    if len(pairs) > 2:
        ranks = compare([score for score, _ in pairs], [fitness(replay(FULL, row)[0]) for _, row in pairs])
        lines.append(line(f"full, another seed ({len(pairs)})", 1.0, ranks))
    levels = {name: s.curve_accuracies for name, s in cheaper.items() if name.startswith("curve")}
    lines += ["", *(f"levels of {name} at {LOOKS}: {found}" for name, found in levels.items())]
    return lines


def line(name: str, share: float, ranks: Ranks) -> str:
    """Return a line of the table."""
    parts = [f"{r:.3f} ({low:.3f} to {high:.3f})" for r, low, high in (ranks.spearman, ranks.kendall)]
    return (
        f"{name:24}{share:7.1%}  {parts[0]:24}{parts[1]:24}{ranks.best_kept:>10} / {ranks.best}"
        f"{ranks.mean_change:+9.4f}"
    )


def ways(earlier: list[dict[str, Any]]) -> dict[str, TrainingSettings]:
    """Return the cheaper settings by their names; levels are learned from earlier trainings."""
    curves = [whole["training"] for row in earlier for whole in chosen(row)]
    found = {
        "halving 20, 40, 60": FULL.replace(halving=(20, 40, 60)),
        "halving 40, 60": FULL.replace(halving=(40, 60)),
    }
    for quantile in (0.25, 0.5):
        levels = learn_levels(curves, FULL.epoch_steps, LOOKS, quantile)
        ended = FULL.replace(curve_steps=LOOKS, curve_accuracies=levels)
        found[f"curve, quantile {quantile}"] = ended
        found[f"both, quantile {quantile}"] = ended.replace(halving=(20, 40, 60))
    return found


def chosen(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the whole run of the full protocol, if there is one."""
    result, _ = replay(FULL, row)
    return [row["whole"][repr(result.learning_rate)]] if isinstance(result, Evaluated) else []


def drawn(options: argparse.Namespace) -> dict[str, list[Rule]]:
    """Return the optimizers: those that levels are learned from, and those that are ranked."""
    count = options.earlier + options.random
    search = RandomSearch(preset("demo", seed=options.seed, population=count, sample=2, evaluations=count))
    random = [candidate.rule for candidate in search.ask()]
    rules = [entry for entry in catalog.entries() if isinstance(entry, Rule)]
    # Spread over the whole catalog, whose entries stand family by family.
    spread = np.linspace(0, len(rules) - 1, min(options.entries, len(rules))).round().astype(int)
    return {
        "earlier": random[: options.earlier],
        "ranked": random[options.earlier :] + [rules[number] for number in spread],
    }


def check(rules: Sequence[Rule], cheaper: dict[str, TrainingSettings], kept: Trainings) -> int:
    """Train optimizers by the cheaper settings; return how many results were compared.

    Raises:
        SystemExit: one is not what the known curves say.
    """
    known = {row["text"]: row for row in kept.part("ranked", 0)}
    compared = 0
    for rule in rules:
        for name, settings in cheaper.items():
            with tempfile.TemporaryDirectory() as folder:
                made = TorchTrainer().train(*write_file(rule, Path(folder)), settings, 0)
            expected, _ = replay(settings, known[str(rule)])
            if fitness(made) != fitness(expected):
                sys.exit(f"{name}: trained {made}, from known curves {expected}, of {rule!s}")
            compared += 1
    return compared


if __name__ == "__main__":
    main()
