"""``nos-sym migrate``: bring the keys of a store up to date."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nos_sym.cli.dedup import show_progress
from nos_sym.cli.output import write_json, write_note, write_stdout
from nos_sym.errors import quoted_path

if TYPE_CHECKING:
    from nos_sym.search.store.migrate import Migration
    from nos_sym.search.store.store import Store

_SHOWN = 10


@click.command()
@click.argument("store_file", metavar="STORE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and no progress.")
def migrate(store_file: Path, as_json: bool) -> None:
    """Compute the keys of STORE anew from the texts of its rules, and replace those that changed.

    A later version of nos-sym may give a rule another key. Searches, 'top' and 'runs' compare optimizers by
    key, so a store of an earlier version is migrated once before it is used further. All keys are replaced or
    none; a second migration changes nothing. A rule that cannot be read keeps its text and has no key.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input or a store that cannot be used.

    \b
    Examples:
      nos-sym migrate run.db
      nos-sym migrate run.db --json
    """
    from nos_sym.search.store.migrate import migrate as migrate_store
    from nos_sym.search.store.store import Store

    # A file that is missing or empty is refused, and not made a store.
    Store.read(store_file).close()
    with (
        Store.open(store_file) as store,
        show_progress("migrating", None, quiet=as_json, unit="evaluations") as progress,
    ):
        migration = migrate_store(store, progress)
    if as_json:
        write_json(asdict(migration))
    else:
        write_stdout("\n".join(_lines(migration)))


def note_old_keys(store: Store) -> None:
    """Say on standard error that a store is to be migrated, where it is: its keys equal no new ones."""
    from nos_sym.algebra.canonical import VERSION
    from nos_sym.search.store.migrate import keys_of_other_versions

    if count := keys_of_other_versions(store):
        many = f"{count} evaluations have keys" if count > 1 else "1 evaluation has a key"
        command = f"'nos-sym migrate {quoted_path(store.path)[1:-1]}'"
        write_note(f"{many} of another version than {VERSION}; {command} computes them anew")


def _lines(migration: Migration) -> list[str]:
    m = migration
    lines = [
        f"evaluations  {m.evaluations_changed} of {m.evaluations} keys changed",
        f"duplicates   {m.duplicates_changed} of {m.duplicates} keys changed",
        f"moves        {m.moves_changed} of {m.moves} keys changed",
        f"reports      {m.reports_changed} changed",
    ]
    if m.unreadable:
        lines.append(f"unreadable   {len(m.unreadable)} rules, which have no key")
        lines += [f"             evaluation {bad.evaluation}: {bad.error}" for bad in m.unreadable[:_SHOWN]]
        if len(m.unreadable) > _SHOWN:
            lines.append(f"             and {len(m.unreadable) - _SHOWN} more; --json has all")
    return lines
