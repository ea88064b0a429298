"""Canonical texts beside the shortest rules that they stand for: nodes, errors in float32, and time.

    python benchmarks/canonical_text.py [FOLDER] [--first N]

FOLDER holds the authors' log, ``authors_run_first_half.log``; without it the catalog alone is measured. For
each class of equal rules: the nodes of the canonical text divided by those of the shortest member, an operand
of Table 2 counting one; the errors of both in float32 against 50 digits, in units in the last place, at
ordinary, tiny and zero gradients and the last step; and the time that the text takes, in cold tables.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.text_measures import known_rules, nodes, rounding_errors, shortest_members

from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.text import canonical_rule


def main(arguments: list[str]) -> None:
    """Print the figures, then the texts that are longest and least exact beside their rules."""
    first = int(arguments.pop(arguments.index("--first") + 1)) if "--first" in arguments else None
    folders = [a for a in arguments if not a.startswith("--")]
    members = shortest_members(known_rules(Path(folders[0]) if folders else None))
    random.Random(0).shuffle(members)
    rows = []
    for rule in members[:first]:
        form = canonical(rule)
        start = time.process_time()
        text = canonical_rule(rule)
        spent = time.process_time() - start
        exact = canonical(text).digest == form.digest
        ratio = nodes(text.update) / nodes(rule.update)
        rows.append((ratio, spent, exact, worse_rounding(rule, text), rule, text))
    ratios = sorted(row[0] for row in rows)
    print(f"classes                        {len(rows)}")
    print(f"texts of another form          {sum(not row[2] for row in rows)}")
    print(f"nodes, median                  {statistics.median(ratios):.2f} times the shortest member")
    print(f"nodes, 95th percentile         {ratios[int(0.95 * (len(ratios) - 1))]:.2f}")
    print(f"nodes, largest                 {ratios[-1]:.2f}")
    print(f"above 1.5 times                {sum(r > 1.5 for r in ratios)}")
    print(f"above 3 times                  {sum(r > 3 for r in ratios)}")
    print(f"error above 4 times + 8 ulp    {sum(row[3] > 0 for row in rows)}")
    times = sorted(row[1] for row in rows)
    print(f"time, median and 95 % [ms]     {1e3 * statistics.median(times):.0f}", end=" ")
    print(f"{1e3 * times[int(0.95 * (len(times) - 1))]:.0f}")
    for title, key in (("longest", 0), ("least exact", 3)):
        print(f"\n{title}")
        for row in sorted(rows, key=lambda row: -row[key])[:20]:
            print(f"{row[key]:10.2f}  {row[4]}\n            {row[5]}")


def worse_rounding(rule: object, text: object) -> float:
    """Return by how many units in the last place a text exceeds 4 times the error of its rule plus 8."""
    from nos_sym.language.rule import Rule

    assert isinstance(rule, Rule) and isinstance(text, Rule)
    if "drop(" in str(rule):
        return 0.0
    theirs, ours = rounding_errors(rule), rounding_errors(text)
    worst = np.nanmax(theirs, initial=0.0) if np.isfinite(theirs).any() else 0.0
    beyond = ours - 4 * np.maximum(theirs, 0) - 8
    del worst
    return float(np.nanmax(beyond)) if np.isfinite(beyond).any() else 0.0


if __name__ == "__main__":
    main(sys.argv[1:])
