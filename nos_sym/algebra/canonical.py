"""The canonical form of rules.

*Canonical form.* The update of a rule as a polynomial (:mod:`nos_sym.algebra.kernel.term`) over atoms, where

1. every operation of the registry is written with sums, products, rational powers, absolute values and
   signs, and the functions exp, ln, tanh, arctan, arcsinh, erf, i1e, cos; the schedules with p, r and the
   remaining fraction; operands, corrected averages and dropout with plain averages, the correction ``1 -
   beta^(t+1)`` and masks;
2. products are multiplied out (up to 48 terms), coefficients are exact rationals, equal terms are collected;
3. a value x is ``sign(x) |x|``: odd functions, roots, quotients and the norm act on absolute values, signs
   stand outside, the square of a sign is the indicator that x is not 0, which goes where x is never zero or
   beside a factor that is zero where x is, and a function of signs is written by its values at 1, -1 and 0;
4. maxima and minima are flat, sorted, pruned by ranges, with shared summands and positive factors outside;
5. averages, being linear, act on single terms without constant factors; nested filters are sorted;
6. an ascent is a descent along the negated update; dropout masks are numbered in the order of the form.

Every operation is a total function of real numbers (1/0 is 0). Two rules with the same canonical form are
equal on every history, zero gradients included, at every step of every number of total steps; each identity
used is one of :mod:`nos_sym.algebra.identities`. In tables that work almost everywhere (:func:`tables_of
<nos_sym.algebra.kernel.tables_of>`) values that are zero on a null set of histories count as nonzero.
The key is a digest of the form with the version of this definition; keys of other versions are not
comparable.
"""

from __future__ import annotations

from hashlib import blake2b

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import Poly, base, mono, tables_of, trim_workspace
from nos_sym.algebra.minimal import Minimal, minimal
from nos_sym.algebra.one_line import OneLine, as_one_line
from nos_sym.algebra.polynomials import polynomial
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.language.system import system_of
from nos_sym.language.traversal import own_draws, walk, with_draws

VERSION = 2
"""Version of the definition above; a change of it changes every key."""


def canonical(rule: Rule) -> Poly:
    """Return the canonical form of the update, with the sign of ascent applied.

    Equal forms are one object as long as the workspace is kept, and have one digest at any time.
    """
    trim_workspace()
    update = polynomial(_with_numbered_masks(rule.update))
    return -update if rule.ascent else update


def _with_numbered_masks(expression: Basic) -> Basic:
    """Return an expression whose masks are numbered by their place in the canonical form.

    A mask is told from the others by the form in which it alone bears another number. Masks that cannot be
    told apart keep their order; numbering is one-to-one, so it can miss an equality and never makes one.
    """
    draws = sorted({d for node in walk(expression) for d in own_draws(node)})
    if not draws:
        return expression
    if len(draws) > 1:
        colors = {d: polynomial(with_draws(expression, {e: int(e == d) for e in draws})) for d in draws}
        plain = polynomial(with_draws(expression, dict.fromkeys(draws, 0)))
        # A mask that has canceled comes last; the others go by what a sign, a number or a decay leaves alone,
        # and two of which exchanging changes the sign of the form, as in M g - N g, by the sign.
        draws.sort(key=lambda d: (colors[d] is plain, _without_factors(colors[d]), colors[d].digest))
    return with_draws(expression, {d: i for i, d in enumerate(draws, 1)})


def _without_factors(p: Poly) -> tuple[bytes, bytes]:
    """Return what tells a form from others, up to factors that depend on the step alone."""
    if not p.terms:
        return b"", b""
    _, monomial, remainder = base(p)
    tensors = mono([f for f in monomial.factors if not f[0].scalar])
    return remainder.digest if remainder is not None else b"", tensors.digest


def whole(rule: Rule | Block) -> Minimal:
    """Return the canonical form of an optimizer as a system of states, settings at their defaults.

    It sees more than the form of an update: what a chain of averages is a sum of, and recursions that are
    written with other states.
    """
    trim_workspace()
    return minimal(system_of(rule))


def key_of(rule: Rule | Block) -> str:
    """Return the key of a rule, ``version:digest``, a digest of its momentum type and canonical form.

    A block that is a rule of one line has the key of that rule, any other one that of its system of states.

    Rules with the same key are proved equal: on every history of gradients and weights, at every step of
    every number of total steps. Rules with different keys may still be equal; :func:`compare
    <nos_sym.algebra.equivalence.compare>` looks for a state on which they differ. Name and source do not
    count, and settings count as their defaults. A key is the same in every process and on every machine.
    """
    with tables_of(almost=False):
        found = one_line_of(rule)
        if isinstance(found, Minimal):
            return make_key("states", found.digest, "exact")
        return make_key(found.momentum.value, found.update.digest, "exact")


def one_line_of(rule: Rule | Block) -> OneLine | Minimal:
    """Return momentum type and form of the update, or for a block that has none its system of states."""
    if isinstance(rule, Rule):
        return OneLine(rule.momentum, canonical(rule))
    system = whole(rule)
    return as_one_line(system) or system


def make_key(momentum: str, digest: bytes, level: str) -> str:
    """Return the key of a form under a momentum type and a level of equality."""
    text = f"{VERSION}|{level}|{momentum}|".encode()
    return f"{VERSION}:{blake2b(text + digest, digest_size=12).hexdigest()}"
