"""The symbols of one rule: its averages, other states and quasi-hyperbolic terms, and their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sympy.core.basic import Basic

from nos_sym.language.node import Node
from nos_sym.language.operands import BY_NAME, as_quasi_hyperbolic
from nos_sym.language.operation import Role
from nos_sym.language.registry import CLASSES
from nos_sym.language.traversal import walk

_LETTERS: dict[Basic, str] = {
    BY_NAME[name].expression.args[0]: letter
    for name, letter in (("v_hat", "v"), ("s_hat", "s"), ("lam_hat", r"\lambda"))
}
"""What is averaged to the paper's letter of the average."""

_OTHER_AVERAGE = "z"
_OTHER_STATE = "n"
_QUASI_HYPERBOLIC = "q"


@dataclass(frozen=True, slots=True)
class Slot:
    """A state or a named term.

    Attributes:
        node: the node that updates the state (an average without its bias correction), or the term.
        hat: the same average with bias correction, where the rule uses it.
        letter: LaTeX of its letter.
        index: number among the slots of one letter, from 1; 0 where it is the only one.
    """

    node: Node
    hat: Node | None
    letter: str
    index: int

    def at(self, time: str, accent: str = "") -> str:
        r"""Return the symbol at a time, for example ``\hat v_t`` or ``v_{1,t-1}``."""
        subscript = f"{self.index},{time}" if self.index else time
        letter = rf"{accent} {self.letter}" if accent and self.letter.isalpha() else accent + self.letter
        return f"{letter}_{subscript}" if len(subscript) == 1 else f"{letter}_{{{subscript}}}"


def find_states(expression: Basic) -> list[Slot]:
    """Return the states of an expression, those that others need first."""
    found: dict[Node, Node | None] = {}
    for node in walk(expression):
        if node.operation.role is not Role.STATE:
            continue
        if node.operation.name == "ema_hat":
            found[CLASSES["ema"](*node.args)] = node
        else:
            found.setdefault(node, None)
    return list(_numbered((node, hat, _state_letter(node)) for node, hat in found.items()))


def find_terms(expression: Basic) -> list[Slot]:
    """Return the quasi-hyperbolic terms of an expression."""
    terms = [node for node in walk(expression) if as_quasi_hyperbolic(node) is not None]
    return list(_numbered((node, None, _QUASI_HYPERBOLIC) for node in terms))


def _state_letter(node: Node) -> str:
    if node.operation.name != "ema":
        return _OTHER_STATE
    return _LETTERS.get(node.operands[0], _OTHER_AVERAGE)


def _numbered(slots: Iterable[tuple[Node, Node | None, str]]) -> Iterator[Slot]:
    listed = list(slots)
    total = Counter(letter for _, _, letter in listed)
    count: Counter[str] = Counter()
    for node, hat, letter in listed:
        count[letter] += 1
        yield Slot(node, hat, letter, count[letter] if total[letter] > 1 else 0)
