"""Formulas as trees, which are written as MathML or, much shorter, as data for a page that builds it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import TypeAlias

from nos_sym.errors import NosSymError

Packed: TypeAlias = "str | int | list[Packed]"
"""A formula as JSON data. A text is a number, a name or an operator, by :func:`leaf_tag`; an integer is a
space in sixths of an em; a list is an element, its first item what it is, by :data:`SHORT`."""


class FormulaError(NosSymError):
    """LaTeX of which no formula can be made."""


@dataclass(frozen=True, slots=True)
class Formula:
    """An element of MathML Core.

    Attributes:
        tag: name of the element.
        text: what stands in a leaf.
        children: the elements in another one.
        attributes: names and values, in order.
    """

    tag: str
    text: str = ""
    children: tuple[Formula, ...] = ()
    attributes: tuple[tuple[str, str], ...] = field(default=())

    def to_mathml(self) -> str:
        """Return the element as text, ``<math>`` with its name space."""
        said = "".join(f' {name}="{escape(value)}"' for name, value in self.attributes)
        if self.tag == "math":
            said = f' xmlns="http://www.w3.org/1998/Math/MathML"{said}'
        inner = escape(self.text, quote=False) + "".join(child.to_mathml() for child in self.children)
        return f"<{self.tag}{said}>{inner}</{self.tag}>"

    def leaves(self) -> list[str]:
        """Return the texts of all leaves in the order in which they are read."""
        own = [self.text] if self.text else []
        return own + [text for child in self.children for text in child.leaves()]

    def pack(self) -> Packed:
        """Return what is in the element as data of JSON, for the page that builds MathML of it."""
        if self.tag == "mspace":
            return round(6 * float(dict(self.attributes)["width"].removesuffix("em")))
        if self.tag in ("mi", "mn", "mo"):
            if leaf_tag(self.text) == self.tag and self.attributes == leaf_attributes(self.text):
                return self.text
            said = (value for name, value in self.attributes if name in ("form", "mathvariant"))
            return [SHORT[self.tag], self.text, *said]
        if self.tag == "mtext":
            return [SHORT["mtext"], self.text]
        return [SHORT[self.tag], *(child.pack() for child in self.children)]


SHORT = {
    "math": "", "mrow": "", "mi": "i", "mn": "n", "mo": "o", "mtext": "t", "msub": "_", "msup": "^",
    "msubsup": "x", "mfrac": "/", "msqrt": "q", "mover": "h", "munder": "u", "mtable": "T", "mtr": "r",
    "mtd": "d",
}  # fmt: skip
"""Names of elements in data; ``T`` aligns its cells in turn to the right and to the left."""

OPERATORS = "+-\N{MINUS SIGN}=<>≤≥·/(),;:|‖{}⌊⌋^∧\N{LOGICAL OR}¬\N{PRIME}"
"""What is an operator where it stands alone."""

_NUMBER = re.compile(r"[0-9.]+")


def leaf_tag(text: str) -> str:
    """Return the element of a leaf that says nothing more: a number, an operator, or else a name."""
    if _NUMBER.fullmatch(text):
        return "mn"
    return "mo" if (text in OPERATORS and len(text) == 1) or text == "mod" else "mi"


def leaf_attributes(text: str) -> tuple[tuple[str, str], ...]:
    """Return the attributes of such a leaf: brackets keep their size."""
    return (("stretchy", "false"),) if text and text in "()" else ()
