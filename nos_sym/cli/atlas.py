"""``nos-sym atlas``: the optimizers of libraries, lifted, verified and compared."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nos_sym.cli.output import write_file, write_json
from nos_sym.errors import quoted_path

if TYPE_CHECKING:
    from nos_sym.atlas.atlas import Atlas
    from nos_sym.atlas.entry import Entry


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", default=Path("atlas"),
    show_default=True, help="Folder of atlas.json, index.html and families.svg.",
)  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(1, 256), default=2, show_default=True,
    help="Processes that lift at the same time.",
)  # fmt: skip
@click.option(
    "--limit", type=click.FloatRange(1, 3600), metavar="SECONDS", default=120.0, show_default=True,
    help="Time after which an optimizer is given up.",
)  # fmt: skip
@click.option(
    "--page", "page_alone", is_flag=True, help="Write page and picture anew from the atlas.json of DIR."
)
@click.option("--json", "as_json", is_flag=True, help="Print counts, findings and failures as JSON.")
def atlas(
    names: tuple[str, ...], output: Path, workers: int, limit: float, page_alone: bool, as_json: bool
) -> None:
    """Lift the optimizers of torch.optim, Keras, optax and pytorch_optimizer.

    It imports these libraries and runs their code, each optimizer in a process that is ended where it hangs.
    Every rule is run beside its original; equal rules are proved to be equal, and for each the nearest others
    are measured. NAME is a library or an optimizer, as in 'torch' or 'optax.adamw': those are made anew in
    the atlas that DIR has.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym atlas
      nos-sym atlas torch.optim.AdamW optax.adamw -o small
      nos-sym atlas --page
    """
    from nos_sym.atlas.atlas import compared, joined, read_atlas
    from nos_sym.atlas.census import AtlasError, chosen
    from nos_sym.atlas.lifting import lift_all

    def told(message: str) -> None:
        click.echo(message, err=True)

    kept = output / "atlas.json"
    if page_alone:
        if names:
            raise AtlasError("'--page' writes the page of all that is there; leave the names out")
        _write(read_atlas(kept), output, page_alone=True)
        return
    originals = chosen(names)
    old = read_atlas(kept) if names and kept.exists() else None
    done = itertools.count(1)

    def known(entry: Entry) -> None:
        told(f"{next(done)} of {len(originals)}  {entry.name}: {entry.reason or entry.status}")

    new = lift_all(originals, workers=workers, limit=limit, told=known)
    made = compared(new if old is None else joined(old, new), told)
    _write(made, output, page_alone=False)
    if as_json:
        write_json(_summary(made))
        return
    counts = made.counts()
    click.echo(f"{kept}: {counts['all']} optimizers, {counts['lifted whole']} lifted, verified and whole")
    for entry in made.entries:
        if not entry.counts and entry.reason:
            click.echo(f"  {entry.name}: {entry.status}, {entry.reason}")


def _write(made: Atlas, folder: Path, *, page_alone: bool) -> None:
    from nos_sym.atlas.page import page_of
    from nos_sym.atlas.picture import picture
    from nos_sym.report.figures.model import FigureError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        from nos_sym.cli.failures import WriteError

        raise WriteError(f"{quoted_path(folder)} cannot be made: {error.strerror}") from None
    try:
        drawn: bytes | None = picture(made) if made.tree.merges else None
    except FigureError as error:
        click.echo(f"note: no picture of families: {error}", err=True)
        drawn = None
    if not page_alone:
        write_file(folder / "atlas.json", json.dumps(made.to_json(), indent=1) + "\n")
    if drawn is not None:
        write_file(folder / "families.svg", drawn)
    write_file(folder / "index.html", page_of(made, drawn))


def _summary(made: Atlas) -> dict[str, object]:
    return {
        "counts": made.counts(),
        "share": made.share,
        "families": [[entry.name for entry in family] for family in made.families() if len(family) > 1],
        "failures": {e.name: e.reason for e in made.entries if not e.counts and e.reason},
    }
