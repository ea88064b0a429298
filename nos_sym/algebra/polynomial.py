"""Products, powers, absolute values and signs of polynomials, kept in normal form.

Normal form of a monomial: factors ``|a|^q sign(a)^s`` with distinct atoms; no sign of an atom whose sign is
known; exponentials merged into one; radicals of primes with exponents between 0 and 1; a mask to the first
power; and no sum to a power that can be multiplied out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from fractions import Fraction
from functools import lru_cache
from math import comb

from nos_sym.algebra.bounds import nonzero, sign_of
from nos_sym.algebra.term import (
    Atom,
    Exponent,
    Factor,
    Mono,
    Poly,
    add,
    as_number,
    atom,
    constant,
    mono,
    note,
    noughts,
    poly,
    scaled,
    single,
    workspace,
)

TERMS = 48
"""Longest sum that multiplication makes; a longer product stays a product of sums."""

FRACTION = 6
"""Most terms of a denominator by which numerators are reduced."""

REDUCTIONS = 20
"""Highest degree of a numerator that is reduced by a denominator."""

SIGNS = 4
"""Most signs of which a function is written out."""

BITS = 16_384
"""Longest number that a power makes; a longer power of a number stays a power."""

ZERO, ONE = Fraction(0), Fraction(1)


def product(coefficient: Fraction, factors: list[Factor]) -> Poly:
    """Return the polynomial of a coefficient times factors in any form."""
    merged: dict[Atom, tuple[Exponent, int]] = {}
    exponent: Poly | None = None
    for a, q, s in factors:
        if a.op == "nought":
            return poly(dict.fromkeys(noughts(factors), ONE))
        if a.op == "exp":
            part = scaled(a.args[0], Fraction(q))
            exponent = part if exponent is None else add(exponent, part)
            if exponent is not part:
                note("exp-product")
        elif a in merged:
            q0, s0 = merged[a]
            merged[a] = q0 + q, _joined(s0, s)
        else:
            merged[a] = q, s
    normal: list[Factor] = []
    expand: tuple[Atom, int] | None = None
    bounded = _expanded_size(merged) <= 4 * TERMS
    for a, (q, s) in merged.items():
        coefficient, q, s = _normal_factor(a, q, s, coefficient)
        if q == 0 and s == 0:
            continue
        times = _opened(a, q, s) if bounded and expand is None else 0
        if times:
            # One sum is multiplied out here, any other in the products below.
            expand = (a, times)
            if sign_of(a) < 0 and times % 2:
                coefficient = -coefficient
            q, s = q - times, 0 if times % 2 else s
            if q == 0 and s == 0:
                continue
        normal.append((a, q, s))
    if exponent is not None and exponent.terms:
        powers, rest = _exponential(exponent)
        if powers:
            if expand is not None:
                normal.append((expand[0], expand[1], expand[1] % 2))
            result = product(coefficient, [*normal, *([(rest, 1, 0)] if rest else [])])
            for p in powers:
                result = mul(result, p)
            return result
        if rest:
            normal.append((rest, 1, 0))
    normal = _without_idle_indicators(normal)
    if expand is None:
        reduced = _reduced(coefficient, normal)
        if reduced is not None:
            return reduced
    result = single(normal, coefficient)
    if expand is not None:
        whole = _power_of_sum(*expand)
        note("distribute")
        # Term by term: mul would join the sum with what is left of its power, and come back here.
        (m, c), *_ = result.terms or ((mono(()), ZERO),)
        return add(*(product(c * d, [*m.factors, *n.factors]) for n, d in whole.terms))
    return result


def _opened(a: Atom, q: Exponent, s: int) -> int:
    """Return the power of a sum that is multiplied out: x^1, |x|^2, and |x| where its sign is known."""
    if a.op != "sum" or q < 1:
        return 0
    whole = int(q)
    if sign_of(a) or (whole == q and whole % 2 == s):
        return whole
    return whole - whole % 2


def _power_of_sum(a: Atom, n: int) -> Poly:
    """Return a power of a sum, terms collected after each multiplication."""
    memo = workspace().memo
    key = ("power", a, n)
    if key not in memo:
        inner = a.args[0]
        result = inner
        for _ in range(n - 1):
            parts = (
                product(c * d, [*m.factors, *k.factors]) for m, c in result.terms for k, d in inner.terms
            )
            result = add(*parts)
        memo[key] = result
    return memo[key]  # type: ignore[return-value]


def _expanded_size(merged: dict[Atom, tuple[Exponent, int]]) -> int:
    """Return how many terms the powers of sums would have when they are multiplied out."""
    total = 1
    for a, (q, _) in merged.items():
        if a.op == "sum" and q >= 1:
            terms, power = len(a.args[0].terms), int(q)
            if power > 4 * TERMS:
                return power
            total *= comb(power + terms - 1, terms - 1)
    return total


def _reduced(coefficient: Fraction, factors: list[Factor]) -> Poly | None:
    """Return ``x/(1 + x)`` as ``1 - 1/(1 + x)``: a numerator that holds the leading term of a denominator.

    It ends, because each step lowers the numerator in an order that multiplication keeps; numerators of a
    power above :data:`REDUCTIONS` stay. Nothing here depends on what was made canonical before.
    """
    for a, q, s in factors:
        if a.op != "sum" or q >= 0 or not (s == 1 or sign_of(a)):
            continue
        under = {b for b, e, _ in factors if e < 0}
        found = _leading(a, under) if _power_of(factors) <= REDUCTIONS else None
        if found is None:
            continue
        lead, c = found
        left = divide(factors, lead.factors)
        if left is not None:
            note("fraction")
            parts = [product(coefficient / c, [*left, (a, 1, 1)])]
            for m, d in a.args[0].terms:
                if m is not lead:
                    parts.append(product(-coefficient * d / c, [*left, *m.factors]))
            return add(*parts)
    return None


def _power_of(factors: list[Factor]) -> Exponent:
    """Return the degree of a numerator."""
    return sum(q for _, q, _ in factors if q > 0)


# Of these a power is no longer one atom, and dividing would not end.
_NOT_REDUCED = frozenset({"exp", "mask", "prime", "sum", "product"})


def _leading(a: Atom, under: Set[Atom] = frozenset()) -> tuple[Mono, Fraction] | None:
    """Return the term of highest degree of a sum of at most :data:`FRACTION` products of positive powers.

    Beside ``1/b``, b is no numerator: of ``1/(b (b + x))`` it is x that is reduced.
    """
    memo = workspace().memo
    key = ("leading", a)
    if key not in memo:
        terms = a.args[0].terms
        plain = (
            not a.partial
            and len(terms) <= FRACTION
            and all(is_polynomial(b, q, s) for m, _ in terms for b, q, s in m.factors)
        )
        memo[key] = sorted(terms, key=lambda t: degree(t[0]), reverse=True) if plain else []
    ordered: list[tuple[Mono, Fraction]] = memo[key]  # type: ignore[assignment]
    for m, c in ordered:
        if m.factors and not any(b in under for b, _, _ in m.factors):
            return m, c
    return None


def is_polynomial(a: Atom, q: Exponent, s: int) -> bool:
    """Return whether a factor is a power of an atom, and no absolute value of one that has both signs."""
    if q <= 0 or a.op in _NOT_REDUCED:
        return False
    return sign_of(a) != 0 or (isinstance(q, int) and s == q % 2)


def degree(m: Mono) -> tuple[Exponent, tuple[tuple[bytes, Exponent], ...]]:
    """Return the place of a monomial in an order that multiplication keeps."""
    return sum(q for _, q, _ in m.factors), tuple((a.digest, q) for a, q, _ in reversed(m.factors))


def divide(factors: list[Factor], divisor: Iterable[Factor]) -> list[Factor] | None:
    """Return factors divided by others, or ``None`` where it does not divide them."""
    left = {a: (q, s) for a, q, s in factors}
    for a, q, s in divisor:
        q0, s0 = left.get(a, (0, 0))
        if q0 < q or s0 == 2 or s == 2:
            return None
        left[a] = q0 - q, (s0 - s) % 2
    return [(a, q, s) for a, (q, s) in left.items() if q or s]


def _without_idle_indicators(factors: list[Factor]) -> list[Factor]:
    """Leave out the indicator of x beside a function that vanishes where x does."""
    idle = [f for f in factors if f[1] == 0 and f[2] == 2]
    for indicator in idle:
        for a, q, _ in factors:
            if a.op in VANISHING and q > 0 and len(a.args[0].terms) == 1:
                inner = a.args[0].terms[0][0].factors
                if any(b is indicator[0] and e > 0 for b, e, _ in inner):
                    note("sign-square")
                    factors = [f for f in factors if f is not indicator]
                    break
    return factors


VANISHING = frozenset({"tanh", "arctan", "arcsinh", "erf", "i1e", "norm"})
"""Odd functions, which are zero where their argument is."""


def _joined(s: int, t: int) -> int:
    if s == 0 or t == 0:
        return s or t
    return 1 if s + t == 3 else 2


def _normal_factor(a: Atom, q: Exponent, s: int, coefficient: Fraction) -> tuple[Fraction, Exponent, int]:
    """Return coefficient and exponents of one factor after the facts of its sign, its zeros and its kind."""
    if a.op == "prime":
        whole = int(q // 1)
        return coefficient * Fraction(str(a.param)) ** whole, q - whole, 0
    if s == 1 and sign_of(a):
        if sign_of(a) < 0:
            coefficient = -coefficient
        s = 2
        note("sign-known")
    if s == 2 and (q > 0 or nonzero(a)):
        s = 0
        note("sign-square")
    if a.op == "mask":
        top = 1 / (1 - a.param[0])
        if q > 0 and q != 1:
            note("mask-power")
            return coefficient * _rational_power(top, q - 1), 1, 0
        if q == 0 and s:
            return coefficient / top, 1, 0
    return coefficient, q, s


def _rational_power(base: Fraction, q: Exponent) -> Fraction:
    if Fraction(q).denominator != 1:
        raise ArithmeticError("a fractional power of a mask is taken by power_absolute")
    return base ** int(q)


def mul(x: Poly, y: Poly) -> Poly:
    """Return the product, multiplied out up to :data:`TERMS` terms."""
    if len(x.terms) > len(y.terms):
        x, y = y, x
    if not x.terms:
        return scaled(y, 0)
    if len(x.terms) == 1:
        m, c = x.terms[0]
        if not m.factors:
            return scaled(y, c)
        if len(y.terms) == 1:
            n, d = y.terms[0]
            return product(c * d, [*m.factors, *n.factors])
        idle = _idle_beside(m, y)
        if idle:
            note("sign-square")
            return mul(single([f for f in m.factors if f not in idle], c), y)
    key = (x, y)
    memo = workspace().memo
    if key not in memo:
        memo[key] = _mul(x, y)
    return memo[key]  # type: ignore[return-value]


def _idle_beside(m: Mono, y: Poly) -> list[Factor]:
    """Return the indicators in a monomial of factors that a sum has, too: the sum is zero where they are."""
    indicators = [f for f in m.factors if f[1] == 0 and f[2] == 2]
    if not indicators:
        return []
    common = {a for a, q, _ in base(y)[1].factors if q > 0}
    return [f for f in indicators if f[0] in common]


def _mul(x: Poly, y: Poly) -> Poly:
    for p, q in ((x, y), (y, x)):
        # A sum meets its own inverse or root before it is multiplied out.
        if len(p.terms) > 1 and any(a.op == "sum" for m, _ in q.terms for a, _, _ in m.factors):
            c, m, s = base(p)
            head: list[Factor] = [*m.factors, *([(s, 1, 1)] if s is not None else [])]
            sums = {a for a, e, _ in head if a.op == "sum" and e > 0}
            if any(a in sums for n, _ in q.terms for a, _, _ in n.factors):
                return add(*(product(c * d, [*head, *n.factors]) for n, d in q.terms))
    if len(x.terms) * len(y.terms) > TERMS * 4:
        return _unexpanded(x, y)
    if len(x.terms) > 1:
        note("distribute")
    result = add(*(product(c * d, [*m.factors, *n.factors]) for m, c in x.terms for n, d in y.terms))
    return result if len(result.terms) <= TERMS else _unexpanded(x, y)


def _unexpanded(x: Poly, y: Poly) -> Poly:
    factors: list[Factor] = []
    coefficient = ONE
    for p in (x, y):
        c, m, s = base(p)
        coefficient *= c
        factors += m.factors
        if s is not None:
            whole = atom("product", (single([(s, 1, 1)]),)) if s.op == "sum" else s
            factors.append((whole, 1, 1))
    return product(coefficient, factors)


def base(p: Poly) -> tuple[Fraction, Mono, Atom | None]:
    """Return ``(c, M, A)`` with ``p = c M A``: a number, common factors, and the remaining sum, if any.

    The first term of the remaining sum has coefficient 1, so ``x - y`` and ``y - x`` have the same sum.
    """
    if len(p.terms) == 1:
        return p.terms[0][1], p.terms[0][0], None
    key = ("base", p)
    memo = workspace().memo
    if key not in memo:
        memo[key] = _base(p)
    return memo[key]  # type: ignore[return-value]


def _base(p: Poly) -> tuple[Fraction, Mono, Atom | None]:
    common = _common(p)
    head = mono([(a, q, s) for a, (q, s) in common.items()])
    rest = divided(p, common) if common else p
    if not rest.terms:
        # Without denominators the sum is zero, as in g/(g + w) + w/(g + w) - 1.
        head, rest = mono(()), p
    lead = rest.terms[0][1]
    if len(rest.terms) == 1:
        # 1 - 1/(1 + |x|) is |x| / (1 + |x|).
        return lead, _joint(head, rest.terms[0][0]), None
    if len(rest.terms) > 2:
        from nos_sym.algebra.powers import perfect_power

        found = perfect_power(rest)
        if found is not None:
            c, root, k = found
            first = root.terms[0][1]
            whole = atom("sum", (scaled(root, 1 / first),))
            note("perfect-power")
            return c * first**k, _joint(head, mono([(whole, k, k % 2)])), None
    return lead, head, atom("sum", (scaled(rest, 1 / lead),))


def _joint(m: Mono, n: Mono) -> Mono:
    """Return a product of monomials as it is, without the normal form that would take it apart again."""
    joint: dict[Atom, tuple[Exponent, int]] = {a: (q, s) for a, q, s in m.factors}
    for a, q, s in n.factors:
        q0, s0 = joint.get(a, (0, 0))
        joint[a] = q0 + q, _joined(s0, s)
    return mono([(a, q, s) for a, (q, s) in joint.items() if q or s])


def _common(p: Poly) -> dict[Atom, tuple[Exponent, int]]:
    """Return the factors that all terms share, and those that clear the denominators of all terms."""
    rows = [{a: (q, s) for a, q, s in m.factors} for m, _ in p.terms]
    common: dict[Atom, tuple[Exponent, int]] = {}
    for a in dict.fromkeys(a for row in rows for a in row):
        here = [row.get(a, (0, 0)) for row in rows]
        least = shared_exponent(a, [q for q, _ in here])
        signs = {s for _, s in here}
        shared = signs.pop() if len(signs) == 1 else 0
        if least or shared:
            common[a] = least, shared
    return common


def shared_factors(p: Poly) -> dict[Atom, tuple[Exponent, int]]:
    """Return the factors that every term has, numerators and denominators apart."""
    shared = {a: (q, s) for a, q, s in p.terms[0][0].factors}
    for m, _ in p.terms[1:]:
        here = {a: (q, s) for a, q, s in m.factors}
        for a, (q, s) in list(shared.items()):
            q1, s1 = here.get(a, (0, 0))
            if q * q1 > 0 or (q == q1 == 0 and s == s1):
                shared[a] = min(q, q1, key=lambda e: abs(Fraction(e))), s if s == s1 else 0
            else:
                del shared[a]
    return {a: (q, s) for a, (q, s) in shared.items() if q or s}


def shared_exponent(a: Atom, exponents: list[Exponent]) -> Exponent:
    """Return the power that terms share, or that clears a denominator which reduces numerators."""
    least, most = min(exponents), max(exponents)
    if least < 0 and a.op == "sum" and _leading(a) is None:
        return most if most < 0 else 0
    return least


def divided(p: Poly, common: dict[Atom, tuple[Exponent, int]]) -> Poly:
    """Return ``p`` without factors that every term has or that clear its denominators."""
    parts: list[Poly] = []
    for m, c in p.terms:
        left: dict[Atom, tuple[Exponent, int]] = {a: (q, s) for a, q, s in m.factors}
        for a, (q0, s0) in common.items():
            q, s = left.get(a, (0, 0))
            left[a] = q - q0, 0 if s == s0 else s
        parts.append(product(c, [(a, q, s) for a, (q, s) in left.items() if q or s]))
    return add(*parts)


def inverse(p: Poly) -> Poly:
    """Return ``1 / p``."""
    number = as_number(p)
    if number is not None and number != 0:
        return constant(1 / number)
    affine = by_sign(split_sign(p), inverse)
    if affine is not None:
        return affine
    if not p.terms:
        return single([(atom("recip", (p,)), 1, 0)])
    apart = _beside_signs(p)
    if apart is not None:
        return mul(inverse(apart[0]), inverse(apart[1]))
    c, m, a = base(p)
    factors: list[Factor] = []
    for b, q, s in [*m.factors, *([(a, 1, 1)] if a else [])]:
        if nonzero(b) and not b.partial:
            factors.append((b, -q, s))
        else:
            factors += [*_reciprocal(b, q, ONE), (b, 0, s)]
    logistic = _logistic(a) if a is not None else None
    if logistic is not None:
        return mul(product(1 / c, [f for f in factors if f[0] is not a]), logistic)
    return product(1 / c, factors)


def _logistic(a: Atom) -> Poly | None:
    """Return ``1/(k + c e^x)`` as ``(1 - tanh((x + ln(c/k))/2)) / (2k)`` for positive numbers k and c."""
    terms = a.args[0].terms
    if a.op != "sum" or len(terms) != 2:
        return None
    (one, k), (m, c) = sorted(terms, key=lambda t: len(t[0].factors))
    if one.factors or len(m.factors) != 1 or m.factors[0][0].op != "exp" or k <= 0 or c <= 0:
        return None
    from nos_sym.algebra.functions import logarithm, odd

    note("logistic")
    half = Fraction(1, 2)
    argument = add(m.factors[0][0].args[0], logarithm(constant(c / k)))
    return scaled(add(constant(half), scaled(odd("tanh", scaled(argument, half)), -half)), 1 / k)


def quotient(x: Poly, y: Poly) -> Poly:
    """Return ``x / y``; a sum that both share cancels where it is nonzero."""
    if len(x.terms) > 1 and len(y.terms) > 1:
        (c, m, a), (d, n, b) = base(x), base(y)
        if a is not None and a is b and nonzero(a):
            return mul(product(c, list(m.factors)), inverse(product(d, list(n.factors))))
    return mul(x, inverse(y))


def _reciprocal(a: Atom, q: Exponent, power: Fraction) -> list[Factor]:
    """Return ``(1/|a|^q)^power`` with ``1/|a|`` as an atom of its own; ``q = 0`` is the indicator of a.

    0/0 is not 1: an operand that may vanish on more than a null set does not cancel against its reciprocal.
    """
    if q == 0:
        return [(atom("recip", (single([(a, 0, 2)]),)), 1, 0)]
    exponent = Fraction(q) * power
    whole = int(exponent) if exponent.denominator == 1 else exponent
    return [(atom("recip", (product(ONE, [(a, 1, 0)]),)), whole, 0)]


def power(p: Poly, n: int) -> Poly:
    """Return ``p^n`` for a positive integer."""
    if max((_bits(c) for _, c in p.terms), default=0) * n > BITS:
        kept = single([(atom("abspow", (absolute(p), constant(n))), 1, 0)])
        return mul(sign(p), kept) if n % 2 else kept
    result = p
    for _ in range(n - 1):
        result = mul(result, p)
    return result


def power_absolute(p: Poly, q: Fraction) -> Poly:
    """Return ``|p|^q`` for a rational q other than 0."""
    if not p.terms:
        return p if q > 0 else inverse(p)
    affine = by_sign(split_sign(p), lambda x: power_absolute(x, q))
    if affine is not None:
        return affine
    apart = _beside_signs(p)
    if apart is not None:
        return mul(power_absolute(apart[0], q), power_absolute(apart[1], q))
    c, m, a = base(p)
    factors: list[Factor] = list(_radical(abs(c), q))
    for b, e, s in [*m.factors, *([(a, 1, 0)] if a else [])]:
        if b.op == "mask" and q > 0:
            top = 1 / (1 - b.param[0])
            factors += [(b, 1, 0), *_radical(top, q - 1)]
        elif b.op == "prime":
            factors += _radical(Fraction(str(b.param)), Fraction(e) * q)
        elif b.op == "exp":
            factors.append((b, Fraction(e) * q, 0))
        elif q > 0 or (nonzero(b) and not b.partial):
            exponent = Fraction(e) * q
            factors.append((b, int(exponent) if exponent.denominator == 1 else exponent, 2 if s else 0))
        else:
            factors += _reciprocal(b, e, -q)
    return product(ONE, factors)


def _radical(value: Fraction, q: Fraction) -> list[Factor]:
    """Return ``value^q`` as factors of primes."""
    if value != 1 and _bits(value) * abs(q) > BITS:
        return [(atom("abspow", (constant(value), constant(q))), 1, 0)]
    factors: list[Factor] = []
    for number, sign in ((value.numerator, 1), (value.denominator, -1)):
        for prime, count in factorization(number):
            factors.append((atom("prime", (), prime), sign * count * q, 0))
    return factors


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


@lru_cache(maxsize=4096)
def factorization(n: int) -> tuple[tuple[int, int], ...]:
    """Return primes and multiplicities; a factor beyond a million stays as it is."""
    found, candidate = [], 2
    while candidate * candidate <= n and candidate < 1000:
        count = 0
        while n % candidate == 0:
            n //= candidate
            count += 1
        if count:
            found.append((candidate, count))
        candidate += 1 if candidate == 2 else 2
    return (*found, (n, 1)) if n > 1 else tuple(found)


def sign_factors(p: Poly) -> tuple[int, list[Factor]]:
    """Return the sign of ``p`` as 1 or -1 times signs of atoms; requires that ``p`` is not zero."""
    c, m, a = base(p)
    factors: list[Factor] = [
        (b, 0, s if s == 2 else 1 if s else 2) for b, _, s in m.factors if s or not nonzero(b)
    ]
    if a is not None:
        factors.append((a, 0, 1))
    return (1 if c > 0 else -1), factors


def outer_signs(p: Poly) -> tuple[int, list[Factor]]:
    """Return the sign of ``p``, to stand beside a function that vanishes where ``p`` does."""
    unit, factors = sign_factors(p)
    unknown: list[Factor] = []
    for a, q, s in factors:
        if s == 1 and sign_of(a) == 0:
            unknown.append((a, q, s))
        elif s == 1 and sign_of(a) < 0:
            unit = -unit
    return unit, unknown


def sign(p: Poly) -> Poly:
    """Return ``sign(p)``."""
    if not p.terms:
        return p
    affine = by_sign(split_sign(p), sign)
    if affine is not None:
        return affine
    apart = _beside_signs(p)
    if apart is not None:
        return mul(sign(apart[0]), sign(apart[1]))
    unit, factors = sign_factors(p)
    result = product(Fraction(unit), factors)
    # The sign of a value that may be undefined is undefined there, even where it is known elsewhere.
    return add(result, scaled(p, 0)) if p.partial and not result.partial else result


def absolute(p: Poly) -> Poly:
    """Return ``|p|``."""
    return power_absolute(p, ONE) if p.terms else p


def split_sign(p: Poly) -> tuple[Poly, Poly, Mono] | None:
    """Return ``(A, B, S)`` with ``p = A + B S`` where p depends on the step and on signs alone.

    S is 1 or -1 almost everywhere, so a function of such a value is itself affine in S. A and B may hold
    other signs. A single product with S needs no splitting.
    """
    if p.scalar or len(p.terms) < 2:
        return None
    chosen = shared_signs([p])
    if chosen is None:
        return None
    a, b = at_sign(p, chosen)
    return (a, b, mono(chosen)) if a.terms else None


def shared_signs(arguments: list[Poly]) -> tuple[Factor, ...] | None:
    """Return signs of which polynomials are functions: the one product that occurs, or one sign of several.

    ``None`` where a polynomial depends on more than the step and at most :data:`SIGNS` signs.
    """
    products: set[tuple[Factor, ...]] = set()
    for p in arguments:
        for m, _ in p.terms:
            tensors = tuple(f for f in m.factors if not f[0].scalar)
            if any(q != 0 or s != 1 or not nonzero(a) for a, q, s in tensors):
                return None
            products.add(tensors)
    products.discard(())
    if len(products) == 1:
        return products.pop()
    signs = {f for tensors in products for f in tensors}
    return (min(signs, key=lambda f: f[0].digest),) if 0 < len(signs) <= SIGNS else None


def at_sign(p: Poly, chosen: tuple[Factor, ...]) -> tuple[Poly, Poly]:
    """Return ``(A, B)`` with ``p = A + B S`` for a product S of signs."""
    plain: dict[Mono, Fraction] = {}
    beside: dict[Mono, Fraction] = {}
    for m, c in p.terms:
        if set(chosen) <= set(m.factors):
            beside[mono([f for f in m.factors if f not in chosen])] = c
        else:
            plain[m] = c
    return poly(plain), poly(beside)


def _beside_signs(p: Poly) -> tuple[Poly, Poly] | None:
    """Return a product and a function of signs, beside it, whose product is ``p``."""
    if len(p.terms) < 2:
        return None
    c, m, a = base(p)
    if a is None or not m.factors or split_sign(a.args[0]) is None:
        return None
    return product(c, list(m.factors)), a.args[0]


def by_sign(split: tuple[Poly, Poly, Mono] | None, function: Callable[[Poly], Poly]) -> Poly | None:
    """Return ``f(A + B S) = (f(A+B) + f(A-B))/2 + S (f(A+B) - f(A-B))/2``, where both values are finite."""
    if split is None:
        return None
    a, b, s = split
    up, down = function(add(a, b)), function(add(a, -b))
    if up.partial or down.partial:
        return None
    note("function-of-sign")
    half = Fraction(1, 2)
    difference = mul(single(s.factors, half), add(up, -down))
    return add(scaled(add(up, down), half), difference)


def _exponential(argument: Poly) -> tuple[list[Poly], Atom | None]:
    """Return ``exp(argument)`` as powers, from logarithms in the argument, and an exponential of the rest."""
    powers: list[Poly] = []
    rest: dict[Mono, Fraction] = {}
    for m, c in argument.terms:
        if len(m.factors) == 1 and m.factors[0][0].op == "ln" and m.factors[0][1:] in ((1, 1), (1, 0)):
            a, _, s = m.factors[0]
            inner = a.args[0]
            if len(inner.terms) == 1 and inner.terms[0][1] > 0:
                note("exp-ln")
                powers.append(power_absolute(inner, -c if s == 0 and sign_of(a) < 0 else c))
                continue
        rest[m] = c
    left = poly(rest)
    return powers, atom("exp", (left,)) if left.terms else None
