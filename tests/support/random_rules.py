"""Random rules for tests, made by walking the registry; the same generator gives the same rules."""

from __future__ import annotations

import random
from collections.abc import Sequence

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.language.authors.table import form_of as log_form
from nos_sym.language.kind import Kind
from nos_sym.language.operands import OPERANDS, quasi_hyperbolic
from nos_sym.language.operation import Operation, Parameter, Role
from nos_sym.language.registry import REGISTRY, apply, number
from nos_sym.language.rule import Momentum, Rule

DECAY_PROBABILITY = 0.15
"""With which a connection carries a decay function, as in the authors' sampling."""

ONE_LINE = [o for o in REGISTRY.values() if not o.of_blocks]
"""Operations that random rules of one line are made of: all but those that blocks added."""

_SCHEDULES = [name for name in REGISTRY if REGISTRY[name].arity == 0 and log_form(REGISTRY[name].name).decay]
_BASIS = ("p", "r", "remaining")


def random_rule(
    rng: random.Random,
    *,
    depth: int = 4,
    authors: bool = False,
    dropout: bool = True,
    prefer: Sequence[str] = (),
) -> Rule:
    """Return a random rule of at most ``depth`` operations above its operands.

    Args:
        rng: the only source of randomness.
        depth: levels of operations, decay functions and operands not counted.
        authors: only what the authors' log can say, with the same rule when its text is read back: the 20
            operands, the 14 schedules, parameters and numbers of the paper, no ascent, no ``softsign(1)``.
        dropout: whether dropout may occur; its masks are numbered in the order of the text, and without
            ``authors`` a few rules use one mask twice.
        prefer: names of operations of which every third is one.
    """
    generator = _Generator(rng, authors=authors, dropout=dropout, prefer=prefer)
    update = generator.tensor(depth)
    return Rule(rng.choice(list(Momentum)), update, ascent=not authors and rng.random() < 0.2)


def random_decay(rng: random.Random, *, depth: int = 2, authors: bool = False) -> Basic:
    """Return a random decay function of at most ``depth`` operations above its schedules."""
    return _Generator(rng, authors=authors, dropout=False).decay(depth)


def random_number(rng: random.Random) -> Rational:
    """Return a random positive number with a finite decimal form, mostly of ordinary size."""
    if rng.random() < 0.3:
        return Rational(rng.randint(1, 4))
    digits = rng.randint(1, 3)
    value = Rational(rng.randint(1, 10**digits), 10**digits)
    return value * Rational(10) ** rng.randint(-6, 2) if rng.random() < 0.3 else value


class _Generator:
    def __init__(
        self, rng: random.Random, *, authors: bool, dropout: bool, prefer: Sequence[str] = ()
    ) -> None:
        self.rng = rng
        self.preferred = [REGISTRY[name] for name in prefer]
        self.authors = authors
        self.draws = 0
        self.shared = not authors and rng.random() < 0.2
        self.of_tensors = [o for o in ONE_LINE if self._acts_on_tensors(o, dropout)]
        self.of_decays = [
            o
            for o in ONE_LINE
            if o.arity
            and (o.role is Role.ELEMENTWISE or o.kind is Kind.STEP)
            and (not authors or log_form(o.name).decay is not None)
        ]

    def _acts_on_tensors(self, operation: Operation, dropout: bool) -> bool:
        if not operation.arity or operation.role is Role.SCALE:
            return False
        if operation.role is Role.RANDOM and not dropout:
            return False
        return not self.authors or log_form(operation.name).update is not None

    def tensor(self, depth: int) -> Basic:
        """Return an update; a connection to an operand becomes likelier with depth, as in a graph."""
        if depth <= 0 or self.rng.random() < 0.12:
            return self._operand()
        operation = self.rng.choice(self.of_tensors)
        if self.preferred and self.rng.random() < 1 / 3:
            operation = self.rng.choice(self.preferred)
        literal = log_form(operation.name).literals and self.rng.random() < 0.5
        operands = [self._connection(depth - 1) for _ in range(operation.arity - bool(literal))]
        if literal:
            operands.append(number(self.rng.choice(log_form(operation.name).literals)))
        if self.authors and operation.name == "softsign" and operands[0] == number(1):
            operands[0] = number(2)  # softsign(1) is written as dsoft(1) is
        return apply(operation.name, *operands, **self._parameters(operation))

    def _connection(self, depth: int) -> Basic:
        if self.rng.random() >= DECAY_PROBABILITY:
            return self.tensor(depth)
        return apply("scale", self.decay(2), self.tensor(depth))

    def _operand(self) -> Basic:
        if self.authors or self.rng.random() < 0.7:
            return self.rng.choice(OPERANDS).expression
        choices = [
            lambda: apply("w"),
            lambda: number(random_number(self.rng)),
            lambda: quasi_hyperbolic(
                ("qhm", "qhm2", "qhm3")[self.rng.randint(1, 3) - 1],
                _value(self.rng, REGISTRY["ema"].parameters[0]),
            ),
        ]
        return self.rng.choice(choices)()

    def decay(self, depth: int) -> Basic:
        """Return a decay function; like a tensor of the registry, but never a plain number."""
        if depth <= 0 or self.rng.random() < 0.3:
            return self._schedule()
        operation = self.rng.choice(self.of_decays)
        operands = [self.decay(depth - 1) for _ in range(operation.arity)]
        if not self.authors and operation.arity == 2 and self.rng.random() < 0.2:
            operands[self.rng.randrange(2)] = number(random_number(self.rng))
        return apply(operation.name, *operands, **self._parameters(operation))

    def _schedule(self) -> Basic:
        if self.authors or self.rng.random() < 0.8:
            return apply(self.rng.choice(_SCHEDULES))
        if self.rng.random() < 0.5:
            return apply(self.rng.choice(_BASIS))
        correction = REGISTRY["correction"]
        return apply(correction.name, **self._parameters(correction))

    def _parameters(self, operation: Operation) -> dict[str, Rational]:
        values = {}
        for index, parameter in enumerate(operation.parameters):
            if parameter.name == "draw":
                values[parameter.name] = Rational(self._draw())
            elif index == 0 and log_form(operation.name).values and (self.authors or self.rng.random() < 0.5):
                values[parameter.name] = Rational(self.rng.choice(log_form(operation.name).values))
            else:
                values[parameter.name] = _value(self.rng, parameter)
        return values

    def _draw(self) -> int:
        if self.shared and self.draws and self.rng.random() < 0.5:
            return self.rng.randint(1, self.draws)
        self.draws += 1
        return self.draws


def _value(rng: random.Random, parameter: Parameter) -> Rational:
    if parameter.integer:
        return Rational(rng.randint(int(parameter.low), int(parameter.high)))
    value = Rational(rng.randint(0, 1000), 1000)
    return value if float(value) in parameter.interval else Rational(1, 2)
