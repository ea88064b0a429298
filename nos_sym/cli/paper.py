"""``nos-sym paper``: every table and figure of the paper, and a document with all of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nos_sym.cli import offered_runs
from nos_sym.cli.dedup import show_progress
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import write_json, write_note, write_stdout
from nos_sym.cli.paper_folder import DOCUMENT, PDF, compile_paper, expect_ours, held, write_paper
from nos_sym.cli.stopping import terminable
from nos_sym.errors import quoted_path
from nos_sym.report.paper.compiling import PROGRAM, is_there

if TYPE_CHECKING:
    from nos_sym.report.paper.pieces import Made, Piece
    from nos_sym.search.store.store import Store


@click.command()
@click.option(
    "--output", "-o", "folder", type=click.Path(path_type=Path), metavar="DIR", required=True,
    help="Folder; made if there is none.",
)  # fmt: skip
@click.option(
    "--results", type=click.Path(path_type=Path), metavar="FILE",
    help="Results for tables 11 and 13; by default those of the paper.",
)  # fmt: skip
@click.option(
    "--notation", multiple=True, metavar="NAME=SYMBOL",
    help="Another symbol in the tables, as in 'weights=\\theta'; may be repeated.",
)  # fmt: skip
@click.option(
    "--store", "store_file", type=click.Path(path_type=Path), metavar="STORE",
    help="Also the best optimizers of a store, as a table, and its figures.",
)  # fmt: skip
@click.option(
    "--top", type=click.IntRange(1, 100), default=10, show_default=True, metavar="NUMBER",
    help="With --store: how many optimizers its table has.",
)  # fmt: skip
@click.option(
    "--run", type=int, metavar="NUMBER", shell_complete=offered_runs.runs, help="With --store: only this run."
)
@click.option(
    "--task", metavar="NAME", shell_complete=offered_runs.tasks,
    help="With --store: task and budget, or a part of the name; by default the latest.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and no progress.")
@click.pass_context
def paper(
    ctx: click.Context,
    folder: Path,
    results: Path | None,
    notation: tuple[str, ...],
    store_file: Path | None,
    top: int,
    run: int | None,
    task: str | None,
    as_json: bool,
) -> None:
    """Make every table and figure of the paper, and a document with all of them, as LaTeX and PDF.

    DIR gets tables/table01.tex to table13.tex, figures/figure01.pdf to figure15.pdf, and paper.tex, which
    shows them under their numbers; with --store also tables/found.tex and figures of the store. Where
    pdflatex is installed, paper.tex is compiled to paper.pdf. Everything is made again each time; a file that
    comes out the same is left alone, and the others are replaced whole. Nothing is written before all is
    made. An older paper.pdf, and files that the document before this one showed and this one does not, are
    removed. Figures need Matplotlib: install nos-sym[plot].

    JSON is an object with folder, files (file, kind, number, and whether it changed), pdf (null where there
    is none of these files), removed (names), left_out (what a store has nothing for, and why) and seconds.

    Exit codes: 0 done, 1 the output could not be written or compiled, 2 bad input.

    \b
    Examples:
      nos-sym paper -o paper
      nos-sym paper -o paper --results mine.json --store run.db --run 2
    """
    if store_file is None:
        given = {"--run": run is not None, "--task": task is not None}
        given["--top"] = ctx.get_parameter_source("top") is click.core.ParameterSource.COMMANDLINE
        for option in (name for name, is_given in given.items() if is_given):
            raise InputError(f"'{option}' is of '--store'; leave it out")
    began = time.monotonic()
    with terminable(), _opened(store_file) as store:
        made, left_out = _made(folder, store, results, notation, top, run, task, as_json)
        with held(folder):
            written = write_paper(folder, made)
            pdf = compile_paper(folder, written)
    changed = written.changed
    files = [
        {"file": piece.file, "kind": piece.kind, "number": piece.number, "changed": piece.file in changed}
        for piece, _ in made
    ]
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        write_json(
            {
                "folder": str(folder), "files": files, "pdf": pdf, "removed": written.removed,
                "left_out": left_out, "seconds": seconds,
            }
        )  # fmt: skip
        return
    for record in left_out:
        write_note(f"{record['file']} is left out: {record['reason']}")
    for name in written.removed:
        why = "of other tables and figures" if name == PDF else f"not in {DOCUMENT} any more"
        write_note(f"{quoted_path(folder / name)} is removed: it is {why}")
    new = f"{len(changed)} files written" if changed else "nothing changed"
    write_stdout(
        f"{quoted_path(folder)}: {len(files)} tables and figures, {new}; {DOCUMENT}{_said(pdf)}, {seconds} s",
        rules=False,
    )


def _said(pdf: str | None) -> str:
    """Return what is said of the PDF."""
    if is_there():
        return f", compiled to {pdf}"
    missing = f"; {PROGRAM} is not installed, so that it is not compiled"
    return missing if pdf is None else f"{missing}, but {pdf} is of these tables and figures"


@contextlib.contextmanager
def _opened(path: Path | None) -> Iterator[Store | None]:
    """Open a store for reading, if there is one."""
    if path is None:
        yield None
        return
    from nos_sym.cli.migrate import note_old_keys
    from nos_sym.search.store.store import Store

    with Store.read(path) as store:
        note_old_keys(store)
        yield store


def _made(
    folder: Path,
    store: Store | None,
    results: Path | None,
    notation: tuple[str, ...],
    top: int,
    run: int | None,
    task: str | None,
    quiet: bool,
) -> tuple[list[tuple[Piece, Made]], list[dict[str, str]]]:
    """Return all tables and figures, and those that the store has nothing for, with the reason.

    Raises:
        InputError: a file is in the folder that this command did not make.
        NosSymError: results or notation cannot be used, or the store has no table.
    """
    from nos_sym.report.paper.pieces import all_made, pieces_of_paper, pieces_of_store
    from nos_sym.report.tables.notation import notation_of
    from nos_sym.report.tables.results import read_results

    symbols = notation_of(notation)
    found = None
    if results is not None:
        from nos_sym.targets.files import read_text

        found = read_results(read_text(results, "a file of results"), quoted_path(results))
    of_store = [] if store is None else list(pieces_of_store(store, run, task, top, symbols))
    # What may be refused is made first.
    pieces = [*of_store, *pieces_of_paper(symbols, found)]
    expect_ours(folder, [piece.file for piece in pieces])

    def may_lack(piece: Piece) -> bool:
        return piece in of_store and piece.kind != "table"

    with show_progress("making", len(pieces), quiet=quiet, unit="tables and figures") as progress:
        made, left_out = all_made(pieces, may_lack, progress)
    first = len(of_store) - len(left_out)
    return [*made[first:], *made[:first]], left_out
