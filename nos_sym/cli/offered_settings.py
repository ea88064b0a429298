"""What is offered to who completes a setting: those of rules, of searches and of the stages of a pipeline.

As in :mod:`nos_sym.cli.offers`, nothing here reads a rule or settings: names are those of
:mod:`nos_sym.cli.setting_paths`, which the tests compare with the settings themselves.
"""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from nos_sym.cli import offers
from nos_sym.cli.choices import PIPELINE_PRESETS
from nos_sym.cli.setting_paths import ELIMINATION_SETTINGS, IMAGE_TRANSFER, SEARCH_SETTINGS, TEXT_TRANSFER


def values(ctx: click.Context, param: click.Parameter, word: str) -> offers.Items:
    """Complete ``--set`` of commands that take rules: a setting, and behind its sign the default."""
    said = offers.given(ctx, param)
    both = {"A": said.get("first"), "B": said.get("second")}
    of_each = {letter: offers.settings_of(target) for letter, target in both.items() if target}
    table: dict[str, str] = {}
    for target in filter(None, (said.get("target"), said.get("text"), *(said.get("targets") or ()))):
        table = {**offers.settings_of(target), **table}
    for letter, own in of_each.items():
        table = {**own, **table} | {f"{letter}.{name}": default for name, default in own.items()}
    return _assignments(table, word)


def search_settings(ctx: click.Context, param: click.Parameter, word: str) -> offers.Items:
    """Complete ``--set`` of ``evolve``."""
    table = dict.fromkeys(SEARCH_SETTINGS, "")
    for target in offers.given(ctx, param).get("initial") or ():
        table |= {f"initial.{name}": default for name, default in offers.settings_of(target).items()}
    return _assignments(table, word)


def elimination_settings(ctx: click.Context, param: click.Parameter, word: str) -> offers.Items:
    """Complete ``--set`` of ``eliminate``."""
    del ctx, param
    return _assignments(dict.fromkeys(ELIMINATION_SETTINGS, ""), word)


def transfer_settings(ctx: click.Context, param: click.Parameter, word: str) -> offers.Items:
    """Complete ``--set`` of ``transfer``."""
    del param
    text = ctx.params.get("task") == "ptb"
    return _assignments(dict.fromkeys(TEXT_TRANSFER if text else IMAGE_TRANSFER, ""), word)


def pipeline_settings(ctx: click.Context, param: click.Parameter, word: str) -> offers.Items:
    """Complete ``--set`` of ``pipeline``: settings of the stages of the preset that was given."""
    below = {"evolve": SEARCH_SETTINGS, "eliminate": ELIMINATION_SETTINGS}
    table: dict[str, str] = {}
    for name, stage in _stages_of(offers.given(ctx, param).get("preset")).items():
        of_task = TEXT_TRANSFER if stage.get("task") == "ptb" else IMAGE_TRANSFER
        own = of_task if stage["command"] == "transfer" else below.get(stage["command"], ())
        own = ("pick",) if "pick" in stage else own
        settings = dict.fromkeys(own if own else [key for key in stage if key not in ("command", "of")], "")
        table |= {f"{name}.{setting}": "" for setting in settings}
    return _assignments(table, word)


def pipeline_stages(ctx: click.Context, param: click.Parameter, word: str) -> offers.Items:
    """Complete the name of a stage of the preset that was given."""
    stages = _stages_of(offers.given(ctx, param).get("preset"))
    return offers.beginning(stages, word)


def _stages_of(preset: str | None) -> dict[str, Any]:
    """Return the tables of the stages of a preset of ``pipeline``; none where there is no such preset."""
    if preset not in PIPELINE_PRESETS:
        return {}
    import tomllib
    from importlib.resources import files

    text = files("nos_sym.pipeline").joinpath("presets", f"{preset}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _assignments(table: dict[str, str], word: str) -> offers.Items:
    name, equals, value = word.partition("=")
    if equals:
        default = table.get(name.strip(), "")
        return offers.beginning([f"{name}={default}"], word) if default and default.startswith(value) else []
    # Long lists are given a table at a time; a name that begins none of these is proposed with its table.
    section = word[: word.rfind(".") + 1]
    heads = dict.fromkeys(_head(path, section) for path in table if path.startswith(section))
    found = offers.beginning(heads, word, kind="part")
    ends = [f"{path}=" for path in table if "." in path and path.rpartition(".")[2].startswith(word)]
    return found or [CompletionItem(end, "part") for end in ends]


def _head(path: str, section: str) -> str:
    """Return a path up to the next table behind a section, or whole and ready for its value."""
    table, dot, _ = path[len(section) :].partition(".")
    return f"{section}{table}{dot or '='}"
