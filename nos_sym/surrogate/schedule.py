"""The one-cycle schedule of a training: learning rate and momentum of each step of the whole run."""

from __future__ import annotations

from nos_sym import onecycle
from nos_sym.surrogate.protocol import ProtocolSettings


def cycle_rates(settings: ProtocolSettings) -> list[float]:
    """Return the learning rate of each step, for a peak of 1."""
    rates = onecycle.learning_rates(settings.steps, 1.0, settings.warmup, settings.hold)
    return [float(rate) for rate in rates]


def cycle_momenta(settings: ProtocolSettings) -> list[float]:
    """Return the momentum of each step, cycled against the learning rate."""
    s = settings
    return [float(mu) for mu in onecycle.momenta(s.steps, s.warmup, s.hold, s.momentum_high, s.momentum_low)]
