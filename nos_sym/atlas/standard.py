"""Equal settings for all: one value for what libraries call by several names."""

from __future__ import annotations

from collections.abc import Mapping

from sympy.core.numbers import Rational

from nos_sym.auditing.families import Families, Variable
from nos_sym.auditing.matching import meanings
from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.language.setting import setting_name

DECAY = "weight_decay"
"""What many optimizers have and many lack: one with it is compared with one without it where it is 0."""

STANDARD: Mapping[str, str] = {
    "beta1": "0.9",
    "beta2": "0.99",
    "beta3": "0.995",
    "eps": "0.001",
    DECAY: "0.01",
    "momentum": "0.9",
    "rho": "0.95",
    "alpha": "0.95",
}
"""Values by the names of the catalog. An epsilon is large, so that its place shows; other settings have their
defaults."""


def standard_value(name: str) -> str | None:
    """Return the standard value of a setting, by whatever name; ``None`` where there is none."""
    known = sorted(meaning for meaning in meanings(name) if meaning in STANDARD)
    return STANDARD[known[0]] if known else None


def has_decay(rule: Rule | Block) -> bool:
    """Return whether a rule has a setting of weight decay."""
    return any(DECAY in meanings(setting_name(node)) for node in rule.settings)


def at_standard(rule: Rule | Block, *, decay: bool) -> Rule | Block:
    """Return a rule at the standard values of those of its settings that have one and may have it.

    Args:
        rule: with settings.
        decay: whether the weights decay; if not, that setting is 0.
    """
    for node in rule.settings:
        name = setting_name(node)
        value = standard_value(name)
        if value is None:
            continue
        if DECAY in meanings(name) and not decay:
            value = "0"
        try:
            rule = rule.with_settings({name: value})
        except NosSymError:
            continue
    return rule


def shared_values(families: Families) -> dict[Variable, Rational]:
    """Return the values at which two optimizers are compared: standard ones of what both have, else defaults.

    A decay that one of them alone has is 0.
    """
    values = {}
    for variable in families.variables:
        name = variable.first or variable.second
        said = standard_value(name)
        if not (variable.first and variable.second):
            said = "0" if DECAY in meanings(name) else None
        fits = said is not None and float(said) in variable.domain
        values[variable] = Rational(said) if said is not None and fits else variable.default
    return values
