"""What is asked of canonical forms: degrees in an atom, what they read, factors that leave."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from nos_sym.algebra.kernel import Atom, Factor, Mono, Poly, mono, poly, sign_of


def contains(p: Poly, wanted: Callable[[Atom], bool]) -> bool:
    """Return whether a form reads an atom of a kind, at any depth."""
    seen: set[Poly] = set()
    waiting = [p]
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        for m, _ in here.terms:
            for a, _, _ in m.factors:
                if wanted(a):
                    return True
                waiting += a.args
    return False


def degree_in(p: Poly, a: Atom) -> Fraction | None:
    """Return the power of a positive atom that every term of a form has as a factor; ``None`` if none."""
    found: set[Fraction] = set()
    for m, _ in p.terms:
        power = Fraction(0)
        for b, q, _ in m.factors:
            if b is a:
                power = Fraction(q)
            elif any(contains(x, lambda c: c is a) for x in b.args):
                return None
        found.add(power)
    return found.pop() if len(found) == 1 else None


def without(p: Poly, a: Atom) -> Poly | None:
    """Return what a form is a positive atom times, where each term has that factor once."""
    found: dict[Mono, Fraction] = {}
    for m, c in p.terms:
        own = next((f for f in m.factors if f[0] is a), None)
        if own is None or own[1] != 1 or contains(poly({_rest(m, a): c}), lambda b: b is a):
            return None
        found[_rest(m, a)] = c
    return poly(found)


def _rest(m: Mono, a: Atom) -> Mono:
    return mono([f for f in m.factors if f[0] is not a])


def _is_itself(factor: Factor) -> bool:
    """Return whether a factor is its atom: of one that is never negative, the absolute value is, too."""
    a, q, s = factor
    return q == 1 and (s == 1 or (s == 0 and sign_of(a) > 0))


def linear_in(p: Poly, atoms: tuple[Atom, ...]) -> dict[Atom | None, Poly] | None:
    """Return the coefficient of each atom of a form that is linear in them, that of ``None`` what has none.

    ``None`` where it is not linear.
    """
    own = frozenset(atoms)
    parts: dict[Atom | None, dict[Mono, Fraction]] = {}
    for m, c in p.terms:
        found = [f for f in m.factors if f[0] in own]
        rest = mono([f for f in m.factors if f[0] not in own])
        if contains(poly({rest: c}), lambda a: a in own):
            return None
        if found and (len(found) > 1 or not _is_itself(found[0])):
            return None
        parts.setdefault(found[0][0] if found else None, {})[rest] = c
    return {a: poly(terms) for a, terms in parts.items()}
