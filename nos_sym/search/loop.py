"""The loop of every search: ask, known?, train, tell."""

from __future__ import annotations

from nos_sym.search.algorithms.protocol import SearchAlgorithm
from nos_sym.search.archive import Archive
from nos_sym.search.failures import FirstTrainings
from nos_sym.search.journal import Journal
from nos_sym.search.trainings import Trainings


def run(
    algorithm: SearchAlgorithm,
    archive: Archive,
    trainings: Trainings,
    journal: Journal,
    first: FirstTrainings | None = None,
) -> None:
    """Evaluate what an algorithm asks for until it is finished.

    After every single result the algorithm is asked again, so that which candidates are submitted as one
    program does not depend on the order in which trainings end.

    Raises:
        EveryTrainingFailedError: the first trainings all ended with the same exception.
    """
    first = first or FirstTrainings(0)
    still_open = 0
    while True:
        for candidate in algorithm.ask():
            still_open += 1
            if not archive.answers(candidate):
                first.expect(candidate.slot)
                trainings.submit(candidate)
        trainings.flush()
        if not still_open:
            journal.flush()
            journal.ended()
            return
        while (result := archive.next_result()) is None:
            archive.add(trainings.wait())
        journal.result(result)
        first.see(result)
        algorithm.tell(result)
        still_open -= 1
        if not still_open:
            journal.flush()
