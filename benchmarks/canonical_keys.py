"""Canonical keys against what SymPy offers for the same question, side by side in one run.

    python benchmarks/canonical_keys.py [LOG]
    python benchmarks/canonical_keys.py [LOG] --against CHECKOUT

Keys of the distinct rules of an authors' log (or of random rules), cold tables, parsing excluded;
``sympy.simplify`` and ``.equals`` on a sample of the same rules, each call stopped after a few seconds
because some never end. Medians of interleaved rounds. Then the slowest single rule of up to ten nodes, and
1,000 to 10,000 random rules: the time of one must stay the same.

With ``--against`` another checkout of the project, such as a ``git worktree`` of an earlier commit, measures
the same rules, turn by turn with this one in processes of their own: keys of all rules, and the slowest of up
to ten nodes, in seconds of the processor. Exits with 1 where this one is slower than the other.
"""

from __future__ import annotations

import argparse
import random
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from checkouts import run_in
from optimizer_steps.report import interval
from support.random_rules import random_rule

from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.language.authors.log import read_authors_log
from nos_sym.language.node import size_of
from nos_sym.language.rule import Rule

LIMIT = 5
ROUNDS = 3
TURNS = 7
SAMPLE = 25

_MEASURED = """
import json, sys, time
from pathlib import Path
import canonical_keys as here
rules = here.rules_of(Path(sys.argv[1]) if sys.argv[1] else None)
here.key_of(rules[0])

def seconds(some):
    with here.fresh_workspace():
        start = time.process_time()
        for rule in some:
            here.key_of(rule)
        return time.process_time() - start

every = min(seconds(rules) for _ in range(2)) / len(rules)
short = [rule for rule in rules if here.size_of(rule.update) <= 10]
slow = sorted(short, key=lambda rule: seconds([rule]))[-8:]
worst, rule = max((min(seconds([rule]) for _ in range(3)), str(rule)) for rule in slow)
print(json.dumps({"count": len(rules), "every": every, "worst": worst, "rule": rule}))
"""


class Stopped(Exception):
    """A call took longer than the limit."""


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Stop what runs inside after a number of seconds."""

    def stop(*_: Any) -> None:
        raise Stopped

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def timed(call: Callable[[], object]) -> float:
    """Return the seconds of a call; a stopped one counts the limit, one that SymPy gives up what it took."""
    start = time.perf_counter()
    with suppress(Stopped, ValueError, TypeError, RecursionError, NotImplementedError), limited(LIMIT):
        call()
    return time.perf_counter() - start


def keys(rules: list[Rule]) -> float:
    """Return the seconds for a rule, with cold tables."""
    with fresh_workspace():
        start = time.perf_counter()
        for rule in rules:
            key_of(rule)
        return (time.perf_counter() - start) / len(rules)


def rules_of(path: Path | None) -> list[Rule]:
    """Return distinct rules of a log, or random ones of the search space."""
    if path is not None and path.is_file():
        log = read_authors_log(path)
        return list(dict.fromkeys(e.rule for e in log.evaluations if e.rule is not None))
    rng = random.Random(0)
    return list(dict.fromkeys(random_rule(rng, depth=3, authors=True) for _ in range(1500)))


def contest(log: Path | None, other: Path) -> int:
    """Measure this checkout and another one in turns, print, and return 1 where this one is slower."""
    checkouts = {"this": Path(__file__).parents[1], "other": other}
    found: dict[str, list[Any]] = {name: [] for name in checkouts}
    for _ in range(TURNS):
        for name, checkout in checkouts.items():
            found[name].append(run_in(checkout, _MEASURED, str(log.resolve()) if log else ""))
    for name, turns in found.items():
        every = statistics.median(turn["every"] for turn in turns)
        worst, rule = statistics.median_low((turn["worst"], turn["rule"]) for turn in turns)
        print(f"{name:6}{1 / every:7.0f} keys a second of {turns[0]['count']} rules; ", end="")
        print(f"slowest {1e3 * worst:.1f} ms, {rule}")
    slower = 0
    for what in ("every", "worst"):
        ratios = [a[what] / b[what] for a, b in zip(found["this"], found["other"], strict=True)]
        low, high = interval(ratios)
        ratio = statistics.median(ratios)
        slower |= ratio > 1
        print(f"{what}: {ratio:.3f} of the other's time, 95 % interval {low:.3f} to {high:.3f}")
    return slower


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure canonical keys.")
    parser.add_argument("log", nargs="?", type=Path, help="a log of the authors' search")
    parser.add_argument("--against", type=Path, help="another checkout")
    options = parser.parse_args()
    default = Path(__file__).parents[2] / "shared" / "data" / "authors_run_first_half.log"
    log = options.log or (default if default.is_file() else None)
    if options.against is not None:
        return contest(log, options.against)
    against_sympy(rules_of(log))
    return 0


def against_sympy(rules: list[Rule]) -> None:
    """Print the time of keys beside that of SymPy, the slowest rule, and the time of many."""
    import sympy

    sample = random.Random(1).sample(rules, SAMPLE)
    plain = [rule.sympy() for rule in sample]
    pairs = list(pairwise(plain))
    key_of(rules[0])  # imports
    figures: dict[str, list[float]] = {"canonical key": [], "sympy.simplify": [], ".equals": []}
    for _ in range(ROUNDS):
        figures["canonical key"].append(keys(rules))
        figures["sympy.simplify"].append(
            statistics.median(timed(lambda e=e: sympy.simplify(e)) for e in plain)
        )
        figures[".equals"].append(statistics.median(timed(lambda a=a, b=b: a.equals(b)) for a, b in pairs))
    ours = statistics.median(figures["canonical key"])
    print(f"{len(rules)} rules, {SAMPLE} of them by SymPy, {ROUNDS} rounds\n")
    for name, seconds in figures.items():
        median = statistics.median(seconds)
        print(f"{name:16} {1e3 * median:9.3f} ms  {1 / median:9.0f} a second  {median / ours:8.1f} x")

    def slowest() -> tuple[float, Rule]:
        worst = (0.0, rules[0])
        for rule in rules:
            if size_of(rule.update) <= 10:
                with fresh_workspace():
                    start = time.perf_counter()
                    key_of(rule)
                    worst = max(worst, (time.perf_counter() - start, rule), key=lambda x: x[0])
        return worst

    # The best of two passes: a pause of the garbage collector is not the rule's.
    seconds, rule = min((slowest() for _ in range(2)), key=lambda x: x[0])
    print(f"\nslowest rule of up to ten nodes: {1e3 * seconds:.1f} ms, {rule}")

    rng = random.Random(3)
    many = [random_rule(rng, depth=3, authors=True) for _ in range(10_000)]
    for count in (1000, 2500, 5000, 10_000):
        print(f"{count:6} random rules: {1e3 * keys(many[:count]):.3f} ms a rule")


if __name__ == "__main__":
    sys.exit(main())
