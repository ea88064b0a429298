"""Values of what depends on the step alone, as intervals: of the first steps, and of all that follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from sympy.core.basic import Basic
from sympy.core.numbers import Integer, Rational

from nos_sym.intervals.exact import number_range
from nos_sym.intervals.interval import Interval, point
from nos_sym.language.node import Node
from nos_sym.language.operation import Role
from nos_sym.language.registry import apply
from nos_sym.language.state import is_old_value
from nos_sym.language.system import Recursion
from nos_sym.language.traversal import replaced, walk
from nos_sym.program.ranges import range_of

STEPS = 2500
"""Steps whose values are computed one by one; beyond, ranges of the step and of the states bound them."""

_ROUNDS = 200
_STEP = apply("t")

Values = dict[Basic, Interval]


def is_of_step(x: Basic) -> bool:
    """Return whether an expression is a number, or depends on nothing but the step."""
    return not isinstance(x, Node) or x.kind.of_step


def values_of_steps(states: Sequence[Recursion], wanted: Sequence[Basic]) -> Iterator[tuple[bool, Values]]:
    """Yield the ranges of expressions at step 0, 1, ... and at last at all steps that follow.

    Args:
        states: the states of the optimizer, those of steps among them.
        wanted: expressions of the step.

    Yields:
        Whether it is the range of all that follow, and the range of each expression. Nothing where a state of
        the step is not known.
    """
    plain = [_without_corrections(x) for x in wanted]
    own = _needed(states, plain)
    if own is None:
        return
    compute = _compiled([*plain, *(_without_corrections(s.new) for s in own)])
    start = _compiled([_without_corrections(s.start) for s in own])
    old = dict(zip((s.old for s in own), start({_STEP: point(0.0)}), strict=True))
    for step in range(STEPS):
        found = compute({_STEP: point(float(step))} | old)
        yield False, dict(zip(wanted, found[: len(wanted)], strict=True))
        old = dict(zip(old, found[len(wanted) :], strict=True))
    later = {_STEP: Interval(float(STEPS), float("inf"))}
    for turn in range(_ROUNDS):
        found = compute(later | old)
        news = dict(zip(old, found[len(wanted) :], strict=True))
        # What a step leaves of the states lies in what they were: so it does at all that follow.
        if all(new.within(old[leaf]) for leaf, new in news.items()):
            yield True, dict(zip(wanted, found[: len(wanted)], strict=True))
            return
        old = {leaf: _widened(old[leaf], new, 1e-9 * 1.25**turn) for leaf, new in news.items()}


def _widened(old: Interval, new: Interval, by: float) -> Interval:
    """Return a hull that is larger by a part, so that states which only approach a limit come to an end."""
    hull = old.hull(new)
    more = by * max(abs(hull.low), abs(hull.high))
    return Interval(
        hull.low if old.low <= new.low else hull.low - more,
        hull.high if old.high >= new.high else hull.high + more,
    )


def _needed(states: Sequence[Recursion], wanted: Sequence[Basic]) -> list[Recursion] | None:
    """Return the states of the step that expressions read, those that these read among them."""
    known = {s.old: s for s in states}
    found: dict[Basic, Recursion] = {}
    waiting = list(wanted)
    while waiting:
        for node in walk(waiting.pop()):
            if not is_old_value(node) or node in found:
                continue
            state = known.get(node)
            if state is None or state.shared or not (is_of_step(state.new) and is_of_step(state.start)):
                return None
            found[node] = state
            waiting += [_without_corrections(state.new), _without_corrections(state.start)]
    return list(found.values())


def _without_corrections(x: Basic) -> Basic:
    """Return an expression with the powers that bias corrections are."""
    made: dict[Basic, Basic] = {}
    for node in walk(x):
        if node.operation.name == "correction":
            power = apply("abspow", node.parameters[0], apply("add", _STEP, Integer(1)))
            made[node] = apply("sub", Integer(1), power)
    return replaced(x, made) if made else x


def _compiled(wanted: Sequence[Basic]) -> Callable[[Values], list[Interval]]:
    """Return what computes expressions from the ranges of leaves; other leaves have their whole range."""
    order: dict[Basic, int] = {}
    steps: list[tuple[Basic, Callable[..., Interval] | None, list[int]]] = []

    def place(x: Basic) -> int:
        if x not in order:
            order[x] = len(steps)
            steps.append((x, None, []))
        return order[x]

    for expression in wanted:
        for node in walk(expression):
            if node in order:
                continue
            if not node.operands or node.operation.role is Role.LEAF:
                place(node)
                continue
            operands = [place(o) for o in node.operands]
            order[node] = len(steps)
            steps.append((node, partial(_range, node), operands))
        place(expression)

    fixed = [_leaf(x) if meant is None else None for x, meant, _ in steps]

    def compute(given: Values) -> list[Interval]:
        found: list[Interval] = []
        for (x, meant, operands), known in zip(steps, fixed, strict=True):
            if meant is not None:
                found.append(meant(*(found[i] for i in operands)))
            else:
                assert known is not None
                found.append(given.get(x, known))
        return [found[order[x]] for x in wanted]

    return compute


def _leaf(x: Basic) -> Interval:
    return number_range(x) if isinstance(x, Rational) else range_of(x)


def _range(node: Node, *operands: Interval) -> Interval:
    """Return the range of an operation, with the value that it has at a singular point that is reached."""
    meaning = node.operation.meaning
    parameters = [range_of(p) for p in node.parameters]
    away = meaning.range(*operands, *parameters)
    if meaning.singularity is None or not meaning.singularity.reached(operands):
        return away
    return meaning.singularity.enclosure(operands, away, lambda *xs: meaning.range(*xs, *parameters))
