"""Random rewritings that keep the meaning of a rule, and small mutations that mostly do not.

A rewriting is a function from a random generator and a node to an equal expression, or ``None`` where it does
not apply. It knows the language and nothing of the canonical form. Equal means: for all reals but a null
set, at every step. Rewritings that copy or cancel an operand ask that it is finite everywhere.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError
from nos_sym.intervals.interval import UNIT
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of, size_of
from nos_sym.language.operation import Parity
from nos_sym.language.registry import REGISTRY, apply, number
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.traversal import walk
from nos_sym.program.ranges import needs_guard, range_of
from support.random_rules import ONE_LINE

Rewriting = Callable[[random.Random, Basic], Basic | None]

REWRITINGS: dict[str, Rewriting] = {}
LARGEST = 160
"""Nodes of the largest expression that is made."""

_ODD = [n for n, o in REGISTRY.items() if o.meaning.parity is Parity.ODD] + ["clip_norm"]
_EVEN = [n for n, o in REGISTRY.items() if o.meaning.parity is Parity.EVEN]
_CONSTANTS = ("2", "3", "0.5", "0.1", "7", "1e-3", "12.5")
_WEIGHTS = ("0.5", "0.25", "0.9", "0.05")
_COMPLEMENTS = {"a1": "a2", "a3": "a4", "a5": "a6", "a7": "a8", "a9": "a10", "a11": "a12"}
_COMPLEMENTS |= {v: k for k, v in _COMPLEMENTS.items()}
_BINARY_SUMS = ("add", "sub")


def rewriting(function: Rewriting) -> Rewriting:
    """Add a rewriting to the table under its name."""
    REWRITINGS[function.__name__] = function
    return function


def rewritten(rng: random.Random, rule: Rule, times: int, kinds: tuple[str, ...] | None = None) -> Rule:
    """Return a rule with the same meaning after ``times`` random rewritings at random places."""
    update = rule.update
    names = sorted(kinds or REWRITINGS)
    done = 0
    for _ in range(40 * times):
        if done == times:
            break
        path = rng.choice(list(_paths(update)))
        rewrite = REWRITINGS[rng.choice(names)]
        try:
            found = rewrite(rng, _at(update, path))
            changed = None if found is None else _replaced(update, path, found)
            made = None if changed is None else Rule(rule.momentum, changed, rule.ascent)
        except RuleError:
            continue  # a decay function where a tensor must be, or too large
        if made is not None and changed != update and size_of(changed) <= LARGEST:
            update, done = changed, done + 1
    ascent = rule.ascent
    if rng.random() < 0.1:
        ascent, update = not ascent, apply("neg", update)
    return Rule(rule.momentum, update, ascent)


def mutated(rng: random.Random, rule: Rule) -> Rule:
    """Return a rule with one small change: a number, an operation, a sign, a beta, a schedule, a momentum."""
    while True:
        if rng.random() < 0.05:
            return Rule(rng.choice([m for m in Momentum if m is not rule.momentum]), rule.update, rule.ascent)
        path = rng.choice(list(_paths(rule.update)))
        try:
            changed = _mutation(rng, _at(rule.update, path))
            if changed is not None:
                return Rule(rule.momentum, _replaced(rule.update, path, changed), rule.ascent)
        except RuleError:
            continue


def _mutation(rng: random.Random, x: Basic) -> Basic | None:
    choice = rng.randrange(5)
    if not isinstance(x, Node):
        return number(Rational(x) * Rational(rng.choice(("2", "0.5", "1.001", "0.1"))))
    operation = x.operation
    if choice == 0:
        return apply("neg", x)
    if choice == 1 and operation.parameters and operation.name != "drop":
        values = [p.low + (p.high - p.low) * rng.randint(1, 8) / 10 for p in operation.parameters]
        exact = [Rational(round(v)) if p.integer else Rational(str(round(v, 3)))
                 for v, p in zip(values, operation.parameters, strict=True)]  # fmt: skip
        names = (p.name for p in operation.parameters)
        return apply(operation.name, *x.operands, **dict(zip(names, exact, strict=True)))
    if choice == 2:
        others = [o for o in ONE_LINE if o.arity == operation.arity and o.kind is operation.kind]
        other = rng.choice([o for o in others if not o.parameters and o.name not in ("correction", "scale")])
        return apply(other.name, *x.operands)
    if choice == 3 and operation.arity == 2:
        return type(x)(x.operands[1], x.operands[0], *x.parameters)
    if choice == 4 and kind_of(x) is Kind.TENSOR:
        return apply("scale", apply(f"a{rng.randint(1, 14)}"), x)
    return None


def _paths(x: Basic) -> Iterator[tuple[int, ...]]:
    yield ()
    if isinstance(x, Node):
        for i, operand in enumerate(x.operands):
            for path in _paths(operand):
                yield (i, *path)


def _at(x: Basic, path: tuple[int, ...]) -> Basic:
    for i in path:
        x = x.args[i]
    return x


def _replaced(x: Basic, path: tuple[int, ...], new: Basic) -> Basic:
    if not path:
        return new
    arguments = list(x.args)
    arguments[path[0]] = _replaced(arguments[path[0]], path[1:], new)
    return x.func(*arguments)


def is_finite(x: Basic) -> bool:
    """Return whether no quotient, logarithm or power in an expression reaches its singular point."""
    return not any(needs_guard(n) for n in walk(x))


def _is(x: Basic, *names: str) -> bool:
    return isinstance(x, Node) and x.operation.name in names


def _small(rng: random.Random, x: Basic) -> Basic:
    """Return a small finite expression of the kind of ``x``."""
    if kind_of(x) is Kind.TENSOR:
        choices = ("g", "w")
        return rng.choice([apply(n) for n in choices] + [apply("tanh", apply("w")), apply("exp", apply("g"))])
    if kind_of(x) is Kind.STEP:
        return apply(f"a{rng.randint(1, 14)}")
    return number(rng.choice(_CONSTANTS))


# What holds for any operand.


@rewriting
def nest_identity(rng: random.Random, x: Basic) -> Basic | None:
    return apply("id", x)


@rewriting
def negate_twice(rng: random.Random, x: Basic) -> Basic | None:
    return apply("neg", apply("neg", x))


@rewriting
def neutral_element(rng: random.Random, x: Basic) -> Basic | None:
    one, zero = number(1), number(0)
    return rng.choice(
        [
            apply("mul", one, x),
            apply("mul", x, one),
            apply("add", x, zero),
            apply("add", zero, x),
            apply("sub", x, zero),
            apply("div", x, one),
        ]
    )


@rewriting
def split_constant(rng: random.Random, x: Basic) -> Basic | None:
    weight = Rational(rng.choice(_WEIGHTS))
    if _is(x, "drop"):
        return None
    if rng.random() < 0.5:
        return apply("wmean", x, x, weight=weight)
    return apply("add", apply("mul", number(weight), x), apply("mul", x, number(1 - weight)))


@rewriting
def split_number(rng: random.Random, x: Basic) -> Basic | None:
    if isinstance(x, Node):
        return None
    c = Rational(rng.choice(_CONSTANTS))
    choice = rng.randrange(3)
    if choice == 0:
        return apply("mul", number(c), apply("div", x, number(c)))
    if choice == 1:
        return apply("sub", apply("add", x, number(c)), number(c))
    return apply("add", apply("div", x, number(2)), apply("mul", number("0.5"), x))


@rewriting
def scale_and_divide(rng: random.Random, x: Basic) -> Basic | None:
    c = number(rng.choice(_CONSTANTS))
    return apply("div", apply("mul", c, x), c)


@rewriting
def add_and_subtract(rng: random.Random, x: Basic) -> Basic | None:
    y = _small(rng, x)
    return rng.choice([apply("sub", apply("add", x, y), y), apply("add", apply("sub", x, y), y)])


@rewriting
def repeat_extremum(rng: random.Random, x: Basic) -> Basic | None:
    return apply(rng.choice(("max", "min")), x, x)


@rewriting
def sign_times_magnitude(rng: random.Random, x: Basic) -> Basic | None:
    return apply("mul", apply("sign", x), apply("abs", x))


@rewriting
def logarithm_of_exponential(rng: random.Random, x: Basic) -> Basic | None:
    return apply("ln", apply("exp", x)) if is_finite(x) else None


@rewriting
def complementary_decays(rng: random.Random, x: Basic) -> Basic | None:
    if kind_of(x) is not Kind.TENSOR or not is_finite(x):
        return None
    first = rng.choice(sorted(_COMPLEMENTS))
    return apply("add", apply("scale", apply(first), x), apply("scale", apply(_COMPLEMENTS[first]), x))


# Commute, associate, distribute, collect.


@rewriting
def commute(rng: random.Random, x: Basic) -> Basic | None:
    if isinstance(x, Node) and x.operation.meaning.commutative:
        return type(x)(x.operands[1], x.operands[0])
    if _is(x, "wmean"):
        a, b = x.operands
        return apply("wmean", b, a, weight=1 - x.parameters[0])
    return None


@rewriting
def associate(rng: random.Random, x: Basic) -> Basic | None:
    for name in ("add", "mul", "max", "min"):
        if _is(x, name):
            a, b = x.operands
            if _is(a, name):
                return apply(name, a.operands[0], apply(name, a.operands[1], b))
            if _is(b, name):
                return apply(name, apply(name, a, b.operands[0]), b.operands[1])
    return None


@rewriting
def distribute(rng: random.Random, x: Basic) -> Basic | None:
    if not _is(x, "mul", "scale", "div"):
        return None
    a, b = x.operands
    if not is_finite(x):
        return None
    if _is(a, *_BINARY_SUMS):
        return apply(a.operation.name, *(apply(x.operation.name, y, b) for y in a.operands))
    if _is(b, *_BINARY_SUMS) and not _is(x, "div"):
        return apply(b.operation.name, *(apply(x.operation.name, a, y) for y in b.operands))
    return None


@rewriting
def collect(rng: random.Random, x: Basic) -> Basic | None:
    if not _is(x, *_BINARY_SUMS):
        return None
    a, b = x.operands
    for name in ("mul", "scale", "div"):
        if _is(a, name) and _is(b, name):
            for i in (0, 1):
                if a.operands[i] == b.operands[i] and not (name == "div" and i == 0) and is_finite(x):
                    total = apply(x.operation.name, a.operands[1 - i], b.operands[1 - i])
                    pair = (a.operands[0], total) if i == 0 else (total, a.operands[1])
                    return apply(name, *pair)
    return None


@rewriting
def move_negation(rng: random.Random, x: Basic) -> Basic | None:
    if _is(x, "add"):
        return apply("sub", x.operands[0], apply("neg", x.operands[1]))
    if _is(x, "sub"):
        a, b = x.operands
        return rng.choice([apply("add", a, apply("neg", b)), apply("neg", apply("sub", b, a))])
    if _is(x, "mul", "div", "scale"):
        a, b = x.operands
        name = x.operation.name
        negated = apply("neg", a), apply("neg", b)
        return rng.choice(
            [
                apply(name, *negated),
                apply("neg", apply(name, a, negated[1])),
                apply("neg", apply(name, negated[0], b)),
            ]
        )
    if _is(x, "neg"):
        a = x.operands[0]
        if _is(a, "add"):
            return apply("add", *(apply("neg", y) for y in a.operands))
        return rng.choice([apply("sub", number(0), a), apply("mul", apply("neg", number(1)), a)])
    return None


# Parity, idempotence, maxima and minima.


@rewriting
def move_parity(rng: random.Random, x: Basic) -> Basic | None:
    if _is(x, *_ODD):
        return apply("neg", type(x)(apply("neg", x.operands[0])))
    if _is(x, *_EVEN):
        return type(x)(apply(rng.choice(("neg", "abs")), x.operands[0]))
    if _is(x, "rdiv", "clip"):
        a, b = x.operands
        name = x.operation.name
        return rng.choice(
            [
                apply(name, a, apply("neg", b)),
                apply(name, a, apply("abs", b)),
                apply("neg", apply(name, apply("neg", a), b)),
            ]
        )
    if _is(x, "abspow"):
        return apply("abspow", apply(rng.choice(("neg", "abs")), x.operands[0]), x.operands[1])
    return None


@rewriting
def repeat_idempotent(rng: random.Random, x: Basic) -> Basic | None:
    if _is(x, "clip_norm", "abs", "sign", "running_max"):
        return type(x)(x)
    if _is(x, "clip", "max", "min"):
        return type(x)(x, x.operands[1])
    return None


@rewriting
def absorb_extremum(rng: random.Random, x: Basic) -> Basic | None:
    if kind_of(x) is not Kind.TENSOR or not is_finite(x):
        return None
    y = _small(rng, x)
    return rng.choice([apply("max", x, apply("min", x, y)), apply("min", apply("max", y, x), x)])


@rewriting
def negate_extremum(rng: random.Random, x: Basic) -> Basic | None:
    if not _is(x, "max", "min"):
        return None
    other = "min" if _is(x, "max") else "max"
    return apply("neg", apply(other, *(apply("neg", a) for a in x.operands)))


@rewriting
def shift_or_scale_extremum(rng: random.Random, x: Basic) -> Basic | None:
    if not _is(x, "max", "min") or not is_finite(x):
        return None
    c = number(rng.choice(_CONSTANTS))
    name = x.operation.name
    if rng.random() < 0.5:
        return apply("sub", apply(name, *(apply("add", a, c) for a in x.operands)), c)
    return apply("div", apply(name, *(apply("mul", a, c) for a in x.operands)), c)


@rewriting
def bound_by_range(rng: random.Random, x: Basic) -> Basic | None:
    if not isinstance(x, Node) or not is_finite(x):
        return None
    found = range_of(x)
    choices = []
    if found.nonnegative:
        choices += [apply("max", x, number(0)), apply("abs", x)]
    if found.within(UNIT):
        choices += [apply("min", x, number(1))]
    if found.high <= 1 and found.low >= -1 and kind_of(x) is Kind.TENSOR:
        choices += [apply("clip", x, number(1)), apply("min", number(2), x)]
    return rng.choice(choices) if choices else None


@rewriting
def invert_sign(rng: random.Random, x: Basic) -> Basic | None:
    if _is(x, "sign") and _is(x.operands[0], "g", "w", "ema_hat") and is_finite(x):
        inner = x.operands[0]
        if _is(inner, "ema_hat") and not _is(inner.operands[0], "g"):
            return None
        return rng.choice(
            [apply("recip", x), apply("div", inner, apply("abs", inner)), apply("pow", x, exponent=3)]
        )
    return None


# Averages and masks.


@rewriting
def scale_average(rng: random.Random, x: Basic) -> Basic | None:
    if not _is(x, "ema", "ema_hat", "delta", "drop"):
        return None
    c = number(rng.choice(_CONSTANTS))
    inside = type(x)(apply("mul", c, x.operands[0]), *x.parameters)
    return apply("div", inside, c)


@rewriting
def split_average(rng: random.Random, x: Basic) -> Basic | None:
    if not _is(x, "ema", "ema_hat", "delta") or not is_finite(x):
        return None
    a = x.operands[0]
    if _is(a, *_BINARY_SUMS):
        return apply(a.operation.name, *(type(x)(y, *x.parameters) for y in a.operands))
    return apply("neg", type(x)(apply("neg", a), *x.parameters))


@rewriting
def correct_average(rng: random.Random, x: Basic) -> Basic | None:
    if not _is(x, "ema_hat"):
        return None
    beta = x.parameters[0]
    factor = apply("recip", apply("correction", beta=beta))
    return apply("scale", factor, apply("ema", x.operands[0], beta=beta))


@rewriting
def swap_averages(rng: random.Random, x: Basic) -> Basic | None:
    if _is(x, "ema", "delta") and _is(x.operands[0], "ema", "delta"):
        inner = x.operands[0]
        return type(inner)(type(x)(inner.operands[0], *x.parameters), *inner.parameters)
    return None


# Schedules.


@rewriting
def other_schedule(rng: random.Random, x: Basic) -> Basic | None:
    if not isinstance(x, Node) or x.operation.kind is not Kind.STEP or x.operation.arity:
        return None
    name = x.operation.name
    if name in _COMPLEMENTS:
        complement = apply(_COMPLEMENTS[name])
        choices = [apply("sub", number(1), complement), x.operation.meaning.definition()]
        if name == "a6":
            choices.append(apply("mul", number(4), apply("mul", apply("a3"), apply("a4"))))
        return rng.choice(choices)
    if name in ("a13", "a14"):
        other = apply("a14" if name == "a13" else "a13")
        return apply("sub", number("0.95"), other)
    return None


@rewriting
def join_decays(rng: random.Random, x: Basic) -> Basic | None:
    if _is(x, "scale") and _is(x.operands[1], "scale"):
        outer, (inner, y) = x.operands[0], x.operands[1].operands
        return rng.choice(
            [
                apply("scale", inner, apply("scale", outer, y)),
                apply("scale", apply("mul", outer, inner), y),
            ]
        )
    return None


# Definitions.


@rewriting
def unfold(rng: random.Random, x: Basic) -> Basic | None:
    if not isinstance(x, Node):
        return None
    if x.operation.name in _UNFOLDED:
        choices = _UNFOLDED[x.operation.name](*x.operands, *x.parameters)
        return rng.choice(choices)
    if x.operation.meaning.definition is not None:
        return x.operation.meaning.definition(*x.operands, *x.parameters)
    return None


def _one_minus(x: Basic) -> Basic:
    return apply("sub", number(1), x)


def _half(x: Basic) -> Basic:
    return apply("mul", number("0.5"), x)


def _power(x: Basic, n: Rational) -> list[Basic]:
    product = x
    for _ in range(int(n) - 1):
        product = apply("mul", product, x)
    return [product] if n % 2 else [product, apply("abspow", x, n), apply("pow", apply("abs", x), exponent=n)]


def _exponentials(x: Basic) -> list[Basic]:
    choices = [apply("recip", apply("exp", apply("neg", x)))]
    if _is(x, "add") and not any(_is(n, "sign") for n in walk(x)):
        choices.append(apply("mul", *(apply("exp", y) for y in x.operands)))
    return choices


def _one_plus_square_root(y: Basic) -> Basic:
    return apply("sqrt", apply("add", number(1), apply("mul", y, y)))


_UNFOLDED: dict[str, Callable[..., list[Basic]]] = {
    "abs": lambda x: [apply("max", x, apply("neg", x)), apply("mul", apply("sign", x), x),
                      apply("pow", apply("sqrt", x), exponent=2)],
    "sqrt": lambda x: [apply("abspow", x, number("0.5"))],
    "pow": _power,
    "div": lambda x, y: [apply("mul", x, apply("recip", y))],
    "recip": lambda x: [apply("div", number(1), x)],
    "exp": _exponentials,
    "sigmoid": lambda x: [
        _one_minus(apply("sigmoid", apply("neg", x))),
        apply("add", number("0.5"), _half(apply("tanh", _half(x)))),
        apply("recip", apply("add", number(1), apply("exp", apply("neg", x)))),
    ],
    "tanh": lambda x: [
        apply("sub", apply("mul", number(2), apply("sigmoid", apply("mul", number(2), x))), number(1))
    ],
    "erf": lambda x: [_one_minus(apply("erfc", x)), apply("sub", apply("erfc", apply("neg", x)), number(1))],
    "erfc": lambda x: [_one_minus(apply("erf", x)), apply("sub", number(2), apply("erfc", apply("neg", x)))],
    "softplus": lambda x: [apply("ln", apply("add", number(1), apply("exp", x)))],
    "softsign": lambda x: [
        apply("mul", x, apply("dsoft", x)),
        apply("div", x, apply("add", number(1), apply("abs", x))),
    ],
    "dsoft": lambda x: [apply("recip", apply("add", number(1), apply("abs", x)))],
    "dtanh": lambda x: [_one_minus(apply("pow", apply("tanh", x), exponent=2)),
                        apply("mul", number(4), apply("dsig", apply("mul", number(2), x)))],
    "dsig": lambda x: [apply("mul", apply("sigmoid", x), _one_minus(apply("sigmoid", x)))],
    "rdiv": lambda x, y: [apply("div", x, _one_plus_square_root(y))],
    "clip": lambda x, y: [
        apply("max", apply("min", x, apply("abs", y)), apply("neg", apply("abs", y))),
        apply("min", apply("max", x, apply("neg", apply("abs", y))), apply("abs", y)),
    ],
    "wmean": lambda x, y, c: [apply("add", apply("mul", number(c), x), apply("mul", number(1 - c), y)),
                              apply("add", y, apply("mul", number(c), apply("sub", x, y)))],
    "ln": lambda x: [apply("mul", number(2), apply("ln", apply("sqrt", x)))],
}  # fmt: skip
