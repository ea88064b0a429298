"""What a search algorithm is: it is asked for candidates and told their results."""

from __future__ import annotations

from typing import Protocol

from nos_sym.search.candidates import Candidate, Result


class SearchAlgorithm(Protocol):
    """Proposes optimizers to evaluate, and learns from the results.

    Ask and tell are independent: ask again while earlier candidates are still being evaluated, and tell the
    results in any order. The candidates depend on the settings and the results alone, never on the order in
    which these are told; which call of :meth:`ask` returns a candidate does.

    >>> while candidates := algorithm.ask():
    ...     for candidate in candidates:
    ...         algorithm.tell(evaluate(candidate))
    """

    def ask(self) -> list[Candidate]:
        """Return the candidates that can be evaluated now, each once.

        The list is empty while the algorithm needs results of candidates that it has not been told. It is
        finished when the list is empty and all results have been told.

        Raises:
            SearchError: no candidate reached a fitness, so there is nothing to go on with.
        """

    def tell(self, result: Result) -> None:
        """Take in the result of a candidate that :meth:`ask` returned.

        Raises:
            SearchError: the candidate was not asked for, or its result was told before.
        """
