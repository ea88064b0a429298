"""The page of the settings, from the records that hold them: names, types, defaults and docstrings."""

from __future__ import annotations

import dataclasses
import json
from enum import Enum
from pathlib import Path
from typing import Any

from docsite.markdown import code, table

HEAD = """\
# Settings

Everything that decides the result of a search is a setting, and every setting is listed here, from the
records that hold them. A setting is given in a TOML file (`--settings run.toml`), on the command line
(`--set training.steps=500`), or in Python (`nos_sym.preset("demo", training={"steps": 500})`). A name with
a dot is a key of a table: `training.steps` is the key `steps` of the table `[training]`.

```toml
time_steps = 3

[training]
steps = 500
```

Values that are out of range, and names that do not exist, are refused in one line that says where they
stand. Start from a preset and change what you must; [The search](../search.md) explains what the settings
do together.
"""


def page() -> str:
    """Return the page."""
    from nos_sym.genome.settings import GenomeSettings
    from nos_sym.genome.space import OperationSettings
    from nos_sym.search.integrity import IntegritySettings
    from nos_sym.search.protocols.elimination_settings import EliminationSettings, EliminationStage
    from nos_sym.search.protocols.pool_settings import FinalSettings, PoolSettings, SecondSettings
    from nos_sym.search.settings import SearchSettings
    from nos_sym.search.tuning.settings import TuningSettings
    from nos_sym.surrogate.settings import TrainingSettings
    from nos_sym.surrogate.tasks.settings import CharLMSettings, QuadraticSettings, TabularSettings
    from nos_sym.transfer.experiment import Protocol
    from nos_sym.transfer.settings import ImageTraining, TextTraining

    sections = (
        ("A search", SearchSettings, ""),
        ("What genomes look like", GenomeSettings, "genome."),
        ("Which operations they are made of", OperationSettings, "operations."),
        ("The integrity check", IntegritySettings, "integrity."),
        ("Training on images", TrainingSettings, "training."),
        ("Training on rows of numbers", TabularSettings, "training."),
        ("Training on characters", CharLMSettings, "training."),
        ("Training on a quadratic", QuadraticSettings, "training."),
        ("An elimination", EliminationSettings, ""),
        ("A stage of an elimination", EliminationStage, "stages."),
        ("The pool of several runs", PoolSettings, "pool."),
        ("The searches from the pool", SecondSettings, "second."),
        ("The end of several runs", FinalSettings, "final."),
        ("A tuning of constants", TuningSettings, ""),
        ("A transfer experiment", Protocol, ""),
        ("Transfer to images", ImageTraining, "training."),
        ("Transfer to text", TextTraining, "training."),
    )
    parts = [HEAD, _presets()]
    parts += [f"## {title}\n\n{_record(kind, prefix)}" for title, kind, prefix in sections]
    return "\n".join(parts)


def _presets() -> str:
    from nos_sym.search.preset_files import PRESETS, read_preset

    tables = {name: _flat(read_preset(name)) for name in PRESETS}
    keys = dict.fromkeys(key for each in tables.values() for key in each)
    rows = [
        (code(key), *(code(_shown(each[key])) if key in each else "" for each in tables.values()))
        for key in keys
    ]
    said = (
        "What each preset says. An empty cell is the default of the record below. "
        "Settings of `initial_training` that are not named have their value in `training`."
    )
    return f"## Presets\n\n{said}\n\n{table(('Setting', *map(code, PRESETS)), rows)}"


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def _record(kind: type, prefix: str) -> str:
    said, meanings = documented(kind)
    rows = []
    for field in dataclasses.fields(kind):
        if not field.init or field.name.startswith("_"):
            continue
        default = _default(field)
        rows.append((code(prefix + field.name), code(_type(field)), default, meanings.get(field.name, "")))
    return f"{said}\n\n{table(('Setting', 'Type', 'Default', 'Means'), rows)}"


def documented(kind: type) -> tuple[str, dict[str, str]]:
    """Return the first paragraph of the docstring of a record, and what it says of its attributes.

    Attributes of the record that it is derived from are among them.
    """
    from docsite.docstrings import as_markdown, sections_of

    meanings: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if dataclasses.is_dataclass(base):
            for names, meaning in sections_of(base)[1].items():
                # Several attributes may share what is said of them.
                meanings |= dict.fromkeys(names.split("/"), " ".join(as_markdown(meaning).split()))
    summary = " ".join(as_markdown(sections_of(kind)[0]).split())
    return summary, {name: meaning.replace("|", "&#124;") for name, meaning in meanings.items()}


def _type(field: dataclasses.Field[Any]) -> str:
    said = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
    return said.replace(" | None", "").replace("Literal", "one of ")


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        value = field.default
    elif field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    else:
        return "needed"
    return "a table" if dataclasses.is_dataclass(value) else code(_shown(value))


def _shown(value: Any) -> str:
    """Return a value as TOML writes it; nothing for one that is absent."""
    if value is None:
        return "none"
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, tuple | list):
        return f"[{', '.join(_shown(each) for each in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | Path):
        return json.dumps(str(value))
    return str(value)
