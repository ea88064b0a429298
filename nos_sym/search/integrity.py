"""The integrity check: does an optimizer descend a shifted sphere at any of six learning rates?

Most random equations do nothing or diverge. The check finds out in a millisecond: 35 steps of the one-cycle
schedule on ``f(x) = sum((x - b)^2)``, for all learning rates, both signs and many optimizers at once.
Source: Morgan and Hougen 2024, Section 3.2, and the authors' script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nos_sym import onecycle
from nos_sym.errors import NosSymError
from nos_sym.genome.decay_values import all_in_unit
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.language.traversal import walk
from nos_sym.program.interpreter import Interpreter, schedule_values
from nos_sym.program.lower import lower
from nos_sym.search.stacked import StackedPrograms

if TYPE_CHECKING:
    from sympy.core.basic import Basic

Array = npt.NDArray[np.float64]

STACK = 512
"""Number of optimizers that are computed at once; their values then fit a processor's cache."""


_MOST_STEPS, _MOST_NUMBERS, _LARGEST = 1000, 32, 1e9
"""The check is one of a millisecond; what is larger by magnitudes would take the memory of the machine."""


class IntegrityError(NosSymError):
    """Settings of the integrity check that cannot be used."""


@dataclass(frozen=True, slots=True)
class IntegritySettings:
    """The task of the check; the defaults are the authors'.

    Attributes:
        steps: total steps T of the one-cycle schedule and of decay functions; the loss before the last update
            counts.
        warmup: number of steps in which the learning rate rises and momentum falls; there is no hold.
        learning_rates: peak learning rates to try.
        threshold: final loss below which an optimizer passes; at the default start the loss is 7.15.
        start: initial weights, one tensor.
        target: the vector b, at which the loss is 0.
        seed: seed of the masks of dropout.
    """

    steps: int = 35
    warmup: int = 6
    learning_rates: tuple[float, ...] = (1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5)
    threshold: float = 3.5
    start: tuple[float, ...] = (1.1, 0.9, 1.1, 0.9, 1.0)
    target: tuple[float, ...] = (0.5, 1.5, -0.3, -1.2, 0.75)
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= _MOST_STEPS:
            raise IntegrityError(f"'steps' is {self.steps}; expected 1 to {_MOST_STEPS}")
        for name in ("learning_rates", "start"):
            if len(getattr(self, name)) > _MOST_NUMBERS:
                raise IntegrityError(
                    f"'{name}' has {len(getattr(self, name))} numbers; expected at most {_MOST_NUMBERS}"
                )
        if not 0 <= self.warmup < self.steps:
            raise IntegrityError(f"'warmup' is {self.warmup}; expected 0 to 'steps' - 1, {self.steps - 1}")
        if not self.learning_rates or not all(0 < x <= _LARGEST for x in self.learning_rates):
            raise IntegrityError(
                f"'learning_rates' holds what is no learning rate; expected positive numbers to {_LARGEST:g}"
            )
        numbers = (*self.start, *self.target, self.threshold)
        if not self.start or not all(abs(x) <= _LARGEST for x in numbers):
            raise IntegrityError(
                f"'start', 'target' and 'threshold' must be numbers up to {_LARGEST:g}, at least one each"
            )
        if len(self.start) != len(self.target):
            raise IntegrityError(
                f"'target' has {len(self.target)} numbers; expected as many as 'start', {len(self.start)}"
            )
        if not 0 <= self.seed < 2**63:
            raise IntegrityError(f"'seed' is {self.seed}; expected 0 to {2**63 - 1}")

    @property
    def initial_loss(self) -> float:
        """The loss at the start."""
        return sum((x - b) ** 2 for x, b in zip(self.start, self.target, strict=True))


@dataclass(frozen=True, slots=True)
class Integrity:
    """The result of the check for one optimizer.

    Attributes:
        passed: whether the loss ends below the threshold at any learning rate, with either sign.
        ascent: the sign to keep, as ``Rule.ascent``: that of the rule if it passes or if neither sign does,
            else the opposite one. Of a block: whether its steps are to be taken in the opposite direction.
        learning_rate: learning rate of the smallest final loss with this sign; ``None`` if it does not pass.
        losses: final losses with the sign of the rule, in the order of the learning rates; NaN or infinite
            if the optimizer diverged.
        flipped: final losses with the opposite sign.
    """

    passed: bool
    ascent: bool
    learning_rate: float | None
    losses: tuple[float, ...]
    flipped: tuple[float, ...]


def check(rules: Sequence[Rule | Block], settings: IntegritySettings | None = None) -> list[Integrity]:
    """Check rules and return their results in order.

    The result of a rule does not depend on the others. The k-th dropout mask of a rule, in the order of its
    text, comes from a generator seeded with ``(seed, k)``; each lane, step and element has its own number.

    With the opposite sign a step adds ``-d`` to the weights where it adds ``d`` as it is written. That holds
    of blocks, too, whose states are computed as they are written.

    >>> [result] = check([parse("none ~ tanh(g)")])
    >>> result.passed
    True

    Args:
        rules: the optimizers.
        settings: the task; by default the authors'.
    """
    settings = settings or IntegritySettings()
    found: list[Integrity] = []
    for start in range(0, len(rules), STACK):
        stack = rules[start : start + STACK]
        losses = final_losses(stack, settings)
        found += [_judge(rule, row, settings) for rule, row in zip(stack, losses, strict=True)]
    return found


