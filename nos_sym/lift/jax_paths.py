"""Runs of JAX joined to paths: over sizes, over tall and wide matrices, over numbers of axes and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_asking import Asking, Explored, Key, explored, place_of_key
from nos_sym.lift.jax_sizes import DifferentError, Joining, renamed
from nos_sym.lift.jax_states import Rule, State, settled
from nos_sym.lift.jax_traces import Held, Run, Step, Tracing, traced
from nos_sym.lift.jax_values import Layout
from nos_sym.lift.lifted import Condition, LiftError
from nos_sym.lift.path import Decision
from nos_sym.lift.term import Term

SHAPES: dict[int, tuple[tuple[tuple[int, ...], ...], ...]] = {
    0: (((), (), ()),),
    1: (((7,), (11,), (5,)),),
    2: (((7, 5), (13, 11), (17, 3)), ((3, 19), (5, 23), (11, 29))),
}
"""Shapes of the three parameters of each run, by their number of axes: tall matrices, and wide ones."""

SQUARE = ((5, 5), (7, 7), (11, 11))
"""Shapes that are tried where tall and wide matrices differ."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way through an original, for parameters with one number of axes.

    Attributes:
        decisions: with the lines of their questions.
        rule: what it computes.
    """

    decisions: tuple[tuple[Key, Decision], ...]
    rule: Rule


@dataclass(frozen=True, slots=True)
class Ways:
    """All ways for parameters with one number of axes.

    Attributes:
        ways: that end with a step.
        conditions: what all of them take for granted.
        certain: decisions that are the same on all of them, since the original raises an error otherwise.
    """

    ways: tuple[Way, ...]
    conditions: tuple[Condition, ...]
    certain: tuple[Decision, ...]


def ways_of(
    making: Making, step: Step, settings: Mapping[str, float | int], rank: int, traced: Tracing = traced
) -> Ways:
    """Return what an original computes for parameters with a number of axes.

    Args:
        traced: follows a step; by default what JAX traces.

    Raises:
        LiftError: it depends on sizes or on other parameters in a way that the language does not have.
    """
    families = []
    conditions: dict[str, Condition] = {}
    for shapes in SHAPES[rank]:
        layout = Layout(shapes)

        def run(asking: Asking, layout: Layout = layout) -> Run:
            return traced(making, step, settings, layout, asking, None)

        families.append(explored(run))
    groups: list[tuple[dict[Key, bool], list[Run]]] = []
    for answers in _answers(families):
        runs = [x.outcome for family in families for x in family if x.answers == answers]
        groups.append((answers, runs))
        for one in runs:
            for place, kind in one.casts.items():
                conditions[place] = Condition(f"numbers are not rounded to {kind}", place)
            if one.counted:
                conditions["counts"] = Condition("there are fewer than 2147483647 steps", "")
            if making.finite:
                conditions["finite"] = Condition("numbers are finite", "")

    def square(answers: dict[Key, bool], like: Run) -> Run | None:
        hints = {name: held[0].axes for name, held in like.states.items()}
        try:
            return traced(making, step, settings, Layout(SQUARE), Asking(tuple(answers.items())), hints)
        except LiftError:
            return None

    ways = []
    for answers, runs in groups:
        way = _joined(making, answers, runs)
        if way is None:
            ways = _tall_and_wide(making, groups, square)
            break
        ways.append(way)
    kept, certain = _uncertain(ways)
    conditions |= {d.place: Condition(written(d.condition, d.taken), d.place, special=True) for d in certain}
    return Ways(tuple(kept), tuple(conditions.values()), certain)


def _answers(families: Sequence[Sequence[Explored[Run]]]) -> list[dict[Key, bool]]:
    found: list[dict[Key, bool]] = []
    for family in families:
        for one in family:
            if one.answers not in found:
                found.append(one.answers)
    return found


def _joined(making: Making, answers: Mapping[Key, bool], runs: Sequence[Run]) -> Way | None:
    """Return the one way of runs at several sizes; ``None`` if tall and wide matrices have one each."""
    try:
        return _way(making, answers, runs, {})
    except DifferentError as error:
        told = error
    if len(runs) < 2:
        raise LiftError(f"what depends on sizes is no function of the shape: {told}")
    names = [name for name, held in runs[0].states.items() if 0 < len(held[0].axes) < runs[0].layout.rank]
    for order in permutations(names):
        try:
            return _way(making, answers, runs, dict(zip(names, order, strict=True)))
        except DifferentError:
            continue
    try:
        for run in runs:
            _way(making, answers, [run], {})
    except DifferentError as other:
        raise LiftError(f"what depends on sizes is no function of the shape: {other}") from None
    return None


def _tall_and_wide(
    making: Making, groups: Sequence[tuple[dict[Key, bool], list[Run]]],
    square: Callable[[dict[Key, bool], Run], Run | None],
) -> list[Way]:  # fmt: skip
    """Return ways for tall matrices and for wide ones; square ones go with those that they agree with."""
    found: list[Way] = []
    agree = [True, True]
    for answers, runs in groups:
        if len(runs) != 2:
            raise LiftError("branches of the original that depend on the size of the parameter alone")
        for i, run in enumerate(runs):
            agree[i] = agree[i] and _agrees(making, answers, run, square(answers, run))
    if not any(agree):
        raise LiftError("a square matrix is stepped otherwise than tall and wide ones")
    leaf = making.terms.leaf
    condition = making.less(leaf("cols"), leaf("rows"), equal=not agree[1])
    place = "the shape of the parameter"
    for i in (0, 1):
        for answers, runs in groups:
            way = _way(making, answers, [runs[i]], _exchange(runs) if i == 0 else {})
            first = (((place, 0, 0),), Decision(condition, i == 0, place))
            found.append(replace(way, decisions=(first, *way.decisions)))
    return found


def _exchange(runs: Sequence[Run]) -> dict[str, str]:
    """Return names under which states of tall matrices run over what those of wide ones do."""
    tall, wide = ({name: held[0].axes for name, held in run.states.items()} for run in runs)
    other = {axes: name for name, axes in wide.items() if 0 < len(axes) < runs[0].layout.rank}
    found = {name: other[axes] for name, axes in tall.items() if axes in other}
    return found if sorted(found) == sorted(found.values()) else {}


def _agrees(making: Making, answers: Mapping[Key, bool], run: Run, square: Run | None) -> bool:
    try:
        return square is not None and bool(_way(making, answers, [run, square], {}))
    except DifferentError:
        return False


def _way(
    making: Making, answers: Mapping[Key, bool], runs: Sequence[Run], exchange: Mapping[str, str]
) -> Way:
    """Return what several runs have in common; ``exchange`` renames states of the first."""
    if exchange:
        runs = [_exchanged(making, runs[0], exchange), *runs[1:]]
    shapes = [shape for run in runs for shape in run.layout.shapes]
    counts = [len(run.layout.shapes) for run in runs]
    joining = Joining(making, shapes, counts)
    if len({tuple(sorted(run.states)) for run in runs}) > 1:
        raise DifferentError("other states")
    weight = joining.joined([w for run in runs for w in run.weights])
    states = []
    for name in runs[0].states:
        held = [run.states[name] for run in runs]
        states.append(_state(joining, name, held, counts))
    decisions = _decisions(making, answers, runs, joining, counts)
    rank = runs[0].layout.rank
    rule = Rule(weight, tuple(states), conditions=tuple(d.condition for _, d in decisions))
    rule = settled(making, rule, rank)
    told = zip(decisions, rule.conditions, strict=True)
    return Way(tuple((key, replace(d, condition=x)) for (key, d), x in told), rule)


def _state(joining: Joining, name: str, held: Sequence[Sequence[Held]], counts: Sequence[int]) -> State:
    """Return the one state of what several runs hold under a name."""
    first = held[0][0]
    shared = first.place.parameter is None
    if any(x.axes != first.axes for row in held for x in row):
        raise DifferentError(f"axes of the state '{name[1:]}'")
    rows = [tuple(row) * count if shared else tuple(row) for count, row in zip(counts, held, strict=True)]
    if any(len(row) != count for count, row in zip(counts, rows, strict=True)):
        raise DifferentError(f"states '{name[1:]}' of some parameters alone")
    start = joining.joined([x.start for row in rows for x in row])
    new = joining.joined([x.new for row in rows for x in row])
    return State(name, shared, first.axes, first.whole, start, new)


def _exchanged(making: Making, run: Run, exchange: Mapping[str, str]) -> Run:
    leaf = making.terms.leaf
    names = {
        f"{old}@{i}": leaf(f"{new}@{i}")
        for old, new in exchange.items()
        for i in range(len(run.layout.shapes))
    }
    states = {
        exchange.get(name, name): tuple(
            replace(x, start=renamed(making, x.start, names), new=renamed(making, x.new, names)) for x in held
        )
        for name, held in run.states.items()
    }
    weights = tuple(renamed(making, x, names) for x in run.weights)
    return replace(run, weights=weights, states=states)


def _decisions(
    making: Making, answers: Mapping[Key, bool], runs: Sequence[Run], joining: Joining, counts: Sequence[int]
) -> tuple[tuple[Key, Decision], ...]:
    found: list[tuple[Key, Decision]] = []
    for key, taken in answers.items():
        terms: list[Term] = []
        for run, count in zip(runs, counts, strict=True):
            told = [term for other, term in run.asked if other == key]
            if len(set(map(id, told))) == 1:
                told = told[:1] * count
            if len(told) != count:
                raise LiftError(
                    f"a branch that is asked several times for one parameter ({place_of_key(key)})"
                )
            terms += told
        condition = joining.joined(terms)
        if condition.is_number:
            if bool(condition.value) is not taken:
                raise LiftError(f"a branch that the numbers of the original decide ({place_of_key(key)})")
            continue
        if condition.operation == "logical_not":
            condition, taken = condition.operands[0], not taken
        found.append((key, Decision(condition, taken, place_of_key(key))))
    return tuple(found)


def _uncertain(ways: Sequence[Way]) -> tuple[list[Way], tuple[Decision, ...]]:
    """Return ways with the decisions that differ between them, and those that do not."""
    taken: dict[Key, set[bool]] = {}
    for way in ways:
        for key, decision in way.decisions:
            taken.setdefault(key, set()).add(decision.taken)
    same = {key for key, both in taken.items() if len(both) == 1}
    certain = {key: d for way in ways for key, d in way.decisions if key in same}
    kept = [replace(w, decisions=tuple(x for x in w.decisions if x[0] not in same)) for w in ways]
    return kept, tuple(certain.values())


_SIGNS = {"less": "<", "less_equal": "<=", "equal": "=="}


def written(condition: Term, taken: bool = True) -> str:
    """Return a condition as a reader writes it, as far as it is a comparison of simple terms."""
    text = _written(condition)
    return text if taken else f"not ({text})"


def _written(x: Term) -> str:
    if x.is_number:
        return f"{float(x.value):g}"
    if x.name:
        return x.name
    parts = [_written(y) for y in x.operands]
    if x.operation in _SIGNS:
        return f"{parts[0]} {_SIGNS[x.operation]} {parts[1]}"
    return f"{x.operation}({', '.join(parts)})"
