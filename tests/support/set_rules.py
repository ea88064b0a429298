"""Rules that name their settings."""

from __future__ import annotations

from typing import Any

from sympy.core.numbers import Rational

from nos_sym.intervals.interval import Interval
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.setting import setting


def _named(name: str, default: str, domain: Interval | None = None) -> Any:
    return setting(name, Rational(default), domain)


def adam_w() -> Rule:
    """Return AdamW with the settings of ``torch.optim.AdamW``."""
    v_hat = apply("ema_hat", apply("g"), beta=_named("beta1", "0.9"))
    s_hat = apply("ema_hat", apply("pow", apply("g"), exponent=2), beta=_named("beta2", "0.999"))
    step = apply("div", v_hat, apply("add", apply("sqrt", s_hat), _named("eps", "1e-8")))
    decay = apply("mul", _named("weight_decay", "0.01"), apply("w"))
    return Rule(Momentum.NONE, apply("add", step, decay), name="AdamW", source="Loshchilov and Hutter 2019")


def clipped() -> Rule:
    """Return momentum with a bound and a power that users may set, and a beta that stays as it is."""
    bound = _named("bound", "0.5", Interval(0, float("inf"), low_open=True))
    average = apply("clip", apply("ema", apply("g"), beta="0.9"), bound)
    power = apply("abspow", apply("w"), _named("power", "1.5", Interval(1, 2)))
    update = apply("add", average, apply("mul", number("0.01"), power))
    return Rule(Momentum.MOMENTUM, update, name="Clipped", source="made up")
