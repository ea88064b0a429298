"""What the gallery shows of each entry of the catalog: equation, data sheet, picture, files, as plain data.

Data sheets take a second each, so they are made by two processes and kept in ``build/``, under a digest of
everything that they are made from: an old one is never shown for a new package.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from docsite.curves import schedule, updates

_SOURCES = ("nos_sym", "backends", "grammar", "scripts/docsite/entries.py", "scripts/docsite/curves.py")
_KINDS = (".py", ".nos", ".json", ".toml", ".lark", ".jinja")
_LIBRARIES = ("sympy", "mpmath", "numpy", "scipy", "latex2mathml")


def gathered(root: Path) -> list[dict[str, Any]]:
    """Return the data of all entries in the order of the catalog.

    Args:
        root: the checkout, in whose folder ``build/docsite`` they are kept.
    """
    from nos_sym import catalog

    kept = root / "build" / "docsite" / f"{_digest(root)}.json"
    if kept.is_file():
        return list(json.loads(kept.read_text(encoding="utf-8")))
    names = catalog.names()
    # Threads of other plug-ins do not survive a fork.
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), mp_context=get_context("spawn")) as pool:
        found = list(pool.map(entry_data, names, chunksize=4))
    kept.parent.mkdir(parents=True, exist_ok=True)
    for old in kept.parent.glob("*.json"):
        old.unlink(missing_ok=True)  # another build may have done it
    part = kept.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(found), encoding="utf-8")
    part.replace(kept)
    return found


def _digest(root: Path) -> str:
    whole = sha256(repr([version(name) for name in _LIBRARIES]).encode())
    for source in _SOURCES:
        found = (root / source).rglob("*") if (root / source).is_dir() else [root / source]
        for path in sorted(found):
            if path.suffix in _KINDS and "__pycache__" not in path.parts:
                content = sha256(path.read_bytes()).hexdigest()
                whole.update(f"{path.relative_to(root)} {content}\n".encode())
    return whole.hexdigest()[:32]


def entry_data(name: str) -> dict[str, Any]:
    """Return the data of one entry."""
    from nos_sym import catalog
    from nos_sym.backends.latex.printer import latex_rule
    from nos_sym.language.printer import print_bare
    from nos_sym.language.rule import Rule, Schedule
    from nos_sym.report.figures.model import FigureError
    from nos_sym.report.mathml.equation import body_of, mathml_of, update_of
    from nos_sym.report.sheet.sheet import data_sheet

    rule = catalog.entry(name)
    latex = latex_rule(rule)
    try:
        picture, why = schedule(rule) if isinstance(rule, Schedule) else updates(rule), ""
    except FigureError as error:
        picture, why = "", str(error)
    is_schedule = isinstance(rule, Schedule)
    return {
        "name": name,
        "group": catalog.group_of(name),
        "text": print_bare(rule),
        "source": rule.source,
        "note": catalog.note_on(name),
        "schedule": is_schedule,
        "equation": mathml_of(latex),
        "latex": body_of(latex),
        "short": update_of(rule).to_mathml() if isinstance(rule, Rule) else "",
        "picture": picture,
        "why": why,
        "sheet": None if is_schedule else data_sheet(rule).to_json(),
        "libraries": _libraries(name),
    }


def _libraries(name: str) -> list[str]:
    """Return what libraries call an entry."""
    from nos_sym.codegen.schedule_faces import schedule_faces
    from nos_sym.faces import faces_of_entry

    found = [str(face) for face in faces_of_entry(name)]
    for face in schedule_faces():
        found += [face.call(choice) for choice in face.choices if choice.entry == name]
    return found
