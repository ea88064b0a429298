"""A symbol of mathematics in LaTeX: what one is, and which texts are the same one.

A letter, a command of one, an accent over a group or a group in braces, then primes, a superscript and a
subscript, each at most once: what TeX itself refuses, a second subscript say, is no symbol. A script or what
an accent stands over is one letter or digit, or a group.
"""

from __future__ import annotations

import re

_LETTERS = frozenset(
    (
        "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta",
        "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "varphi",
        "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi",
        "Psi", "Omega", "nabla", "ell", "partial", "prime",
    )
)  # fmt: skip
_ACCENTS = frozenset(
    (
        "hat", "widehat", "tilde", "widetilde", "bar", "vec", "dot", "mathbf", "mathrm", "mathit", "mathsf",
        "mathcal", "mathbb", "mathfrak", "boldsymbol",
    )
)  # fmt: skip
_TOKEN = re.compile(r"\\[A-Za-z]+|[A-Za-z0-9_^{}',]")
_LONGEST = 60


def same_form(text: str) -> str | None:
    r"""Return a symbol with braces around every script; ``None`` if the text is none.

    >>> same_form(r"\hat x_a")
    '\\hat{x}_{a}'
    """
    if len(text) > _LONGEST or "^^" in text:
        return None
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None and text[position] != " ":
            return None
        tokens += [match[0]] if match else []
        position = match.end() if match else position + 1
    try:
        found = _Reader(tokens).row(inner=False)
    except _NoSymbol:
        return None
    return found if re.match(r"[{A-Za-z\\]", found) else None


class _NoSymbol(Exception):
    pass


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.position = 0

    @property
    def next(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        found = self.next
        self.position += 1
        return found

    def row(self, inner: bool) -> str:
        """Return symbols side by side, to the brace that closes them or to the end."""
        parts = []
        while self.next not in ("", "}"):
            parts.append(self.take() if inner and self.next == "," else self.scripted())
        if not parts or (self.next == "}") is not inner:
            raise _NoSymbol
        return "".join(f"{a} " if a[0] == "\\" and a[-1] != "}" and a != parts[-1] else a for a in parts)

    def scripted(self) -> str:
        nucleus = self.nucleus()
        scripts: dict[str, str] = {}
        while self.next in ("'", "^", "_"):
            kind = "_" if self.next == "_" else "^"
            if kind in scripts:
                raise _NoSymbol
            text = ""
            while self.next == "'":
                text += self.take()
            if self.next == kind:
                self.position += 1
                text += f"{kind}{{{self.argument()}}}"
            scripts[kind] = text
        return nucleus + scripts.get("_", "") + scripts.get("^", "")

    def nucleus(self) -> str:
        if self.next == "{":
            group = self.argument()
            # A letter in braces is the letter.
            return group if _TOKEN.fullmatch(group) else f"{{{group}}}"
        if self.next[1:] in _ACCENTS and self.next[0] == "\\":
            return f"{self.take()}{{{self.argument()}}}"
        return self.letter()

    def argument(self) -> str:
        """Return what an accent or a script takes, without its braces."""
        if self.next != "{":
            return self.letter()
        self.position += 1
        group = self.row(inner=True)
        self.position += 1
        return group

    def letter(self) -> str:
        found = self.take()
        if found.isalnum() or (found[:1] == "\\" and found[1:] in _LETTERS):
            return found
        raise _NoSymbol
