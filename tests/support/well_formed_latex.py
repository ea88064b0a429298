"""Whether LaTeX is well formed: brackets of every kind are closed in order."""

from __future__ import annotations

import re

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
CLOSERS = {"{": "}", "(": ")", r"\lvert": r"\rvert", r"\lVert": r"\rVert"}


def check_well_formed(text: str) -> None:
    """Fail unless brackets nest, left and right pair, and no script or alignment follows another."""
    text = "\n".join(line for line in text.splitlines() if not line.startswith("% "))
    opened = []
    tokens = TOKEN.findall(text)
    for index, token in enumerate(tokens):
        if token in CLOSERS:
            opened.append((CLOSERS[token], index > 0 and tokens[index - 1] == r"\left"))
        elif token in CLOSERS.values():
            closer, large = opened.pop()
            assert token == closer, text
            assert large == (tokens[index - 1] == r"\right"), text
    assert not opened, text
    assert not re.search(r"\^(?:\{[^{}]*\}|\w)\^|_(?:\{[^{}]*\}|\w)_", text), text
    assert not re.search(r"\+ [-+]|- [-+]|\(\)|\{\}|[0-9]\\,[0-9]|\\, ", text), text
