"""Steps that are read one by one, and which of them are the same: a start, a filling list, all later ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nos_sym.lift.beginning import alike, as_others
from nos_sym.lift.facts import Facts
from nos_sym.lift.path import Decision, Path
from nos_sym.lift.term import Term, Terms


def staged(
    stages: Sequence[tuple[int, Sequence[Path]]],
    rest: Sequence[Path],
    terms: Terms,
    facts: Facts,
    ages: Mapping[str, int],
) -> list[Path]:
    """Return the paths of all steps, with conditions on the step where its paths are others.

    Args:
        stages: the paths of single steps, from 0 on.
        rest: those of all later steps.
        terms: the maker of terms.
        facts: what is known of settings.
        ages: states that are entries of lists, with the steps after which they are there; they are 0 before.
    """
    zero = terms.number(0)
    groups: list[tuple[int, list[Path]]] = [(len(stages), list(rest))]
    for step, paths in reversed(stages):
        put = {terms.leaf(name): zero for name, age in ages.items() if age > step}
        own = facts.at_step(step, step)
        later = groups[-1][1]
        if as_others(paths, later, facts, terms) if step == 0 else alike(paths, later, put, own, terms):
            groups[-1] = (step, groups[-1][1])
        else:
            groups.append((step, list(paths)))
    groups.reverse()
    found: list[Path] = []
    before: list[Decision] = []
    for (_, paths), upper in zip(groups, [*(low for low, _ in groups[1:]), None], strict=True):
        here = list(before)
        if upper is not None:
            condition = _below(upper, terms)
            here.append(Decision(condition, True, ""))
            before.append(Decision(condition, False, ""))
        found += [Path((*here, *p.decisions), p.weight, p.states, p.rank) for p in paths]
    return found


def _below(step: int, terms: Terms) -> Term:
    """Return the condition that a step is below a number; for 1 it is the first one."""
    first = step == 1
    return terms.apply("equal" if first else "less", terms.leaf("t"), terms.number(0 if first else step))
