"""How deep forms are nested, and what stands inside them, without recursion: no form is too deep for it."""

from __future__ import annotations

from nos_sym.algebra.kernel import Atom, Poly
from nos_sym.algebra.text.effort import memo


def innermost_first(p: Poly) -> list[Poly]:
    """Return the forms inside a form and itself, each after those inside it."""
    found: dict[Poly, None] = {}
    waiting: list[tuple[Poly, bool]] = [(p, False)]
    while waiting:
        q, opened = waiting.pop()
        if q in found:
            continue
        if opened:
            found[q] = None
            continue
        waiting.append((q, True))
        waiting += [(x, False) for m, _ in q.terms for a, _, _ in m.factors for x in a.args]
    return list(found)


def depth(p: Poly) -> int:
    """Return the levels of nesting of a form."""
    known: dict[Poly, int] = memo().setdefault("depth", {})  # type: ignore[assignment]
    if p not in known:
        for q in innermost_first(p):
            if q not in known:
                known[q] = max(
                    (
                        1 + max((known[x] for x in a.args), default=0)
                        for m, _ in q.terms
                        for a, _, _ in m.factors
                    ),
                    default=0,
                )
    return known[p]


def atom_depth(a: Atom) -> int:
    """Return the levels of nesting of an atom."""
    return 1 + max(map(depth, a.args), default=0)
