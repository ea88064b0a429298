"""Terms as text of the language."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from sympy.core.numbers import Rational

from nos_sym.language.decimal_text import decimal_text
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.orthogonalizing import DEFAULTS, PARAMETERS, STEPS
from nos_sym.lift.term import NAME, NUMBER, OPAQUE, Term

_INFIX = {"add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2)}
_COMPARED = {"less": "<", "less_equal": "<=", "equal": "=="}
_TURNED = {"less": ">", "less_equal": ">="}
_OPPOSITE = {"less": ">=", "less_equal": ">", "equal": "!="}
_SIGN, _POWER, _ATOM = 3, 4, 5
_NO_WORDS = {
    "infinity": "a number that is infinite",
    "gram": "a product of matrices",
    "parts": "several values in one tensor",
    "flat": "several tensors in one",
    "masked": "the entries for which a mask holds, as a tensor of their own",
}


def number_text(value: Fraction) -> tuple[str, int]:
    """Return a number and how tightly it binds."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1:
        return decimal_text(Rational(value.numerator, value.denominator)), _SIGN if value < 0 else _ATOM
    return f"{value.numerator} / {value.denominator}", 2


class Printer:
    """Prints terms.

    Args:
        names: of terms that are written by a name.
        absolute: whether powers with an exponent that is no number are written as those of the absolute
            value, which they are where the base may be negative.
    """

    def __init__(self, names: Mapping[Term, str], *, absolute: bool = False) -> None:
        self.names = names
        self.absolute = absolute

    def text(self, term: Term, *, root: bool = False) -> str:
        """Return the text of a term; that of a root is written out though it has a name.

        Raises:
            LiftError: a part of it had no handler.
        """
        return self._text(term, root)[0]

    def _text(self, term: Term, root: bool = False) -> tuple[str, int]:
        if not root and term in self.names:
            return self.names[term], _ATOM
        match term.operation:
            case "name":
                return term.name, _ATOM
            case "number":
                return number_text(term.value)
            case "neg":
                return f"-{self._bound(term.operands[0], _SIGN)}", _SIGN
            case "pow":
                x, y = term.operands
                if self.absolute and not y.is_number:
                    return f"abspow({self.text(x)}, {self.text(y)})", _ATOM
                return f"{self._bound(x, _ATOM)}^{self._bound(y, _ATOM)}", _POWER
            case "where":
                condition, x, y = term.operands
                inside = ", ".join((self.condition(condition), self.text(x), self.text(y)))
                return f"where({inside})", _ATOM
        if term.operation == OPAQUE:
            raise LiftError(f"{term.name} has no handler, and the rule would have to read it")
        if term.operation in _NO_WORDS:
            raise LiftError(f"the step makes {_NO_WORDS[term.operation]}, and no rule can say that")
        if term.operation in STEPS.values():
            return f"{term.operation}({self._orth(term)})", _ATOM
        if term.operation in _INFIX:
            sign, level = _INFIX[term.operation]
            x, y = term.operands
            right = level + 1
            return f"{self._bound(x, level)} {sign} {self._bound(y, right)}", level
        return f"{term.operation}({', '.join(self.text(x) for x in term.operands)})", _ATOM

    def _orth(self, term: Term) -> str:
        given = [self.text(x) for x in term.operands[1:]]
        rows = zip(PARAMETERS, given, DEFAULTS, strict=True)
        return ", ".join([self.text(term.operands[0]), *(f"{n}={x}" for n, x, usual in rows if x != usual)])

    def _bound(self, x: Term, level: int) -> str:
        text, own = self._text(x)
        return text if own >= level else f"({text})"

    def condition(self, term: Term, *, inside: bool = False) -> str:
        """Return the text of a condition."""
        operation = term.operation
        if operation in _TURNED and term.operands[0].is_number:
            return f"{self.text(term.operands[1])} {_TURNED[operation]} {self.text(term.operands[0])}"
        if operation in _COMPARED:
            return f"{self.text(term.operands[0])} {_COMPARED[operation]} {self.text(term.operands[1])}"
        if operation == "logical_not":
            inner = term.operands[0]
            if inner.operation in _OPPOSITE:
                x, y = (self.text(z) for z in inner.operands)
                return f"{x} {_OPPOSITE[inner.operation]} {y}"
            return f"not ({self.condition(inner)})"
        if operation in ("logical_and", "logical_or"):
            word = "and" if operation == "logical_and" else "or"
            joined = f" {word} ".join(self.condition(x, inside=True) for x in term.operands)
            return f"({joined})" if inside else joined
        if operation in (NAME, NUMBER) or term.operands:
            return f"{self.text(term)} != 0"
        raise LiftError("a condition of the step cannot be written")
