"""What traced originals decide by names, places, types and counts of Python is a condition of their rules."""

from __future__ import annotations

import pytest

pytest.importorskip("optax")

CONDITIONS = {
    "counting": "code keeps nothing of its own",
    "compiled": "steps are compiled",
    "named": "names of parameters and layers",
    "crowded": "there are a few parameters",
    "shared": "there are several parameters",
    "typed": "weights are of float64",
    "sized": "matrices of thousands of entries",
    "late": "",
    "first_rate": "",
    "accumulating": "the learning rate stays as it is",
}
_FAST = ("counting", "named")


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "name", [n if n in _FAST else pytest.param(n, marks=pytest.mark.heavy) for n in CONDITIONS]
)
def test_what_a_trace_does_not_show_is_said(name: str) -> None:
    from nos_sym.lift.lifting import lift

    found = lift(f"tests/support/lifted_traced.py:{name}")
    assert found.verification.verified, found.verification
    said = [condition.text for condition in found.conditions]
    known = [text for text in CONDITIONS.values() if text]
    expected = [text for text in known if text == CONDITIONS[name]]
    if name == "shared":
        # Neither forty-one parameters nor two are as many as three.
        expected = [CONDITIONS[n] for n in ("crowded", "shared", "sized")]
    assert [text for text in known if any(each.startswith(text) for each in said)] == expected


def test_branches_and_accumulators_are_computed_in_full() -> None:
    import jax
    import numpy as np

    from nos_sym.lift.jax_wide import wide

    def branch(x: jax.Array, held: jax.Array) -> jax.Array:
        return jax.lax.switch(
            held.astype(int), [lambda y: y / 3, lambda y: y / 7, lambda y: -y], x.astype("float32")
        )

    with jax.enable_x64(True):
        run = wide(branch, [np.dtype("float64"), np.dtype("float32")])
        for which, expected in ((-1.0, 0.1 / 3), (1.0, 0.1 / 7), (5.0, -0.1)):
            assert float(run(np.float64(0.1), np.float64(which))) == pytest.approx(expected, rel=1e-15)
