"""A program: rendered optimizers over two devices of JAX; run with the names of their files."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import jax
import keras
import numpy as np

DEVICES = keras.distribution.list_devices()
assert len(DEVICES) == 2, DEVICES
MESH = keras.distribution.DeviceMesh((1, 2), ("batch", "model"), DEVICES)


def split(value: Any) -> str:
    return str(getattr(value.sharding, "spec", value.sharding))


def run(make: Any, dtype: str, over: Any) -> list[Any]:
    keras.distribution.set_distribution(over)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, dtype=dtype, name="hidden")])
    model.compile(make(0.05), "mse")
    x = np.linspace(-1, 1, 32, dtype="float32").reshape(8, 4)
    model.fit(x, x.sum(1, keepdims=True) * np.ones(6), batch_size=4, epochs=2, shuffle=False, verbose=0)
    kernel = model.layers[0].kernel
    if over is not None:
        keys = importlib.import_module(make.__module__).STATE
        for slot, key in zip(model.optimizer.slots[0], keys, strict=True):
            of_all = slot.shape == ()
            assert slot.path.endswith(key if of_all else f"{kernel.path.replace('/', '_')}_{key}"), slot.path
            if slot.shape == kernel.shape:
                assert split(slot.value) == split(kernel.value), (slot.path, split(slot.value))
            assert slot.shape == kernel.shape or "model" not in split(slot.value), slot.path
        assert ("model" in split(kernel.value)) == isinstance(over, keras.distribution.ModelParallel)
    keras.distribution.set_distribution(None)
    return [np.array(w, "float32") for w in model.get_weights()]


LAYOUTS = keras.distribution.LayoutMap(MESH)
LAYOUTS[".*hidden.*kernel"] = (None, "model")
PARTS = keras.distribution.ModelParallel(layout_map=LAYOUTS, batch_dim_name="batch")
COPIES = keras.distribution.DataParallel(devices=DEVICES)
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    (made,) = [x for x in vars(module).values() if isinstance(x, type) and x.__module__ == name]
    for dtype in ("float32", "bfloat16"):
        alone = run(made, dtype, None)
        for over in (PARTS, COPIES) if dtype == "float32" else (PARTS,):
            bound = 1e-5 if dtype == "float32" else 2e-2  # sums are in another order
            for x, y in zip(run(made, dtype, over), alone, strict=True):
                assert np.allclose(x, y, rtol=bound, atol=bound), (name, dtype, np.abs(x - y).max())
        print(name, dtype, "the same on", jax.device_count())
