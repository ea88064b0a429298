"""An audit: two optimizers compared at equal settings, with the proof, or the step at which they part."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sympy.core.numbers import Rational

from nos_sym.algebra.block_equality import form_of_system
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.falsification.histories import can_run, first_difference
from nos_sym.algebra.levels import Level
from nos_sym.algebra.verdicts import Equal
from nos_sym.auditing.code import follows
from nos_sym.auditing.distance import DRAWS, Distance, Meter, measure, usual_values
from nos_sym.auditing.families import SECONDS, Agreement, Families, Variable, agreement, special_values
from nos_sym.auditing.matching import match, number_text
from nos_sym.auditing.parting import Parting, find_parting, parting_of, short_histories
from nos_sym.auditing.result import DIFFERENT, EQUAL, UNKNOWN, Audit
from nos_sym.auditing.side import Side, read_side
from nos_sym.auditing.state_parting import StateParting, first_parting, harmless_parting
from nos_sym.auditing.states import SECONDS as RELATE_SECONDS
from nos_sym.auditing.states import States, compare_states, observe
from nos_sym.errors import RuleError, SourceError
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.language.system import system_of

if TYPE_CHECKING:
    from nos_sym.proof.format import Proof

PROOF_SECONDS = 2.0
"""How long a checked proof is searched where nothing else is said."""

_CLOSE = 0.4
"""Of the time for settings, what a measurement of them may take where none is proved."""

_COARSER = (Level.SIGN, Level.SCALE, Level.SCHEDULE)


def audit(
    a: object,
    b: object,
    *,
    for_all: bool = False,
    pairs: Mapping[str, str] | None = None,
    seconds: float = PROOF_SECONDS,
) -> Audit:
    """Compare two optimizers: rules, names of the catalog or of libraries, files, or originals in code.

    Code that is named, ``"torch.optim:Adam"`` or ``"my.py:MyOptimizer"``, is imported and run.

    Args:
        a: one optimizer.
        b: the other.
        for_all: whether the verdict is about all values of the settings.
        pairs: settings of the first to those of the second; others are paired by name.
        seconds: how long a checked proof is searched where the two are equal; 0 for none.

    Returns:
        The audit. It is true where equality is proved.

    Raises:
        NosSymError: a side cannot be read, or a setting is not there.
    """

    def note(message: str) -> None:
        warnings.warn(message, stacklevel=3)

    first, second = (read_side(x, note) for x in (a, b))
    return audit_of(first, second, for_all=for_all, pairs=pairs, seconds=seconds)


def audit_of(
    a: Side,
    b: Side,
    *,
    for_all: bool = False,
    pairs: Mapping[str, str] | None = None,
    seconds: float = PROOF_SECONDS,
    search: float = SECONDS,
    draws: int = DRAWS,
    relate: float = RELATE_SECONDS,
) -> Audit:
    """Compare two sides, see :func:`audit`.

    Args:
        a, b, for_all, pairs, seconds: as there, with sides that are read.
        search: how long settings are looked for at which the two agree, in time of this thread.
        draws: at how many other settings their distance is measured.
        relate: how long relations of their states are looked for, in time of this thread; 0 for no states.
    """
    matching = match(a, b, pairs)
    families = Families.of(a.rule, b.rule, matching)
    values = {x: x.default for x in families.variables}
    at = families.at(0, values), families.at(1, values)
    equal = _equal(*at)
    verdict, parting = _question(families, values, equal)
    agreed = agreement(families, search)
    if verdict == EQUAL and not (agreed is not None and agreed.for_all):
        parting = parting_of(families, values)
    asked, own = verdict, (a.rule.at_defaults(), b.rule.at_defaults())
    distance, close_at = (None, ()) if verdict == EQUAL else _measured(families, agreed, search, draws)
    if for_all:
        if verdict == UNKNOWN and parting is None:
            parting = parting_of(families, values)
        verdict = _for_all(verdict, agreed, parting)
    states, first_apart = _states(families, agreed, parting, asked, relate) if relate else (States(), None)
    return Audit(
        first=a,
        second=b,
        matching=matching,
        families=families,
        rules=verdict,
        for_all=for_all,
        at_own_defaults=asked if own == at else _own_defaults(*own),
        equal=equal,
        proof=_proof(*at, seconds) if equal is not None else None,
        agreement=agreed,
        parting=parting,
        up_to=_up_to(*at) if equal is None else None,
        distance=distance,
        close_at=close_at,
        states=states,
        first_apart=first_apart,
        code=_code(a, b, families, parting),
    )


def _question(
    families: Families, values: Mapping[Variable, Rational], equal: Equal | None
) -> tuple[str, Parting | None]:
    """Return the verdict at equal settings, those of the first side and then those of the second.

    Args:
        families: the two.
        values: the settings of the first side.
        equal: what proves them equal there.
    """
    if equal is None:
        found = find_parting(families.at(0, values), families.at(1, values))
        if found is not None:
            return DIFFERENT, Parting((), found)
    moved = {x: x.other for x in families.variables}
    if families.equal(moved):
        return (UNKNOWN if equal is None else EQUAL), None
    found = find_parting(families.at(0, moved), families.at(1, moved))
    if found is None:
        return UNKNOWN, None
    changed = tuple((x.name, number_text(x.other)) for x in families.variables if x.other != x.default)
    return DIFFERENT, Parting(changed, found)


def _states(
    families: Families, agreed: Agreement | None, parting: Parting | None, asked: str, seconds: float
) -> tuple[States, StateParting | None]:
    """Return what is known of the states of both, and the first of them that parts."""
    found = observe(families)
    if isinstance(found, str):
        return States(reason=found), None
    values = {x: x.default for x in families.variables}
    moved = dict(parting.values) if parting is not None else {}
    at = {x: Rational(moved.get(x.name, value)) for x, value in values.items()}
    settings = [values, values | dict(agreed.fixed) if agreed is not None else values, at]
    states = compare_states(found, list({tuple(v.items()): v for v in settings}.values()), seconds)
    if parting is not None:
        first = first_parting(found, states, at, parting.at)
        return states, None if first is None else replace(first, settings=parting.values)
    return states, harmless_parting(found, states, values) if asked == EQUAL else None


def _code(a: Side, b: Side, families: Families, parting: Parting | None) -> tuple[bool | None, bool | None]:
    """Return whether the code of either side goes where its rule does on the history of a parting."""
    if parting is None:
        return None, None
    values = parting.settings(families)

    def of(number: int, side: Side) -> bool | None:
        own = {name: v for x, v in values.items() if (name := (x.first, x.second)[number])}
        return follows(side, own, parting.at, number)

    return of(0, a), of(1, b)


def _for_all(verdict: str, agreed: Agreement | None, parting: Parting | None) -> str:
    if agreed is not None and agreed.for_all:
        return EQUAL
    return DIFFERENT if parting is not None else UNKNOWN if verdict == EQUAL else verdict


def _equal(a: Rule | Block, b: Rule | Block) -> Equal | None:
    """Return what proves that two optimizers without settings are equal, if it is proved."""
    if not form_of_system(a).digests & form_of_system(b).digests:
        return None
    found = compare(a, b)
    return found if isinstance(found, Equal) else None


def _own_defaults(a: Rule | Block, b: Rule | Block) -> str:
    """Return the verdict where each side has its own defaults."""
    if form_of_system(a).digests & form_of_system(b).digests:
        return EQUAL
    return UNKNOWN if find_parting(a, b) is None else DIFFERENT


def _proof(a: Rule | Block, b: Rule | Block, seconds: float) -> Proof | None:
    """Return a proof that the checker has replayed, if one is found in time."""
    if not seconds or find_spec("flint") is None:
        return None
    from nos_sym.proof.search.producer import prove

    try:
        return prove(a, b, seconds=seconds)
    except (RuleError, SourceError):
        return None


def _up_to(a: Rule | Block, b: Rule | Block) -> Level | None:
    """Return the finest level above exact at which two optimizers are proved equal."""
    for level in _COARSER:
        if form_of_system(a, level).digests & form_of_system(b, level).digests:
            return level
    return None


def _measured(
    families: Families, agreed: Agreement | None, search: float, draws: int
) -> tuple[Distance | None, tuple[tuple[Variable, Rational], ...]]:
    """Return how far two optimizers are apart, and special values at which no history tells them apart.

    There is nothing to be measured where an operation does not say what it computes.
    """
    if not can_run(system_of(families.first), system_of(families.second)):
        return None, ()
    meter = Meter(families.first, families.second)
    values = {(x.first, x.second): (float(x.default), _others(x)) for x in families.variables}
    distance = measure(meter, values, draws)
    if agreed is not None:
        return distance, ()
    end = time.thread_time() + search * _CLOSE
    for tried in special_values(families.variables, 2):
        rows = meter({(x.first, x.second): float(value) for x, value in tried.items()})
        # Measured are matrices alone; short histories have vectors and other shapes, too.
        if all(row.step is None for row in rows) and not _told_apart(families, tried):
            return distance, tuple((x, value) for x, value in tried.items() if value != x.default)
        if time.thread_time() > end:
            break
    return distance, ()


def _told_apart(families: Families, values: Mapping[Variable, Rational]) -> bool:
    """Return whether a short history tells two optimizers apart at some settings."""
    at = families.at(0, values), families.at(1, values)
    systems = system_of(at[0]), system_of(at[1])
    tried = short_histories(*systems, shaped=True)
    return any(first_difference(*systems, history) is not None for history in tried)


def _others(x: Variable) -> list[float]:
    return [v for v in usual_values(x.domain) if Rational(repr(v)) != x.default]
