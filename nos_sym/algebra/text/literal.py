"""Back from canonical forms to expressions of the language, to be printed, rendered and stored.

The form of the expression is the form that it was made from; printed, it is the canonical text of a rule.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import (
    Atom,
    Exponent,
    Factor,
    Mono,
    Poly,
    divided,
    mono,
    poly,
    scaled,
    shared_factors,
    sign_of,
    single,
)
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.depth import innermost_first
from nos_sym.algebra.text.effort import memo
from nos_sym.algebra.text.nodes import power_node, product_of, rational, sum_of_terms, text_order
from nos_sym.language.operation import Operation, Parity, Role
from nos_sym.language.registry import apply, number


def literal(p: Poly) -> Basic:
    """Return an expression of the language with the given canonical form."""
    written = _written()
    if p not in written:
        # What stands inside is written first, so that no form is too deep for the stack.
        for inner in innermost_first(p):
            if inner not in written:
                written[inner] = _tensor(inner) if not inner.scalar or inner.constant else _decay(inner)
    return written[p]


def _written() -> dict[Poly, Basic]:
    known = memo()
    return known.setdefault("literal", {})  # type: ignore[return-value]


@lru_cache(maxsize=1)
def _schedules() -> dict[bytes, Basic]:
    """Return the forms of the 14 schedules."""
    nodes = [apply(f"a{i}") for i in range(14, 0, -1)]
    return {polynomial(node).digest: node for node in nodes}


def _decay(p: Poly) -> Basic:
    """Return a polynomial in the step, or a constant, as a sum of products."""
    known = _schedules().get(p.digest)
    if known is not None:
        return known
    complement = _complement(p)
    if complement is not None:
        return complement
    shared = shared_factors(p) if len(p.terms) > 1 else {}
    if shared:
        # Factors stand outside, and the sum is written so that its number is 1: (1 - x) y.
        rest = divided(p, shared)
        numbers = [d for n, d in rest.terms if not n.factors]
        scale = numbers[0] if numbers else Fraction(1)
        factors: list[Factor] = [(a, q, s) for a, (q, s) in shared.items()]
        return sum_of_terms([(scale, _product(factors, set(), _decay(scaled(rest, 1 / scale))))])
    terms = [(d, _product(list(n.factors), set()) if n.factors else None) for n, d in p.terms]
    return sum_of_terms(terms)


def _complement(p: Poly) -> Basic | None:
    """Return ``erfc(x)`` for ``1 - erf(x)`` and ``dtanh(x)`` for ``1 - tanh(x)^2``, or ``None``."""
    if len(p.terms) != 2:
        return None
    (number, number_coefficient), (monomial, coefficient) = sorted(p.terms, key=lambda t: len(t[0].factors))
    if number.factors or number_coefficient != 1 or coefficient != -1 or len(monomial.factors) != 1:
        return None
    a, q, s = monomial.factors[0]
    name = {("erf", 1): "erfc", ("tanh", 2): "dtanh"}.get((a.op, int(q)))
    if name is None or s or Fraction(q).denominator != 1:
        return None
    return apply(name, literal(a.args[0]) if a.scalar else as_update(a.args[0]))


def _tensor(p: Poly) -> Basic:
    """Return a polynomial as a sum over tensors, each with its decay function."""
    complement = None if p.scalar else _complement(p)
    if complement is not None:
        return complement
    groups: dict[tuple[Mono, frozenset[Atom]], dict[Mono, Fraction]] = {}
    for monomial, coefficient in p.terms:
        scalars, tensors, corrected = _parts(monomial)
        here = groups.setdefault((mono(tensors), corrected), {})
        key = mono(scalars)
        here[key] = here.get(key, Fraction(0)) + coefficient
    terms: list[tuple[Fraction, Basic | None]] = []
    for (monomial, corrected), coefficients in groups.items():
        tensor = _product(list(monomial.factors), corrected) if monomial.factors else None
        terms.append(_scaled(poly(coefficients), tensor))
    return sum_of_terms(terms)


def _parts(m: Mono) -> tuple[list[Factor], list[Factor], frozenset[Atom]]:
    """Return scalar factors, tensor factors, and the averages that their correction makes bias-corrected."""
    scalars = [f for f in m.factors if f[0].scalar]
    tensors = [f for f in m.factors if not f[0].scalar]
    corrected: set[Atom] = set()
    left: list[Factor] = []
    for a, q, s in scalars:
        averages = [f for f in tensors if f[0].op == "ema" and f[0].param == a.param]
        if a.op == "correction" and averages and sum(f[1] for f in averages) == -q:
            corrected |= {f[0] for f in averages}
        else:
            left.append((a, q, s))
    return left, tensors, frozenset(corrected)


def _scaled(coefficient: Poly, tensor: Basic | None) -> tuple[Fraction, Basic | None]:
    """Return a number and the rest of a decay function times a tensor."""
    if len(coefficient.terms) == 1:
        m, c = coefficient.terms[0]
        if not m.factors:
            return c, tensor
        if m.constant:
            rest = _product(list(m.factors), set())
            return c, rest if tensor is None else apply("mul", rest, tensor)
    if coefficient.constant:
        rest = _decay(coefficient)
        return Fraction(1), rest if tensor is None else apply("mul", rest, tensor)
    return Fraction(1), apply("scale", _decay(coefficient), number(1) if tensor is None else tensor)


def _product(factors: list[Factor], corrected: set[Atom] | frozenset[Atom], *more: Basic) -> Basic:
    """Return a product of factors and nodes, all scalar or all tensors, as a quotient of products."""
    masks = [f[0] for f in factors if f[0].op == "mask"]
    over: list[Basic] = [*more]
    under: list[Basic] = []
    for base, exponent in _signed_powers([f for f in factors if f[0].op != "mask"], corrected):
        # A divisor is divided by once for each power: multiplied out it would be another sum.
        whole = exponent.denominator == 1 and exponent < 0
        powers = (
            [power_node(base, Fraction(1))] * int(-exponent) if whole else [power_node(base, abs(exponent))]
        )
        (over if exponent > 0 else under).extend(powers)
    result = product_of(over) if over else number(1)
    for divisor in sorted(under, key=text_order):
        result = apply("div", result, divisor)
    for mask in masks:
        rate, draw = mask.param
        result = apply("drop", result, rate=rational(rate), draw=draw)
    return result


def _signed_powers(
    factors: list[Factor], corrected: set[Atom] | frozenset[Atom]
) -> list[tuple[Basic, Fraction]]:
    """Return bases and exponents; an odd function takes back the sign that stands beside it."""
    signs = {a for a, q, s in factors if q == 0 and s == 1}
    powers: list[tuple[Basic, Fraction]] = []
    for a, q, s in factors:
        if (
            a.kind.parity is Parity.ODD
            and a.kind.zero_with_argument
            and s == 0
            and Fraction(q).denominator == 1
            and int(q) % 2
        ):
            inner = a.args[0]
            (m, c), *more = inner.terms
            wanted = {b for b, e, _ in m.factors if sign_of(b) == 0 and _is_odd(e)}
            if not more and wanted and wanted <= signs:
                signs -= wanted
                argument = single([(b, e, 1 if b in wanted else t) for b, e, t in m.factors], c)
                powers.append((_odd_function(a, argument), Fraction(q)))
                continue
        if q == 0 and s == 1:
            continue
        powers += _of_factor(a, Fraction(q), s, corrected)
    for a, q, s in factors:
        if q == 0 and s == 1 and a in signs:
            powers.append((apply("sign", _atom(a, corrected)), Fraction(1)))
    return powers


def _odd_function(a: Atom, argument: Poly) -> Basic:
    """Return the node of an odd function of another argument."""
    if a.kind.operation is not None:
        return _opaque(a, a.kind.operation, (argument, *a.args[1:]))
    return apply(a.op, _decay(argument) if a.scalar else as_update(argument))


def _is_odd(e: Exponent) -> bool:
    return Fraction(e).denominator == 1 and int(e) % 2 == 1


def _of_factor(
    a: Atom, q: Fraction, s: int, corrected: set[Atom] | frozenset[Atom]
) -> list[tuple[Basic, Fraction]]:
    node = _atom(a, corrected)
    whole = q.denominator == 1
    if whole and (sign_of(a) > 0 or int(q) % 2 == s % 2) and s != 2:
        return [(node, q)]
    powers: list[tuple[Basic, Fraction]] = []
    if q:
        magnitude = node if sign_of(a) > 0 else apply("abs", node)
        powers.append((magnitude if whole else node, q))
    if s:
        powers.append((apply("sign", node), Fraction(s)))
    return powers


def _atom(a: Atom, corrected: set[Atom] | frozenset[Atom] = frozenset()) -> Basic:
    """Return the node of an atom."""
    if a.op in ("g", "w", "p", "r", "remaining"):
        return apply(a.op)
    if a.op == "correction":
        return apply("correction", beta=rational(a.param))
    if a.op == "prime":
        return number(int(str(a.param)))
    if a.op == "ema":
        name = "ema_hat" if a in corrected else "ema"
        return apply(name, as_update(a.args[0]), beta=rational(a.param))
    if a.op in ("delta", "running_max", "clip_norm"):
        return apply(a.op, as_update(a.args[0]))
    if a.op in ("sum", "product"):
        return literal(a.args[0])
    if a.kind.operation is not None:
        return _opaque(a, a.kind.operation, a.args)
    arguments = [literal(x) if a.scalar else as_update(x) for x in a.args]
    result = arguments[0]
    if a.op in ("max", "min"):
        for other in sorted(arguments[1:], key=text_order):
            result = apply(a.op, result, other)
        return result
    return apply(a.op, *arguments)


def _opaque(a: Atom, operation: Operation, arguments: tuple[Poly, ...]) -> Basic:
    """Return the node of an operation that the algebra has no rule for."""
    of_step = operation.role is Role.ELEMENTWISE and a.scalar
    operands = [literal(x) if of_step else as_update(x) for x in arguments[: operation.arity]]
    expressions = iter(arguments[operation.arity :])
    given = {
        parameter.name: rational(value) if value is not None else literal(next(expressions))
        for parameter, value in zip(operation.parameters, a.param.values, strict=False)
    }
    return apply(operation.name, *operands, **given)


def as_update(p: Poly) -> Basic:
    """Return an expression that may stand where a tensor must be."""
    node = literal(p)
    return apply("scale", node, number(1)) if p.scalar and not p.constant else node
