r"""Text of a user as LaTeX: every character stands for itself, whatever it would mean to TeX.

No backslash, no brace and no character of TeX's own reaches the document, in whichever notation: ``^^5c`` is
shown as five characters because the carets are. What is not printable is shown as messages show it.
"""

from __future__ import annotations

from nos_sym.errors import escaped

_MEANT: dict[str, str] = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": r"{-}",  # two would be a dash
}


_LONG_WORD = 30
"""Characters of a word after which a line may end."""


def latex_text(text: str) -> str:
    r"""Return text as LaTeX that shows it, for example ``\_`` for ``_``.

    Letters beyond ASCII are escaped, too, because fonts and engines differ in what they have.
    """
    shown = _in_ascii(text)
    return "".join(_MEANT.get(c, c) for c in shown)


def breaking_text(text: str) -> str:
    r"""Return text as LaTeX as :func:`latex_text` does, in which lines may end within long words.

    What has no space would go on beyond the margin and the page.
    """
    words = _in_ascii(text).split(" ")
    return " ".join(
        r"\allowbreak{}".join(
            "".join(_MEANT.get(c, c) for c in word[at : at + _LONG_WORD])
            for at in range(0, len(word) or 1, _LONG_WORD)
        )
        for word in words
    )


def shown_length(text: str) -> int:
    """Return how many characters of a page a text takes."""
    return len(_in_ascii(text))


def _in_ascii(text: str) -> str:
    return escaped(text).encode("ascii", "backslashreplace").decode("ascii")


def comment(text: str) -> str:
    """Return text as a line of a comment, which ends nowhere before its end."""
    return f"% {_in_ascii(text).replace('^^', '^ ^')}"
