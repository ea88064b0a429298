"""What the supplementary searches find at their first move: mutations of the Adam of the search space."""

from __future__ import annotations

import numpy as np
import pytest

from nos_sym import catalog, factor, key_of, parse
from nos_sym.genome.decode import decode
from nos_sym.genome.encode import encode
from nos_sym.genome.mutate import mutate
from nos_sym.language.rule import Rule
from nos_sym.report.tables.known_schedule import in_catalog
from nos_sym.search.settings import preset


def mutations(name: str, count: int) -> list[Rule]:
    """Mutations of Adam, each drawn with a seed of its own, with the settings of a preset."""
    settings = preset(name)
    rule, space = catalog.entry("AdamSearch"), settings.operations.space()
    assert isinstance(rule, Rule) and settings.initial == ("AdamSearch",)
    parent = encode(rule, settings.genome, np.random.default_rng(0), space)
    assert str(decode(parent)) == "none ~ v_hat / sqrt(s_hat)"
    return [
        decode(mutate(parent, np.random.default_rng([1, seed]), settings.genome, space).genome)
        for seed in range(count)
    ]


def test_a1_is_one_mutation_away() -> None:
    """From the Adam of a framework it is not: its epsilon, and its beta of 0.999, would have to go."""
    found = mutations("paper-adam-variants", 1000)
    a1 = key_of("A1")
    assert sum(key_of(rule) == a1 for rule in found if "clip(v_hat" in str(rule)) >= 10


def test_decays_of_its_arguments_leave_as_schedules() -> None:
    found = [rule for rule in mutations("paper-lr-schedules", 60) if "[" in str(rule)]
    left = [rule for rule in found if factor(rule).has_schedule]
    assert len(found) > 50 and len(left) > 0.9 * len(found)
    # A decay on the argument of the root leaves as one over its root.
    assert any("sqrt([" in str(rule) for rule in left)


@pytest.mark.parametrize(
    ("decay", "schedule"), [("erf(a11)", "LR5"), ("dsoft(a10)", "LR7"), ("softsign(arctan(a12))", "LR8")]
)
def test_schedules_of_table_10_are_decays_under_the_root(decay: str, schedule: str) -> None:
    made = factor(parse(f"none ~ v_hat / sqrt([{decay}] s_hat)"))
    assert str(made.core) == "none ~ v_hat / sqrt(s_hat)" and str(made.constant) == "1"
    found = in_catalog(made.schedule)
    assert found == (catalog.entry(schedule), 1)
