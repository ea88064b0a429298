r"""The symbols of the names of a rule: its settings, states and values, as papers write them.

A letter and the name of a Greek one are themselves, a number at the end is an index, and ``x_hat`` has a hat.
What libraries call ``exp_avg`` is ``m`` to papers: :data:`LETTERS` has such names. Behind a letter the rest
of a name is an index, too, ``\mu_{\mathrm{next}}`` for ``mu_next``. Any other name is a word. Where two names
of one rule would have one symbol, or that of something else, those that are no letters themselves are words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass

LETTERS = {
    "exp_avg": "m",
    "exp_avg_sq": "v",
    "exp_inf": "u",
    "momentum": r"\mu",
    "momentum_buffer": "b",
    "square_avg": "v",
    "weight_decay": r"\lambda",
}
"""Names that libraries give to what papers have a letter for."""

_GREEK = {"alpha": "alpha", "beta": "beta", "eps": "epsilon", "gamma": "gamma"} | {
    letter: letter
    for letter in ("delta", "eta", "kappa", "lambda", "mu", "nu", "phi", "rho", "sigma", "tau", "theta", "xi")
}
_INDICES = {"inf": r"\infty", "max": r"\max", "min": r"\min"}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol.

    Attributes:
        letter: LaTeX of the letter or word.
        index: LaTeX of its index, empty where it has none.
    """

    letter: str
    index: str = ""

    def __str__(self) -> str:
        return f"{self.letter}_{{{self.index}}}" if self.index else self.letter

    def at(self, time: str) -> str:
        """Return the symbol at a time, ``v_{t-1}`` or ``v_{1,t-1}``."""
        return f"{self.letter}_{{{self.index},{time}}}" if self.index else f"{self.letter}_{{{time}}}"


def symbols_of(names: Iterable[str], taken: Container[str] = ()) -> dict[str, Symbol]:
    """Return the symbols of the names of a rule, all different.

    Args:
        names: of settings, states and values.
        taken: letters that mean something else in the rule.
    """
    found = {name: _symbol(name) for name in names}
    count = Counter(found.values())
    return {
        name: symbol
        if _is_letter(name) or (count[symbol] == 1 and (symbol.index or symbol.letter not in taken))
        else _word(name)
        for name, symbol in found.items()
    }


def legend_of(symbols: dict[str, Symbol]) -> str:
    """Return what the letters stand for whose names say something else, empty where there are none."""
    said = [
        f"{symbol} {name}"
        for name, symbol in symbols.items()
        if LETTERS.get(name.removeprefix("max_")) == symbol.letter
    ]
    return ", ".join(said)


def _is_letter(name: str) -> bool:
    return len(name) == 1 or (name in _GREEK and name not in ("mu", "eta"))


def _symbol(name: str) -> Symbol:
    if name.startswith("max_") and (letter := _letter(name.removeprefix("max_"))):
        return Symbol(letter, r"\max")
    letter = _letter(name)
    if letter is not None:
        return Symbol(letter)
    word = name.rstrip("0123456789")
    if word != name and not word.endswith("_"):
        return Symbol(_letter(word) or _word(word).letter, name[len(word) :])
    head, _, rest = name.partition("_")
    letter = _letter(head)
    if letter is None or not rest:
        return _word(name)
    if rest == "hat":
        return Symbol(rf"\hat{{{letter}}}")
    # The time is an index of all states and values.
    return Symbol(letter, "" if rest == "t" else _index(rest))


def _index(text: str) -> str:
    return _INDICES.get(text) or (text if text.isdigit() else _word(text).letter)


def _letter(name: str) -> str | None:
    if name in _GREEK:
        return rf"\{_GREEK[name]}"
    return LETTERS.get(name, name if len(name) == 1 else None)


def _word(name: str) -> Symbol:
    return Symbol(rf"\mathrm{{{name}}}".replace("_", r"\_"))
