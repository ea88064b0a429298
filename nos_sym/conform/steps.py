"""Checks of what a step does: it descends, heeds its learning rate, and stays finite."""

from __future__ import annotations

import copy
from typing import Any

import torch

from nos_sym.conform.check import Check
from nos_sym.conform.comparing import CLOSE, Tolerance, expect_finite, expect_same, moved, values
from nos_sym.conform.outcome import DoesNotApply, Fails
from nos_sym.conform.subject import Subject

FEW, MANY = 20, 200


def descends(subject: Subject) -> str | None:
    """A regression ends below its first loss, in each case; above it with ``maximize``."""
    slow = []

    def one(case: dict[str, Any]) -> None:
        problem = subject.problem()
        first = float(problem.loss())
        optimizer = subject.make(problem.parameters, **case)
        for steps in (FEW, MANY):
            last = subject.train(optimizer, problem, steps)
            expect_finite(f"after {steps} steps", problem.parameters)
            if (last > first) if case.get("maximize") else (last < first):
                slow.extend([1] if steps == MANY else [])
                return
        raise Fails(f"the loss goes from {first:.4g} to {last:.4g} in {FEW + MANY} steps")

    subject.each(one)
    return f"{len(slow)} of {len(subject.cases)} cases only after {FEW} steps" if slow else None


def maximizes(subject: Subject) -> None:
    """With ``maximize``, a step is that of the opposite gradient."""
    subject.optional("maximize")
    subject.set_gradients_alone()
    rows = []
    for sign in (1.0, -1.0):
        problem = subject.problem(torch.float64)
        optimizer = subject.make(problem.parameters, maximize=sign > 0)
        for _ in range(5):
            problem.loss()
            for parameter in problem.parameters:
                assert parameter.grad is not None
                # Both see the gradients of weights that move alike.
                subject.given(parameter, sign * parameter.grad)
            torch.manual_seed(3)
            optimizer.step()
        rows.append(values(problem.parameters))
    expect_same("maximize and the opposite gradient", *rows, tolerance=CLOSE)


def zero_gradients(subject: Subject) -> str | None:
    """Zero gradients leave finite weights, at the start and after some steps."""
    subject.set_gradients_alone()
    far = 0.0

    def one(case: dict[str, Any]) -> None:
        nonlocal far
        for before in (0, 3):
            problem = subject.problem()
            optimizer = subject.make(problem.parameters, **case)
            subject.train(optimizer, problem, before)
            start = values(problem.parameters)
            for _ in range(4):
                for parameter in problem.parameters:
                    subject.given(parameter, torch.zeros_like(parameter))
                optimizer.step()
            expect_finite(f"after zero gradients and {before} steps", problem.parameters)
            if not before and not case:
                far = moved(start, problem.parameters)

    subject.each(one)
    return f"weights move by {far:.2g} without a gradient" if far else None


def tiny_gradients(subject: Subject) -> None:
    """Gradients whose squares underflow leave finite weights."""
    subject.set_gradients_alone()
    for size in (1e-25, 1e-40):
        problem = subject.problem()
        optimizer = subject.make(problem.parameters)
        for _ in range(4):
            for parameter in problem.parameters:
                subject.given(parameter, torch.full_like(parameter, size))
            optimizer.step()
        expect_finite(f"after gradients of {size:g}", problem.parameters)


def _first_step(subject: Subject, lr: float) -> float:
    problem = subject.problem(torch.float64)
    start = values(problem.parameters)
    optimizer = subject.make(problem.parameters, lr=lr)
    subject.train(optimizer, problem, 1)
    expect_finite(f"after a step at learning rate {lr:g}", problem.parameters)
    return moved(start, problem.parameters)


def proportional(subject: Subject) -> bool:
    """Return whether the first step is proportional to the learning rate, down to a small one."""
    large, small = _first_step(subject, 2.0**-10), _first_step(subject, 2.0**-30)
    return abs(large * 2.0**-20 - small) <= 1e-3 * large * 2.0**-20


def zero_rate(subject: Subject) -> str | None:
    """At a learning rate of 0 weights stay as they are, where steps are proportional to the rate."""
    subject.optional("lr")
    try:
        subject.make(subject.problem().parameters, lr=0.0)
    except (ValueError, AssertionError) as error:
        raise DoesNotApply(f"a learning rate of 0 is refused: {error}") from None
    scaled = proportional(subject)
    problem = subject.problem()
    start = values(problem.parameters)
    optimizer = subject.make(problem.parameters, lr=0.0)
    subject.train(optimizer, problem, 3)
    expect_finite("after steps at learning rate 0", problem.parameters)
    far = moved(start, problem.parameters)
    if not scaled:
        return f"steps are not proportional to the rate; weights move by {far:.2g} at 0"
    if far:
        raise Fails(f"weights move by {far:.2g} at a learning rate of 0")
    return None


