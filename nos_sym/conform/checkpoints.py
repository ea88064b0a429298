"""Checks of state dictionaries, copies and hooks: a run goes on as if nothing had been."""

from __future__ import annotations

import copy
import io
import pickle
import re
from typing import Any

import torch

from nos_sym.conform.check import Check
from nos_sym.conform.comparing import expect_same
from nos_sym.conform.outcome import DoesNotApply, Fails, Verdict
from nos_sym.conform.problem import Regression, states
from nos_sym.conform.subject import Subject

BEFORE, AFTER = 3, 4


def _begin(subject: Subject, case: dict[str, Any]) -> tuple[Regression, Any]:
    problem = subject.problem()
    optimizer = subject.make(problem.parameters, **copy.deepcopy(case))
    subject.train(optimizer, problem, BEFORE)
    return problem, optimizer


def _expect_continues(
    subject: Subject, what: str, first: tuple[Regression, Any], second: tuple[Regression, Any]
) -> None:
    for problem, optimizer in (first, second):
        subject.train(optimizer, problem, AFTER)
    expect_same(f"weights {what}", first[0].parameters, second[0].parameters)
    kept = [states(optimizer, problem.parameters) for problem, optimizer in (first, second)]
    if len(kept[0]) != len(kept[1]):
        raise Fails(f"states {what}: {len(kept[0])} and {len(kept[1])} of them")
    expect_same(f"states {what}", *kept)


def state_dict(subject: Subject) -> None:
    """A run that loads a state dictionary goes on exactly as the one that saved it."""

    def one(case: dict[str, Any]) -> None:
        problem, optimizer = _begin(subject, case)
        other = copy.deepcopy(problem)
        # PyTorch's own share the tensors of what they load with those of what saved it.
        saved = copy.deepcopy(optimizer.state_dict())
        restored = subject.make(other.parameters, **copy.deepcopy(case))
        restored.load_state_dict(saved)
        _expect_continues(subject, "after load_state_dict", (problem, optimizer), (other, restored))

    subject.each(one)


def saved_file(subject: Subject) -> None:
    """A state dictionary can be saved, and read with ``weights_only``, which runs no code."""
    _, optimizer = _begin(subject, {})
    saved = optimizer.state_dict()
    file = io.BytesIO()
    torch.save(saved, file)
    file.seek(0)
    try:
        read = torch.load(file, weights_only=True)
    except pickle.UnpicklingError as error:
        found = re.search(r"WeightsUnpickler error: *(.+)", str(error))
        text = found.group(1) if found else str(error).partition("\n")[0] or "it is refused"
        raise Fails(f"torch.load with weights_only=True refuses the state dictionary: {text[:200]}") from None
    expect_same("what was saved and what was read", _leaves(saved), _leaves(read))


def copied(subject: Subject) -> None:
    """A deep copy goes on as the original."""

    def one(case: dict[str, Any]) -> None:
        first = _begin(subject, case)
        second = copy.deepcopy(first)
        names = [{k for k in vars(x) if not k.startswith("_")} for _, x in (first, second)]
        if names[0] != names[1]:
            raise Fails(f"a deep copy lacks {', '.join(sorted(names[0] ^ names[1]))}")
        _expect_continues(subject, "of a deep copy", first, second)

    subject.each(one)


def pickled(subject: Subject) -> None:
    """A pickled optimizer goes on as the original."""
    first = _begin(subject, {})
    try:
        data = pickle.dumps(first)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise Fails(f"it cannot be pickled: {type(error).__name__}: {error}") from None
    # It was written two lines above.
    _expect_continues(subject, "of what was pickled", first, pickle.loads(data))  # noqa: S301


def hooks(subject: Subject) -> None:
    """Hooks before and after a step run once each."""
    problem = subject.problem()
    optimizer = subject.make(problem.parameters)
    calls: list[str] = []
    for kind in ("pre", "post"):
        register = getattr(optimizer, f"register_step_{kind}_hook", None)
        if register is None:
            raise DoesNotApply("it has no hooks of steps")
        register(lambda *_, kind=kind: calls.append(kind))
    subject.step(optimizer, problem)
    if calls != ["pre", "post"]:
        raise Fails(f"one step calls the hooks {', '.join(calls) or 'never'}; expected pre, post")


def zero_grad(subject: Subject) -> None:
    """``zero_grad`` removes all gradients."""
    problem = subject.problem()
    optimizer = subject.make(problem.parameters)
    problem.loss()
    optimizer.zero_grad()
    if any(x.grad is not None and bool(x.grad.any()) for x in problem.parameters):
        raise Fails("gradients are left after zero_grad")


def shown(subject: Subject) -> None:
    """It prints itself, and its groups have its arguments."""

    def one(case: dict[str, Any]) -> None:
        optimizer = subject.make(subject.problem().parameters, **copy.deepcopy(case))
        repr(optimizer)
        for name, value in case.items():
            if name in optimizer.param_groups[0] and optimizer.param_groups[0][name] != value:
                got = optimizer.param_groups[0][name]
                raise Fails(f"its group has {name}={got} where it was made with {value}")

    subject.each(one)


def _leaves(data: Any) -> list[Any]:
    """Return the tensors and numbers of a state dictionary, in the order of its keys."""
    if isinstance(data, dict):
        return [x for key in data for x in _leaves(data[key])]
    if isinstance(data, (list, tuple)):
        return [x for each in data for x in _leaves(each)]
    return [data]


CHECKS = (
    Check("state-dict", "A run goes on exactly from a state dictionary", state_dict),
    Check("saved-file", "A state dictionary is saved, and read without running code", saved_file),
    Check("deepcopy", "A deep copy goes on as the original", copied, severity=Verdict.ADVICE),
    Check("pickle", "A pickled optimizer goes on as the original", pickled, severity=Verdict.ADVICE),
    Check("hooks", "Hooks before and after a step run once each", hooks),
    Check("zero-grad", "zero_grad removes all gradients", zero_grad),
    Check("repr", "It prints itself, and its groups have its arguments", shown),
)
