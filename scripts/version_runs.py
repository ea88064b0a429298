"""Runs rendered files with whatever versions of frameworks are installed; nos-sym is not needed.

    python version_runs.py FOLDER BACKEND

``FOLDER`` is what :mod:`version_cases` wrote; ``BACKEND`` is ``torch``, ``optax``, ``keras`` or
``tensorflow``. Prints one JSON object: the versions, how many files of each kind gave what they have to,
and those that did not, each with the reason. Everything is float64, and a weight may differ from the
reference by 1e-9 of the largest one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

TOLERANCE = 1e-9
SINGLE = 2e-5
"""Of schedules, which Keras computes in float32, and optax in float32 for the step."""
FUSED = ("Opt1", "Opt4", "Opt7", "Opt10", "A5", "Adam", "AdamW", "Lion", "ProdigyPO", "MuonTorch")
"""Those of torch that run as compiled C, too: each compiles for a part of a second."""


def load(path: Path) -> ModuleType:
    """Import a file."""
    name = "rendered_" + path.stem.replace(".", "_")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def difference(found: list[Any], wanted: list[Any]) -> float:
    """Return the largest difference of two lists of numbers, as a part of the largest number wanted."""
    pairs = list(zip(flat(found), flat(wanted), strict=True))
    size = max([1.0, *(abs(b) for _, b in pairs)])
    return max((abs(a - b) if a == a else float("inf")) / size for a, b in pairs)


def flat(values: Any) -> Iterator[float]:
    """Yield the numbers of nested lists."""
    if isinstance(values, list):
        for each in values:
            yield from flat(each)
    else:
        yield float(values)


def by_torch(kind: Any, case: Any, data: Any, **mode: Any) -> list[Any]:
    """Return the weights after each step of a torch optimizer."""
    import torch

    weights = [torch.nn.Parameter(torch.tensor(w, dtype=torch.float64)) for w in data["weights"]]
    optimizer = kind(weights, lr=data["rate"], **case["settings"], **mode)
    history = []
    for gradients in data["gradients"]:
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        history.append([w.tolist() for w in weights])
    return history


def by_optax(make: Any, case: Any, data: Any) -> list[Any]:
    """Return the weights after each step of an optax transformation, compiled."""
    import jax
    import jax.numpy as jnp
    import optax

    weights = [jnp.asarray(w) for w in data["weights"]]
    optimizer = make(data["rate"], **case["settings"])
    state, history = optimizer.init(weights), []

    def step(gradients: Any, state: Any, weights: Any) -> Any:
        changes, state = optimizer.update(gradients, state, weights)
        return optax.apply_updates(weights, changes), state

    compiled = jax.jit(step)
    for gradients in data["gradients"]:
        weights, state = compiled([jnp.asarray(g) for g in gradients], state, weights)
        history.append([w.tolist() for w in weights])
    return history


def by_keras(kind: Any, case: Any, data: Any) -> list[Any]:
    """Return the weights after each step of a Keras optimizer."""
    import keras

    weights = [keras.Variable(w, dtype="float64") for w in data["weights"]]
    optimizer = kind(data["rate"], **case["settings"])
    history = []
    for gradients in data["gradients"]:
        optimizer.apply([keras.ops.convert_to_tensor(g, dtype="float64") for g in gradients], weights)
        history.append([keras.ops.convert_to_numpy(w.value).tolist() for w in weights])
    return history


def factors(backend: str, module: ModuleType, case: Any) -> list[float]:
    """Return the factors of a schedule."""
    make, steps = getattr(module, case["class"]), range(len(case["factors"]))
    if backend != "torch":
        return [float(x) for x in map(make(1.0, **case["settings"]), steps)]
    import torch

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule, found = make(optimizer, **case["settings"]), []
    for _ in steps:
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        schedule.step()
    return found


def optimizers(backend: str, folder: Path, data: Any) -> Iterator[tuple[str, str, Callable[[], float]]]:
    """Yield every trial with an optimizer: what kind it is, its name, and what gives its difference."""
    run: Callable[..., list[Any]] = {"torch": by_torch, "optax": by_optax}.get(backend, by_keras)

    def trial(case: Any, **mode: Any) -> Callable[[], float]:
        def difference_of() -> float:
            kind = getattr(load(folder / f"{case['name']}.py"), case["class"])
            return difference(run(kind, case, data, **mode), case["weights"])

        return difference_of

    if backend == "torch" and (gone := set(FUSED) - {case["name"] for case in data["optimizers"]}):
        raise SystemExit(f"the catalog has no {', '.join(sorted(gone))} any more; change FUSED in {__file__}")
    for case in data["optimizers"]:
        yield "optimizers", case["name"], trial(case)
        if backend == "torch":
            yield "optimizers with foreach=False", case["name"], trial(case, foreach=False)
            if case["name"] in FUSED:
                yield "optimizers with fused=True", case["name"], trial(case, fused=True)
    for path in sorted((folder / "faces").glob("*.py")):
        name = path.stem.rpartition(".")[2]
        face = {"settings": {}}

        def moves(path: Path = path, name: str = name, face: Any = face) -> float:
            history = run(getattr(load(path), name), face, data)
            moved = difference(history[-1], data["weights"])
            return 0.0 if 1e-6 < moved < float("inf") else float("inf")

        yield "in place of the library's", path.stem, moves


def main() -> int:
    """Run everything and print what was found."""
    folder, backend = Path(sys.argv[1]), sys.argv[2]
    os.environ["JAX_ENABLE_X64"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if backend in ("keras", "tensorflow"):
        import keras

        keras.config.set_floatx("float64")
    data = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
    trials = [(*each, TOLERANCE) for each in optimizers(backend, folder / backend, data)]
    for case in data["schedules"]:

        def of(case: Any = case) -> float:
            return difference(
                factors(backend, load(folder / backend / f"{case['name']}.py"), case), case["factors"]
            )

        trials.append(("schedules", case["name"], of, SINGLE))
    passed: dict[str, int] = {}
    failed: dict[str, str] = {}
    for kind, name, trial, bound in trials:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = trial()
            reason = "" if found <= bound else f"differs by {found:.2g}"
        except Exception as error:  # of whatever kind: it is what the trial finds
            reason = f"{type(error).__name__}: {str(error).splitlines()[0][:160] if str(error) else ''}"
        passed[kind] = passed.get(kind, 0) + (not reason)
        if reason:
            failed[f"{kind}: {name}"] = reason
    names = ("torch", "numpy", "jax", "jaxlib", "optax", "keras", "tensorflow-cpu")
    here = {name: version for name in names if (version := version_of(name))}
    print(
        json.dumps(
            {"versions": {"python": sys.version.split()[0], **here}, "passed": passed, "failed": failed}
        )
    )
    return 0


def version_of(name: str) -> str:
    """Return the version of a package, nothing where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
