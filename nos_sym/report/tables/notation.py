r"""The symbols of a paper: ``g_t`` in one is ``\nabla_t`` in another."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy.core.basic import Basic

from nos_sym.backends.latex.expression import ExpressionPrinter
from nos_sym.errors import NosSymError, quoted
from nos_sym.language.hints import did_you_mean
from nos_sym.language.operands import BY_NAME
from nos_sym.language.registry import CLASSES, apply

_COMMANDS = frozenset(
    (
        "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta",
        "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "varphi",
        "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi",
        "Psi", "Omega", "nabla", "ell", "partial", "prime", "hat", "widehat", "tilde", "widetilde", "bar",
        "vec", "dot", "mathbf", "mathrm", "mathit", "mathsf", "mathcal", "mathbb", "mathfrak", "boldsymbol",
    )
)  # fmt: skip
_TOKEN = re.compile(r"\\([A-Za-z]+)|[A-Za-z0-9_^{}',]| ")
_LONGEST = 60


class NotationError(NosSymError):
    """A symbol that is not one, or of something that has none."""


def _check(name: str, symbol: str) -> None:
    """Refuse what is more than letters, digits, scripts and the commands of letters and accents."""
    position, depth = 0, 0
    while position < len(symbol) <= _LONGEST:
        match = _TOKEN.match(symbol, position)
        if match is None or (match[1] is not None and match[1] not in _COMMANDS) or "^^" in symbol:
            break
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth < 0:
            break
        position = match.end()
    if not symbol.strip() or position != len(symbol) or depth:
        raise NotationError(
            f"the symbol of {name} is {quoted(symbol)}; expected letters, digits and commands of Greek "
            "letters and accents, as in '\\hat{\\theta}'"
        )


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
        for field in dataclasses.fields(self):
            _check(field.name, getattr(self, field.name))

    def symbols(self) -> dict[Basic, str]:
        """Return the LaTeX of the expressions that have a symbol."""
        found: dict[Basic, str] = {apply("g"): self.gradient, apply("w"): self.weights}
        for name, letter in (("v_hat", self.first), ("s_hat", self.second), ("lam_hat", self.third)):
            hat = BY_NAME[name].expression
            found[hat] = rf"\hat{{{letter}}}"
            found[CLASSES["ema"](*hat.args)] = letter
        for index in range(1, 15):
            found[apply(f"a{index}")] = f"{self.decay}_{{{index}}}"
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
