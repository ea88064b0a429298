"""Characters and attributes of other languages, with what stands for them in this one."""

from __future__ import annotations

import re

from nos_sym.language.hints import hint_for
from nos_sym.language.reading import Problem

CHARACTERS: dict[str, str] = {
    "&&": "conditions are joined by 'and'",
    "&": "conditions are joined by 'and'",
    "\N{LOGICAL AND}": "conditions are joined by 'and'",
    "\N{LOGICAL OR}": "conditions are joined by 'or'",
    "\N{NOT SIGN}": "the opposite of a condition is 'not ...'",
    "!": "the opposite of a condition is 'not ...'",
    "?": "a choice among values is 'where(condition, x, y)'",
    "%": "the remainder is 'mod(x, y)', and a comment begins with '#'",
    "@": "products of matrices cannot be said",
    "\\": "the text is no LaTeX, and a line goes on by itself behind an operator",
    "$": "leave it out",
    "//": "a quotient that is rounded down is 'floor(x / y)', and a comment begins with '#'",
    "/*": "a comment begins with '#'",
    "'": "names are letters, digits and '_', and a text stands between two '\"'",
}
"""Characters that mean something elsewhere; longer ones stand before their beginnings."""

_HIDDEN = re.compile(r'"[^"\n]*"|#[^\n]*')
_MODULES = ("torch", "np", "numpy", "jnp", "jax", "math", "tf", "keras", "F", "self", "optax")


def without_hidden(text: str) -> str:
    """Return a text of the same length whose comments and quotes, apart from their marks, are blank."""
    return _HIDDEN.sub(lambda found: found[0][0] + " " * (len(found[0]) - 1), text)


def attribute(text: str, place: int) -> Problem | None:
    """Return what to write for ``g.mean()``, ``torch.tanh`` and ``self.m``, given the place of the point."""
    owner = re.search(r"[A-Za-z_]\w*$", text[:place])
    member = re.match(r"\.([A-Za-z_]\w*)(\s*\()?", text[place:])
    if owner is None or member is None:
        return None
    name = member[1]
    if owner[0] not in _MODULES and member[2] and name.endswith("_"):
        return Problem(
            "values are not changed in place; 'm <- ...' gives a state its new value", owner.start()
        )
    hint = (
        "; transposes of matrices cannot be said"
        if name == "T"
        else hint_for(name, ("norm2",), in_block=True)
    )
    if owner[0] in _MODULES or not member[2]:
        return Problem("names have no parts" + (hint or f"; write '{name}' alone"), owner.start())
    return Problem("values have no methods" + (hint or f"; write '{name}({owner[0]})'"), owner.start())
