"""From forms to generators: each factor of a canonical form as powers of values with a text."""

from __future__ import annotations

from fractions import Fraction

from sympy import factorint

from nos_sym.algebra.kernel import (
    Atom,
    Mono,
    Poly,
    maximum,
    minimum,
    scaled,
    sign_of,
)
from nos_sym.algebra.text.cost import Cost, cost_of
from nos_sym.algebra.text.depth import atom_depth
from nos_sym.algebra.text.effort import itself, remembered
from nos_sym.algebra.text.factoring import factors
from nos_sym.algebra.text.functions import (
    atom_node,
    chained,
    is_nonnegative,
    is_odd,
    is_odd_function,
    nonnegative,
    odd_function,
    signs_of,
)
from nos_sym.algebra.text.nodes import rational
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import (
    Generator,
    Monomial,
    Terms,
    collected,
    generator,
    monomial,
    over,
    times,
    to_power,
)
from nos_sym.algebra.text.terms import product as times_terms
from nos_sym.algebra.text.words import exponential_word
from nos_sym.language.registry import apply, number


@remembered(itself)
def terms_of(p: Poly) -> Terms:
    """Return a form over generators."""
    return collected(_term(m, c) for m, c in p.terms)


def _term(m: Mono, c: Fraction) -> tuple[Monomial, Fraction]:
    """Return one term; an odd function takes back the signs that stand beside it."""
    left = {a: (Fraction(q), s) for a, q, s in m.factors}
    found: Monomial = ()
    for a in sorted(left, key=lambda a: (-atom_depth(a), a.digest)):
        q, s = left[a]
        if not is_odd_function(a) or s:
            continue
        del left[a]
        wanted = signs_of(a.args[0])
        if is_odd(q) and wanted:
            if all(_may_lend(b, *left.get(b, (Fraction(0), 0))) for b in wanted):
                for b in wanted:
                    e, t = left[b]
                    left[b] = e, 1 - t
            else:
                wanted = set()
        elif q.denominator != 1:
            wanted = set()
        unit, made = odd_function(a, wanted)
        c *= Fraction(unit) ** int(q) if q.denominator == 1 else 1
        found = times(found, ((made, q),))
    for a, (q, s) in left.items():
        if q or s:
            number_of, powers = of_factor(a, q, s)
            c *= number_of
            found = times(found, powers)
    return found, c


def _may_lend(a: Atom, q: Fraction, s: int) -> bool:
    """Return whether a factor is simpler without, or with, a sign more."""
    return s != 2 and q.denominator == 1 and int(q) % 2 != s and sign_of(a) == 0


def of_factor(a: Atom, q: Fraction, s: int) -> tuple[Fraction, Monomial]:
    """Return ``|a|^q sign(a)^s`` as a number times powers of generators."""
    if a.op == "sum":
        return _of_sum(a, q, s)
    unit, plain = _atom(a)
    if q.denominator == 1 and s != 2:
        odd = int(q) % 2 == 1
        if s == odd or (s == 0 and sign_of(a)):
            # |a| is -a where a is never positive.
            return Fraction(
                unit * (sign_of(a) if s == 0 and sign_of(a) and odd else 1) if odd else 1
            ), to_power(plain, q)
        if s == 1 and q > 0:
            return Fraction(unit), times(plain, absolute(plain, q - 1))
    coefficient, signs = _sign(a, s)
    return coefficient, times(absolute(plain, q), signs)


def absolute(m: Monomial, q: Fraction) -> Monomial:
    """Return a power of the absolute value of a product."""
    found: list[tuple[Generator, Fraction]] = []
    for x, e in m:
        even = (e * q).denominator == 1 and int(e * q) % 2 == 0
        found.append((x if even else magnitude(x), e * q))
    return monomial(found)


def magnitude(x: Generator) -> Generator:
    """Return the absolute value of a generator."""
    if x.positive:
        return x
    made = generator(apply("abs", x.node), positive=True, atom=x.atom, role="abs")
    made.inner = x
    return made


def _sign(a: Atom, s: int = 1) -> tuple[Fraction, Monomial]:
    """Return a power of the sign of an atom; corrections and numbers have none."""
    if not s:
        return Fraction(1), ()
    if a.op == "sum":
        c, m = _without_number(terms_of(a.args[0]))
    else:
        whole, m = _atom(a)
        c = Fraction(whole)
    left = monomial((x, e) for x, e in m if x.role != "correction")
    unit = Fraction(1 if c > 0 else -1)
    inner = recursive.assembled(Fraction(1), left)
    opposite = recursive.assembled(Fraction(-1), left)
    if cost_of(opposite) < cost_of(inner):
        unit, inner = -unit, opposite
    node = apply("sign", inner)
    if s == 2 and sign_of(a) * unit > 0:
        # What is never negative has a sign that is its own square.
        return Fraction(1), monomial([(generator(node, positive=True, atom=a, role="sign"), 1)])
    return unit**s, monomial([(generator(node, positive=False, atom=a, role="sign"), s)])


def _of_sum(a: Atom, q: Fraction, s: int) -> tuple[Fraction, Monomial]:
    """Return a power of a sum as powers of its factors."""
    terms = terms_of(a.args[0])
    c, m = _under_root(terms) if q.denominator != 1 else recursive.factor_of_sum(terms)
    if q < 0 or q.denominator != 1:
        c, m = _undivided(c, m, terms)
    if q < 0:
        m = _with_one_divisor(c, m, terms)
    if q.denominator == 1 and s != 2:
        odd = int(q) % 2 == 1
        if s == odd or (s == 0 and sign_of(a)):
            return (sign_of(a) if s == 0 and odd else 1) * c ** int(q), to_power(m, q)
        c, m = _without_number(terms)
    number_of, primes = number_power(abs(c), q)
    unit, signs = _sign(a, s)
    return unit * number_of, times(times(absolute(m, q), primes), signs)


