"""From a step that JAX traces to paths: which settings are followed, for which numbers of axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nos_sym.errors import quoted
from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_merging import merged, over_ranks
from nos_sym.lift.jax_paths import Way, ways_of
from nos_sym.lift.jax_states import opaque_in
from nos_sym.lift.jax_traces import Step
from nos_sym.lift.lifted import Condition, LiftError
from nos_sym.lift.path import Path
from nos_sym.lift.term import Terms

Number = float | int
_RAISED = "the original raised "


@dataclass(frozen=True, slots=True)
class Read:
    """What a front end reads off an original.

    Attributes:
        paths: for each number of axes and each set of decisions.
        settings: that the paths have as leaves, with the values that the original was made with.
        fixed: arguments that are numbers and are no settings, since the original needs plain numbers.
        conditions: what all paths take for granted.
        terms: in which their terms are made.
    """

    paths: tuple[Path, ...]
    settings: Mapping[str, Number]
    fixed: Mapping[str, Number]
    conditions: tuple[Condition, ...]
    terms: Terms


def read(step: Step, settings: Mapping[str, Number], ranks: Sequence[int] = (0, 1, 2)) -> Read:
    """Return the paths of a step.

    A setting that the original needs as a plain number, for a loop or the shape of a state, is fixed at its
    value, and a condition says so.

    Raises:
        LiftError: what stopped it.
    """
    told: LiftError | None = None
    for fixed in _to_fix(settings):
        free = {name: value for name, value in settings.items() if name not in fixed}
        try:
            return _read(step, free, {name: settings[name] for name in fixed}, ranks)
        except LiftError as error:
            if told is None or (str(told).startswith(_RAISED) and not str(error).startswith(_RAISED)):
                told = error
    assert told is not None
    raise told


def _to_fix(settings: Mapping[str, Number]) -> Iterator[frozenset[str]]:
    """Yield which settings to fix: none, one of them, all whole ones, all."""
    whole = [name for name, value in settings.items() if isinstance(value, int)]
    tried: set[frozenset[str]] = set()
    others = [name for name in settings if name not in whole]
    for names in ((), *((x,) for x in (*whole, *others)), tuple(whole), tuple(settings)):
        fixed = frozenset(names)
        if fixed not in tried:
            tried.add(fixed)
            yield fixed


def _read(
    step: Step, settings: Mapping[str, Number], fixed: Mapping[str, Number], ranks: Sequence[int]
) -> Read:
    making = Making(Terms())
    making.settings = frozenset(settings)
    found: dict[int, list[Way]] = {}
    conditions: dict[str, Condition] = {
        name: Condition(f"{name} == {value!r}", "an argument that is needed as a plain number")
        for name, value in fixed.items()
    }
    refused: dict[int, Exception] = {}
    for rank in ranks:
        try:
            ways = ways_of(making, step, settings, rank)
        except LiftError:
            raise
        except Exception as error:
            refused[rank] = error
            continue
        found[rank] = merged(making, ways.ways)
        for condition in ways.conditions:
            conditions[condition.text + condition.place] = condition
    if not found:
        raise _told(next(iter(refused.values())))
    for rank, error in refused.items():
        conditions[f"rank {rank}"] = Condition(f"rank != {rank}", str(_told(error)))
    for ways_of_rank in found.values():
        for way in ways_of_rank:
            opaque = opaque_in(way.rule)
            if opaque is not None:
                raise LiftError(f"the language has nothing for {opaque}")
    paths = tuple(over_ranks(making, found))
    return Read(paths, dict(settings), dict(fixed), tuple(conditions.values()), making.terms)


def _told(error: Exception) -> LiftError:
    first = str(error).strip().partition("\n")[0]
    return LiftError(f"{_RAISED}{type(error).__name__}: {quoted(first)}")

