"""What an original says of its settings: values that its constructor refuses lie outside of their domains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from nos_sym.intervals.interval import Interval
from nos_sym.language.setting import domain_of
from nos_sym.lift.exploring import explored, opposite
from nos_sym.lift.facts import Bounds, Facts
from nos_sym.lift.recorder import Recorder
from nos_sym.lift.term import Terms


def constructed(
    construct: Callable[[Recorder], object],
    values: Mapping[str, float],
    terms: Terms,
    defaults: Mapping[str, float],
) -> tuple[Facts, dict[str, Interval]]:
    """Run a constructor with its checks answered otherwise, one after the other.

    Args:
        construct: makes the optimizer under a recorder.
        values: of the settings.
        terms: the maker of terms.
        defaults: of the settings; where one lies outside of the usual domain, that is not taken for granted.

    Returns:
        What holds for all settings that it takes, and the domains of settings.
    """
    facts = Facts(values)
    for name in values:
        if name != "lr" and defaults.get(name, values[name]) in domain_of(name):
            _learn(facts.of(name), domain_of(name), values[name])
    raised: set[str] = set()
    for _ in range(40):
        recorder = Recorder(terms, facts)
        construct(recorder)
        fresh = [d for d in recorder.decisions if d.condition not in facts.known]
        for decision in fresh:
            other = Recorder(terms, facts, [opposite(decision)])
            try:
                construct(other)
            except Exception:
                facts.learn(decision.condition, decision.taken)
                raised.update(n for n in values if n in _names(decision.condition))
        break
    domains = {}
    for name in raised:
        if name != "lr" and name in facts.bounds:
            domains[name] = _interval(facts.bounds[name])
    return facts, domains


def _names(condition: object) -> set[str]:
    from nos_sym.lift.algebra_of_terms import leaves_of

    return leaves_of(condition)  # type: ignore[arg-type]


def _learn(bounds: Bounds, domain: Interval, value: float) -> None:
    if value not in domain:
        return
    if domain.low > float("-inf"):
        bounds.above(Fraction(domain.low), strict=domain.low_open)
    if domain.high < float("inf"):
        bounds.below(Fraction(domain.high), strict=domain.high_open)


def _interval(bounds: Bounds) -> Interval:
    low = float("-inf") if bounds.low is None else float(bounds.low)
    high = float("inf") if bounds.high is None else float(bounds.high)
    return Interval(low, high, bounds.low is None or bounds.low_open, bounds.high is None or bounds.high_open)


__all__ = ["constructed", "explored"]
