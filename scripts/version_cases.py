"""Renders the catalog for trials with other versions of frameworks, with what each file has to compute.

    python scripts/version_cases.py FOLDER

writes into the folder, for each backend, a source file for every optimizer and schedule of the catalog, and
``cases.json``: gradients, and the weights after each step by the reference interpreter in float64. What is
in the folder needs a framework and nothing else; :mod:`version_runs` runs it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.faces import face_named, rule_of_face
from nos_sym.language.rule import Schedule
from nos_sym.program.interpreter import schedule_values
from nos_sym.program.lower import lower
from nos_sym.program.parameters import Parameters

BACKENDS = ("torch", "optax", "keras", "tensorflow")
SHAPES = ((4, 3), (5,))
STEPS = 8
RATE = 2.0**-6  # the same in float32, in which Keras keeps it
MOMENTUM = 0.9
FACES = {
    "torch": (
        "torch.optim.Adam",
        "torch.optim.AdamW",
        "torch.optim.SGD",
        "torch.optim.Adafactor",
        "torch.optim.NAdam",
    ),
    "optax": ("optax.adam", "optax.adamw", "optax.lion"),
    "keras": ("keras.optimizers.Adam", "keras.optimizers.AdamW", "keras.optimizers.SGD"),
}
"""Optimizers of libraries whose files have the library's arguments, by backend; they take steps."""


def optimizer_case(
    name: str, given: Any, gradients: list[list[Any]], weights: list[Any]
) -> dict[str, Any] | None:
    """Return what an optimizer has to compute; nothing where it draws random numbers."""
    program = lower(given)
    if list(program.draws):
        return None
    total = {"total_steps": STEPS} if program.needs_total_steps else {}
    reference = Parameters(given, SHAPES, dtype="float64", saturating=True, **total)
    current, history = weights, []
    for each in gradients:
        current = reference.apply(current, each, RATE, MOMENTUM)
        history.append([w.tolist() for w in current])
    settings = {**total, **({"momentum": MOMENTUM} if program.cycles else {})}
    return {"name": name, "class": given.name, "settings": settings, "weights": history}


def schedule_case(name: str, given: Schedule) -> dict[str, Any]:
    """Return the factors that a schedule has to give."""
    total = {"total_steps": STEPS} if lower(given).needs_total_steps else {}
    values = schedule_values(given, STEPS, steps=STEPS + 2)
    return {"name": name, "class": given.name, "settings": total, "factors": [float(v) for v in values]}


def write(folder: Path) -> None:
    """Write files and cases into a folder."""
    rng = np.random.default_rng(22)
    weights = [rng.normal(size=shape) for shape in SHAPES]
    gradients = [[rng.normal(size=shape) for shape in SHAPES] for _ in range(STEPS)]
    optimizers, schedules, drawn = [], [], []
    for name in catalog.names():
        given = catalog.entry(name)
        if isinstance(given, Schedule):
            schedules.append(schedule_case(name, given))
        elif case := optimizer_case(name, given, gradients, weights):
            optimizers.append(case)
        else:
            drawn.append(name)
            continue
        for backend in BACKENDS:
            put(folder / backend / f"{name}.py", render(given, backend))
    for backend, names in FACES.items():
        for name in names:
            face = face_named(name)
            put(folder / backend / "faces" / f"{name}.py", render(rule_of_face(face), backend, face=face))
    cases = {
        "rate": RATE,
        "weights": [w.tolist() for w in weights],
        "gradients": [[g.tolist() for g in each] for each in gradients],
        "optimizers": optimizers,
        "schedules": schedules,
        "drawn": drawn,
    }
    put(folder / "cases.json", json.dumps(cases))


def put(path: Path, text: str) -> None:
    """Write a file and the folders that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
