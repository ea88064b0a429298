"""PyTorch: an optimizer's arguments, ranks and draws, to paths; and running it beside a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from nos_sym.lift.arguments import RATES, Arguments, drawn
from nos_sym.lift.front import Front
from nos_sym.lift.kinds import apart, settled
from nos_sym.lift.lifted import Condition, LiftError
from nos_sym.lift.originals import Original
from nos_sym.lift.scalars import carrying
from nos_sym.lift.settings_facts import constructed
from nos_sym.lift.term import Terms
from nos_sym.lift.torch_changes import ReadAgainError
from nos_sym.lift.torch_front import LATER, Reader
from nos_sym.lift.torch_late import LateError
from nos_sym.lift.torch_making import Making, surroundings
from nos_sym.lift.torch_phases import PhaseError, Values, said, with_values
from nos_sym.lift.torch_places import Key
from nos_sym.lift.torch_run import Make, NoCounterError, Plan, parameters, wide
from nos_sym.lift.torch_states import differ, snapshot
from nos_sym.lift.torch_trace import Tracer, traced
from nos_sym.lift.torch_watching import is_finite, watched
from nos_sym.lift.torch_wide import WideCalls
from nos_sym.lift.verifying import Array
from nos_sym.lift.without_axes import UNREAD

_RANKS = (2, 1, 0)
_DEEP = (4, *_RANKS)
"""Numbers of axes that are read where parameters of three and more are stepped otherwise than matrices."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found while an optimizer was read off, for which it is read off again.

    Attributes:
        no_counters: places that count some of the steps alone.
        moving: places that change on some of the ways alone.
        phases: texts and truth values that change, with what they may be.
        late: states that later steps make or take away, and whether each has the parameter's shape.
    """

    no_counters: frozenset[Key] = frozenset()
    moving: frozenset[Key] = frozenset()
    phases: Mapping[Key, Values] = field(default_factory=dict)
    late: Mapping[Key, bool] = field(default_factory=dict)

    def with_error(self, error: ReadAgainError) -> Seen:
        """Return this with what an error says."""
        if isinstance(error, PhaseError):
            return replace(self, phases=with_values(self.phases, error))
        if isinstance(error, LateError):
            late = {**self.late, error.key: error.whole}
            return replace(self, late=late, no_counters=self.no_counters | {error.key})
        if isinstance(error, NoCounterError):
            return replace(self, no_counters=self.no_counters | {error.key})
        return replace(self, moving=self.moving | {error.key})


def _one_by_one(make: Any) -> Any:
    """Return what makes an optimizer whose groups ask for the step of each tensor by itself.

    Some originals read ``foreach`` of the group, and have no argument for it.
    """

    def made(parameters: list[Any], **arguments: Any) -> Any:
        optimizer = make(parameters, **arguments)
        for group in getattr(optimizer, "param_groups", ()):
            if group.get("foreach") is None:
                group["foreach"] = False
        return optimizer

    return made


def front(
    original: Original,
    arguments: Arguments,
    draw: int,
    terms: Terms,
    make: Make | None = None,
    *,
    deep: bool = False,
) -> Front:
    """Read an optimizer of torch off.

    Args:
        original: a subclass of ``torch.optim.Optimizer``.
        arguments: of it.
        draw: which values settings have meanwhile.
        terms: the maker of terms.
        make: makes what steps parameters, by default the original itself.
        deep: whether parameters of more axes than two are read as well.

    Raises:
        LiftError: it cannot be said as terms.
    """
    if arguments.values.get("foreach", False) is None:
        # The same step for each tensor by itself; the rule is run beside the original as it is.
        arguments = Arguments({**arguments.values, "foreach": False}, arguments.numbers)
    fixed: list[Condition] = []
    making = Making(original)
    for _ in range(len(arguments.numbers) + 1):
        found, pinned = _front(
            original, arguments, draw, terms, make or making, ranks=_DEEP if deep else _RANKS
        )
        if not pinned:
            return replace(found, conditions=(*found.conditions, *fixed, *making.conditions()))
        defaults = {n.name: n.default for n in arguments.numbers}
        for name, place in pinned.items():
            text = f"{name} == {defaults[name]!r}, which is needed as a plain number"
            fixed.append(Condition(text, place))
        arguments = arguments.without(pinned)
    raise AssertionError("more settings than arguments are fixed")


def _front(
    original: Original,
    arguments: Arguments,
    draw: int,
    terms: Terms,
    make: Make,
    seen: Seen | None = None,
    ranks: Sequence[int] = _RANKS,
) -> tuple[Front, dict[str, str]]:
    seen = seen or Seen()
    plan = Plan(_one_by_one(make), original.value, draw=draw)
    values, plans, refused = _values(plan, arguments, draw, ranks)
    if not plans:
        raise LiftError(
            f"{original.name} does not run: {refused[0][1] if refused else 'no parameter suits it'}"
        )
    arguments = Arguments(arguments.values, tuple(n for n in arguments.numbers if n.name in values))

    def construct(recorder: Any) -> object:
        from nos_sym.lift.patching import modules_of, patched

        numbers = {n: carrying(x, terms.leaf(n), recorder) for n, x in values.items()}
        tracer = Tracer(recorder)
        tracer.add_shape(plan.shapes(max(plans))[0])
        with wide(), patched(modules_of(original.value)), traced(tracer):
            parameter = torch.nn.Parameter(torch.zeros(plan.shapes(max(plans))[0]))
            return plan.make([parameter], **arguments.given(numbers))

    facts, domains = constructed(construct, values, terms, {n.name: n.default for n in arguments.numbers})
    reader: Reader | None = None
    pinned: dict[str, str] = {}
    unread: list[Condition] = []
    for rank, own in plans.items():
        if reader is None:
            reader = Reader(own, values, arguments.given, terms, facts, LATER[draw])
        reader.plan = replace(
            own,
            counters=own.counters - seen.no_counters,
            moving=own.moving | seen.moving,
            phases=seen.phases,
            late=seen.late,
        )
        try:
            reader.read(rank)
        except ReadAgainError as error:
            return _front(original, arguments, draw, terms, make, seen.with_error(error), ranks)
        except Exception as error:
            if rank > 0 or not reader.found.paths:
                raise
            unread.append(Condition(f"{UNREAD}: {error}", "", special=True))
            break
        pinned |= reader.found.pinned
    assert reader is not None
    found = reader.found
    conditions = [*found.conditions, *unread, *(Condition(text, "") for text in said(seen.phases))]
    if refused:
        counts = ", ".join(str(r) for r, _ in refused)
        conditions.append(Condition(f"parameters of {counts} axes are refused: {refused[0][1]}", ""))
    # What keeps the learning rate of its first step is no setting: a schedule changes that of the others.
    constant = [name for name in values if name != "lr"]
    paths = settled(apart(found.paths, terms, reader.names, found.states), terms, constant)
    return (
        Front(
            paths,
            arguments,
            values,
            facts,
            domains,
            found.states,
            found.hints,
            tuple(dict.fromkeys(conditions)),
        ),
        pinned,
    )


def _values(
    plan: Plan, arguments: Arguments, draw: int, ranks: Sequence[int]
) -> tuple[dict[str, float], dict[int, Plan], list[tuple[int, str]]]:
    """Return values of settings at which the original runs, and the plan for each number of axes."""
    plans: dict[int, Plan] = {}
    refused: list[tuple[int, str]] = []
    defaults = {n.name: n.default for n in arguments.numbers}
    for rank in ranks:
        try:
            plans[rank] = watched(plan, arguments.given(defaults), rank)
        except LiftError:
            raise
        except Exception as error:
            refused.append((rank, f"{type(error).__name__}: {error}"))
    if not plans:
        return {}, {}, refused
    rank = max(plans)
    values: dict[str, float] = {}
    for number in arguments.numbers:
        for value in drawn(number, draw):
            if _runs(plan, arguments.given({**defaults, **values, number.name: value}), rank):
                values[number.name] = value
                break
    values = {n: x for n, x in values.items() if x != defaults[n]}
    both = {r: _watched_again(own, arguments.given({**defaults, **values}), r) for r, own in plans.items()}
    if "lr" in values:
        rated = _of_the_rate(plan, arguments, {**defaults, **values}, rank)
        both = {r: replace(own, moving=own.moving | rated) for r, own in both.items()}
    return values, both, refused


def _of_the_rate(plan: Plan, arguments: Arguments, values: Mapping[str, float], rank: int) -> frozenset[Key]:
    """Return places that have what the constructor made of the learning rate, which the group's may leave.

    They are states that start with it, and stay.
    """
    rows = []
    for factor in (1.0, 0.5):
        with wide(), WideCalls():
            both = parameters(plan, rank)
            given = arguments.given({**values, "lr": factor * values["lr"]})
            rows.append(snapshot(plan.make(both, **given), both[0]))
    first, second = rows
    return frozenset(
        key
        for key in first.keys() & second.keys()
        if not (key[0] == "group" and key[1] in RATES) and differ(first[key], second[key])
    )


def _watched_again(plan: Plan, arguments: Mapping[str, Any], rank: int) -> Plan:
    """Return the plan with what holds at other values of the settings too.

    A sum of weights counts the steps where each weight is 1, as it may be at the defaults alone.
    """
    try:
        other = watched(plan, arguments, rank)
    except LiftError:
        raise
    except Exception:
        return plan
    return replace(plan, counters=plan.counters & other.counters, moving=plan.moving | other.moving)


def _runs(plan: Plan, arguments: Mapping[str, Any], rank: int) -> bool:
    """Return whether an original takes arguments, and makes numbers with them."""
    try:
        return is_finite(plan, arguments, rank)
    except Exception:
        return False


def runner(original: Original, arguments: Arguments) -> Any:
    """Return what runs the original in float64, with casts to other types taken out."""
    make = Making(original)

    def run(
        draw: Mapping[str, float], weights: Sequence[Array], gradients: Sequence[Sequence[Array]]
    ) -> list[list[Array]]:
        with wide(), WideCalls():
            parameters = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
            optimizer = make(parameters, **arguments.given(draw))
            rows = []
            for row in gradients:
                for parameter, gradient in zip(parameters, row, strict=True):
                    parameter.grad = torch.tensor(gradient)
                optimizer.step()
                rows.append([np.asarray(p.detach().numpy()).copy() for p in parameters])
        return rows

    return run


def beyond(*given: Any) -> Any:
    """Compare a rule with its original beyond what it was verified for; see :mod:`.torch_beyond`."""
    from nos_sym.lift import torch_beyond

    return torch_beyond.beyond(*given)


__all__ = ["beyond", "front", "runner", "surroundings"]
