"""LaTeX of the printer to formulas, and what the library that reads it leaves to be put right.

``latex2mathml`` writes names of functions as operators, which browsers set with spaces around them, names
with digits in pieces, and bars without their side. Names are names, bars get their side, and what MathML Core
does not know is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from html import unescape
from xml.etree import ElementTree

from nos_sym.errors import quoted
from nos_sym.report.mathml.tree import SHORT, Formula, FormulaError, leaf_attributes, leaf_tag

_NAMESPACE = re.compile(r"\{[^}]*\}")
_OPENING = re.compile(r"(?<!\\left)\\(lvert|lVert|lfloor)(?![A-Za-z])")
_CLOSING = re.compile(r"(?<!\\right)\\(rvert|rVert|rfloor)(?![A-Za-z])")
_NAME = re.compile(r"\\(?:operatorname\*?|mathrm)\{((?:[A-Za-z0-9]|\\_)+)\}")
_MARK, _UNDERSCORE = "\ue001", "\ue000"
"""What a text begins with that is a name, and an underscore in it: no LaTeX of the printer has them."""
_LINES = (("class", "nos-lines"), ("displaystyle", "true"))
_WORD = re.compile(r"[^\W\d]\w*")


@lru_cache(maxsize=4096)
def formula_of(latex: str, display: bool = False) -> Formula:
    r"""Return a piece of LaTeX, or a whole ``align*``, as a formula.

    Args:
        latex: what :mod:`nos_sym.backends.latex` has printed.
        display: whether it is to stand on lines of its own.

    Raises:
        FormulaError: it cannot be read, as a form of a plug-in that no browser has.
    """
    # To import it takes a tenth of the time of a start.
    from latex2mathml.converter import convert_to_element

    prepared = _CLOSING.sub(r"\\right\\\1", _OPENING.sub(r"\\left\\\1", _NAME.sub(_as_text, latex)))
    try:
        element = convert_to_element(prepared, display="block" if display else "inline")
    except Exception as error:  # the library's errors have no common class
        what = f"{type(error).__name__} in {quoted(latex, 80)}"
        raise FormulaError(f"no formula can be made of this LaTeX: {what}") from None
    said = (("display", "block"),) if display else ()
    children = _flat(_read(child) for child in element)
    return Formula("math", children=tuple(_as_lines(c) for c in children), attributes=said)


def _as_text(match: re.Match[str]) -> str:
    r"""Return a name as a text with a mark, since the library splits ``\operatorname{i1e}`` at the digit."""
    return rf"\text{{{_MARK}{match[1].replace(chr(92) + '_', _UNDERSCORE)}}}"


def _as_lines(child: Formula) -> Formula:
    """Return the table that a display is, whose fractions have the size of a line of their own."""
    return replace(child, attributes=_LINES) if child.tag == "mtable" else child


def _read(element: ElementTree.Element) -> Formula:
    tag = _NAMESPACE.sub("", element.tag)
    text = unescape(element.text or "")  # the library writes them as references
    if tag == "mspace":
        return Formula("mspace", attributes=(("width", element.attrib["width"]),))
    if tag == "mtext":
        if text.startswith(_MARK):
            return _name(text.removeprefix(_MARK).replace(_UNDERSCORE, "_"))
        return Formula("mtext", text)
    if tag in ("mi", "mn", "mo"):
        return _leaf(tag, text, element.attrib)
    children = [_read(child) for child in element]
    if tag == "mtd":
        side = element.attrib.get("columnalign", "left")
        return Formula("mtd", children=_flat(children), attributes=(("class", f"nos-{side}"),))
    if tag in ("mrow", "mstyle", "math", "msqrt"):
        row = _flat(children)
        if tag == "msqrt":
            return Formula("msqrt", children=row)
        return row[0] if len(row) == 1 else Formula("mrow", children=row)
    if tag not in SHORT:
        raise FormulaError(f"no formula can be made of this LaTeX: it has the element {quoted(tag, 40)}")
    if tag == "msup" and children[1].text == "\u2032":
        # As an exponent of an index, the prime of an old value is too small to be seen.
        return Formula("mrow", children=tuple(children))
    said = (("accent", "true"),) if tag == "mover" else (("class", "nos-cases"),) if tag == "mtable" else ()
    return Formula(tag, children=tuple(children), attributes=said)


def _leaf(tag: str, text: str, attributes: dict[str, str]) -> Formula:
    if "form" in attributes:
        form = (("form", attributes["form"]), ("stretchy", "true"))
        return Formula("mo", text, attributes=form)
    if _WORD.fullmatch(text) and text != "mod":
        return Formula("mi", text)
    return Formula(leaf_tag(text), text, attributes=leaf_attributes(text))


def _name(text: str) -> Formula:
    """Return a name in upright letters, as those of several letters are anyway."""
    return Formula("mi", text, attributes=(("mathvariant", "normal"),) if len(text) == 1 else ())


def _flat(children: Iterable[Formula]) -> tuple[Formula, ...]:
    """Return elements without empty ones, and without rows in the row."""
    found: list[Formula] = []
    for child in children:
        if child.tag in ("mi", "mo", "mrow") and not child.text and not child.children:
            continue
        found += child.children if child.tag == "mrow" else (child,)
    return tuple(found)