def groups_rate(subject: Subject) -> None:
    """The rate of a group is heeded, and so is a change of it, as schedulers make it."""
    subject.optional("lr")
    if not proportional(subject):
        raise DoesNotApply("steps are not proportional to the learning rate")
    if subject.record is not None and not subject.record.supports_param_groups:
        raise DoesNotApply("PyTorch's record says that it takes no groups")
    problem = subject.problem(torch.float64)
    groups = [{"params": [problem.weight]}, {"params": [problem.bias], "lr": 2.0**-100}]
    optimizer = subject.make(groups, lr=2.0**-10)
    start = values(problem.parameters)
    subject.train(optimizer, problem, 2)
    far = [moved(start[i : i + 1], problem.parameters[i : i + 1]) for i in range(2)]
    if not far[0] or far[1] > 1e-12:
        raise Fails(f"at rates of 1e-3 and 1e-30 the groups move by {far[0]:.2g} and {far[1]:.2g}")
    rows = []
    for change in (False, True):
        problem = subject.problem(torch.float64)
        optimizer = subject.make(problem.parameters, lr=2.0**-10)
        subject.train(optimizer, problem, 2)
        if change:
            optimizer.param_groups[0]["lr"] = 2.0**-14
        # Some compute the rate of a step at the end of the one before, ASGD of PyTorch for one.
        subject.train(optimizer, problem, 2)
        rows.append(values(problem.parameters))
    if moved(*rows) < 1e-12:
        raise Fails("a rate that is changed in 'param_groups' between steps is not heeded")


def tensor_rate(subject: Subject) -> None:
    """A learning rate that is a tensor does what its number does."""
    subject.optional("lr")
    rate = 2.0**-10
    try:
        problem = subject.problem()
        subject.train(subject.make(problem.parameters, lr=torch.tensor(rate)), problem, 1)
    except Exception as error:
        kind = type(error).__name__
        if kind in ("ValueError", "TypeError", "AssertionError"):
            raise DoesNotApply(f"a tensor is refused: {error}") from None
        raise
    rows = []
    for lr in (rate, torch.tensor(rate)):
        problem = subject.problem(torch.float64)
        subject.train(subject.make(problem.parameters, lr=lr), problem, 5)
        rows.append(values(problem.parameters))
    # A rate of float32 makes what it is multiplied with one of float32, in optimizers that compute with it.
    expect_same("a rate as number and as tensor", *rows, tolerance=Tolerance(1e-5, 1e-7))


def repeats(subject: Subject) -> None:
    """Two runs from one seed are the same, alone and when they take turns."""

    def one(case: dict[str, Any]) -> None:
        alone = subject.problem()
        subject.train(subject.make(alone.parameters, **copy.deepcopy(case)), alone, 5)
        pair = [subject.problem(), subject.problem(seed=1)]
        optimizers = [subject.make(x.parameters, **copy.deepcopy(case)) for x in pair]
        torch.manual_seed(11)
        drawn = torch.get_rng_state()
        for _ in range(5):
            torch.set_rng_state(drawn)
            subject.step(optimizers[0], pair[0])
            drawn = torch.get_rng_state()
            subject.step(optimizers[1], pair[1])
        expect_same("a run alone and beside another", alone.parameters, pair[0].parameters)

    subject.each(one)


CHECKS = (
    Check("descends", "A regression ends below its first loss, in every case", descends, 60),
    Check("maximize", "With maximize a step is that of the opposite gradient", maximizes),
    Check("zero-gradients", "Zero gradients leave finite weights", zero_gradients),
    Check("tiny-gradients", "Gradients whose squares underflow leave finite weights", tiny_gradients),
    Check("rate-zero", "At a learning rate of 0 weights stay as they are", zero_rate),
    Check("rate-tensor", "A learning rate that is a tensor does what its number does", tensor_rate),
    Check("rate-of-group", "Rates of groups are heeded, and changes of them", groups_rate),
    Check("repeatable", "Runs from one seed are the same, alone and beside another", repeats),
)
