"""Canonical forms of what changes the singular values of a matrix by an odd function.

A sign stands outside. A Newton-Schulz step after steps with the same coefficients is one step more. What
divides by the norm alone sees of a factor that all entries have in common its sign.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from nos_sym.algebra.block_forms import alike
from nos_sym.algebra.forms import form
from nos_sym.algebra.kernel import ONE, Atom, Poly, base, mul, note, opaque, product, scaled, sign
from nos_sym.language.operation import Operation
from nos_sym.language.registry import REGISTRY

Number = Fraction | Poly

_ORTH, _STEP, _EXACT = (REGISTRY[name] for name in ("orth", "newton_schulz", "orth_exact"))
_FLAT_ORTH, _FLAT_STEP = REGISTRY["orth_flat"], REGISTRY["newton_schulz_flat"]
_ORTH_OF = {_STEP: _ORTH, _FLAT_STEP: _FLAT_ORTH}
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


def _orth(operation: Operation, x: Poly, *parameters: Number) -> Poly:
    steps, eps, plus, *coefficients = parameters
    # Without a step no coefficient counts.
    parameters = (steps, eps, plus, *(coefficients if steps else _DEFAULTS))
    return _of_direction(operation, x, parameters) if eps == plus == 0 else opaque(operation, [x], parameters)


def _step(operation: Operation, x: Poly, *coefficients: Number) -> Poly:
    orth = _ORTH_OF[operation]
    if len(x.terms) == 1 and abs(x.terms[0][1]) == 1 and len(x.terms[0][0].factors) == 1:
        ((atom, power, odd),) = x.terms[0][0].factors
        if power == odd == 1 and atom.kind.operation is orth:
            steps, eps, plus, *before = _parameters(atom)
            if steps == 0 or (tuple(before) == coefficients and steps != _MOST):
                note("newton-schulz-steps")
                assert isinstance(steps, Fraction)
                return scaled(_orth(orth, atom.args[0], steps + 1, eps, plus, *coefficients), x.terms[0][1])
    return opaque(operation, [x], coefficients)


def _parameters(atom: Atom) -> list[Number]:
    """Return the parameters of an opaque atom of one operand, numbers and canonical forms."""
    forms = iter(atom.args[1:])
    return [next(forms) if value is None else value for value in atom.param.values]


for _step_of, _orth_of in _ORTH_OF.items():
    form(_orth_of.name, partial(_orth, _orth_of), expressions=True)
    form(_step_of.name, partial(_step, _step_of), expressions=True)
form("orth_exact", lambda x: _of_direction(_EXACT, x))
