"""What benchmarks of scheduling share: a proposer that draws nothing, so that algorithms take no time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nos_sym.genome.sample import sample
from nos_sym.genome.settings import GenomeSettings
from nos_sym.language.parser import parse_rule
from nos_sym.language.rule import Momentum
from nos_sym.search.candidates import Candidate, Redraw, Request, Result
from nos_sym.search.fingerprints import Fingerprint, Index, KeyIndex

RULE = parse_rule("none ~ g")


class NothingDrawn:
    """Proposes a new optimizer for every request, which is a name and nothing else."""

    def __init__(self, genome: Any) -> None:
        self._genome = genome

    def propose(
        self, requests: Sequence[Request], redrawn: Callable[[Redraw], None] | None = None
    ) -> list[Candidate | None]:
        """Return a candidate for each request."""
        return [self.given(r.slot, RULE, self._genome, r.task) for r in requests]

    def given(self, slot: Any, rule: Any, genome: Any, task: Any) -> Candidate:
        """Return the candidate of a slot."""
        return Candidate(slot, rule, genome, Fingerprint(str(slot), str(slot), Momentum.NONE), task)

    def index(self) -> Index:
        """Return an empty index."""
        return KeyIndex()

    def distinct(self, results: Sequence[Result]) -> list[Result]:
        """Return all results."""
        return list(results)


def nothing_drawn() -> Any:
    """Return such a proposer."""
    import numpy as np

    return NothingDrawn(sample(np.random.default_rng(0), GenomeSettings()))
