"""What benchmarks of scheduling share: a proposer that draws nothing, so that algorithms take no time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from nos_sym.genome.sample import sample
from nos_sym.genome.settings import GenomeSettings
from nos_sym.language.parser import parse_rule
from nos_sym.language.rule import Momentum
from nos_sym.search.algorithms.proposing import Proposer
from nos_sym.search.candidates import Candidate, Redraw, Request
from nos_sym.search.fingerprints import Fingerprint
from nos_sym.search.settings import preset

RULE = parse_rule("none ~ g")


class NothingDrawn(Proposer):
    """Proposes a new optimizer for every request, which is a name and nothing else.

    What an algorithm asks of a proposer besides is that of every search.

    Args:
        genome: the genome of all candidates.
        by_text: whether each has a text of its own, too.

    Attributes:
        seconds: time that proposing took.
    """

    def __init__(self, genome: Any, *, by_text: bool) -> None:
        super().__init__(preset("paper"))
        self._genome = genome
        self._by_text = by_text
        self._count = 0
        self.seconds = 0.0

    def propose(
        self, requests: Sequence[Request], redrawn: Callable[[Redraw], None] | None = None
    ) -> list[Candidate | None]:
        """Return a candidate for each request."""
        begun = time.perf_counter()
        candidates: list[Candidate | None] = []
        for request in requests:
            self._count += 1
            rule = parse_rule(f"none ~ {self._count} * g") if self._by_text else RULE
            candidates.append(self.given(request.slot, rule, self._genome, request.task))
        self.seconds += time.perf_counter() - begun
        return candidates

    def given(self, slot: Any, rule: Any, genome: Any, task: Any) -> Candidate:
        """Return the candidate of a slot."""
        return Candidate(slot, rule, genome, Fingerprint(str(slot), str(slot), Momentum.NONE), task)


def nothing_drawn(*, by_text: bool = False) -> Any:
    """Return such a proposer."""
    import numpy as np

    return NothingDrawn(sample(np.random.default_rng(0), GenomeSettings()), by_text=by_text)
