"""Texts of products of powers of generators: quotients, roots, decays, dropout."""

from __future__ import annotations

from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import HALF, constant, mul, power_absolute
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.cost import Cost, cost_of
from nos_sym.algebra.text.effort import is_spent, memo, spend
from nos_sym.algebra.text.nodes import exact_number, power_node, rational
from nos_sym.algebra.text.rewriting import rewritings
from nos_sym.algebra.text.terms import Generator, Monomial, generator, monomial
from nos_sym.errors import RuleError
from nos_sym.language.node import kind_of
from nos_sym.language.operands import OPERANDS
from nos_sym.language.registry import CLASSES, apply, number

_STEPS = 40
"""Most rewritings of one product."""


def assembled(c: Fraction, m: Monomial) -> Basic:
    """Return the cheapest text found of a number times powers."""
    known = memo()
    key = ("assembled", c, m)
    if key not in known:
        known[key] = None
        known[key] = improved(c, m)
    return known[key] or plain(c, m)


def improved(c: Fraction, m: Monomial) -> Basic:
    """Improve a product step by step, always by the cheapest of the ways to write it that have its form."""
    c, m = with_whole_primes(c, m)
    best = plain(c, m)
    form = None
    seen = {(c, m)}
    for _ in range(_STEPS):
        found: list[tuple[Cost, Fraction, Monomial, Basic]] = []
        for d, n in () if is_spent() else rewritings(c, m):
            spend()
            if (d, n) in seen:
                continue
            seen.add((d, n))
            try:
                d, n = with_whole_primes(d, n)
                node = plain(d, n)
            except RuleError:
                continue
            if cost_of(node) < cost_of(best):
                found.append((cost_of(node), d, n, node))
        found.sort(key=lambda f: f[0])
        for _, d, n, node in found:
            form = form or polynomial(best).digest
            if polynomial(node).digest == form:
                c, m, best = d, n, node
                break
        else:
            return best
    return best


