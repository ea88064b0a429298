"""From a step that JAX traces to paths: which settings are followed, for which numbers of axes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nos_sym.errors import quoted
from nos_sym.intervals.interval import Interval
from nos_sym.language.kind import Kind
from nos_sym.lift.arguments import Arguments
from nos_sym.lift.facts import Bounds, Facts
from nos_sym.lift.front import Front
from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_paths import Way, Ways, ways_of
from nos_sym.lift.jax_places import STATE
from nos_sym.lift.jax_ranks import of_more_axes
from nos_sym.lift.jax_sizes import renamed
from nos_sym.lift.jax_states import opaque_in
from nos_sym.lift.jax_tidying import tidied
from nos_sym.lift.jax_traces import Step, Tracing, traced
from nos_sym.lift.kinds import SIDES, settled
from nos_sym.lift.lifted import Condition, LiftError
from nos_sym.lift.names import Names
from nos_sym.lift.path import Path
from nos_sym.lift.settings_facts import constructed
from nos_sym.lift.term import NAME, Term, Terms, walk

RANKS = (2, 1, 0)
_RAISED = "the original raised "


@dataclass(frozen=True, slots=True)
class Followed:
    """An original whose step JAX traces.

    Attributes:
        step: of it.
        arguments: whose numbers are followed.
        conditions: that its front end knows already.
        traced: follows a step; by default what JAX traces.
    """

    step: Step
    arguments: Arguments
    conditions: tuple[Condition, ...] = ()
    traced: Tracing = traced


def front_of(followed: Followed, terms: Terms, ranks: Sequence[int] = RANKS) -> Front:
    """Return the paths of an original.

    A setting that the original needs as a plain number, for a loop or the shape of a state, is fixed at its
    value, and a condition says so.

    Raises:
        LiftError: what stopped it.
    """
    told: LiftError | None = None
    for fixed in _to_fix(followed.arguments):
        try:
            return _front(followed, fixed, terms, ranks)
        except LiftError as error:
            if told is None or (str(told).startswith(_RAISED) and not str(error).startswith(_RAISED)):
                told = error
    assert told is not None
    raise told


def _to_fix(arguments: Arguments) -> Iterator[frozenset[str]]:
    """Yield which settings to fix: none, one of them, all whole ones, all."""
    numbers = [n for n in arguments.numbers if n.name != "lr"]
    whole = [n.name for n in numbers if isinstance(n.default, int)]
    others = [n.name for n in numbers if n.name not in whole]
    tried: set[frozenset[str]] = set()
    for names in ((), *((x,) for x in (*whole, *others)), tuple(whole), (*whole, *others)):
        fixed = frozenset(names)
        if fixed not in tried:
            tried.add(fixed)
            yield fixed


def _front(followed: Followed, fixed: frozenset[str], terms: Terms, ranks: Sequence[int]) -> Front:
    arguments = Arguments(
        followed.arguments.values, tuple(n for n in followed.arguments.numbers if n.name not in fixed)
    )
    values = {n.name: n.default for n in arguments.numbers if n.name != "lr"}
    making = Making(terms)
    making.settings = frozenset(values)
    conditions = list(followed.conditions)
    conditions += [
        Condition(f"{n.name} == {n.default!r}, which is needed as a plain number", "")
        for n in followed.arguments.numbers
        if n.name in fixed
    ]
    found: dict[int, Ways] = {}
    refused: list[tuple[int, Exception]] = []
    for rank in ranks:
        try:
            found[rank] = ways_of(making, followed.step, values, rank, followed.traced)
        except LiftError:
            raise
        except Exception as error:
            if _of_tracing(error):
                raise _told(error) from error
            refused.append((rank, error))
    if not found:
        raise _told(refused[0][1])
    for ways in found.values():
        for way in ways.ways:
            opaque = opaque_in(way.rule)
            if opaque is not None:
                raise LiftError(f"the language has nothing for {opaque}")
        conditions += ways.conditions
    conditions += [
        Condition(f"parameters of {rank} axes are refused: {_told(error)}", "") for rank, error in refused
    ]
    found = {rank: replace(ways, ways=of_more_axes(making, found, rank)) for rank, ways in found.items()}
    facts, domains = _facts(found, values, terms)
    paths, states = _named(making, found, values)
    return Front(
        _settled(paths, terms, values), arguments, values, facts, domains, states, {},
        tuple(dict.fromkeys(conditions)),
    )  # fmt: skip


def _of_tracing(error: Exception) -> bool:
    """Return whether an error comes of numbers that are traced, and not of what the original refuses."""
    if "SymbolicTensor" in str(error) or "symbolic" in type(error).__name__.lower():
        return True
    if "jax" not in sys.modules:
        return False
    import jax

    kinds = (
        jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError,
        jax.errors.TracerIntegerConversionError, jax.errors.NonConcreteBooleanIndexError,
        jax.errors.UnexpectedTracerError,
    )  # fmt: skip
    return isinstance(error, kinds) or "Tracer" in str(error)


def _told(error: Exception) -> LiftError:
    first = str(error).strip().partition("\n")[0]
    return LiftError(f"{_RAISED}{type(error).__name__}: {quoted(first)}")


def _facts(
    found: dict[int, Ways], values: dict[str, float], terms: Terms
) -> tuple[Facts, dict[str, Interval]]:
    """Return what holds for all settings, and domains of those that the original refuses values of."""
    facts, domains = constructed(lambda recorder: None, values, terms, values)
    for ways in found.values():
        for decision in ways.certain:
            facts.learn(decision.condition, decision.taken)
            for name in values:
                if name in {x.name for x in walk(decision.condition) if x.operation == NAME}:
                    domains[name] = _interval(facts.of(name))
    for ways in found.values():
        for way in ways.ways:
            domains |= _of_coefficients(way, values)
    return facts, domains


def _of_coefficients(way: Way, values: dict[str, float]) -> dict[str, Interval]:
    """Return the domains that orthogonalizations have for their coefficients."""
    found: dict[str, Interval] = {}
    for x in walk(way.rule.weight, *(s.new for s in way.rule.records)):
        if x.operation in ("newton_schulz", "orth"):
            for y in x.operands[-3:]:
                if y.operation == NAME and y.name in values:
                    found[y.name] = Interval(-100.0, 100.0)
    return found


def _interval(bounds: Bounds) -> Interval:
    low = float("-inf") if bounds.low is None else float(bounds.low)
    high = float("inf") if bounds.high is None else float(bounds.high)
    return Interval(low, high, bounds.low is None or bounds.low_open, bounds.high is None or bounds.high_open)


def _settled(paths: Sequence[Path], terms: Terms, values: dict[str, float]) -> list[Path]:
    """Return paths whose states have one kind each; counts that all parameters read stay theirs."""
    shared = {s.name for p in paths for s in p.states if s.kind is Kind.GLOBAL}
    return [
        replace(p, states=tuple(replace(s, kind=Kind.GLOBAL) if s.name in shared else s for s in p.states))
        for p in settled(paths, terms, [*values])
    ]


def _named(
    making: Making, found: dict[int, Ways], values: dict[str, float]
) -> tuple[list[Path], dict[str, str]]:
    """Return paths in terms that readers expect, with names of states, and the original's names of these."""
    names = Names(values)
    kinds: dict[str, set[Kind]] = {}
    for rank, ways in found.items():
        for s in (s for way in ways.ways for s in way.rule.records):
            kinds.setdefault(s.name, set()).update({s.kind} if rank else set())
    own: dict[tuple[str, Kind | None], str] = {}
    paths = []
    for rank, ways in found.items():
        for way in ways.ways:
            of_way = {}
            for s in way.rule.records:
                key = (s.name, s.kind if rank and len(kinds[s.name]) > 1 else None)
                if key not in own:
                    plain = s.name.removeprefix(STATE)
                    own[key] = names.state(f"{plain}_{SIDES[s.kind]}" if key[1] in SIDES else plain)
                of_way[s.name] = own[key]
            paths.append(_path(making, way, rank, of_way))
    return paths, {new: old.removeprefix(STATE) for (old, _), new in own.items()}


def _path(making: Making, way: Way, rank: int, own: dict[str, str]) -> Path:
    leaves = {old: making.terms.leaf(new) for old, new in own.items() if old != new}
    done: dict[int, Term] = {}

    def ready(term: Term) -> Term:
        if id(term) not in done:
            done[id(term)] = tidied(making, renamed(making, term, leaves))
        return done[id(term)]

    rule = way.rule.mapped(ready)
    states = tuple(replace(s, name=own[s.name]) for s in rule.records)
    decisions = tuple(replace(d, condition=ready(d.condition)) for _, d in way.decisions)
    return Path(decisions, rule.weight, states, rank)
