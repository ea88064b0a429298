"""The text of a proof: what is printed is read, and what cannot be read is said in one line, with a place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.proofs import proof_text

import nos_sym
from nos_sym.proof.reader import MOST_CHARACTERS, read_proof

GOOD = """nos-sym proof 1
# A comment.
level: schedule
A: none ~ [a2] g
B: none ~ [3 * a4] g
times A: 3 * a4
times B: a2
steps: 2

  none ~ [3 * a4] [a2] g
    by a4
= none ~ [3 * (1 - cospi(p)) / 2] [a2] g

    by a4
= none ~ [a2] [3 * a4] g
"""


def test_a_proof_is_read_printed_and_read_again() -> None:
    proof = read_proof(GOOD)
    assert proof.level == "schedule"
    assert [len(step.uses) for step in proof.chain] == [0, 1, 1]
    assert [step.line for step in proof.chain] == [10, 12, 15]
    assert read_proof(str(proof)) == proof
    assert read_proof(GOOD.replace("\n", "\r\n")) == proof
    checked = nos_sym.check_proof(GOOD)
    assert (checked.links, checked.cited) == (2, ("a4",))


BAD = [
    ("", "expected the first line 'nos-sym proof 1'", 1),
    ("none ~ g", "expected the first line 'nos-sym proof 1'", 1),
    (GOOD.replace("proof 1", "proof 2"), "expected the first line 'nos-sym proof 1'", 1),
    (GOOD.replace("level: schedule\n", ""), "the head of the proof has no 'level:'", 1),
    (GOOD.replace("level: schedule", "level: almost"), "'almost' is no level", 3),
    (GOOD.replace("steps: 2", "steps: few"), "'few' is no number of steps", 8),
    (GOOD.replace("steps: 2", "almost: g; gg"), "'gg'", 8),
    (GOOD.replace("steps: 2", "almost: g;"), "", 8),
    (GOOD.replace("steps: 2", f"almost: {'; '.join('gwgwgwgwg')}"), "9 assumptions; expected at most 8", 8),
    (GOOD.replace("by a4\n= none ~ [3", "assume g\n= none ~ [3"), "'g' is no assumption", 11),
    (GOOD.replace("by a4\n= none ~ [3", "by assume; x := g\n= none ~ [3"), "'assume' names no identity", 11),
    (GOOD.replace("steps: 2", "because: it is so"), "'because' is no part of a head", 8),
    (GOOD.replace("steps: 2", "times B: a2"), "'times B' stands there twice", 8),
    (GOOD.replace("times B: a2", "times B: g"), "'times B' is a tensor", 7),
    (GOOD.replace("times B: a2", "times B: a99"), "unknown name 'a99'", 7),
    (GOOD.replace("A: none ~ [a2] g", "A: schedule ~ a2"), "a schedule stands where a rule must be", 4),
    (GOOD.replace("A: none ~ [a2] g", "A: X = none ~ [a2] g"), "one rule without name", 4),
    (GOOD.replace("A: none ~ [a2] g", "A: none ~ [a2] gg"), "'gg'", 4),
    (GOOD.replace("by a4\n= none ~ [3", "by induction; s := g\n= none ~ [3"), "'s := g' is no invariant", 11),
    (GOOD.replace("by a4\n= none ~ [3", "by A4\n= none ~ [3"), "'A4' names no identity", 11),
    (GOOD.replace("by a4\n= none ~ [3", "by a4; x\n= none ~ [3"), "'x' is no value", 11),
    (GOOD.replace("by a4\n= none ~ [3", "by a4; x := g; x := w\n= none ~ [3"), "'x := w' is no value", 11),
    (GOOD.replace("  none ~ [3 * a4] [a2] g\n", ""), "expected a rule first", 10),
    (GOOD.replace("= none ~ [a2]", "none ~ [a2]"), "expected a line with =, by or assume", 15),
    (GOOD + "    by a4\n", "the proof ends in what a link uses", 17),
    (GOOD.split("\n\n")[0], "the proof has no chain", 8),
    (GOOD.replace("  none ~ [3 * a4]", "= none ~ [3 * a4]"), "expected a rule without =", 10),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "line"), BAD)
def test_what_cannot_be_read_is_said_with_its_line(text: str, message: str, line: int) -> None:
    with pytest.raises(nos_sym.SourceError) as caught:
        nos_sym.check_proof(text)
    assert message in str(caught.value)
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


def test_the_place_of_an_error_in_a_rule_is_pointed_at() -> None:
    with pytest.raises(nos_sym.SourceError) as caught:
        read_proof(GOOD.replace("= none ~ [a2] [3 * a4] g", "= none ~ [a2] [3 * a4] nothing"))
    assert caught.value.text[caught.value.position :].startswith("nothing")
    assert caught.value.caret().splitlines()[0].strip() == "= none ~ [a2] [3 * a4] nothing"


def test_the_proofs_that_the_document_shows_are_accepted(repository: Path) -> None:
    document = (repository / "docs" / "proofs.md").read_text(encoding="utf-8")
    pattern = r"^```\n(nos-sym proof 1\n.*?)^```"
    shown, induction, almost = re.findall(pattern, document, re.DOTALL | re.MULTILINE)
    checked = nos_sym.check_proof(shown)
    assert checked.cited == ("a2", "nonneg", "exp-ln")
    for use in ("by a2", "by nonneg; x := 1 + g^2", "by exp-ln; x := 1 + g^2"):
        with pytest.raises(nos_sym.Refused, match="the values differ"):
            nos_sym.check_proof(shown.replace(f"    {use}\n", ""))
    assert nos_sym.check_proof(induction).invariants == (("A.velocity", "-B.v"), ("B.n", "0"))
    for said in ("; B.n := 0", "A.velocity := -B.v; "):
        with pytest.raises(nos_sym.Refused, match="later step"):
            nos_sym.check_proof(induction.replace(said, ""))
    assert nos_sym.check_proof(almost).cited == ("ema-constant",)


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(nos_sym.SourceError, match="too long"):
        read_proof(GOOD + "#" * MOST_CHARACTERS)


@pytest.mark.parametrize(
    ("level", "head", "first", "second", "message"),
    [
        ("exact", "times A: 2\n", "2 * (g)", "g + g", "no side is multiplied"),
        ("sign", "times A: 2\n", "2 * (g)", "g + g", "a factor is 1 or -1"),
        ("scale", "times A: 0\n", "0 * (g)", "0", "a number that is shown not to be zero"),
        ("scale", "times A: ln(1)\n", "ln(1) * (g)", "0", "a number that is shown not to be zero"),
        ("scale", "times A: a1\n", "[a1] (g)", "[1 - p] g", "a number that is shown not to be zero"),
        ("exact", "steps: 1\n", "g", "g", "exceptional steps belong to level schedule"),
        ("schedule", "times A: a2\n", "[a2] (g)", "[p] g", "zero on up to 1 steps; the proof says 0"),
        (
            "schedule",
            "times A: max(a1 - 0.5, 0)\nsteps: 9\n",
            "g",
            "g",
            "may be zero on more than a few steps",
        ),
        ("schedule", "times A: cospi(40 * p)\nsteps: 9\n", "g", "g", "may be zero on more than a few steps"),
        ("schedule", "times A: 0\nsteps: 9\n", "g", "0", "may be zero on more than a few steps"),
        ("schedule", "times A: a1 - a1\nsteps: 9\n", "g", "0", "may be zero on more than a few steps"),
    ],
)
def test_factors_that_a_level_does_not_allow(
    level: str, head: str, first: str, second: str, message: str
) -> None:
    text = proof_text(first, second, level=level, head=head)
    # The claim is about g, and the chain about the factor times g.
    text = text.replace(f"A: none ~ {first}", "A: none ~ g", 1)
    if message.startswith("may be"):
        factor = head.split("\n")[0].removeprefix("times A: ")
        product = f"{factor} * g" if factor == "0" else f"[{factor}] g"
        text = text.replace(f"\n  none ~ {first}", f"\n  none ~ {product}")
    with pytest.raises(nos_sym.Refused, match=message):
        nos_sym.check_proof(text)


def test_a_schedule_is_allowed_with_its_steps() -> None:
    """Two rules whose factors vanish at the first step and at the middle are equal but there."""
    factors = {"a2": 1, "a1": 0, "r": 2, "a10 * a2": 3, "arctan(a13)": 1, "a2 + a13": 1, "max(a2, a9)": 0}
    factors |= {"1 / a4": 1, "min(a2, a13)": 2, "sqrt(a5)": 1, "1 - cospi(p)": 1, "1 - cospi(p)^2": 1}
    for factor, steps in factors.items():
        text = (
            f"nos-sym proof 1\nlevel: schedule\nA: none ~ g\nB: none ~ [{factor}] g\ntimes A: {factor}\n"
            f"steps: {steps}\n\n  none ~ [{factor}] g\n= none ~ [{factor}] g\n"
        )
        nos_sym.check_proof(text)
        if steps:
            with pytest.raises(nos_sym.Refused, match="the proof says"):
                nos_sym.check_proof(text.replace(f"steps: {steps}", f"steps: {steps - 1}"))


def test_a_chain_leads_from_the_one_side_to_the_other() -> None:
    good = proof_text("g + 0", "g")
    nos_sym.check_proof(good)
    for line in ("A: none ~ g + 0", "B: none ~ g"):
        with pytest.raises(nos_sym.Refused, match="the chain does not"):
            nos_sym.check_proof(good.replace(f"{line}\n", f"{line} + w\n"))
