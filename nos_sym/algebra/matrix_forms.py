"""Canonical forms of what changes the singular values of a matrix by an odd function.

A sign stands outside. A Newton-Schulz step after steps with the same coefficients is one step more. What
divides by the norm alone sees of a factor that all entries have in common its sign.
"""

from __future__ import annotations

from fractions import Fraction

from nos_sym.algebra.block_forms import alike
from nos_sym.algebra.forms import form
from nos_sym.algebra.kernel import ONE, Atom, Poly, base, mul, note, opaque, product, scaled, sign
from nos_sym.language.operation import Operation
from nos_sym.language.registry import REGISTRY

Number = Fraction | Poly

_ORTH, _STEP, _EXACT = (REGISTRY[name] for name in ("orth", "newton_schulz", "orth_exact"))
_DEFAULTS = tuple(Fraction(p.default) for p in _STEP.parameters)
_MOST = _ORTH.parameters[0].high


def _of_direction(operation: Operation, x: Poly, parameters: tuple[Number, ...] = ()) -> Poly:
    """Return an operation that sees of a factor that all entries have in common its sign alone."""
    if not x.terms:
        return x
    content, monomial, rest = base(x)
    factors = [*monomial.factors, *([(rest, 1, 1)] if rest is not None else [])]
    outside = [f for f in factors if alike(f[0])]
    inner = product(ONE, [f for f in factors if not alike(f[0])])
    if outside or abs(content) != 1:
        note("orth-scale")
    found = scaled(opaque(operation, [inner], parameters), Fraction(1 if content > 0 else -1))
    return mul(sign(product(ONE, outside)), found) if outside else found


def _orth(x: Poly, steps: Number, eps: Number, plus: Number, *coefficients: Number) -> Poly:
    # Without a step no coefficient counts.
    parameters = (steps, eps, plus, *(coefficients if steps else _DEFAULTS))
    return _of_direction(_ORTH, x, parameters) if eps == plus == 0 else opaque(_ORTH, [x], parameters)


def _step(x: Poly, *coefficients: Number) -> Poly:
    if len(x.terms) == 1 and abs(x.terms[0][1]) == 1 and len(x.terms[0][0].factors) == 1:
        ((atom, power, odd),) = x.terms[0][0].factors
        if power == odd == 1 and atom.kind.operation is _ORTH:
            steps, eps, plus, *before = _parameters(atom)
            if steps == 0 or (tuple(before) == coefficients and steps != _MOST):
                note("newton-schulz-steps")
                assert isinstance(steps, Fraction)
                return scaled(_orth(atom.args[0], steps + 1, eps, plus, *coefficients), x.terms[0][1])
    return opaque(_STEP, [x], coefficients)


def _parameters(atom: Atom) -> list[Number]:
    """Return the parameters of an opaque atom of one operand, numbers and canonical forms."""
    forms = iter(atom.args[1:])
    return [next(forms) if value is None else value for value in atom.param.values]


form("orth", _orth, expressions=True)
form("newton_schulz", _step, expressions=True)
form("orth_exact", lambda x: _of_direction(_EXACT, x))
