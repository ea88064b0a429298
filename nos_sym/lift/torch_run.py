"""PyTorch: one traced run of an optimizer up to a step, and what that step made of weight and states."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from nos_sym.lift.axes import OTHERS, SIZES
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.patching import modules_of, patched
from nos_sym.lift.recorder import EARLIER, OTHER, Recorder
from nos_sym.lift.scalars import is_number
from nos_sym.lift.term import NAME, Term
from nos_sym.lift.torch_changes import ReadAgainError, check_moved, numbers
from nos_sym.lift.torch_late import asked_late, check_late, made_key
from nos_sym.lift.torch_members import counting
from nos_sym.lift.torch_phases import ABSENT, Values, asked, check_flags, flags, needed, number_of, starts
from nos_sym.lift.torch_places import Key
from nos_sym.lift.torch_queues import Queue, aged
from nos_sym.lift.torch_states import Record, Recording, Store, kept, leaf_of
from nos_sym.lift.torch_trace import Tracer, traced

Make = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a step made of one state.

    Attributes:
        start: its first value, where this step made it; ``None`` where it was there.
        new: its new value.
        shape: of the tensor, ``None`` for a number of Python.
    """

    start: Term | None
    new: Term
    shape: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step made.

    Attributes:
        weight: the new weight.
        states: by place.
        names: what the original's code calls values.
        notes: what was taken for granted, with its place.
        flags: texts and truth values that the optimizer keeps behind the step.
        others: what was asked of another parameter, and the answers.
        counted: places that count the steps.
    """

    weight: Term
    states: dict[Key, Kept]
    names: Mapping[Term, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[Key, object] = field(default_factory=dict)
    others: Mapping[Term, bool] = field(default_factory=dict)
    counted: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of an optimizer before it is read off.

    Attributes:
        make: makes it of parameters and arguments by name.
        original: the class.
        counters: places that count the steps.
        moving: places besides the states of a parameter that change along a training.
        draw: which of the two draws it is run for.
        queues: lists that grow up to a length.
        phases: texts and truth values that steps change, with the values that they have.
        late: states that later steps make or take away; whether each has the shape of the parameter.
    """

    make: Make
    original: Any
    counters: frozenset[Key] = frozenset()
    moving: frozenset[Key] = frozenset()
    draw: int = 0
    queues: Mapping[Key, Queue] = field(default_factory=dict)
    phases: Mapping[Key, Values] = field(default_factory=dict)
    late: Mapping[Key, bool] = field(default_factory=dict)

    @property
    def filling(self) -> int:
        """After how many steps all lists are full."""
        return max((q.length for q in self.queues.values()), default=0)

    def shapes(self, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the shapes of the two parameters of a run."""
        return SIZES[self.draw][rank], OTHERS[self.draw][rank]


@contextmanager
def wide() -> Iterator[None]:
    """Let new tensors be of float64 meanwhile."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(usual)


def parameters(plan: Plan, rank: int) -> list[torch.nn.Parameter]:
    """Return the parameter that is read off and another one, with weights that no original knows."""
    rng = np.random.default_rng((11, rank, plan.draw))
    return [torch.nn.Parameter(torch.tensor(rng.normal(size=shape))) for shape in plan.shapes(rank)]


def gradients(plan: Plan, rank: int, step: int) -> list[torch.Tensor]:
    """Return the gradients of a step."""
    rng = np.random.default_rng((17, rank, step, plan.draw))
    return [torch.tensor(rng.normal(size=shape)) for shape in plan.shapes(rank)]


def read_step(plan: Plan, arguments: Mapping[str, Any], rank: int, step: int, recorder: Recorder) -> Outcome:
    """Run an optimizer up to a step and return what that step made.

    Args:
        plan: of the optimizer.
        arguments: settings as numbers with terms, and what is fixed.
        rank: number of axes of the parameters.
        step: which one is read off, from 0.
        recorder: answers questions.

    Raises:
        LiftError: the step cannot be said as terms.
    """
    tracer = Tracer(recorder)
    recorder.single = rank == 0
    for shape in plan.shapes(rank):
        tracer.add_shape(shape)
    both = parameters(plan, rank)
    with wide(), patched(modules_of(plan.original), {"len": counting(tracer, both)}):
        rows = [gradients(plan, rank, k) for k in range(step + 1)]
        _name(tracer, both, "w", "" if step == 0 else EARLIER)
        with traced(tracer):
            optimizer = plan.make(both, **arguments)
        recorder.recording = step == 0
        for k in range(step):
            _give(tracer, both, rows[k], EARLIER)
            with traced(tracer):
                optimizer.step()
        _name(tracer, both, "w", "")
        _give(tracer, both, rows[step], "")
        recorder.recording, recorder.needed = True, needed
        for parameter, suffix in zip(both, ("", OTHER), strict=True) if step else ():

            def leaf(key: Key, suffix: str = suffix) -> Term:
                return leaf_of(recorder.terms, key, suffix)

            asked_late(plan.late, optimizer, parameter, leaf, recorder)
            asked(plan.phases, optimizer, parameter, leaf, recorder)
        records = _records(plan, tracer, optimizer, both)
        there = kept(optimizer, both[0])
        before, flagged = numbers(tracer, optimizer, both[0]), flags(optimizer, both[0], plan.phases)
        with traced(tracer):
            optimizer.step()
        known = {*plan.moving, *plan.counters, *records[0].leaves, *plan.phases, *plan.late}
        check_moved(before, numbers(tracer, optimizer, both[0]), known, recorder.facts.settings)
        found = _outcome(plan, tracer, optimizer, both[0], records[0])
        if step:
            check_flags((flagged, found.flags), plan.phases)
            known_ones = {*plan.phases, *plan.late, *plan.queues, *found.flags, *flagged}
            after = kept(optimizer, both[0])
            check_late(there, after, known_ones, plan.shapes(rank)[0])
        for key in plan.late:
            new = recorder.terms.number(1 if key in found.states else 0)
            found.states[made_key(key)] = Kept(None if step else recorder.terms.number(0), new, None)
        begun = {} if step else starts(plan.phases, flagged, records[0].flags)
        for key, values in plan.phases.items():
            number = number_of(found.flags.get(key, ABSENT), values)
            if number is not None:
                start = recorder.terms.number(begun[key]) if key in begun else None
                found.states[key] = Kept(start, recorder.terms.number(number), None)
        return found


def _name(tracer: Tracer, both: list[Any], name: str, when: str) -> None:
    for tensor, suffix in zip(both, ("", OTHER), strict=True):
        tracer.set(tensor.grad if name == "g" else tensor, tracer.terms.leaf(name + (when or suffix)))


def _give(tracer: Tracer, both: list[Any], row: list[torch.Tensor], when: str) -> None:
    for parameter, gradient in zip(both, row, strict=True):
        parameter.grad = gradient
    _name(tracer, both, "g", when)


def _records(plan: Plan, tracer: Tracer, optimizer: Any, both: list[Any]) -> list[Record]:
    """Let what the optimizer keeps be old values of states, and keep what the step will add."""
    with torch.no_grad():
        shared = {x.untyped_storage()._cdata for p in both for x in (p, p.grad)}
    counters = set(plan.counters)
    plain_ones = {*plan.phases, *plan.late}
    records = [Record(tracer, counters, suffix, shared, plan.queues, plain_ones) for suffix in ("", OTHER)]
    for index, (parameter, record) in enumerate(zip(both, records, strict=True)):
        for key, place in aged(kept(optimizer, parameter), plan.queues).items():
            known = key in plan.moving or key in plan.counters or key in plan.late
            if key not in plan.phases and (key[0] == "state" or (index == 0 and known)):
                place.put(record.take(key, place.value))
    by_parameter = {id(p): r for p, r in zip(both, records, strict=True)}

    def recording(parameter: Any) -> Recording:
        return Recording(by_parameter.get(id(parameter), records[0]), "state", {})

    store = Store(recording, records[0])
    for parameter, values in optimizer.state.items():
        if isinstance(parameter, str):
            dict.__setitem__(store, parameter, values)
            continue
        made = recording(parameter)
        dict.update(made, values)
        dict.__setitem__(store, parameter, made)
    optimizer.state = store
    group = Recording(records[0], "group", {})
    dict.update(group, optimizer.param_groups[0])
    optimizer.param_groups[0] = group
    return records


class NoCounterError(ReadAgainError):
    """A place that counted steps in a plain run, and does not on every way: it is a state as others are."""

    def __init__(self, key: Key) -> None:
        super().__init__(key, "counts some of the steps alone")


def _counted(new: Term, step: int) -> bool:
    """Return whether the new value of a counter is ``t + 1``."""
    offset = Fraction(0)
    while new.operation in ("add", "sub") and any(x.is_number for x in new.operands):
        a, b = new.operands
        if b.is_number:
            new, offset = a, offset + (b.value if new.operation == "add" else -b.value)
        elif new.operation == "add":
            new, offset = b, offset + a.value
        else:
            return False
    if new.is_number:
        return new.value + offset == step + 1
    return new.operation == NAME and new.name == "t" and offset == 1


def _outcome(plan: Plan, tracer: Tracer, optimizer: Any, parameter: Any, record: Record) -> Outcome:
    states: dict[Key, Kept] = {}
    counted: set[Key] = set()
    first = tracer.recorder.step == 0
    for key, place in aged(kept(optimizer, parameter), plan.queues).items():
        value = place.value
        if key in plan.phases:
            continue
        if key in plan.counters:
            if not _counted(tracer.value(value), tracer.recorder.step):
                raise NoCounterError(key)
            counted.add(key)
            continue
        if not (key[0] == "state" or key in plan.moving or key in plan.late or key in record.leaves):
            continue
        shape = tuple(value.shape) if isinstance(value, torch.Tensor) else None
        if shape is None and not is_number(value):
            raise LiftError(f"the state {key[-1]} is a {type(value).__name__}; expected tensors and numbers")
        start = record.starts.get(key) if first else None
        states[key] = Kept(start, tracer.value(value), shape)
    notes = {**tracer.notes, **tracer.recorder.notes}
    weight = tracer.value(parameter)
    kept_flags = flags(optimizer, parameter, plan.phases)
    others = tracer.recorder.others
    return Outcome(weight, states, dict(tracer.names), notes, kept_flags, others, frozenset(counted))
