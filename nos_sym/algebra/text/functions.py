"""Texts of the atoms of the canonical form, and odd functions, which stand as ``f(|x|)`` beside signs."""

from __future__ import annotations

from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import Atom, Exponent, Factor, Poly, add, atom, constant, product, sign_of
from nos_sym.algebra.text.cost import cost_of
from nos_sym.algebra.text.nodes import rational
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import Generator, generator
from nos_sym.algebra.text.words import leaf_word
from nos_sym.language.operation import Parity, Role
from nos_sym.language.registry import apply, number


def is_odd(e: Exponent) -> bool:
    """Return whether an exponent is an odd integer."""
    return Fraction(e).denominator == 1 and int(e) % 2 == 1


def is_odd_function(a: Atom) -> bool:
    """Return whether an atom is an odd function, which stands as ``f(|x|)`` beside the sign of x."""
    return len(a.args) == 1 and a.kind.parity is Parity.ODD and a.kind.zero_with_argument


def is_nonnegative(a: Atom) -> bool:
    """Return whether an atom is never negative; an odd function is not where its argument is not."""
    if sign_of(a) > 0:
        return True
    return is_odd_function(a) and a.op != "clip_norm" and nonnegative(a.args[0])


def nonnegative(p: Poly) -> bool:
    """Return whether a form is never negative, term by term or by its bounds."""
    if all(c > 0 and all(s != 1 for _, _, s in m.factors) for m, c in p.terms):
        return True
    return len(p.terms) > 1 and sign_of(atom("sum", (p,))) > 0


def signs_of(p: Poly) -> set[Atom]:
    """Return the atoms of which each term takes the absolute value, those inside odd functions included."""
    found: set[Atom] | None = None
    for m, _ in p.terms:
        here: set[Atom] = set()
        for a, q, s in m.factors:
            if s or not is_odd(q):
                continue
            if is_odd_function(a):
                here |= signs_of(a.args[0])
            elif not sign_of(a):
                here.add(a)
        found = here if found is None else found & here
    return found or set()


def opened(p: Poly, signs: set[Atom] | None = None) -> Poly:
    """Return a form without the absolute values around it: times the signs of its atoms."""
    wanted = signs_of(p) if signs is None else signs
    if not wanted:
        return p
    return add(*(product(c, [*m.factors, *((a, 0, 1) for a in wanted)]) for m, c in p.terms))


def with_signs(p: Poly) -> Poly:
    """Return a form with the sign of x for each indicator of x: of what only the absolute value counts."""
    return add(
        *(product(c, [(a, q, 1 if (q, s) == (0, 2) else s) for a, q, s in m.factors]) for m, c in p.terms)
    )


def odd_function(a: Atom, signs: set[Atom]) -> tuple[int, Generator]:
    """Return an odd function of what its argument is with signs, as 1 or -1 times a generator."""
    argument = opened(a.args[0], signs)
    positive = not signs and is_nonnegative(a)
    options = [(1, function_node(a, argument))]
    if signs:
        options.append((-1, function_node(a, -argument)))
    unit, node = min(options, key=lambda o: cost_of(o[1]))
    return unit, generator(node, positive=positive, atom=a, role="function")


def signed_function(a: Atom) -> tuple[int, Generator]:
    """Return an odd function of its argument without absolute values, as 1 or -1 times a generator."""
    return odd_function(a, signs_of(a.args[0]))


def function_node(a: Atom, *arguments: Poly) -> Basic:
    """Return the node of an atom over other arguments."""
    if a.kind.operation is not None:
        return _opaque(a, (*arguments, *a.args[len(arguments) :]))
    take = recursive.text if a.scalar else recursive.update
    return apply(a.op, *(take(x) for x in arguments))


def _opaque(a: Atom, arguments: tuple[Poly, ...]) -> Basic:
    """Return the node of an operation that the algebra has no rule for."""
    operation = a.kind.operation
    assert operation is not None
    of_step = operation.role is Role.ELEMENTWISE and a.scalar
    take = recursive.text if of_step else recursive.update
    operands = [take(x) for x in arguments[: operation.arity]]
    expressions = iter(arguments[operation.arity :])
    given = {
        parameter.name: rational(value) if value is not None else recursive.text(next(expressions))
        for parameter, value in zip(operation.parameters, a.param.values, strict=False)
    }
    return apply(operation.name, *operands, **given)


def atom_node(a: Atom) -> Basic:
    """Return the node of an atom."""
    word = leaf_word(a.op)
    if word is not None:
        return word
    if a.op in ("g", "w", "remaining"):
        return apply(a.op)
    if a.op == "correction":
        return apply("correction", beta=rational(a.param))
    if a.op == "prime":
        return number(int(str(a.param)))
    if a.op == "mask":
        rate, draw = a.param
        return apply("drop", number(1), rate=rational(rate), draw=draw)
    if a.op in ("delta", "running_max"):
        return apply(a.op, recursive.update(a.args[0]))
    if a.op == "ln":
        return _logarithm(a)
    if a.op == "abspow":
        return function_node(a, opened(a.args[0]), a.args[1])
    return function_node(a, *a.args)


def chained(op: str, nodes: list[Basic]) -> Basic:
    """Return a maximum or minimum of nodes, shorter texts first."""
    first, *others = sorted(nodes, key=cost_of)
    for node in others:
        first = apply(op, first, node)
    return first


def _logarithm(a: Atom) -> Basic:
    p = opened(a.args[0])
    if len(p.terms) == 1 and p.terms[0][1] == 1 and [f[0].op for f in p.terms[0][0].factors] == ["sum"]:
        p = p.terms[0][0].factors[0][0].args[0]
    if len(p.terms) == 2:
        rest = add(p, constant(-1))
        if len(rest.terms) == 1 and rest.terms[0][1] == 1:
            factors_of: tuple[Factor, ...] = rest.terms[0][0].factors
            if len(factors_of) == 1 and factors_of[0][0].op == "exp" and factors_of[0][1] == 1:
                inner = factors_of[0][0].args[0]
                return apply("softplus", recursive.text(inner) if a.scalar else recursive.update(inner))
    return apply("ln", recursive.text(p) if a.scalar else recursive.update(p))
