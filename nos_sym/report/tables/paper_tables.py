"""The tables of the paper by their numbers."""

from __future__ import annotations

from nos_sym.report.tables import equations, result_tables, search_space
from nos_sym.report.tables.notation import PAPER, Notation
from nos_sym.report.tables.results import Results, paper_results
from nos_sym.report.tables.table import Table

NUMBERS = range(1, 14)
"""Numbers of the tables."""

_OF_RULES = {
    1: search_space.momentum_types,
    2: search_space.operands,
    3: search_space.unary,
    4: search_space.binary,
    5: search_space.stateful,
    6: search_space.decay_operations,
    7: search_space.schedules,
    8: equations.discovered,
    9: equations.adam_variants,
    10: equations.learning_rates,
}
OF_RESULTS = {11: result_tables.accuracies, 13: result_tables.perplexities}
"""Tables of results, which may be those of a file."""


def table(
    number: int,
    notation: Notation = PAPER,
    results: Results | None = None,
    *,
    beside: bool = False,
) -> Table:
    """Return a table of Morgan and Hougen 2024.

    Args:
        number: one of :data:`NUMBERS`.
        notation: the symbols.
        results: for tables 11 and 13; the paper's own if left out.
        beside: show the paper's own numbers beside the results.

    Raises:
        ResultsError: the results have no task of the table.
    """
    if number in _OF_RULES:
        return _OF_RULES[number](notation)
    if number in OF_RESULTS:
        paper = paper_results()
        return OF_RESULTS[number](results or paper, paper if results is not None and beside else None)
    return result_tables.datasets()
