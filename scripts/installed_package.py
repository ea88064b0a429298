"""Tries an installed nos-sym in a bare environment: commands, and steps with the frameworks that are named.

    python installed_package.py [torch] [tensorflow] [keras] [jax] [MODULE...]

Runs in an empty folder, outside of any checkout. For each framework a rendered Opt4 takes three steps, and
weights are those of the reference interpreter; other arguments are modules that must be importable. Prints
a line for each thing that was tried, and ends with an error at the first that fails.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

STEPS, RATE = 3, 2.0**-5


def command(*arguments: str) -> str:
    """Return what the installed command prints; it has to be content."""
    program = Path(sys.executable).parent / "nos-sym"
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise SystemExit(f"nos-sym {' '.join(arguments)}: exit code {done.returncode}: {done.stderr.strip()}")
    print("nos-sym", *arguments[:2])
    return done.stdout


def rendered(backend: str) -> ModuleType:
    """Render Opt4 by the command and import the file."""
    path = Path(f"opt4_{backend}.py")
    path.write_text(command("render", "Opt4", "--backend", backend), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def torch(weight: Any, gradients: Any) -> Any:
    """Return the weights after the steps in PyTorch."""
    import torch

    parameter = torch.nn.Parameter(torch.tensor(weight))
    optimizer = rendered("torch").Opt4([parameter], lr=RATE, total_steps=STEPS)
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
    return parameter.detach().numpy()


def keras(weight: Any, gradients: Any, backend: str = "keras") -> Any:
    """Return the weights after the steps in Keras, on the backend that it has."""
    import keras

    variable = keras.Variable(weight)
    optimizer = rendered(backend).Opt4(RATE, total_steps=STEPS)
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    print("keras", keras.__version__, "on", keras.backend.backend())
    return keras.ops.convert_to_numpy(variable.value)


def tensorflow(weight: Any, gradients: Any) -> Any:
    """Return the weights after the steps in TensorFlow."""
    return keras(weight, gradients, "tensorflow")


def jax(weight: Any, gradients: Any) -> Any:
    """Return the weights after the steps in optax."""
    import jax.numpy as jnp
    import optax

    optimizer, here = rendered("optax").Opt4(RATE, total_steps=STEPS), jnp.asarray(weight)
    state = optimizer.init(here)
    for gradient in gradients:
        change, state = optimizer.update(jnp.asarray(gradient), state, here)
        here = optax.apply_updates(here, change)
    return np.asarray(here)


FRAMEWORKS = {"torch": torch, "tensorflow": tensorflow, "keras": keras, "jax": jax}


def main(names: list[str]) -> None:
    """Try everything."""
    import nos_sym

    assert "site-packages" in nos_sym.__file__, nos_sym.__file__
    assert not {"torch", "tensorflow", "jax", "keras"} & sys.modules.keys()
    for backend in ("torch", "tensorflow", "keras", "optax", "latex"):
        assert "Opt4" in command("render", "Opt4", "--backend", backend)
    assert command("equal", "none ~ g + g", "none ~ 2 * g").startswith("equal")
    assert command("latex", "Opt4") and "Opt4" in command("list")
    random = np.random.default_rng(4)
    weight = random.normal(size=(4, 3)).astype("float32")
    gradients = random.normal(size=(STEPS, 4, 3)).astype("float32")
    reference = nos_sym.Interpreter(nos_sym.catalog.entry("Opt4"), weight.shape, total_steps=STEPS)
    wanted = weight.astype("float64")
    for gradient in gradients:
        wanted = reference.apply(wanted, gradient.astype("float64"), RATE, 0.9)
    for name in names:
        if name not in FRAMEWORKS:
            importlib.import_module(name)
            print("import", name)
            continue
        found = FRAMEWORKS[name](weight, gradients)
        # Some roundings of float32 in each step, through factors of up to four.
        np.testing.assert_allclose(found, wanted, rtol=3e-6, atol=3e-6)
        print("trained", STEPS, "steps with", name)
    print(f"nos-sym {nos_sym.__version__} works on Python {sys.version.split()[0]}")


if __name__ == "__main__":
    os.environ["NOS_SYM_NO_CACHE"] = "1"
    main(sys.argv[1:])
