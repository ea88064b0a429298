"""The presets of a search, as files of settings."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from nos_sym.errors import described
from nos_sym.language.registry import suggestion
from nos_sym.search.records import SettingsError, read_toml
from nos_sym.search.tables import merge

PRESETS = (
    *("demo", "paper", "paper-wide", "paper-long", "authors-script"),
    *("paper-adam-variants", "paper-lr-schedules"),
)
"""Files of the folder ``presets``, without ``.toml``; one may say ``like`` which other it changes."""


def read_preset(name: str) -> dict[str, Any]:
    """Return the table of a preset, one of :data:`PRESETS`.

    Raises:
        SettingsError: there is no preset of this name.
    """
    if not isinstance(name, str):
        raise SettingsError(f"a preset is one of {', '.join(PRESETS)}, not {described(name)}")
    if name not in PRESETS:
        hint = suggestion(name, PRESETS) or f"; expected one of {', '.join(PRESETS)}"
        raise SettingsError(f"unknown preset '{name}'{hint}")
    text = files("nos_sym.search").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")
    table = read_toml(text, f"preset {name}")
    like = table.pop("like", None)
    return table if like is None else merge(read_preset(like), table)
