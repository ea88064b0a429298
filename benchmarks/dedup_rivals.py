"""Symbolic keys against their rivals on the authors' log: what each merges wrongly, what it misses, its time.

    python benchmarks/dedup_rivals.py                       # ../shared/data, some minutes
    python benchmarks/dedup_rivals.py LOG --sympy 200       # more rules for SymPy

* ``text``: the rule as it is written, as the authors' script compares it.
* ``exact`` and ``almost``: the keys of this project.
* ``hash 20``: a functional-equivalence cache after that of AutoML-Zero, which hashes the errors on the first
  examples of training and validation as they are, ten and ten in its published demo
  (``automl_zero/fec_hashing.cc`` and ``run_demo.sh`` of google-research): here twenty outputs, those of ten
  steps on two weights, in binary64 as they are.
* ``hash 20, 6 digits``: the same outputs rounded to six significant digits.
* ``hash 1000, 10 digits``: forty steps on twenty-five weights, a tenth of the gradients exactly zero.
* ``simplify``: equal results of ``sympy.simplify``, with a limit for each rule in a child process. It takes
  seconds for some rules, so it gets a sample: rules that another one of the log equals, where there are
  duplicates to find.

Every method answers a rule by the first one of its class. An answer is *wrong* where a judge that knows
nothing of the algebra (``tests/support/judges/every_history.py``: rational numbers, else balls of 114 digits,
on histories with zeros, ties and averages that vanish) finds another value. A duplicate is *missed* where an
exact key, a text or SymPy merges a rule with an earlier one, the judge finds no difference, and the method
answers it by none. *Saved* are trainings of the whole log on the same task. Written are counts and times, and
no line of the log.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import numpy as np
from support.judges.every_history import separated

from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.algebra.levels import Level, level_key
from nos_sym.language.authors.log import read_authors_log
from nos_sym.language.rule import Rule
from nos_sym.program.interpreter import Guards, Interpreter

LOG = Path(__file__).parents[2] / "shared" / "data" / "authors_run_first_half.log"
OUT = Path(__file__).parent / "results" / "dedup-rivals.json"
LIMIT = 3.0
"""Seconds for one rule of SymPy."""

Key = str | None
"""What a method compares; ``None`` where it gave up."""


def outputs(rule: Rule, size: int, steps: int, zeros: float) -> Any:
    """Return the updates of a rule on fixed inputs."""
    rng = np.random.default_rng(0)
    masks = np.random.default_rng(1).random((20, steps, size))
    run = Interpreter(
        rule,
        (size,),
        total_steps=steps,
        guards=Guards.NONE,
        uniform=lambda draw, shape: masks[draw, run.step],
    )
    seen = []
    for _ in range(steps):
        g, w = rng.normal(size=size), rng.normal(size=size)
        seen.append(run.update(np.where(rng.random(size) < zeros, 0.0, g), w))
    return np.concatenate(seen)


def hashed(size: int, steps: int, zeros: float, digits: int | None) -> Callable[[Rule], Key]:
    """Return a method that hashes outputs."""

    def key(rule: Rule) -> Key:
        with np.errstate(all="ignore"):
            values = outputs(rule, size, steps, zeros)
        # Minus zero is zero.
        text = (values + 0.0).tobytes() if digits is None else _rounded(values, digits)
        return rule.momentum.value + hashlib.blake2b(text).hexdigest()

    return key


def _rounded(values: Any, digits: int) -> bytes:
    return " ".join(f"{value + 0.0:.{digits - 1}e}" for value in values).encode()


def simplified(rule: Rule) -> Key:
    """Return what SymPy makes of a rule; ``None`` where it takes too long or gives up."""
    here, there = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_simplify, args=(rule, there), daemon=True)
    child.start()
    there.close()
    try:
        found: Key = here.recv() if here.poll(LIMIT) else None
    except EOFError:
        found = None
    child.kill()
    child.join()
    return found


def _simplify(rule: Rule, answer: Any) -> None:
    import contextlib

    import sympy

    with contextlib.suppress(ValueError, TypeError, RecursionError, NotImplementedError):
        answer.send(f"{rule.momentum.value} {sympy.srepr(sympy.simplify(rule.sympy()))}")


METHODS: dict[str, Callable[[Rule], Key]] = {
    "text": str,
    "exact": key_of,
    "almost": lambda rule: level_key(rule, Level.EXACT, almost=True),
    "hash 20": hashed(2, 10, 0.0, None),
    "hash 20, 6 digits": hashed(2, 10, 0.0, 6),
    "hash 1000, 10 digits": hashed(25, 40, 0.1, 10),
    "simplify": simplified,
}
PROVING = ("text", "exact", "simplify")


@cache
def apart(first: Rule, second: Rule) -> bool:
    """Return whether the judge tells two rules apart."""
    return first.momentum is not second.momentum or separated(first, second) is not None


def measured(method: str, rules: Sequence[Rule]) -> tuple[list[Key], list[float]]:
    """Return the key of each rule, and the seconds that it took with cold tables."""
    keys, seconds = [], []
    with fresh_workspace():
        for rule in rules:
            start = time.perf_counter() if method == "simplify" else time.process_time()
            keys.append(METHODS[method](rule))
            clock = time.perf_counter() if method == "simplify" else time.process_time()
            seconds.append(clock - start)
    return keys, seconds


def answers(keys: Sequence[Key]) -> list[int | None]:
    """Return for each rule the number of the first one with its key, ``None`` for that one itself."""
    first: dict[str, int] = {}
    found: list[int | None] = []
    for number, key in enumerate(keys):
        known = None if key is None else first.setdefault(key, number)
        found.append(None if known == number else known)
    return found


def judged(rules: Sequence[Rule], keys: dict[str, list[Key]]) -> dict[str, dict[str, int]]:
    """Return for each method how many of the rules it answers, how many wrongly, and how many it misses."""
    answered = {method: answers(own) for method, own in keys.items()}
    equal = {
        number
        for method in PROVING
        for number, first in enumerate(answered.get(method, ()))
        if first is not None and not apart(rules[first], rules[number])
    }
    counts = {}
    for method, firsts in answered.items():
        pairs = [(first, number) for number, first in enumerate(firsts) if first is not None]
        counts[method] = {
            "rules": len(rules),
            "answered": len(pairs),
            "wrong": sum(apart(rules[first], rules[number]) for first, number in pairs),
            "missed": sum(firsts[number] is None for number in equal),
        }
    return counts


def saved(log: Any, keys: dict[Rule, Key]) -> int:
    """Return how many evaluations of a log had one with the same key before, on the same task."""
    seen: set[tuple[bool, Key]] = set()
    count = 0
    for evaluation in log.evaluations:
        if evaluation.rule is not None:
            key = (evaluation.kind.value == "initial", keys[evaluation.rule])
            count += key in seen
            seen.add(key)
    return count


def main() -> int:
    """Measure, write counts and times, and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("log", nargs="?", type=Path, default=LOG, help="a log of the authors' search")
    parser.add_argument("--sympy", type=int, default=100, help="number of rules for SymPy")
    parser.add_argument("--out", type=Path, default=OUT, help="file for the counts")
    options = parser.parse_args()
    log = read_authors_log(options.log)
    rules = list(dict.fromkeys(e.rule for e in log.evaluations if e.rule is not None))
    keys, rows = {}, {}
    for method in METHODS:
        if method == "simplify":
            continue
        keys[method], seconds = measured(method, rules)
        rows[method] = times(seconds) | {"saved": saved(log, dict(zip(rules, keys[method], strict=True)))}
    for method, counts in judged(rules, keys).items():
        rows[method] |= counts
    sample = sampled(rules, keys["exact"], options.sympy)
    chosen = [rules[number] for number in sample]
    own = {method: [all_[number] for number in sample] for method, all_ in keys.items()}
    own["simplify"], seconds = measured("simplify", chosen)
    on_sample = judged(chosen, own)
    on_sample["simplify"]["gave up"] = sum(key is None for key in own["simplify"])
    figures = {
        "evaluations": len(log.evaluations),
        "rules": len(rules),
        "whole log": rows,
        "sample": on_sample,
        "simplify": times(seconds) | {"limit": LIMIT},
    }
    options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    show(figures)
    return 0


