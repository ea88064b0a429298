"""Proofs of one link, for tests."""

from __future__ import annotations

from nos_sym.proof.checker import Checked, check_proof
from nos_sym.proof.errors import Refused


def proof_text(first: str, second: str, *uses: str, level: str = "exact", head: str = "") -> str:
    """Return the text of a proof from one update to another that cites what ``uses`` say."""
    a, b = (text if "~" in text else f"none ~ {text}" for text in (first, second))
    cited = "".join(f"    by {use}\n" for use in uses)
    return f"nos-sym proof 1\nlevel: {level}\nA: {a}\nB: {b}\n{head}\n  {a}\n{cited}= {b}\n"


def accepts(first: str, second: str, *uses: str) -> bool:
    """Return whether the checker accepts a link between two updates."""
    try:
        check_proof(proof_text(first, second, *uses))
    except Refused:
        return False
    return True


def accepted(first: str, second: str, *uses: str) -> Checked:
    """Return what the checker says of a link that it accepts."""
    return check_proof(proof_text(first, second, *uses))
