"""A run of an optimizer that JAX traces, read as terms: new weights, states, and what was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_asking import Asking, Key, answered
from nos_sym.lift.jax_reading import MARK, Reading
from nos_sym.lift.jax_sizes import leaf_of
from nos_sym.lift.jax_values import Axis, Layout, Value, uniform
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.term import Term

SPREAD = 64
"""How many numbers of a state that does not have the shape of the parameter become states of their own."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a state stands in the original's tree of states.

    Attributes:
        name: of the state.
        parameter: whose it is, ``None`` for one of all parameters.
    """

    name: str
    parameter: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """A state of one run.

    Attributes:
        place: of the state.
        axes: of the parameter that it runs over.
        whole: whether it is a whole number.
        start: before the first step.
        new: after a step.
    """

    place: Place
    axes: frozenset[int]
    whole: bool
    start: Term
    new: Term


@dataclass(frozen=True, slots=True)
class Run:
    """What a run computed.

    Attributes:
        layout: of the parameters.
        weights: new ones, of each parameter.
        states: by their names; those of parameters one for each.
        asked: each question with its lines.
        casts: places where numbers were rounded, with the type.
        counted: whether a count was taken to stay below the largest integer.
    """

    layout: Layout
    weights: tuple[Term, ...]
    states: Mapping[str, tuple[Held, ...]]
    asked: tuple[tuple[Key, Term], ...]
    casts: Mapping[str, str]
    counted: bool


@dataclass(frozen=True, slots=True)
class Stepped:
    """What the traced function of a front end returns.

    Attributes:
        weights: new weights.
        places: of the states that were marked, in the order of their marks.
        states: new values of the states.
    """

    weights: Sequence[Any]
    places: Sequence[Place]
    states: Sequence[Any]


Step = Callable[[Mapping[str, Any], Any, Sequence[Any], Sequence[Any]], Stepped]
"""Settings by name, the rate, weights and gradients to one step, in which each state is marked."""


def traced(
    making: Making, step: Step, settings: Mapping[str, float | int], layout: Layout, asking: Asking,
    hints: Mapping[str, frozenset[int]] | None = None,
) -> Run:  # fmt: skip
    """Return what a step computes.

    Args:
        hints: for square matrices the axis of a state that runs over one.

    Raises:
        LiftError: states of a shape that is not the parameter's.
    """
    import jax

    weights = [np.ones(shape) for shape in layout.shapes]
    told: list[Sequence[Place]] = []

    def whole(values: Mapping[str, Any], lr: Any, w: Sequence[Any], g: Sequence[Any]) -> tuple[Any, Any]:
        stepped = step(values, lr, w, g)
        told.append(stepped.places)
        return list(stepped.weights), list(stepped.states)

    with jax.enable_x64(True), answered(asking):
        jaxpr = jax.make_jaxpr(whole)(dict(settings), 0.01, weights, weights)
    return _of_jaxpr(StateReader(making, layout, told[-1], hints or {}), jaxpr, list(settings), asking)


Tracing = Callable[
    [Making, Step, Mapping[str, "float | int"], Layout, Asking, "Mapping[str, frozenset[int]] | None"], Run
]
"""What :func:`traced` is, for the front end of a framework that follows a step otherwise."""


def _of_jaxpr(reader: StateReader, jaxpr: Any, settings: Sequence[str], asking: Asking) -> Run:
    """Return what a jaxpr of settings in alphabetical order, rate, weights and gradients computes."""
    reader.whole, reader.truths = _marked(jaxpr.jaxpr, "iu"), _marked(jaxpr.jaxpr, "b")
    reading = Reading(reader.making, reader.layout, reader.mark)
    found = reading.closed(jaxpr, reader.operands(settings))
    return reader.run(found, reading.asked, reading.casts, asking)


class StateReader:
    """Gives states their leaves where they are marked, and takes what a step made of them.

    Args:
        making: where terms are made.
        layout: of the parameters.
        places: of the states, in the order of their marks.
        hints: for square matrices the axis of a state that runs over one.

    Attributes:
        whole: marks of states that are whole numbers.
        truths: marks of states that are truth values.
    """

    def __init__(
        self, making: Making, layout: Layout, places: Sequence[Place], hints: Mapping[str, frozenset[int]]
    ) -> None:
        self.hints = hints
        self.making = making
        self.layout = layout
        self.places = places
        self.starts: dict[int, Value] = {}
        self.leaves: dict[int, Value] = {}
        self.counts: set[str] = set()
        self.whole: set[int] = set()
        self.truths: set[int] = set()
        making.counting = self._counting
        making.counted = False

    def operands(self, settings: Sequence[str]) -> list[Value]:
        """Return settings in alphabetical order, the rate, weights and gradients as values."""
        leaf = self.making.terms.leaf
        layout = self.layout
        count = len(layout.shapes)
        found = [uniform(leaf(name), ()) for name in sorted(settings)] + [uniform(leaf("lr"), ())]
        for name in ("w", "g"):
            found += [uniform(leaf(leaf_of(name, i)), layout.shapes[i], layout.axes(i)) for i in range(count)]
        return found

    def run(
        self, found: Sequence[Value], asked: Mapping[int, Term], casts: Mapping[str, str], asking: Asking
    ) -> Run:
        """Return what a step computed: new weights and states, questions, and where numbers were cast."""
        if set(asked) != set(range(len(asking.asked))):
            raise LiftError("a question inside a compiled function of the original; it cannot be followed")
        questions = tuple((key, asked[i]) for i, key in enumerate(asking.asked))
        count = len(self.layout.shapes)
        weights = tuple(self._weight(i, found[i]) for i in range(count))
        return Run(self.layout, weights, self._states(found[count:]), questions, casts, self.making.counted)

    def _weight(self, parameter: int, value: Value) -> Term:
        for axis, own in zip(value.axes, self.layout.axes(parameter), strict=True):
            if axis not in ((), own):
                raise LiftError("the new weight has its axes in another order than the old one")
        return value.term

    def _counting(self, term: Term) -> bool:
        """Return whether a term counts steps, and a constant number of them."""
        while term.operation in ("add", "sub") and term.operands[1].is_number:
            term = term.operands[0]
        return term.name in self.counts

    def mark(self, index: int, start: Value) -> Value:
        """Keep the start of a state, and return its leaf."""
        place = self.places[index]
        self.starts[index] = start
        name = place.name if place.parameter is None else leaf_of(place.name, place.parameter)
        axes = self._axes(place, start.shape)
        entries = np.empty(
            tuple(n if a is None else 1 for n, a in zip(start.shape, axes, strict=True)), dtype=object
        )
        for i, position in enumerate(np.ndindex(*entries.shape)):
            own = name if entries.size == 1 else _numbered(name, i + 1)
            leaf = self.making.terms.leaf(own)
            entries[position] = self.making.to_truth(leaf) if index in self.truths else leaf
        if index in self.whole and entries.size == 1 and place.parameter is None:
            self.counts.add(name)
        found = self.leaves[index] = Value(start.shape, axes, entries)
        return found

    def _axes(self, place: Place, shape: tuple[int, ...]) -> tuple[Axis, ...]:
        sizes = self.layout.sizes
        own = {} if place.parameter is None else {
            n: (k,) for (k,), n in (
                (axis, sizes[axis[0]]) for axis in self.layout.axes(place.parameter) if axis is not None
            )
        }  # fmt: skip
        hint = self.hints.get(place.name)
        if place.parameter is not None and hint and sum(n != 1 for n in shape) == len(hint):
            axes = self.layout.axes(place.parameter)
            left = [axes[i] for i in sorted(hint)]
            return tuple(() if n == 1 else left.pop(0) for n in shape)
        found: list[Axis] = [() if n == 1 else own.get(n) for n in shape]
        spread = int(np.prod([n for n, axis in zip(shape, found, strict=True) if axis is None]))
        if spread > SPREAD:
            raise LiftError(
                f"the state '{place.name[1:]}' has the shape {shape}, which is none of the parameter's"
            )
        return tuple(found)

    def _states(self, new: Sequence[Value]) -> dict[str, tuple[Held, ...]]:
        found: dict[str, list[Held]] = {}
        for index, value in enumerate(new):
            place, leaf, start = self.places[index], self.leaves[index], self.starts[index]
            for axis, own in zip(value.axes, leaf.axes, strict=True):
                if axis not in ((), own):
                    raise LiftError(f"the state '{place.name[1:]}' changes its axes in a step")
            starts = np.broadcast_to(start.entries, leaf.entries.shape).reshape(-1)
            news = np.broadcast_to(value.entries, leaf.entries.shape).reshape(-1)
            for i, (one, other) in enumerate(zip(starts, news, strict=True)):
                name = place.name if len(news) == 1 else f"{place.name}{i + 1}"
                local = self.layout.local(leaf.runs_over)
                if index in self.truths:
                    one, other = self.making.from_truth(one), self.making.from_truth(other)
                held = Held(Place(name, place.parameter), local, index in self.whole, one, other)
                found.setdefault(name, []).append(held)
        return {name: tuple(held) for name, held in found.items()}


def _marked(jaxpr: Any, kinds: str) -> set[int]:
    """Return the marked states whose type is of some kinds."""
    return {
        e.params["index"]
        for e in jaxpr.eqns
        if e.primitive.name == MARK and getattr(e.outvars[0].aval.dtype, "kind", "") in kinds and kinds
    }


def _numbered(name: str, number: int) -> str:
    plain, at, owner = name.partition("@")
    return f"{plain}{number}{at}{owner}"
