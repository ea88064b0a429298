"""The settings of a search, from what the options of ``nos-sym evolve`` say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from nos_sym.cli.failures import InputError
from nos_sym.cli.target import read_all
from nos_sym.cli.values import with_values_each
from nos_sym.errors import quoted, quoted_path

if TYPE_CHECKING:
    from nos_sym.search.settings import SearchSettings

_ASKED = (
    "a search begins with settings: '--preset demo' takes minutes on a laptop, '--preset paper' is the "
    "search of the paper, and '--settings FILE' has your own"
)
_OF_INITIAL = "initial."
"""What stands before the setting of an initial optimizer, as in ``--set initial.weight_decay=0``."""


def expect_settings(store: str, interrupted: int | None) -> NoReturn:
    """Say what to write where nothing says what to search for.

    Args:
        store: path of the store.
        interrupted: the last run of it that has not ended, or ``None``.

    Raises:
        InputError: always.
    """
    if interrupted is None:
        raise InputError(_ASKED)
    raise InputError(
        f"run {interrupted} of {quoted_path(store)} is interrupted; '--resume' goes on with it, and "
        "'--preset' begins another"
    )


def expect_trainer(settings: SearchSettings, trainer: str | None) -> None:
    """Check that a run goes on with the trainer that is named, if one is.

    Raises:
        InputError: it is another.
    """
    if trainer is not None and trainer != settings.trainer:
        raise InputError(
            f"the run was trained by {quoted(settings.trainer)}, and not by {quoted(trainer)}; '--resume' "
            "alone goes on with it, and settings begin another"
        )


def table_of(
    preset: str | None, file: Path | None, changes: tuple[str, ...], flags: dict[str, Any]
) -> dict[str, Any] | None:
    """Return the table of the settings; ``None`` if no option gives one.

    Raises:
        InputError: options change settings, and none says which.
    """
    from nos_sym.search.settings import for_trainer, merge, read_preset, read_settings
    from nos_sym.search.tables import names_other_task

    own = _flags(flags)
    if preset is None and file is None:
        if changes or own:
            raise InputError(_ASKED)
        return None
    table = {} if preset is None else read_preset(preset)
    if "trainer" in own:
        table = for_trainer(table, own["trainer"])
    tasks = own.pop("task", ())
    named = {"tasks": [{"task": name} for name in tasks]} if len(tasks) > 1 else {"task": "".join(tasks)}
    if tasks:
        table = merge(table, {"training": named})
    if "initial" in own and "initial" not in table:
        # One particle for each, unless something says how many.
        table["particles"] = len(own["initial"])
    if file is not None:
        table = read_settings(read_settings_file(file), f"'{file}'", table)
    values = tuple(text for text in map(str.strip, changes) if text.startswith(_OF_INITIAL))
    # What names a task comes first, as it leaves out the settings of another.
    for change in sorted(changes, key=lambda text: not text.strip().startswith("training.task")):
        if change.strip() not in values:
            table = merge(table, read_change(change))
    if tasks and names_other_task(table.get("training", {}), named):
        table = merge(table, {"training": named})
    table = merge(table, own)
    if values:
        table["initial"] = _at_values(table.get("initial"), values)
    return table


def table_of_run(settings: str, changes: tuple[str, ...], flags: dict[str, Any]) -> dict[str, Any]:
    """Return the table of the settings of a run, with changes.

    Args:
        settings: settings of a search as a store has them.
        changes: of ``--set``.
        flags: other options.
    """
    from nos_sym.search.records import record_to_table
    from nos_sym.search.settings import for_trainer, merge, settings_from_json

    table, own = record_to_table(settings_from_json(settings)), _flags(flags)
    if "trainer" in own:
        table = for_trainer(table, own["trainer"])
    for change in changes:
        table = merge(table, read_change(change))
    return merge(table, own)


def read_settings_file(file: Path) -> str:
    """Return the text of a file of settings.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"cannot read '{file}': {reason}; expected a TOML file of settings") from None


def _given(targets: tuple[str, ...]) -> list[str]:
    """Return names of the catalog unchanged, and the rules of files as texts, because files may change."""
    from nos_sym import catalog
    from nos_sym.language.printer import print_rule

    names = catalog.names()
    return [
        text
        for target in targets
        for text in ([target] if target in names else [print_rule(rule) for rule in read_all(target)])
    ]


def _at_values(initial: Any, values: tuple[str, ...]) -> list[str]:
    """Return initial optimizers with other values of their settings, those that change as texts."""
    from nos_sym.language.printer import print_rule

    if not initial or not isinstance(initial, list) or not all(isinstance(text, str) for text in initial):
        raise InputError(
            f"'--set {quoted(values[0])[1:-1]}' is about initial optimizers; name one with '--initial'"
        )
    found = [read_all(text) for text in initial]
    short = tuple(text.removeprefix(_OF_INITIAL) for text in values)
    changed = iter(with_values_each([rule for rules in found for rule in rules], short))
    texts: list[str] = []
    for text, rules in zip(initial, found, strict=True):
        new = [next(changed) for _ in rules]
        same = all(x is y for x, y in zip(new, rules, strict=True))
        texts += [text] if same else [print_rule(rule) for rule in new]
    return texts


def _flags(flags: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that flags give as a table."""
    table = {name: value for name, value in flags.items() if value is not None}
    data, only_decays, initial = (table.pop(name, None) for name in ("data", "only_decays", "initial"))
    if not table.get("task"):
        table.pop("task", None)
    if initial:
        table["initial"] = _given(initial)
    if only_decays:
        table["genome"] = {"only_decays": True}
    if data is not None:
        table["training"] = {"folder": str(data)}
        table["initial_training"] = {"folder": str(data)}
    return table


def read_change(text: str) -> dict[str, Any]:
    """Return the table of ``key=value``; a value that is not TOML is a string."""
    from nos_sym.search.records import SettingsError, read_toml

    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise InputError(f"'--set {text}' sets nothing; expected KEY=VALUE, as in 'training.steps=500'")
    try:
        return read_toml(text, f"'--set {text}'")
    except SettingsError:
        table: dict[str, Any] = {key.strip().split(".")[-1]: value.strip()}
        for part in reversed(key.strip().split(".")[:-1]):
            table = {part: table}
        return table
