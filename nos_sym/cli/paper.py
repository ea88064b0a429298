"""``nos-sym paper``: every table and figure of the paper, and a document with all of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offers
from nos_sym.cli.dedup import show_progress
from nos_sym.cli.failures import InputError, WriteError
from nos_sym.cli.output import write_file, write_json, write_note, write_stdout
from nos_sym.cli.stopping import terminable
from nos_sym.errors import quoted_path

if TYPE_CHECKING:
    from nos_sym.report.paper.pieces import Made, Piece
    from nos_sym.search.store.store import Store

_DOCUMENT, _PDF = "paper.tex", "paper.pdf"


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
    "--run", type=int, metavar="NUMBER", shell_complete=offers.runs, help="With --store: only this run."
)
@click.option(
    "--task", metavar="NAME", shell_complete=offers.tasks,
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
    made. Figures need Matplotlib: install nos-sym[plot].

    JSON is an object with folder, files (file, kind, number, and whether it changed), pdf (null where it was
    not compiled), left_out (what a store has nothing for, and why) and seconds.

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
        changed = _write(folder, made)
        pdf = _compile(folder, changed)
    files = [
        {"file": piece.file, "kind": piece.kind, "number": piece.number, "changed": piece.file in changed}
        for piece, _ in made
    ]
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        write_json(
            {"folder": str(folder), "files": files, "pdf": pdf, "left_out": left_out, "seconds": seconds}
        )
        return
    for record in left_out:
        write_note(f"{record['file']} is left out: {record['reason']}")
    write_stdout(_said(folder, len(files), changed, pdf, seconds), rules=False)


def _said(folder: Path, count: int, changed: set[str], pdf: str | None, seconds: float) -> str:
    new = f"{len(changed)} files written" if changed else "nothing changed"
    compiled = f", compiled to {pdf}" if pdf else "; pdflatex is not installed, so that it is not compiled"
    return f"{quoted_path(folder)}: {count} tables and figures, {new}; {_DOCUMENT}{compiled}, {seconds} s"


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
) -> tuple[list[tuple[Piece, Made]], list[dict[str, Any]]]:
    """Return all tables and figures, and those that the store has nothing for, with the reason.

    Raises:
        InputError: a file is in the folder that this command did not make.
        NosSymError: results or notation cannot be used, or the store has no table.
    """
    from nos_sym.errors import NosSymError
    from nos_sym.report.paper.pieces import pieces_of_paper, pieces_of_store
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
    _expect_ours(folder, [piece.file for piece in pieces])
    made: list[tuple[Piece, Made]] = []
    left_out: list[dict[str, Any]] = []
    with show_progress("making", len(pieces), quiet=quiet, unit="tables and figures") as progress:
        for number, piece in enumerate(pieces, 1):
            try:
                made.append((piece, piece.make()))
            except NosSymError as error:
                if piece not in of_store or piece.kind == "table":
                    raise
                left_out.append({"file": piece.file, "reason": str(error)})
            progress(number)
    first = len(of_store) - len(left_out)
    return [*made[first:], *made[:first]], left_out


def _expect_ours(folder: Path, names: list[str]) -> None:
    """Refuse a folder with files of the same names that this command did not make.

    Raises:
        InputError: it has one, or is no folder.
    """
    from nos_sym.report.paper.document import FIRST_LINE

    if folder.exists() and not folder.is_dir():
        raise InputError(f"{quoted_path(folder)} is no folder; expected one, or a name that is free")
    if (_content(folder / _DOCUMENT) or b"").startswith(FIRST_LINE.encode()):
        return
    for name in (_DOCUMENT, _PDF, *names):
        if (folder / name).exists():
            raise InputError(
                f"{quoted_path(folder / name)} is there and was not made by 'nos-sym paper'; choose another "
                "folder"
            )


def _write(folder: Path, made: list[tuple[Piece, Made]]) -> set[str]:
    """Write what differs from what is there, and return its names.

    Raises:
        WriteError: a file cannot be written; those before it are.
    """
    from nos_sym.report.paper.document import document

    contents = {_DOCUMENT: document(made).encode()} | {piece.file: part.content for piece, part in made}
    before = {name: _content(folder / name) for name in contents}
    changed = {name for name, content in contents.items() if before[name] != content}
    try:
        for name in sorted({str(Path(name).parent) for name in contents}):
            (folder / name).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WriteError(f"cannot write {quoted_path(folder)}: {reason}") from None
    # The document first: by it, the folder is known to be this command's.
    for name in contents:
        if name in changed:
            write_file(folder / name, contents[name])
    return changed


def _content(path: Path) -> bytes | None:
    """Return what a file holds; ``None`` where there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WriteError(f"cannot read {quoted_path(path)}: {reason}") from None


def _compile(folder: Path, changed: set[str]) -> str | None:
    """Compile the document, and return the path of the PDF; ``None`` where there is no pdfTeX.

    Raises:
        WriteError: the document does not compile, or the PDF cannot be written.
    """
    from nos_sym.report.paper.compiling import CompilingError, compiled, is_there

    pdf = folder / _PDF
    if not is_there():
        return None
    try:
        content = compiled(folder / _DOCUMENT)
    except CompilingError as error:
        raise WriteError(str(error)) from None
    if _content(pdf) != content:
        write_file(pdf, content)
        changed.add(pdf.name)
    return str(pdf)
