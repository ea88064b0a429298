"""Rules from Python's operators: the words of the language as objects, which are put together into rules.

>>> from nos_sym import lang
>>> from nos_sym.lang import ema_hat, g, sqrt
>>> print(lang.rule(ema_hat(g, 0.9) / (sqrt(ema_hat(g**2, 0.999)) + 1e-8), name="Mine"))
Mine = none ~ v_hat / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)

Every word of the language is an attribute: operands (``g``, ``w``, ``v_hat``, ``a4``), functions
(``tanh(x)``, ``qhm(0.7)``) and rules of the catalog (``Adam(clip_norm(g))``). ``+ - * / **`` and ``abs`` mean
what they mean in a text; ``< <= > >=``, ``&``, ``|`` and ``~`` make conditions for ``where(c, x, y)``.
Numbers are taken at their shortest decimal, fractions exactly, and SymPy expressions as
:meth:`nos_sym.Rule.sympy` writes them. With states and settings::

    beta, m = lang.setting("beta", 0.9), lang.state("m")
    heavy = lang.block(m.becomes(beta * m + g), w.becomes(w - lr * m), name="Heavy")

A state above the statement that moves it is its old value, and below it the new one, as in a text. An
expression is the text of the language that means it, which :func:`rule`, :func:`block` and :func:`schedule`
read.
"""

from __future__ import annotations

from nos_sym.lang.building import block, rule, schedule, setting, state, when
from nos_sym.lang.expressions import Expression, Statement, expression

__all__ = [
    "Expression",
    "Statement",
    "block",
    "expression",
    "rule",
    "schedule",
    "setting",
    "state",
    "when",
]


def __getattr__(word: str) -> Expression:
    from nos_sym import catalog
    from nos_sym.language.hints import hint_for
    from nos_sym.language.operands import BY_NAME, QUASI_HYPERBOLIC
    from nos_sym.language.registry import lookup

    if word.startswith("_"):
        raise AttributeError(f"module 'nos_sym.lang' has no attribute '{word}'")
    if lookup(word) is None and word not in (*BY_NAME, *QUASI_HYPERBOLIC, *catalog.names()):
        raise AttributeError(f"the language has no word '{word}'{hint_for(word, __dir__())}")
    return Expression(word, is_word=True)


def __dir__() -> list[str]:
    from nos_sym.language.operands import BY_NAME, QUASI_HYPERBOLIC
    from nos_sym.language.registry import REGISTRY

    return sorted({*__all__, *REGISTRY, *BY_NAME, *QUASI_HYPERBOLIC})
