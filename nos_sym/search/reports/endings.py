"""How evaluations of a store ended, and the most frequent reason of those that have no fitness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from nos_sym.search.failures import Ending, ending_of, reason_of
from nos_sym.search.results import Diverged, Rejected, Trained
from nos_sym.search.store.scores import Score
from nos_sym.search.store.store import Store


def endings_of(store: Store, scores: Iterable[Score]) -> tuple[Counter[Ending], tuple[str, int] | None]:
    """Return how many evaluations ended in each way, and the most frequent reason with its count.

    Failures come before early stops, because something is wrong with them; of equals the first. The results
    are grouped where they are stored, and none is read that has a fitness.
    """
    endings: Counter[Ending] = Counter()
    numbers = []
    for score in scores:
        if score.fitness is None:
            numbers.append(score.id)
        else:
            endings[Ending.FITNESS] += 1
    reasons: dict[Ending, Counter[str]] = {}
    for group in store.without_fitness(numbers) if numbers else ():
        details = {} if group.raised is None else {"raised": group.raised}
        outcome: Trained = (
            Diverged(group.reason, details=details)
            if group.outcome == "diverged"
            else Rejected(group.reason, details=details)
        )
        ending, reason = ending_of(outcome), reason_of(outcome)
        endings[ending] += group.number
        if reason is not None:
            reasons.setdefault(ending, Counter())[reason] += group.number
    return endings, _most_frequent(reasons)


def _most_frequent(reasons: dict[Ending, Counter[str]]) -> tuple[str, int] | None:
    chosen = reasons.get(Ending.FAILED)
    if not chosen:
        chosen = Counter()
        for counts in reasons.values():
            chosen.update(counts)
    return max(chosen.items(), key=lambda item: item[1]) if chosen else None
