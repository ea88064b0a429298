"""Random blocks in two writings have proofs by induction, and proofs that are spoiled are refused."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from algebra.test_random_blocks import judged
from support.block_writings import block_of, plain, random_made, rewritten
from support.spoiling_inductions import OF_INVARIANTS, OF_RULES, with_second, with_values

import nos_sym
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.verdicts import Equal
from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.proof.format import INDUCTION, Proof


def proofs(seeds: range) -> Iterator[tuple[int, Proof | None]]:
    """Yield proofs of pairs that are equal by construction, and that the algebra says are equal."""
    for seed in seeds:
        rng = random.Random(seed)
        made = random_made(rng)
        a, b = block_of(made, plain(made)), block_of(made, rewritten(made, rng), rng)
        if isinstance(compare(a, b), Equal):
            yield seed, nos_sym.prove(a, b)


def spoiled(kind: str, proof: Proof, rng: random.Random) -> Proof | None:
    """Return a proof that is spoiled: of a rule that a judge tells apart, or of other invariants."""
    if kind in OF_INVARIANTS:
        (use,) = (u for u in proof.chain[-1].uses if u.name == INDUCTION)
        values = OF_INVARIANTS[kind](list(use.values), rng)
        return None if values is None or sorted(values) == sorted(use.values) else with_values(proof, values)
    for _ in range(6):
        text = OF_RULES[kind](str(proof.second), rng)
        try:
            other = None if text is None else parse(text)
        except NosSymError:
            continue
        if not isinstance(other, Block) or text is None:
            continue
        assert isinstance(proof.first, Block)
        if judged(proof.first, other) == "different":
            return with_second(proof, text)
    return None


def _is_accepted(proof: Proof) -> bool:
    try:
        nos_sym.check_proof(str(proof))
    except nos_sym.Refused:
        return False
    return True


def check(seeds: range) -> Counter[str]:
    """Check that pairs have proofs, and that spoiled ones are refused; return how many of each kind were."""
    found, refused = Counter[bool](), Counter[str]()
    for seed, proof in proofs(seeds):
        found[proof is not None] += 1
        if proof is None:
            continue
        rng = random.Random(seed)
        for kind in (*OF_RULES, *OF_INVARIANTS):
            bad = spoiled(kind, proof, rng)
            if kind == "dropped" and bad is not None and _is_accepted(bad):
                continue  # the rules are equal still, and need not need each invariant
            if bad is not None:
                with pytest.raises(nos_sym.Refused):
                    print(f"seed {seed}, {kind}:\n{bad}")
                    nos_sym.check_proof(str(bad))
                refused[kind] += 1
    assert found[True] >= 0.95 * found.total(), found
    return refused


@pytest.mark.timeout(300)
def test_random_inductions() -> None:
    assert check(range(2)).total() > 12


@pytest.mark.heavy
@pytest.mark.parametrize("start", range(6, 1006, 100))
def test_many_random_inductions(start: int) -> None:
    refused = check(range(start, start + 100))
    assert all(refused[kind] > 10 for kind in (*OF_RULES, *OF_INVARIANTS)), refused
