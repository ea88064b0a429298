"""The protocol of a training, whatever is trained: sweep, one-cycle schedule, early stops, best epoch.

Images measure it in accuracies and other tasks in scores; what decides sees numbers in [0, 1], larger for
better, and the thresholds for them.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypeAlias

from nos_sym.search.records import SettingsError
from nos_sym.surrogate.cheaper import CheaperSettings

Split: TypeAlias = Literal["validation", "test"]
"""The part of the data that gives the fitness."""

_MOST_RATES, _LARGEST_RATE = 100, 1e6


class ProtocolSettings(CheaperSettings, Protocol):
    """What the protocol reads of the settings of a training, as ``TrainingSettings`` explains it."""

    @property
    def steps(self) -> int:
        """Length of the whole run, in updates."""

    @property
    def warmup(self) -> int:
        """Steps of the warm-up of the one-cycle schedule."""

    @property
    def hold(self) -> int:
        """Steps at the peak learning rate."""

    @property
    def momentum_high(self) -> float:
        """Momentum at both ends of the cycle."""

    @property
    def momentum_low(self) -> float:
        """Momentum at the peak learning rate."""

    @property
    def epoch_steps(self) -> int:
        """Length of an epoch in steps."""

    @property
    def learning_rates(self) -> tuple[float, ...]:
        """Peak learning rates of the sweep."""

    @property
    def first_steps(self) -> int:
        """Steps at each of them; 0 for no sweep."""

    @property
    def first_epoch_steps(self) -> int:
        """Length of an epoch of the sweep; 0 for that of the whole run."""

    @property
    def first_judged(self) -> str:
        """The epoch that counts there: the ``best`` one, or the ``final`` one."""

    @property
    def first_cut_after(self) -> int:
        """Steps after which an epoch of the sweep may end it; 0 for never."""

    @property
    def first_cut_score(self) -> float:
        """What such an epoch must reach."""

    @property
    def probes(self) -> tuple[float, ...]:
        """Learning rates that are tried first."""

    @property
    def second_after(self) -> int:
        """Steps after which the second early stop looks at epochs."""

    @property
    def check_every(self) -> int:
        """Steps between two looks at the losses; 0 for one an epoch."""

    @property
    def threads(self) -> int:
        """Processor threads of a training."""

    @property
    def measure(self) -> str:
        """What a training is measured in: ``accuracy`` or ``score``."""

    @property
    def first_score(self) -> float:
        """What an epoch of the sweep must reach."""

    @property
    def probe_score(self) -> float:
        """What a probe must reach."""

    @property
    def second_score(self) -> float:
        """What an epoch of the whole run must reach."""


def expect(record: Any, name: str, holds: bool, expected: str) -> None:
    """Check what a setting of a record has to be.

    Raises:
        SettingsError: it does not hold.
    """
    if not holds:
        raise SettingsError(f"'{name}' is {getattr(record, name)}; expected {expected}")


def check_protocol(record: Any) -> None:
    """Check schedule, sweep and momentum of the settings of a training.

    Raises:
        SettingsError: a value cannot be.
    """
    for name in ("momentum_high", "momentum_low"):
        expect(record, name, 0 <= getattr(record, name) < 1, "a number in [0, 1)")
    expect(
        record, "steps", record.steps > record.warmup + record.hold, "more than 'warmup' and 'hold' together"
    )
    expect(record, "first_steps", 0 <= record.first_steps <= record.steps, "0 to the number of 'steps'")
    rates = record.learning_rates
    positive = all(0 < rate <= _LARGEST_RATE for rate in rates)
    expect(
        record,
        "learning_rates",
        0 < len(rates) <= _MOST_RATES and positive,
        f"one to {_MOST_RATES} positive numbers up to {_LARGEST_RATE:g}",
    )
    expect(record, "learning_rates", len(set(rates)) == len(rates), "different numbers")
    expect(
        record,
        "learning_rates",
        len(rates) == 1 or record.first_steps > 0,
        "one alone where 'first_steps' is 0, because nothing chooses among them",
    )
    expect(record, "probes", set(record.probes) <= set(rates), "numbers of 'learning_rates'")