def with_whole_primes(c: Fraction, m: Monomial) -> tuple[Fraction, Monomial]:
    """Return a product with whole powers of primes in its number."""
    if not any(x.role == "prime" and (e >= 1 or e < 0) for x, e in m):
        return c, m
    left = []
    for x, e in m:
        if x.role == "prime":
            c *= Fraction(int(x.node)) ** int(e // 1)
            e -= e // 1
        left.append((x, e))
    return c, monomial(left)


def plain(c: Fraction, m: Monomial) -> Basic:
    """Return the text of a product as it is."""
    if not c:
        return number(0)
    c, m = _without_minus(c, _averages(m))
    masks = [x for x, _ in m if x.role == "mask"]
    numbers = [f for f in m if f[0].kind.of_step and not f[0].tensor and _is_number(f[0])]
    steps = [f for f in m if not f[0].tensor and not _is_number(f[0])]
    tensors = [f for f in m if f[0].tensor and f[0].role != "mask"]
    value = abs(c)
    if tensors or masks:
        value, named = _named(value, tensors)
        body = _quotient(value, numbers, named)
        for x in masks:
            assert x.atom is not None
            rate, draw = x.atom.param
            body = apply("drop", body, rate=rational(rate), draw=draw)
        if steps:
            body = apply("scale", _quotient(Fraction(1), [], _with_nodes(steps)), body)
    else:
        body = _quotient(value, numbers, _with_nodes(steps))
    return apply("neg", body) if c < 0 else body


def _without_minus(c: Fraction, m: Monomial) -> tuple[Fraction, Monomial]:
    """Take a minus out of the texts of factors."""
    left = []
    for x, e in m:
        node = x.node
        if isinstance(node, CLASSES["neg"]):
            if e.denominator == 1 and e.numerator % 2:
                # A negative power of an integer would be a float, and a fraction times it another number.
                c = -c
            x = generator(node.operands[0], positive=False, atom=x.atom, role=x.role)
        left.append((x, e))
    return c, monomial(left)


def _is_number(x: Generator) -> bool:
    return x.kind.value == "a number"


def _averages(m: Monomial) -> Monomial:
    """Join each corrected average with a correction beside it: the average itself."""
    factors = dict(m)
    for x, e in m:
        if x.role != "hat" or x.atom is None:
            continue
        beta = x.atom.param
        for y, i in list(factors.items()):
            e = factors.get(x, Fraction(0))
            if y.role == "correction" and y.node.parameters[0] == rational(beta) and e * i > 0:
                shared = min(e, i, key=abs)
                own = _average(x)
                factors[own] = factors.get(own, Fraction(0)) + shared
                factors[x] = e - shared
                factors[y] = i - shared
    return monomial(factors.items())


def _average(x: Generator) -> Generator:
    node = apply("ema", x.node.operands[0], beta=x.node.parameters[0])
    return generator(node, positive=x.positive, atom=x.atom, role="average")


_Powers = list[tuple[Basic, Fraction]]


def _with_nodes(factors: list[tuple[Generator, Fraction]]) -> _Powers:
    # Fractional powers are of absolute values by themselves.
    return [(x.inner.node if x.inner is not None and e.denominator != 1 else x.node, e) for x, e in factors]


def _named(value: Fraction, tensors: list[tuple[Generator, Fraction]]) -> tuple[Fraction, _Powers]:
    """Return the number that is left and the powers, with ``1e-4 * w`` as the operand that it is."""
    powers = _with_nodes(tensors)
    for i, (node, e) in enumerate(powers):
        if e != 1:
            continue
        for operand in OPERANDS:
            whole = operand.expression
            if (
                getattr(whole, "operands", ())
                and whole.operation.name == "mul"
                and whole.operands[1] == node
                and whole.operands[0].is_Rational
                and Fraction(int(whole.operands[0].p), int(whole.operands[0].q)) == value
            ):
                powers[i] = (whole, e)
                return Fraction(1), powers
    return value, powers


def _quotient(c: Fraction, numbers: list[tuple[Generator, Fraction]], powers: _Powers) -> Basic:
    """Return a positive number times powers, as a quotient."""
    c, roots = _roots(c, numbers)
    above = [power_node(x, e) for x, e in roots if e > 0]
    below = [(x, -e) for x, e in roots if e < 0]
    halves = {True: [], False: []}  # type: dict[bool, list[Basic]]
    rest: _Powers = []
    for x, e in powers:
        if abs(e) == Fraction(1, 2):
            halves[e > 0].append(x)
        else:
            rest.append((x, e))
    over, under = _under_roots(halves[True], halves[False])
    above += over
    below += [(x, Fraction(1)) for x in under]
    for x, e in rest:
        if e > 0:
            above.append(power_node(x, e))
        else:
            below.append((x, -e))
    return _fraction(c, above, below)


def _under_roots(over: list[Basic], under: list[Basic]) -> tuple[list[Basic], list[Basic]]:
    """Return roots to multiply and to divide by: one root of a quotient, where that is the same form."""
    if len(over) + len(under) < 2:
        return [apply("sqrt", x) for x in over], [apply("sqrt", x) for x in under]
    one = apply("sqrt", _divided(_multiplied(over), under) if over else _multiplied(under))
    form = constant(1)
    for x in over:
        form = mul(form, power_absolute(polynomial(x), HALF))
    for x in under:
        form = mul(form, power_absolute(polynomial(x), -HALF if over else HALF))
    if polynomial(one).digest == form.digest:
        return ([one], []) if over else ([], [one])
    return [apply("sqrt", x) for x in over], [apply("sqrt", x) for x in under]


def _fraction(c: Fraction, above: list[Basic], below: _Powers) -> Basic:
    """Return ``c above / below`` with a number where it costs least."""
    divisors: list[Basic] = []
    for x, e in below:
        if e.denominator != 1:
            divisors.append(power_node(x, e))
        elif e == 1:
            divisors.append(x)
        elif not getattr(x, "operands", ()):
            divisors.append(power_node(x, e))
        elif e <= 9:
            above = [*above, apply("pow", apply("recip", x), exponent=int(e))]
        else:
            divisors += [x] * int(e)
    if not above and not divisors:
        return exact_number(c)
    if not above:
        divisors.sort(key=cost_of)
        if c == 1:
            return _divided(apply("recip", divisors[0]), divisors[1:])
        return _divided(exact_number(c), divisors)
    body = _divided(_multiplied(above), divisors)
    if c == 1:
        return body
    if c.numerator == 1 and _short_text(c.denominator) < _short_text(c):
        return apply("div", body, exact_number(Fraction(c.denominator)))
    return apply("mul", exact_number(c), body)


def _short_text(c: Fraction | int) -> tuple[int, int, str]:
    return cost_of(exact_number(Fraction(c)))


def _multiplied(nodes: list[Basic]) -> Basic:
    ordered = sorted(nodes, key=cost_of)
    result = ordered[0]
    for node in ordered[1:]:
        result = apply("scale" if _mixed(result, node) else "mul", result, node)
    return result


def _mixed(x: Basic, y: Basic) -> bool:
    a, b = kind_of(x), kind_of(y)
    return a.of_step and a.value != "a number" and not b.of_step


def _divided(x: Basic, divisors: list[Basic]) -> Basic:
    for y in sorted(divisors, key=cost_of):
        x = apply("div", x, y)
    return x


def _roots(c: Fraction, numbers: list[tuple[Generator, Fraction]]) -> tuple[Fraction, _Powers]:
    """Return the number that is left and powers of numbers, primes under one root."""
    rest: _Powers = []
    square = Fraction(1)
    for x, e in numbers:
        if x.role == "prime" and abs(e) == Fraction(1, 2):
            square *= Fraction(int(x.node)) ** (1 if e > 0 else -1)
        else:
            rest.append((x.node, e))
    if square == 1:
        return c, rest
    # The root of one number, or a number times the root of a smaller one: what is shorter.
    options: list[tuple[Cost, Fraction, Basic]] = []
    for left in (Fraction(1), c, c / square.denominator, c * square):
        inner = c * c * square / (left * left)
        try:
            node = apply("sqrt", exact_number(inner))
            whole = node if left == 1 else apply("mul", exact_number(left), node)
        except RuleError:
            continue
        options.append((cost_of(whole), left, node))
    if not options:
        raise RuleError("a number of this size has no text")
    _, left, node = min(options, key=lambda o: o[0])
    return left, [*rest, (node, Fraction(1))]
