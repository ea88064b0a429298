"""The page of the atlas: what ``atlas/atlas.json`` has, in tables; a line where there is none.

The page knows no field by its name: an object becomes a list of its values, and a list of objects a table
of those fields that most of them have. So the file may gain fields, and each is shown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docsite.markdown import code, table, text

HEAD = """\
# Atlas

The atlas is a map of the optimizers that libraries ship: which of them are the same optimizer under two
names, which differ, and at which step they part.
"""

WITHOUT = """\
This build has no atlas: the checkout that it was made from has no file `atlas/atlas.json`. What the atlas
would say of two optimizers, you can ask directly. These two are one optimizer, proved:

~~~sh
nos-sym equal torch.optim.Adam optax.adam
~~~

[Compare two implementations](how-to/compare-implementations.md) goes on from there. The
[gallery](gallery/index.md) has every optimizer of torch.optim, Keras, optax and pytorch_optimizer that the
catalog covers, each with its relatives.
"""

_COLUMNS, _LONGEST = 8, 160


class AtlasError(Exception):
    """The file of the atlas cannot be read."""


def page(root: Path) -> str:
    """Return the page.

    Raises:
        AtlasError: the file is no JSON object.
    """
    file = root / "atlas" / "atlas.json"
    if not file.is_file():
        return f"{HEAD}\n{WITHOUT}"
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise AtlasError(f"'atlas/atlas.json' is not JSON: {error}; make it anew") from None
    if not isinstance(data, dict):
        raise AtlasError(f"'atlas/atlas.json' holds {type(data).__name__}; expected an object")
    parts = [HEAD, *_pictures(root)]
    plain = [(text(_title(key)), _cell(value)) for key, value in data.items() if not _is_table(value)]
    parts += [table(("", ""), plain)] if plain else []
    for key, value in data.items():
        if _is_table(value):
            parts.append(f"## {text(_title(key))}\n\n{_records(_as_records(value))}")
    return "\n\n".join(parts) + "\n"


def pictures(root: Path) -> dict[str, bytes]:
    """Return the pictures beside the file, by their places below ``docs/``."""
    return {f"atlas/{path.name}": path.read_bytes() for path in _beside(root)}


def _beside(root: Path) -> list[Path]:
    folder = root / "atlas"
    return sorted(p for p in folder.iterdir() if p.suffix in (".svg", ".png")) if folder.is_dir() else []


def _pictures(root: Path) -> list[str]:
    return [f"![{text(path.stem)}](atlas/{path.name})" for path in _beside(root)]


def _is_table(value: Any) -> bool:
    inner = list(value.values()) if isinstance(value, dict) else value
    return isinstance(inner, list) and bool(inner) and all(isinstance(each, dict) for each in inner)


def _as_records(value: Any) -> list[dict[str, Any]]:
    return [{"name": key, **each} for key, each in value.items()] if isinstance(value, dict) else value


def _records(records: list[dict[str, Any]]) -> str:
    counts: dict[str, int] = {}
    for record in records:
        for key, value in record.items():
            counts[key] = counts.get(key, 0) + (value not in (None, "", [], {}))
    order = list(counts)
    kept = sorted(sorted(counts, key=lambda key: -counts[key])[:_COLUMNS], key=order.index)
    rows = [[_cell(record.get(key)) for key in kept] for record in records]
    return table([text(_title(key)) for key in kept], rows)


def _title(key: str) -> str:
    return key.replace("_", " ")


def _cell(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    if isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
        return text(_cut(", ".join(map(str, value))))
    if isinstance(value, str):
        is_rule = " ~ " in value or value.lstrip().startswith("{")
        return code(_cut(value)) if is_rule else text(_cut(value))
    return text(_cut(json.dumps(value, ensure_ascii=False)))


def _cut(said: str) -> str:
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}\u2026"