def final_losses(rules: Sequence[Rule | Block], settings: IntegritySettings) -> Array:
    """Return the losses before the last update, shape ``(rules, 2, learning rates)``, flipped signs last."""
    losses = np.empty((len(rules), 2, len(settings.learning_rates)))
    short = [(i, rule) for i, rule in enumerate(rules) if isinstance(rule, Rule) and _stacks(rule)]
    if short:
        losses[[i for i, _ in short]] = _of_rules([rule for _, rule in short], settings)
    for index, rule in enumerate(rules):
        if isinstance(rule, Block) or not _stacks(rule):
            losses[index] = _one_by_one(rule, settings)
    return losses


def _stacks(rule: Rule) -> bool:
    """Return whether many such rules run at once; reductions of blocks are of one tensor alone."""
    return not any(node.operation.of_blocks for node in walk(rule.update))


def _of_rules(rules: Sequence[Rule], settings: IntegritySettings) -> Array:
    """Return the losses of rules of one line, all at once."""
    programs = [lower(rule, saturating=False) for rule in rules]
    updates = settings.steps - 1
    rates = _lanes(settings)[:updates]
    mus = onecycle.momenta(settings.steps, settings.warmup)[:updates]
    uniform = _masks(max((len(p.draws) for p in programs), default=0), settings)
    target = np.array(settings.target)
    weight = np.broadcast_to(np.array(settings.start), (len(programs), *uniform.shape[2:])).copy()
    with np.errstate(all="ignore"):
        stacked = StackedPrograms(programs, uniform, settings.steps, rates, mus)
        for t in range(updates):
            weight += stacked.step(t, 2 * (weight - target), weight)
        losses: Array = np.sum((weight - target) ** 2, axis=-1).reshape(len(programs), 2, -1)
    return losses


def _one_by_one(rule: Rule | Block, settings: IntegritySettings) -> Array:
    """Return the losses of a rule whose reductions and states are of one tensor, lane after lane."""
    interpreter = Interpreter(
        rule,
        (len(settings.start),),
        total_steps=settings.steps,
        saturating=False,
        uniform=lambda draw, _: uniform[draws.index(draw), interpreter.step, lane],
    )
    draws = interpreter.program.draws
    uniform = _masks(len(draws), settings)
    rates, target = _lanes(settings), np.array(settings.target)
    mus = onecycle.momenta(settings.steps, settings.warmup)
    losses = np.empty(rates.shape[1])
    with np.errstate(all="ignore"):
        for lane in range(len(losses)):
            interpreter.restart()
            weight = np.array(settings.start)
            for t in range(settings.steps - 1):
                moved = interpreter.apply(weight, 2 * (weight - target), abs(rates[t, lane]), mus[t])
                weight = moved if rates[t, lane] >= 0 else weight - (moved - weight)
            losses[lane] = np.sum((weight - target) ** 2)
    return losses.reshape(2, -1)


def _masks(draws: int, settings: IntegritySettings) -> Array:
    """Return uniform numbers for dropout, shape ``(draws, steps, lanes, size)``."""
    shape = (settings.steps - 1, 2 * len(settings.learning_rates), len(settings.start))
    uniform = np.empty((draws, *shape))
    for k in range(draws):
        uniform[k] = np.random.default_rng((settings.seed, k)).random(shape)
    return uniform


def _lanes(settings: IntegritySettings) -> Array:
    """Return the learning rates of shape ``(steps, lanes)``, negative in the lanes of the flipped sign."""
    columns = [
        onecycle.learning_rates(settings.steps, peak, settings.warmup) for peak in settings.learning_rates
    ]
    return np.stack([*columns, *(-column for column in columns)], axis=1)


def _judge(rule: Rule | Block, losses: Array, settings: IntegritySettings) -> Integrity:
    # Not a number is not below the threshold, and neither is infinity.
    below = losses < settings.threshold
    row = 0 if below[0].any() or not below[1].any() else 1
    passed = bool(below[row].any())
    best = int(np.argmin(np.where(below[row], losses[row], np.inf)))
    return Integrity(
        passed,
        (isinstance(rule, Rule) and rule.ascent) != bool(row),
        settings.learning_rates[best] if passed else None,
        tuple(losses[0].tolist()),
        tuple(losses[1].tolist()),
    )


def decay_in_unit(decay: Schedule | Basic, total_steps: int = 100) -> bool:
    """Return whether ``0 <= d(t) <= 1`` at ``t = 0 ... total_steps - 1``; NaN does not pass.

    A value may lie outside by the rounding error of ``a1 + a2``, which is 1.
    """
    schedule = decay if isinstance(decay, Schedule) else Schedule(decay)
    return all_in_unit(schedule_values(schedule, total_steps))
