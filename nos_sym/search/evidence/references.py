"""Reference optimizers: as they are, and the best of a random search over all of their settings.

They go through the very protocol of a search: its learning rates, schedule and early stops. What is tuned
beside the learning rate is drawn log-uniformly:

========================  ==================================
1 - beta1, 1 - momentum   0.01 to 0.5
1 - beta2                 0.0001 to 0.1
epsilon                   1e-10 to 0.01
weight decay              0.0001 to 1 in AdamW, where it is scaled by the learning rate alone; 1e-6 to 0.01 in
                          the others, where it is added to the gradient
========================  ==================================

Source of the protocol: Choi et al. 2019, *On empirical comparisons of optimizers for deep learning*, which
tunes every setting, log-uniformly and in these complements.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from nos_sym import catalog
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.search.slots import Slot, Stage

Draw = Callable[[float, float], str]
"""Returns a number, log-uniform between two, as it is written in a rule."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference optimizer.

    Attributes:
        name: what it is called.
        entry: its name in the catalog, whose settings are the defaults.
        text: writes it with drawn settings.
    """

    name: str
    entry: str
    text: Callable[[Draw], str]

    def trial(self, number: int, trial: int) -> Rule:
        """Return the rule of a trial of the tuning; the first has the settings of the catalog.

        Args:
            number: of the reference, which seeds its draws.
            trial: counted from 0; the sequence of the trials does not depend on how many there are.
        """
        if trial == 0:
            rule = catalog.entry(self.entry)
            assert isinstance(rule, Rule)
            return rule.at_defaults().named("", "")
        rng = Slot(Stage.TUNING, number, 0, trial).generator(0, 0)

        def draw(low: float, high: float) -> str:
            return f"{Decimal(f'{math.exp(rng.uniform(math.log(low), math.log(high))):.3g}'):f}"

        rule = parse(self.text(draw))
        assert isinstance(rule, Rule)
        return rule


def _decay(draw: Draw, low: float = 0.01, high: float = 0.5) -> tuple[str, str]:
    """Return a decay of an average, and what it lacks of one."""
    complement = draw(low, high)
    return f"{1 - Decimal(complement):f}", complement


def _moments(draw: Draw, gradient: str) -> str:
    beta1, beta2 = _decay(draw)[0], _decay(draw, 1e-4, 0.1)[0]
    eps = draw(1e-10, 0.01)
    return f"ema_hat({gradient}, {beta1}) / (sqrt(ema_hat(({gradient})^2, {beta2})) + {eps})"


def _adam(draw: Draw) -> str:
    return f"none ~ {_moments(draw, f'g + {draw(1e-6, 0.01)} * w')}"


def _adamw(draw: Draw) -> str:
    return f"none ~ {_moments(draw, 'g')} + {draw(1e-4, 1.0)} * w"


def _momentum(draw: Draw) -> str:
    momentum, complement = _decay(draw)
    return f"none ~ ema(g + {draw(1e-6, 0.01)} * w, {momentum}) / {complement}"


def _nesterov(draw: Draw) -> str:
    momentum, complement = _decay(draw)
    decayed = f"(g + {draw(1e-6, 0.01)} * w)"
    return f"none ~ {decayed} + {momentum} * ema({decayed}, {momentum}) / {complement}"


REFERENCES = (
    Reference("Adam", "Adam", _adam),
    Reference("AdamW", "AdamW", _adamw),
    Reference("SGD with momentum", "SGDMomentum", _momentum),
    Reference("Nesterov", "Nesterov", _nesterov),
)
"""The references, in the order in which trials are shared out among them."""


def trials_of(number: int, budget: int) -> int:
    """Return how many of some trials a reference gets: every fourth, and the first in any case."""
    return max(1, len(range(number, budget, len(REFERENCES))))
