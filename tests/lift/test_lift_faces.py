"""Lifted optimizers of PyTorch are the entries of the catalog that were written by hand."""

from __future__ import annotations

import pytest

from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.families import compare_families
from nos_sym.algebra.verdicts import Different, Equal
from nos_sym.errors import RuleError
from nos_sym.faces import Face, face_named, faces, rule_of_face
from nos_sym.lift.lifted import Lifted
from nos_sym.lift.verifying import distance, problem, ran

pytest.importorskip("torch")

MORE = {
    "torch.optim.SGD(nesterov=True)": {"momentum": 0.9},
    "torch.optim.Adafactor": {"eps": (1e-30, 1e-3)},
}
"""Arguments of faces whose defaults the original refuses, or makes numbers of that depend on the type."""


def _lifted(face: Face) -> Lifted:
    from nos_sym.lift.lifting import lift

    module, _, name = face.name.rpartition(".")
    return lift(f"{module}:{name}", {**face.flags, **MORE.get(str(face), {})})


UNPROVED = {"torch.optim.Adafactor"}
"""Faces whose branches on the shape meet again below, which the algebra does not take apart: measured."""


def _proved(face: Face) -> str:
    """Return for which settings a lifted rule is proved to be the face's, ``unknown`` where measured."""
    found = _lifted(face)
    assert found.verification.verified, (str(face), found.verification)
    rule = rule_of_face(face)
    rule = rule.with_settings(_numbers(face, found, {s.args[0].name for s in rule.settings}))
    try:
        verdict = compare_families(found.rule, rule).verdict
    except RuleError:
        verdict = None
    if isinstance(verdict, Equal):
        return "all"
    verdict = compare(found.rule.at_defaults(), rule.at_defaults())
    assert not isinstance(verdict, Different), f"{face}\n{found.rule}\n{rule}"
    if isinstance(verdict, Equal):
        return "defaults"
    weights, gradients = problem(((5, 3), (4,), ()))
    both = [ran(x, {"lr": 0.02}, weights, gradients) for x in (found.rule, rule)]
    assert distance(*both) < 1e-12, f"{face}\n{found.rule}\n{rule}"
    return "unknown"


def _numbers(face: Face, found: Lifted, names: set[str]) -> dict[str, float]:
    """Return the numbers that the original was made with under the names of settings, those of tuples too."""
    values = dict(found.arguments)
    for argument in face.arguments:
        given = found.arguments.get(argument.name)
        if isinstance(given, tuple | list):
            values |= dict(zip(argument.settings, given, strict=True))
    numbers = {n: x for n, x in values.items() if n in names and not isinstance(x, bool)}
    return {n: x for n, x in numbers.items() if isinstance(x, int | float)}


@pytest.mark.parametrize(
    "name",
    ["torch.optim.SGD", "torch.optim.AdamW", "torch.optim.NAdam"],
)
def test_a_lifted_optimizer_is_the_entry_for_all_settings(name: str) -> None:
    assert _proved(face_named(name)) == "all"


@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize("face", [f for f in faces() if f.library == "torch"], ids=str)
def test_every_face_of_torch_is_lifted_and_proved(face: Face) -> None:
    # Rprop and ASGD check none of their numbers, so that the lifted domains are wider.
    assert _proved(face) in (("unknown",) if face.name in UNPROVED else ("all", "defaults"))