def sampled(rules: Sequence[Rule], exact: Sequence[Key], count: int) -> list[int]:
    """Return numbers of rules that others equal, whole classes of them, in the order of the log."""
    classes: dict[Key, list[int]] = {}
    for number, key in enumerate(exact):
        classes.setdefault(key, []).append(number)
    several = [members for members in classes.values() if len(members) > 1]
    random.Random(0).shuffle(several)
    found: list[int] = []
    for members in several:
        if len(found) < count:
            found += members
    return sorted(found)


def times(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median, the mean and the largest of some times, in milliseconds."""
    figures = (statistics.median(seconds), statistics.fmean(seconds), max(seconds))
    return {name: round(1e3 * s, 3) for name, s in zip(("median", "mean", "largest"), figures, strict=True)}


def show(figures: dict[str, Any]) -> None:
    """Print the tables."""
    print(f"{figures['rules']} rules of {figures['evaluations']} evaluations; milliseconds a rule")
    print(
        f"{'':22}{'answered':>9}{'wrong':>7}{'missed':>8}{'saved':>7}{'median':>9}{'mean':>9}{'largest':>9}"
    )
    for method, row in figures["whole log"].items():
        counts = f"{row['answered']:9}{row['wrong']:7}{row['missed']:8}{row['saved']:7}"
        print(f"{method:22}{counts}{row['median']:9.3f}{row['mean']:9.3f}{row['largest']:9.1f}")
    some = figures["simplify"]
    print(f"\n{figures['sample']['simplify']['rules']} rules that others equal")
    for method, row in figures["sample"].items():
        print(f"{method:22}{row['answered']:9}{row['wrong']:7}{row['missed']:8}")
    gave_up = figures["sample"]["simplify"]["gave up"]
    print(
        f"simplify gave up {gave_up} after {some['limit']:g} s; milliseconds: median {some['median']:.0f}, ",
        end="",
    )
    print(f"mean {some['mean']:.0f}, largest {some['largest']:.0f}")


if __name__ == "__main__":
    sys.exit(main())
