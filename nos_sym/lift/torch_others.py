"""PyTorch: branches that another parameter of the group takes, and whether they move the first one.

Where a step asks of another parameter what it asked of the first one, the answer is the same one. Each such
question is then answered otherwise for the other parameter alone. That may change what the other adds to sums
over all parameters, and nothing else of the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from nos_sym.lift.algebra_of_terms import Maker, mapped, rebuilt
from nos_sym.lift.facts import Facts
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.path import Decision
from nos_sym.lift.recorder import Recorder
from nos_sym.lift.term import Term, Terms
from nos_sym.lift.torch_changes import ReadAgainError
from nos_sym.lift.torch_run import Outcome
from nos_sym.lift.totals import mixed, totals_of

Way = tuple[tuple[Decision, ...], Outcome]

_MOST = 48


def checked(
    ways: Sequence[Way], run: Callable[[Recorder], Outcome], terms: Terms, facts: Facts, step: int
) -> list[Way]:
    """Return ways whose decisions say whether what is added up over all parameters depends on them.

    Args:
        ways: of a step.
        run: runs it under a recorder.
        terms: the maker of terms.
        facts: what is known before.
        step: that is read off.

    Raises:
        LiftError: a branch of another parameter changes what the first one gets, other than by a sum.
    """
    tried: set[tuple[Term, bool]] = set()
    summed: set[Term] = set()
    for decisions, outcome in ways:
        for condition, taken in outcome.others.items():
            if (condition, taken) in tried or len(tried) >= _MOST:
                continue
            tried.add((condition, taken))
            recorder = Recorder(terms, facts, decisions, step)
            recorder.turned = condition
            other = _run(run, recorder)
            if other is None:
                continue
            fresh = len(recorder.decisions) > len(decisions)
            if fresh or not _alike(outcome, other, lambda x: _own(terms, x)):
                raise LiftError(
                    f"{recorder.turned_at} has a branch on what another parameter has, which decides what "
                    "this one gets; expected sums over all parameters"
                )
            if not _alike(outcome, other, lambda x: x):
                summed.add(totals_of(terms).renamed(condition))
    if not summed:
        return list(ways)
    return [
        (tuple(replace(d, summed=d.condition in summed) for d in decisions), outcome)
        for decisions, outcome in ways
    ]


def _run(run: Callable[[Recorder], Outcome], recorder: Recorder) -> Outcome | None:
    """Return what comes of a run; ``None`` where the original raises an error: such a way is none."""
    try:
        return run(recorder)
    except (LiftError, ReadAgainError):
        raise
    except Exception:
        return None


def _alike(x: Outcome, y: Outcome, of: Callable[[Term], Term]) -> bool:
    if x.states.keys() != y.states.keys() or x.flags != y.flags or of(x.weight) is not of(y.weight):
        return False
    return all(of(kept.new) is of(y.states[key].new) for key, kept in x.states.items())


def _own(terms: Terms, term: Term) -> Term:
    """Return a term without what other parameters add to it."""
    make, totals = Maker(terms), totals_of(terms)

    def foreign(x: Term) -> bool:
        return totals.marked(x) and not mixed(x)

    def one(x: Term) -> Term | None:
        if not totals.marked(x):
            return x
        if x.operation == "add" and any(foreign(y) for y in x.operands):
            kept = [_own(terms, y) for y in x.operands if not foreign(y)]
            return kept[0] if kept else make.zero
        if x.operation == "sub" and foreign(x.operands[1]):
            return make.zero if foreign(x.operands[0]) else _own(terms, x.operands[0])
        if x.operation == "parts":
            return rebuilt(make, x, tuple(_own(terms, y) for y in x.operands if not foreign(y)))
        return None

    return mapped(terms, term, one)
