"""PyTorch's own optimizers pass the checks, and each check finds the optimizer that breaks what it asks."""

from __future__ import annotations

import pytest
from support.harness import backends

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from support.broken_optimizers import BREAKS, Plain
from support.subtly_broken import SUBTLE, Reads, Rounds

from nos_sym.conform.checks import CHECKS
from nos_sym.conform.outcome import Verdict
from nos_sym.conform.runner import ask
from nos_sym.conform.subject import WAYS, Subject, Way, way_of

CASES = ({"lr": 0.01}, {"weight_decay": 0.1, "maximize": True})
NAMED = {check.name: check for check in CHECKS}
RECORDS = ("cases", "own-errors")
"""Checks that read PyTorch's records, which take seconds to import."""
SLOW = ("compile", "capturable", "two-devices")
FLAGGED = ((Reads, "capturable"), (Rounds, "fused"))


def asked(subject: Subject, name: str) -> tuple[Verdict, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nos_sym.conform.subject.record_of", lambda cls: None)
        return ask(NAMED[name], subject)


@pytest.mark.parametrize(
    "cls", [Plain, *(pytest.param(x, marks=pytest.mark.heavy) for x in (torch.optim.AdamW, torch.optim.SGD))]
)
def test_sound_optimizers_fail_no_check(cls: type) -> None:
    takes_all = {"maximize", "weight_decay"} <= Subject(cls).names
    subject = Subject(cls, cases=CASES if takes_all else CASES[:1])
    for name in NAMED:
        if name not in (*RECORDS, *SLOW):
            verdict, line = asked(subject, name)
            assert verdict is not Verdict.FAILS, (name, line)


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        pytest.param(cls, name, id=f"{name}-{cls.__name__}", marks=pytest.mark.heavy if name in SLOW else [])
        for cls, name in (*BREAKS, *SUBTLE, *FLAGGED)
    ],
)
def test_what_an_optimizer_breaks_is_found(cls: type, name: str) -> None:
    subject = Subject(cls, cases=CASES[:1])
    verdict, line = asked(subject, name)
    assert verdict is Verdict.FAILS, (verdict, line)
    assert line.isprintable()


@pytest.mark.parametrize(("cls", "name"), [pytest.param(c, n, id=f"{n}-{c.__name__}") for c, n in SUBTLE])
def test_what_is_subtly_broken_breaks_nothing_before(cls: type, name: str) -> None:
    """So that what finds it is the part of the check that it is made for."""
    assert asked(Subject(cls), "descends")[0] is Verdict.PASSES


def test_every_check_fails_for_some_optimizer() -> None:
    left = NAMED.keys() - {name for _, name in (*BREAKS, *SUBTLE, *FLAGGED)}
    # These ask for PyTorch's records.
    assert left == {"cases", "own-errors"}


def test_the_way_of_a_class_is_found() -> None:
    assert way_of(torch.optim.SGD, {}) == (Way(), "")
    assert way_of(torch.optim.LBFGS, {})[0] == Way(closure=True)
    assert way_of(torch.optim.SparseAdam, {})[0] == Way(sparse=True)
    assert way_of(torch.optim.Muon, {})[0] == Way(matrices=True)
    assert way_of(torch.optim.SGD, {"lr": 0.0}) == (Way(), "three steps leave all weights as they were")
    assert len({str(way) for way in WAYS}) == len(WAYS)
