"""Random small rules, rich in zeros, signs, quotients, roots, logarithms, clips and maxima."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from sympy.core.basic import Basic

from nos_sym.errors import RuleError
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule

BETAS = ("0.9", "0.99", "0.999", "0.5")
NUMBERS = ("1", "2", "0.5", "3", "-1", "-2", "0.1", "0")
EXPONENTS = ("-1", "0.5", "-0.5", "2", "3", "-2", "1", "0", "1.5")


def negative(x: Basic) -> Basic:
    """Return ``-x``."""
    return apply("neg", x)


def power(x: Basic, n: int) -> Basic:
    """Return ``x^n``."""
    return apply("pow", x, exponent=n)


def average(x: Basic, beta: str) -> Basic:
    """Return the average of x."""
    return apply("ema", x, beta=beta)


_UNARY: dict[str, int] = {
    "neg": 2, "abs": 4, "sign": 5, "sqrt": 3, "ln": 2, "recip": 4, "exp": 1, "tanh": 1, "arctan": 1, "erf": 1,
    "sigmoid": 1, "softsign": 1, "dsoft": 1, "arcsinh": 1, "softplus": 1, "dtanh": 1, "running_max": 2,
    "delta": 1, "clip_norm": 1,
}  # fmt: skip
"""Operations of one operand with their weights."""
_BINARY: dict[str, int] = {"add": 5, "sub": 4, "mul": 8, "div": 6, "max": 4, "min": 3, "clip": 2}
_SCHEDULES = ("p", "r", "remaining", "a1", "a2", "a3", "a6", "a7", "a10", "a13")


def small_rule(rng: random.Random, *, depth: int = 3) -> Rule:
    """Return a random rule of at most ``depth`` operations above its operands, most without momentum."""
    momentum = Momentum.NONE if rng.random() < 0.9 else rng.choice(list(Momentum))
    while True:
        try:
            return Rule(momentum, small_tensor(rng, depth), rng.random() < 0.05)
        except RuleError:
            continue


def small_tensor(rng: random.Random, depth: int) -> Basic:
    """Return a random tensor."""
    if depth <= 0 or rng.random() < 0.1:
        return _leaf(rng)
    choice = rng.random()
    if choice < 0.4:
        name = rng.choices(list(_UNARY), list(_UNARY.values()))[0]
        return apply(name, small_tensor(rng, depth - 1))
    if choice < 0.8:
        name = rng.choices(list(_BINARY), list(_BINARY.values()))[0]
        return apply(name, small_tensor(rng, depth - 1), small_tensor(rng, depth - 1))
    x = small_tensor(rng, depth - 1)
    others: list[Callable[[], Basic]] = [
        lambda: power(x, rng.choice((2, 2, 3, 4))),
        lambda: apply("abspow", x, number(rng.choice(EXPONENTS))),
        lambda: apply("scale", small_decay(rng, 2), x),
        lambda: average(x, rng.choice(BETAS)),
        lambda: apply("ema_hat", x, beta=rng.choice(BETAS)),
        lambda: apply("mul", number(rng.choice(NUMBERS)), x),
        lambda: apply("add", number(rng.choice(NUMBERS)), x),
        lambda: apply("wmean", x, small_tensor(rng, depth - 1), weight="0.9"),
        lambda: apply("drop", x, rate="0.5", draw=rng.choice((1, 1, 2))),
        lambda: apply("max", x, number(0)),
    ]
    return rng.choice(others)()


def _leaf(rng: random.Random) -> Basic:
    choice = rng.random()
    if choice < 0.45:
        return apply("g")
    if choice < 0.7:
        return apply("w")
    if choice < 0.85:
        return number(rng.choice(NUMBERS))
    return rng.choice([average(apply("g"), rng.choice(BETAS)), average(power(apply("g"), 2), "0.999")])


def small_decay(rng: random.Random, depth: int) -> Basic:
    """Return a random function of the step."""
    if depth <= 0 or rng.random() < 0.4:
        if rng.random() < 0.1:
            return apply("correction", beta=rng.choice(BETAS))
        return apply(rng.choice(_SCHEDULES))
    if rng.random() < 0.5:
        return apply(rng.choice(("recip", "sign", "abs", "sqrt", "neg", "ln")), small_decay(rng, depth - 1))
    other = small_decay(rng, 0) if rng.random() < 0.6 else number(rng.choice(("1", "0.5", "2")))
    return apply(rng.choice(("add", "sub", "mul", "div", "max", "min")), small_decay(rng, depth - 1), other)


def paths(x: Basic) -> Iterator[tuple[int, ...]]:
    """Yield where the operands of an expression stand, itself first."""
    yield ()
    if isinstance(x, Node):
        for i, operand in enumerate(x.operands):
            for path in paths(operand):
                yield (i, *path)


def parts(x: Basic, *names: str) -> tuple[Basic, ...]:
    """Return the operands of one of the named operations, or nothing."""
    return x.operands if isinstance(x, Node) and x.operation.name in names else ()


def at(x: Basic, path: tuple[int, ...]) -> Basic:
    """Return what stands at a path."""
    for i in path:
        x = x.args[i]
    return x


def replaced(x: Basic, path: tuple[int, ...], new: Basic) -> Basic:
    """Return an expression with another part at a path."""
    if not path:
        return new
    arguments = list(x.args)
    arguments[path[0]] = replaced(arguments[path[0]], path[1:], new)
    return x.func(*arguments)


def small_like(rng: random.Random, x: Basic) -> Basic:
    """Return a small expression that may stand beside ``x``."""
    if kind_of(x) is Kind.TENSOR:
        return small_tensor(rng, rng.randint(0, 2))
    if kind_of(x) is Kind.STEP:
        return small_decay(rng, 1)
    return number(rng.choice(("1", "2", "0.5", "-1", "3")))
