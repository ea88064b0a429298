"""optax's own tests of its aliases, as it installs them, with rendered optimizers in their place."""

from __future__ import annotations

import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.harness import backends, load

from nos_sym.codegen.render import render
from nos_sym.faces import Face, faces, rule_of_face

if "optax" not in backends():
    pytest.skip("optax is not installed", allow_module_level=True)
pytest.importorskip("absl.testing", reason="optax's tests need absl")
pytest.importorskip("sklearn", reason="optax's tests of aliases need scikit-learn")
alias_test = pytest.importorskip("optax._src.alias_test", reason="this optax does not install its tests")
alias = alias_test.alias

FACES = {
    face.class_name: face
    for face in faces()
    if face.backend == "optax" and face.name == f"optax.{face.class_name}" and not face.flags
}
FAST = ("adam",)
METHODS = (
    "test_optimizers_accept_extra_args",
    "test_optimizers_can_be_wrapped_in_inject_hyperparams",
    "test_preserve_dtype",
    "test_state_shape_dtype_shard_stability",
    "test_gradient_accumulation",
    "test_optimization",
)
LEFT_OUT = {
    "complex": "complex parameters are refused, in one line",
    "opt_name='optimistic_adam',": "the original warns that it is deprecated, which a file does not",
    "momentum': 0.9": "another file, of the flag that selects it",
}
"""Words of cases that do not apply, and why; `test_explicit_dtype` is about `mu_dtype`, which is refused."""


def cases(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        else:
            yield test


ALL = list(cases(unittest.defaultTestLoader.loadTestsFromTestCase(alias_test.AliasTest)))


def parameters() -> Iterator[Any]:
    for name in sorted(FACES):
        for method in METHODS:
            slow = name not in FAST or method == "test_optimization"
            yield pytest.param(name, method, marks=pytest.mark.heavy if slow else ())


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "method"), list(parameters()))
def test_a_rendered_optimizer_passes(
    name: str, method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    face: Face = FACES[name]
    module = load(render(rule_of_face(face), "optax", face=face), tmp_path)
    monkeypatch.setattr(alias, name, getattr(module, name))
    run = skipped = 0
    for test in ALL:
        text = str(test)
        if not text.startswith(method) or f"opt_name='{name}'," not in text:
            continue
        if any(word in text for word in LEFT_OUT):
            skipped += 1
            continue
        result = unittest.TestResult()
        test.run(result)
        for _, message in (*result.errors, *result.failures):
            pytest.fail(f"{text}\n{message}")
        run += 1
    assert run + skipped > 0, "optax has no such case any more"


def test_the_aliases_that_are_tested_are_those_of_optax() -> None:
    """Those without a face are named: what they need, no rule can say."""
    tested = {case["opt_name"] for case in alias_test._OPTIMIZERS_UNDER_TEST}
    assert tested - set(FACES) == {"noisy_sgd", "polyak_sgd"}
