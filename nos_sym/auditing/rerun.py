"""Code that runs a library's optimizer on a stated history, so that numbers of an audit can be had again.

The texts are made of numbers and of names of the tables of faces; nothing of a user stands in them.
"""

from __future__ import annotations

from collections.abc import Mapping

from nos_sym.algebra.falsification.counterexample import Counterexample
from nos_sym.faces import Face
from nos_sym.faces.face import Argument, Use, settings_at

_TORCH = """\
import torch
{imports}
w = torch.tensor({weights}, dtype=torch.float64, requires_grad=True)
optimizer = {call}
for gradient in {gradients}:
    w.grad = torch.tensor(gradient, dtype=torch.float64)
    optimizer.step()
print(w.tolist())"""

_KERAS = """\
import os

# On TensorFlow, Keras rounds its constants to float32.
os.environ |= {{"KERAS_BACKEND": "jax", "JAX_ENABLE_X64": "1"}}
import keras

keras.config.set_floatx("float64")
w = keras.Variable({weights})
optimizer = {call}
for gradient in {gradients}:
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [w])
print(keras.ops.convert_to_numpy(w).tolist())"""

_OPTAX = """\
import jax
import jax.numpy as jnp
import optax

jax.config.update("jax_enable_x64", True)
w = jnp.array({weights})
optimizer = {call}
state = optimizer.init(w)
for gradient in {gradients}:
    updates, state = optimizer.update(jnp.array(gradient), state, w)
    w = optax.apply_updates(w, updates)
print(w.tolist())"""

_TEMPLATES = {"torch": _TORCH, "keras": _KERAS, "optax": _OPTAX}


def code_of(face: Face, settings: Mapping[str, float], found: Counterexample) -> str:
    """Return a script that prints the weights of a library's optimizer after a history.

    Args:
        face: the optimizer.
        settings: values of its settings by their names in the catalog.
        found: the history; its rate is constant.

    Returns:
        The script; empty where the history cannot be run this way: its rate or momentum changes, it draws
        masks, there are several parameters, or the optimizer takes no rate.
    """
    steady = len(set(found.rates)) == 1 and not (found.momenta or found.uniform or found.others)
    rates = [a.name for a in face.arguments if a.use is Use.RATE]
    if not steady or len(rates) != 1:
        return ""
    given = {rates[0]: repr(found.rates[0]), **{name: repr(value) for name, value in face.flags.items()}}
    for argument in face.arguments:
        if argument.use is Use.SETTINGS and _differs(argument, settings):
            values = [repr(settings[name]) for name in argument.settings]
            given[argument.name] = values[0] if len(values) == 1 else f"({', '.join(values)})"
    first = "[w], " if face.backend == "torch" else ""
    call = f"{face.name}({first}{', '.join(f'{name}={value}' for name, value in given.items())})"
    root = face.name.split(".")[0]
    return _TEMPLATES[face.backend].format(
        imports="" if root == "torch" else f"import {root}\n",
        weights=_nested(found.weights[0], found.shape),
        gradients=f"[{', '.join(_nested(row, found.shape) for row in found.gradients)}]",
        call=call,
    )


def _differs(argument: Argument, settings: Mapping[str, float]) -> bool:
    """Return whether an argument must be given."""
    if argument.required:
        return True
    try:
        usual = settings_at(argument, argument.default)
    except ValueError:
        return True
    return any(settings[name] != value for name, value in usual.items())


def _nested(row: tuple[float, ...], shape: tuple[int, ...]) -> str:
    """Return entries as nested lists of a shape."""
    if len(shape) < 2:
        return repr(list(row))
    rows = [row[i : i + shape[-1]] for i in range(0, len(row), shape[-1])]
    return repr([list(x) for x in rows])
