"""Where two optimizers part: the first step of a stated history, both weights there, proved by intervals.

Short histories at a constant rate come first, since they are what people run again; what these do not tell
apart is left to the histories of the algebra, whose rates change.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

from sympy.core.numbers import Rational

from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.falsification.counterexample import Counterexample, shortened
from nos_sym.algebra.falsification.histories import (
    MATRIX,
    OTHER_SHAPES,
    SHAPED,
    can_run,
    find_history,
    first_difference,
    two_shapes,
)
from nos_sym.algebra.falsification.reductions import TOTAL
from nos_sym.algebra.falsification.trajectories import History
from nos_sym.algebra.levels import Level
from nos_sym.algebra.verdicts import Different
from nos_sym.auditing.families import Families, Variable
from nos_sym.auditing.matching import number_text
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.language.system import System, expressions, system_of
from nos_sym.language.traversal import own_draws, walk

_TRIED = ("0.01", "0.1", "0.5", "0.9", "1", "0", "2", "1e-8")
_VALUES = 3
_LITERALS = 6
_RATE, _MOMENTUM = 0.1, 0.9
_WEIGHTS = (1.0, -0.5, 0.25, 2.0, -1.5, 0.75)
_GRADIENTS = (
    (0.5, -0.25, 1.5, -1.0, 0.125, 2.0),
    (-0.75, 0.5, 1.0, 0.25, -2.0, 0.5),
    (0.25, 1.25, -0.5, -0.125, 0.75, -1.0),
    (1.0, -0.5, 0.125, 1.5, -0.25, 0.5),
)
_STEPS = (4, 12)


@dataclass(frozen=True, slots=True)
class Parting:
    """A step after which the weights of two optimizers are proved to differ.

    Attributes:
        values: the settings at which both were run, by the names of their variables; those at which the
            question was asked are left out.
        at: the history up to the step, and both weights after it.
    """

    values: tuple[tuple[str, str], ...]
    at: Counterexample

    @property
    def where(self) -> str:
        """The settings in a line, empty where they are those of the question."""
        return ", ".join(f"{name} = {value}" for name, value in self.values)

    def settings(self, families: Families) -> dict[Variable, float]:
        """Return the values of all settings at which both were run."""
        moved = dict(self.values)
        return {x: float(moved.get(x.name, number_text(x.default))) for x in families.variables}


def find_parting(a: Rule | Block, b: Rule | Block) -> Counterexample | None:
    """Return the first step at which two optimizers without settings are proved to part, if one is found."""
    first, second = system_of(a), system_of(b)
    if not can_run(first, second):
        return None
    draws = sorted(
        {d for s in (first, second) for x in expressions(s) for n in walk(x) for d in own_draws(n)}
    )
    seen = None
    if not draws:
        for history in short_histories(first, second):
            found = first_difference(first, second, history)
            if found is not None and shows(found):
                return found
            seen = seen or found
    if seen is not None:
        return seen
    verdict = compare(a, b, Level.EXACT)
    if not isinstance(verdict, Different):
        return None
    # The algebra shows the update of rules of one line; an audit shows weights, as of optimizers.
    return verdict.counterexample if draws else find_history(first, second) or verdict.counterexample


def shows(found: Counterexample, least: float = 1e-7) -> bool:
    """Return whether the numbers that are shown of a difference show it, to more than their last digits."""
    x, y = found.first[found.entry], found.second[found.entry]
    return abs(x - y) > least * max(abs(x), abs(y))


def parting_of(families: Families, fixed: Mapping[Variable, Rational]) -> Parting | None:
    """Return values of the settings at which two optimizers part that are equal at some others.

    A setting at a time is moved from the values at which they are equal, the most usual values first, then to
    numbers of the rules; then all of them are moved.

    Args:
        families: the optimizers.
        fixed: values at which they are equal, one for each setting.
    """
    seen = None
    for x in families.variables:
        for value in _usual(x, fixed[x])[:_VALUES]:
            moved = {**fixed, x: value}
            if families.equal(moved):
                break
            parting = _parting_at(families, fixed, moved)
            if parting is not None and shows(parting.at):
                return parting
            seen = seen or parting
    if seen is not None:
        return seen
    for x, value in itertools.product(families.variables, _numbers(families)):
        moved = {**fixed, x: value}
        if float(value) in x.domain and not families.equal(moved):
            parting = _parting_at(families, fixed, moved)
            if parting is not None:
                return parting
    # What two settings do together is not seen while one of them is at its default.
    for turn in range(_VALUES):
        usual = {x: _usual(x, fixed[x]) or [fixed[x]] for x in families.variables}
        moved = {x: values[turn % len(values)] for x, values in usual.items()}
        if not families.equal(moved) and (parting := _parting_at(families, fixed, moved)) is not None:
            return parting
    return None


def _numbers(families: Families) -> list[Rational]:
    """Return numbers of the rules that a setting may be compared with."""
    systems = (system_of(x) for x in (families.first, families.second))
    nodes = (node for s in systems for x in expressions(s) for node in walk(x))
    found = {x for node in nodes for x in node.operands if isinstance(x, Rational)}
    return sorted(found, key=float)[:_LITERALS]


def _usual(x: Variable, than: Rational) -> list[Rational]:
    return [v for v in map(Rational, _TRIED) if float(v) in x.domain and v != than]


def _parting_at(
    families: Families, fixed: Mapping[Variable, Rational], moved: Mapping[Variable, Rational]
) -> Parting | None:
    found = find_parting(families.at(0, moved), families.at(1, moved))
    if found is None:
        return None
    return Parting(tuple((x.name, number_text(v)) for x, v in moved.items() if v != fixed[x]), found)


def short_histories(*systems: System, shaped: bool = False) -> Iterator[History]:
    """Yield the short histories at a constant rate on which optimizers are run first.

    Where a number is one of all parameters, two of them come behind one alone.

    Args:
        systems: the optimizers.
        shaped: whether other shapes come last, where the shape may decide.
    """
    names = {n.operation.name for s in systems for x in expressions(s) for n in walk(x)}
    matrix = bool(MATRIX & names)
    alone: tuple[tuple[int, ...], ...] = ((2, 3),) if matrix else ((3,),)
    tried = [alone, *([two_shapes(matrix)] if TOTAL in names else [])]
    if shaped and SHAPED & names:
        tried += [(shape,) for shape in (*(((3,),) if matrix else ()), *OTHER_SHAPES)]
    for shapes in tried:
        size = sum(map(prod, shapes))
        for scale, steps in itertools.product((1.0, 1e-4), _STEPS):
            rows = tuple(
                tuple(shortened(scale * x) for x in _GRADIENTS[t % len(_GRADIENTS)][:size])
                for t in range(steps)
            )
            yield History(
                shapes[0], steps, _WEIGHTS[:size], rows, (_RATE,) * steps, (_MOMENTUM,) * steps,
                others=shapes[1:],
            )  # fmt: skip
