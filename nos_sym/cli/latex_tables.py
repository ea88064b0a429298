"""What ``nos-sym latex`` prints as a table: one of the paper, or the best of a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nos_sym.cli.failures import InputError
from nos_sym.errors import quoted_path

if TYPE_CHECKING:
    from nos_sym.report.tables.table import Table


def table_of_paper(
    number: int, notation: tuple[str, ...], results: Path | None, *, beside: bool = False
) -> Table:
    """Return a table of the paper, with the results of a file in place of its own, or beside them.

    Raises:
        InputError: results are given to a table that has none, or cannot be read.
    """
    from nos_sym.report.tables.notation import notation_of
    from nos_sym.report.tables.paper_tables import OF_RESULTS, table
    from nos_sym.report.tables.results import read_results

    found = None
    if results is not None:
        if number not in OF_RESULTS:
            raise InputError(
                f"'--results' is of tables {' and '.join(map(str, OF_RESULTS))}, not of {number}"
            )
        from nos_sym.targets.files import read_text

        found = read_results(read_text(results, "a file of results"), quoted_path(results))
    return table(number, notation_of(notation), found, beside=beside)


def table_of_results(results: dict[str, Any]) -> Table:
    """Return the table of the paper that has results like these, its own numbers beside them.

    It is Table 13 where less is better, and otherwise Table 11.

    Args:
        results: of one task, in the format of files of results.
    """
    import json

    from nos_sym.report.tables.paper_tables import table
    from nos_sym.report.tables.results import read_results

    number = 13 if results["tasks"][0]["better"] == "lower" else 11
    return table(number, results=read_results(json.dumps(results), "the results"), beside=True)


def table_of_store(store_file: Path, top: int, run: int | None, notation: tuple[str, ...]) -> Table:
    """Return a table of the best optimizers of a store.

    Raises:
        InputError: the store has none.
    """
    from nos_sym.report.tables.notation import notation_of
    from nos_sym.report.tables.run_table import found_equations
    from nos_sym.search.reports.hall_of_fame import hall_of_fame
    from nos_sym.search.store.store import Store

    chosen = notation_of(notation)
    with Store.read(store_file) as store:
        best = hall_of_fame(store, run=run, limit=top)
    if not best.entries:
        raise InputError(f"no optimizer of {quoted_path(store_file)} has a fitness yet")
    found = [(entry.rule, entry.fitness) for entry in best.entries]
    return found_equations(found, "Fitness", f"{store_file.name}, task {best.task}", chosen)