def _under_root(terms: Terms) -> tuple[Fraction, Monomial]:
    """Return a sum as a number times powers, a part that is no power as one."""
    c, m, parts = factors(terms)
    whole: Terms = {(): Fraction(1)}
    for f, k in parts:
        if k > 1:
            d, n = recursive.factor_of_sum(f)
            c, m = c * d**k, times(m, to_power(n, k))
        else:
            whole = times_terms(whole, f)
    d, n = _shortest(recursive.words_of_sum(whole))
    return c * d, times(m, n)


def _undivided(c: Fraction, m: Monomial, terms: Terms) -> tuple[Fraction, Monomial]:
    """Return a sum of quotients as it is: over one divisor, ``1 + 1/x`` is another value where x is zero."""
    if all(e > 0 for _, e in m):
        return c, m
    d, n = recursive.as_generator(terms, terms)
    whole = n[0][0]
    if whole.parts is None and whole.terms is not None:
        whole.parts = c / d, m
    return d, n


def _with_one_divisor(c: Fraction, m: Monomial, terms: Terms) -> Monomial:
    """Return powers with their sums as one: an inverse need not have the form of the factors' inverses."""
    sums = tuple(f for f in m if f[0].terms is not None)
    if len(sums) < 2:
        return m
    rest = tuple(f for f in m if f[0].terms is None)
    positive = all(x.positive or e % 2 == 0 for x, e in sums)
    made = generator(recursive.assembled(Fraction(1), sums), positive=positive, role="sum")
    if made.terms is None and made.parts is None:
        made.terms = {over(n, rest): d / c for n, d in terms.items()}
        made.parts = Fraction(1), sums
    return times(rest, ((made, Fraction(1)),))


def _without_number(terms: Terms) -> tuple[Fraction, Monomial]:
    """Return a sum as a number times powers, the powers with the cheapest text."""
    c, m = recursive.factor_of_sum(terms)
    if len(m) != 1 or m[0][0].role != "sum":
        return c, m
    return _shortest([(c, m), *recursive.words_of_sum(terms)])


def _shortest(options: list[tuple[Fraction, Monomial]]) -> tuple[Fraction, Monomial]:
    """Return the option that is the cheapest without its number, which stands outside.

    Of two with one text it is the one that has it as it is, also under a root.
    """

    def cost(option: tuple[Fraction, Monomial]) -> tuple[Cost, int]:
        _, m = option
        return cost_of(recursive.assembled(Fraction(1), m)), sum(x.nodes for x, _ in m)

    return min(options, key=cost)


def number_power(c: Fraction, q: Fraction) -> tuple[Fraction, Monomial]:
    """Return a power of a positive number as a number times powers of primes."""
    if q.denominator == 1:
        return c ** int(q), ()
    coefficient, found = Fraction(1), []
    for value, direction in ((c.numerator, 1), (c.denominator, -1)):
        for base, count in sorted(factorint(value, limit=1000).items()):
            e = direction * count * q
            coefficient *= Fraction(int(base)) ** (e // 1).__int__()
            found.append((prime(int(base)), e - e // 1))
    return coefficient, monomial(found)


def prime(value: int) -> Generator:
    """Return a prime as a generator, whose powers are fractional."""
    return generator(number(value), positive=True, role="prime")


def _atom(a: Atom) -> tuple[int, Monomial]:
    """Return an atom as 1 or -1 times powers of generators."""
    if a.op == "ema":
        hat = apply("ema_hat", recursive.update(a.args[0]), beta=rational(a.param))
        correction = apply("correction", beta=rational(a.param))
        average = generator(hat, positive=sign_of(a) > 0, atom=a, role="hat")
        return 1, monomial([(average, 1), (generator(correction, positive=True, role="correction"), 1)])
    if a.op == "exp":
        word = exponential_word(a.args[0])
        if word is not None:
            return 1, monomial([word])
    if a.op == "product":
        d, n = recursive.factor_of_sum(terms_of(a.args[0].terms[0][0].factors[0][0].args[0]))
        node = recursive.assembled(d, n)
        return 1, monomial([(generator(node, positive=sign_of(a) > 0, atom=a, role="sum"), 1)])
    if a.op in ("max", "min"):
        return _extremum(a)
    role = a.op if a.op in ("correction", "prime", "mask", "exp", "ln", "running_max", "delta") else "plain"
    return 1, monomial([(generator(atom_node(a), positive=is_nonnegative(a), atom=a, role=role), 1)])


def _extremum(a: Atom) -> tuple[int, Monomial]:
    """Return a maximum as it is, or as the minimum of what is opposite."""
    options = []
    for unit, op in ((1, a.op), (-1, "min" if a.op == "max" else "max")):
        arguments = tuple(scaled(x, unit) for x in a.args)
        made = extremum(op, arguments, positive=sign_of(a) * unit > 0)
        options.append((made.nodes - made.positive, cost_of(made.node), unit, made))
    _, _, unit, made = min(options, key=lambda o: o[:3])
    return unit, ((made, Fraction(1)),)


def extremum(op: str, arguments: tuple[Poly, ...], *, positive: bool) -> Generator:
    """Return a maximum or minimum as a generator."""
    scalars = [x for x in arguments if x.scalar]
    tensors = [x for x in arguments if not x.scalar]
    if len(scalars) > 1 and tensors:
        tensors.append(maximum(scalars) if op == "max" else minimum(scalars))
        scalars = []
    node = chained(op, [recursive.text(x) for x in (*scalars, *tensors)])
    made = generator(node, positive=positive or all(map(nonnegative, arguments)), role="extremum")
    made.extremum = op, arguments
    return made
