"""Rules from Python's operators: the words of the language as objects, which are put together into rules.

>>> from nos_sym import lang
>>> from nos_sym.lang import ema_hat, g, sqrt
>>> print(lang.rule(ema_hat(g, 0.9) / (sqrt(ema_hat(g**2, 0.999)) + 1e-8), name="Mine"))
Mine = none ~ v_hat / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)

Every word of the language is an attribute: operands (``g``, ``w``, ``v_hat``, ``a4``), functions
(``tanh(x)``, ``qhm(0.7)``) and rules of the catalog (``Adam(clip_norm(g))``). ``+ - * / **`` and ``abs`` mean
what they mean in a text; ``< <= > >=``, ``equal(x, y)`` and ``not_equal(x, y)`` compare, and ``&``, ``|`` and
``~`` join conditions for ``where(c, x, y)``. Floats are taken at the shortest decimal that their own type
reads back, so that ``numpy.float32(0.1)`` is 0.1; integers, decimals and fractions exactly, and SymPy
expressions as :meth:`nos_sym.Rule.sympy` writes them. With states and settings::

    beta, m = lang.setting("beta", 0.9), lang.state("m")
    heavy = lang.block(m.becomes(beta * m + g), w.becomes(w - lr * m), name="Heavy")

A state above the statement that moves it is its old value, and below it the new one, as in a text. A setting
or a state that has the name of a word stands in the place of that word, so that the two do not go into one
rule. An expression is the text of the language that means it, which :func:`rule`, :func:`block` and
:func:`schedule` read.
"""

from __future__ import annotations

from nos_sym.lang.building import block, equal, not_equal, rule, schedule, setting, state, when
from nos_sym.lang.expressions import Expression, Statement, expression

__all__ = [
    "Expression",
    "Statement",
    "block",
    "equal",
    "expression",
    "not_equal",
    "rule",
    "schedule",
    "setting",
    "state",
    "when",
]

_WRITTEN = {
    "add": "x + y",
    "sub": "x - y",
    "mul": "x * y",
    "div": "x / y",
    "neg": "-x",
    "pow": "x ** y",
    "scale": "d * x",
    "less": "x < y",
    "less_equal": "x <= y",
    "logical_and": "x & y",
    "logical_or": "x | y",
    "logical_not": "~x",
}
"""Operations of the registry that texts write with a sign, and how Python does."""


def __getattr__(word: str) -> Expression:
    from nos_sym.errors import quoted

    if word.startswith("_"):
        raise AttributeError(f"module 'nos_sym.lang' has no attribute {quoted(word)}")
    if not _is_word(word):
        from nos_sym.language.hints import hint_for

        hint = f"; write {_WRITTEN[word]}" if word in _WRITTEN else hint_for(word, __dir__())
        raise AttributeError(f"the language has no word {quoted(word)}{hint}")
    return Expression(word, {word: ""}, is_word=True)


def __dir__() -> list[str]:
    from nos_sym import catalog
    from nos_sym.language.operands import BY_NAME, QUASI_HYPERBOLIC
    from nos_sym.language.registry import REGISTRY

    words = (*REGISTRY, *BY_NAME, *QUASI_HYPERBOLIC, *catalog.names())
    return sorted({*__all__, *filter(_is_word, words)})


def _is_word(word: str) -> bool:
    """Return whether a text may have a word as it is, alone or before parentheses."""
    from nos_sym import catalog
    from nos_sym.language.expression_builder import is_atom, is_function

    return word not in _WRITTEN and (
        word == "where" or is_atom(word) or is_function(word) or word in catalog.names()
    )
