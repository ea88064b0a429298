"""A search algorithm for nos-sym: the best optimizer so far is mutated, round by round."""

from dataclasses import dataclass

from nos_sym.search.algorithms.proposing import mutation_draw, sample_draw
from nos_sym.search.candidates import Request, best_first
from nos_sym.search.slots import Slot, Stage


@dataclass(frozen=True)
class ClimbSettings:
    """Settings of the algorithm: how many mutations a round has."""

    children: int = 4


class Climb:
    """A first round is sampled; each later one mutates the best so far, until `evaluations` are trained."""

    title = "the best so far is mutated, round by round"
    settings = ClimbSettings

    def __init__(self, settings, proposer, listener):
        self.search, self.proposer, self.listener = settings, proposer, listener
        self.trained, self.idle, self.round, self.open, self.known = 0, 0, 0, set(), []

    def ask(self):
        """Return the next round when all results of the last are told; nothing at the end."""
        # What is answered costs no training, so rounds go on until there are as many as the settings say.
        while not self.open and self.trained < self.search.evaluations and self.idle < 100:
            count = min(self.search.algorithm_settings.children, self.search.evaluations - self.trained)
            # Sorted, so that it does not matter whose training ends first.
            best = best_first(sorted(self.known, key=lambda result: result.slot.order))
            draw = mutation_draw(best[0].candidate.genome, self.search) if best else sample_draw(self.search)
            slots = [Slot(Stage.CYCLE, time_step=self.round, child=child) for child in range(count)]
            requests = [Request(slot, draw, self.proposer.index(), self.search.training) for slot in slots]
            found = [candidate for candidate in self.proposer.propose(requests) if candidate is not None]
            self.listener.stage(f"round {self.round + 1}", count)
            self.round, self.idle = self.round + 1, self.idle + 1
            self.open = {candidate.slot for candidate in found}
            if found:
                return found
        return []

    def tell(self, result):
        """Remember a result."""
        self.open.remove(result.slot)
        self.known.append(result)
        if result.was_trained:
            self.trained, self.idle = self.trained + 1, 0
