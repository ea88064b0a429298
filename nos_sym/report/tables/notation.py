r"""The symbols of a paper: ``g_t`` in one is ``\nabla_t`` in another."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy.core.basic import Basic

from nos_sym.backends.latex.expression import ExpressionPrinter
from nos_sym.backends.latex.measure import Level, level_of
from nos_sym.errors import NosSymError, quoted
from nos_sym.language.hints import did_you_mean
from nos_sym.language.operands import BY_NAME
from nos_sym.language.registry import CLASSES, apply
from nos_sym.report.tables.symbol import same_form

_OF_TABLES = ("q", "q_{2}", "q_{3}", "t", "T")
"""Symbols of the tables themselves: quasi-hyperbolic terms, the step and the number of steps."""

_TERM = re.compile(r"x_\{\d+\}")
"""A part that rows of a run share."""

_INDICES = range(1, 15)
_AVERAGES = ("first", "second", "third")


class NotationError(NosSymError):
    """A symbol that is not one, or of something that has none."""


def _check(name: str, symbol: str) -> str:
    """Return the form in which a symbol is compared; refuse what is none, or that of a table itself."""
    form = same_form(symbol)
    if form is None:
        raise NotationError(
            f"the symbol of {name} is {quoted(symbol)}; expected letters, digits and commands of Greek "
            "letters and accents, as in '\\hat{\\theta}', with one subscript and one superscript at most"
        )
    if form in _OF_TABLES or _TERM.fullmatch(form):
        raise NotationError(
            f"the symbol of {name}, {quoted(symbol)}, has a meaning in tables; choose another"
        )
    return form


def _held(text: str) -> str:
    """Return a symbol so that a superscript may follow: a prime is one, which TeX takes once."""
    # TeX takes the braces of a lone accent away, hence the empty group.
    return f"{{{{}}{text}}}" if "'" in text and level_of(text) is Level.ATOM else text


@dataclass(frozen=True, slots=True)
class Notation:
    """What a paper calls what the rules are made of, as LaTeX in math.

    Attributes:
        gradient: the gradient ``g``.
        weights: the weights ``w``.
        first: average of the gradient, without its hat.
        second: average of the squared gradient.
        third: average of the cubed gradient.
        update: the update ``U``.
        rate: learning rate.
        momentum: momentum coefficient.
        moment: momentum, the state of momentum types.
        decay: letter of the decay functions.
    """

    gradient: str = "g"
    weights: str = "w"
    first: str = "v"
    second: str = "s"
    third: str = r"\lambda"
    update: str = "U"
    rate: str = r"\eta"
    momentum: str = r"\mu"
    moment: str = "m"
    decay: str = "a"

    def __post_init__(self) -> None:
        meant: dict[str, str] = {}
        for field in dataclasses.fields(self):
            name = field.name
            form = _check(name, getattr(self, name))
            forms = [form]
            if name in _AVERAGES:
                forms.append(rf"\hat{{{form}}}")
            if name == "decay":
                forms += [f"{form}_{{{index}}}" for index in _INDICES]
            for each in forms:
                other = meant.setdefault(each, name)
                # No table has both, and papers write m for either.
                if other != name and not (other in _AVERAGES and name == "moment"):
                    raise NotationError(
                        f"{other} and {name} would both be {quoted(each)}; give one of them another symbol"
                    )

    def symbols(self) -> dict[Basic, str]:
        """Return the LaTeX of the expressions that have a symbol."""
        found: dict[Basic, str] = {apply("g"): _held(self.gradient), apply("w"): _held(self.weights)}
        for name, letter in (("v_hat", self.first), ("s_hat", self.second), ("lam_hat", self.third)):
            hat = BY_NAME[name].expression
            found[hat] = rf"\hat{{{letter}}}"
            found[CLASSES["ema"](*hat.args)] = _held(letter)
        letter = f"{{{{}}{self.decay}}}" if re.search("[_^']", self.decay) else self.decay
        for index in _INDICES:
            found[apply(f"a{index}")] = f"{letter}_{{{index}}}"
        return found

    def printer(self, more: Mapping[Basic, str] | None = None) -> ExpressionPrinter:
        """Return a printer of expressions in this notation, with more symbols if any."""
        return ExpressionPrinter(self.symbols() | dict(more or {}))


PAPER = Notation()
"""The notation of Morgan and Hougen 2024."""


def notation_of(values: Sequence[str]) -> Notation:
    """Return the paper's notation with changes, each a text ``weights=\\theta``.

    Raises:
        NotationError: a text is no change, its name is unknown, or its symbol is none.
    """
    known = [field.name for field in dataclasses.fields(Notation)]
    changes: dict[str, str] = {}
    for text in values:
        name, equals, symbol = (part.strip() for part in text.partition("="))
        if not equals or not symbol:
            raise NotationError(f"{quoted(text)} changes no symbol; expected, for example, 'weights=\\theta'")
        if name not in known:
            hint = did_you_mean(name, known) or f"; expected one of {', '.join(known)}"
            raise NotationError(f"nothing is called {quoted(name)} in the notation{hint}")
        if name in changes:
            raise NotationError(f"the symbol of {quoted(name)} is given twice; leave one out")
        changes[name] = symbol
    return Notation(**changes)
