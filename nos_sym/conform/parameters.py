"""Checks of what parameters a step takes: missing gradients, new groups, empty and strided ones."""

from __future__ import annotations

from typing import Any

import torch

from nos_sym.conform.check import Check
from nos_sym.conform.comparing import CLOSE, expect_finite, expect_same, moved, values
from nos_sym.conform.outcome import DoesNotApply, Fails
from nos_sym.conform.subject import Subject


def missing_gradients(subject: Subject) -> None:
    """Parameters without a gradient stay as they are, some or all."""
    subject.set_gradients_alone()

    def one(case: dict[str, Any]) -> None:
        problem = subject.problem()
        optimizer = subject.make(problem.parameters, **case)
        start = values(problem.parameters)
        optimizer.step()
        if moved(start, problem.parameters):
            raise Fails("a step without any gradient moves weights")
        for _ in range(3):
            subject.given(problem.weight, torch.ones_like(problem.weight))
            problem.bias.grad = None
            optimizer.step()
        if moved(start[1:], problem.parameters[1:]):
            raise Fails("a parameter without a gradient moves")
        if not moved(start[:1], problem.parameters[:1]):
            raise Fails("a parameter does not move where another has no gradient")
        # The first may be the one that has none, too: lists of parameters and of gradients are not alike.
        start = values(problem.parameters)
        problem.weight.grad = None
        subject.given(problem.bias, torch.ones_like(problem.bias))
        optimizer.step()
        where = "a parameter without a gradient, where one after it has some"
        expect_same(where, start[:1], problem.parameters[:1])
        # And one that gets its first gradient later.
        subject.train(optimizer, problem, 2)
        expect_finite("where a gradient comes later", problem.parameters)

    subject.each(one)


def empty(subject: Subject) -> None:
    """A parameter without elements is stepped over, and changes nothing for others."""
    subject.set_gradients_alone()
    shapes = [(0, 3)] if subject.way.matrices else [(0,), (2, 0, 3)]

    def one(case: dict[str, Any]) -> None:
        rows = []
        for extra in ([], shapes):
            problem = subject.problem(torch.float64)
            more = [torch.nn.Parameter(torch.zeros(s, dtype=torch.float64)) for s in extra]
            optimizer = subject.make([*problem.parameters, *more], **case)
            for _ in range(3):
                for parameter in more:
                    subject.given(parameter, torch.zeros_like(parameter))
                subject.step(optimizer, problem)
            rows.append(values(problem.parameters))
        expect_same("with and without empty parameters", *rows, tolerance=CLOSE)

    subject.each(one)


def scalar(subject: Subject) -> None:
    """A parameter that is one number is stepped."""
    subject.set_gradients_alone()
    if subject.way.matrices:
        raise DoesNotApply("weights are matrices")
    if subject.way.sparse:
        raise DoesNotApply("a sparse gradient has an axis")
    number = torch.nn.Parameter(torch.tensor(1.0))
    optimizer = subject.make([number])
    for _ in range(10):
        number.grad = torch.tensor(0.5)
        optimizer.step()
    expect_finite("after steps of a number", [number])
    if number.shape != () or float(number) == 1.0:
        raise Fails("a parameter that is one number does not move")


def strided(subject: Subject) -> None:
    """Weights that are not contiguous do what contiguous ones do, and stay where they are."""

    def one(case: dict[str, Any]) -> None:
        rows = []
        for contiguous in (True, False):
            problem = subject.problem(torch.float64, contiguous)
            strides = [x.stride() for x in problem.parameters]
            subject.train(subject.make(problem.parameters, **case), problem, 5)
            if strides != [x.stride() for x in problem.parameters]:
                raise Fails("a step changes the strides of a weight")
            rows.append(values(problem.parameters))
        expect_same("contiguous and strided weights", *rows, tolerance=CLOSE)

    subject.each(one)
    subject.each(lambda case: _transposed(subject, case))


def _transposed(subject: Subject, case: dict[str, Any]) -> None:
    """Compare a weight and gradients that are transposes of other tensors with copies of them."""
    if subject.way.closure or subject.way.create_graph or subject.way.sparse:
        return
    torch.manual_seed(6)
    start = torch.randn(3, 4, dtype=torch.float64).t()
    rows = []
    for weight_alike, gradient_alike in ((True, True), (True, False), (False, False)):
        weight = torch.nn.Parameter(start.contiguous() if weight_alike else start.clone())
        optimizer = subject.make([weight], **case)
        torch.manual_seed(11)
        for _ in range(5):
            gradient = torch.randn(3, 4, dtype=torch.float64).t()
            weight.grad = gradient.contiguous() if gradient_alike else gradient
            optimizer.step()
        rows.append(weight)
    expect_same("gradients and transposed ones", rows[:1], rows[1:2], tolerance=CLOSE)
    expect_same("a weight and a transposed one", rows[:1], rows[2:], tolerance=CLOSE)


def in_place(subject: Subject) -> None:
    """Weights are changed where they are, so that what shares their memory sees it."""
    problem = subject.problem()
    views = [x.detach() for x in problem.parameters]
    # Some do more at every fifth or tenth step.
    subject.train(subject.make(problem.parameters), problem, 12)
    if moved(values(views), problem.parameters):
        raise Fails("a step gives a weight new memory; what shares the old does not see the step")


def gradients_kept(subject: Subject) -> None:
    """Gradients are the same after a step, and a step keeps none: their memory may get the next one."""
    subject.set_gradients_alone()

    def one(case: dict[str, Any]) -> None:
        problem = subject.problem()
        optimizer = subject.make(problem.parameters, **case)
        # Large ones may be clipped.
        for size in (1.0, 1.0, 1e4):
            problem.loss()
            for parameter in problem.parameters:
                assert parameter.grad is not None
                subject.given(parameter, parameter.grad * size)
            before = values(x.grad for x in problem.parameters)
            optimizer.step()
            expect_same("gradients before and after a step", before, [x.grad for x in problem.parameters])
        _expect_no_alias(subject, case)

    subject.each(one)


def _expect_no_alias(subject: Subject, case: dict[str, Any]) -> None:
    """Step with gradients that have memory of their own, and with such that have that of those before."""
    if subject.way.sparse:
        return
    rows = []
    for again in (False, True):
        problem = subject.problem(torch.float64)
        optimizer = subject.make(problem.parameters, **case)
        torch.manual_seed(5)
        for _ in range(4):
            drawn = [torch.randn_like(x) for x in problem.parameters]
            for parameter, gradient in zip(problem.parameters, drawn, strict=True):
                if again and parameter.grad is not None:
                    parameter.grad.copy_(gradient)
                else:
                    parameter.grad = gradient
            state = torch.get_rng_state()
            optimizer.step()
            torch.set_rng_state(state)
        rows.append(values(problem.parameters))
    expect_same("new gradients, and new numbers in the memory of the old ones", *rows, tolerance=CLOSE)


def groups(subject: Subject) -> None:
    """Parameters in groups of the same arguments do what they do in one, where none depends on others."""
    _takes_groups(subject)
    subject.set_gradients_alone()
    rows = []
    for layout in ("one group", "two groups", "two optimizers"):
        problem = subject.problem(torch.float64)
        torch.manual_seed(5)
        gradients = [[torch.randn_like(x) for x in problem.parameters] for _ in range(5)]
        if layout == "two optimizers":
            optimizers = [subject.make([x]) for x in problem.parameters]
        else:
            one = layout == "one group"
            parts = problem.parameters if one else [{"params": [x]} for x in problem.parameters]
            optimizers = [subject.make(parts)]
        for step in gradients:
            for parameter, gradient in zip(problem.parameters, step, strict=True):
                subject.given(parameter, gradient)
            for optimizer in optimizers:
                torch.manual_seed(11)
                optimizer.step()
        rows.append(values(problem.parameters))
    joined, apart, alone = rows
    if moved(joined, alone) > 1e-9:
        raise DoesNotApply("what a step does to a parameter depends on the others")
    expect_same("one group and two", joined, apart, tolerance=CLOSE)


def added_group(subject: Subject) -> None:
    """A group that is added after some steps is stepped from then on."""
    _takes_groups(subject)
    subject.set_gradients_alone()
    problem = subject.problem()
    optimizer = subject.make([problem.weight])
    start = values(problem.parameters)
    subject.train(optimizer, problem, 2)
    optimizer.add_param_group({"params": [problem.bias]})
    subject.train(optimizer, problem, 3)
    expect_finite("after a group was added", problem.parameters)
    if not moved(start[1:], problem.parameters[1:]):
        raise Fails("the parameters of an added group do not move")


def closures(subject: Subject) -> None:
    """A step takes a closure, computes its gradients, and returns its loss."""
    if subject.way.sparse:
        raise DoesNotApply("gradients are sparse")
    problem = subject.problem()
    start = values(problem.parameters)
    calls = []

    def closure() -> torch.Tensor:
        calls.append(torch.is_grad_enabled())
        return problem.loss()

    first = float(problem.loss())
    for parameter in problem.parameters:
        parameter.grad = None
    optimizer = subject.make(problem.parameters)
    loss = optimizer.step(closure)
    counted = len(calls)
    if not calls:
        raise Fails("a step does not call the closure that it is given")
    if loss is None:
        raise Fails("a step returns nothing where it is given a closure; expected the loss")
    # Some do nothing in their first step but look at the gradients.
    for _ in range(2):
        optimizer.step(closure)
    if not moved(start, problem.parameters):
        raise Fails("three steps with a closure move no weight")
    if counted == 1 and abs(float(loss) - first) > 1e-4 * abs(first):
        raise Fails(f"a step returns {float(loss):.4g} where the loss of the closure is {first:.4g}")
    if counted == 1 and not (subject.way.closure or subject.way.create_graph):
        _expect_own_gradients(subject)


def _expect_own_gradients(subject: Subject) -> None:
    """Step with a closure, and with the gradients that it computes."""
    rows = []
    for given in (True, False):
        problem = subject.problem(torch.float64)
        optimizer = subject.make(problem.parameters)
        torch.manual_seed(11)
        for _ in range(4):
            if not given:
                problem.loss()
            optimizer.step(*([problem.loss] if given else []))
        rows.append(values(problem.parameters))
    expect_same("steps with a closure and with its gradients", *rows, tolerance=CLOSE)


def _takes_groups(subject: Subject) -> None:
    if subject.record is not None and not subject.record.supports_param_groups:
        raise DoesNotApply("PyTorch's record says that it takes no groups")


CHECKS = (
    Check("missing-gradients", "Parameters without a gradient stay as they are", missing_gradients),
    Check("empty", "Parameters without elements are stepped over", empty),
    Check("scalar", "A parameter that is one number is stepped", scalar),
    Check("strided", "Weights that are not contiguous do what contiguous ones do", strided),
    Check("in-place", "Weights are changed where they are", in_place),
    Check("gradients-kept", "Gradients are the same after a step", gradients_kept),
    Check("groups", "Parameters in several groups do what they do in one", groups),
    Check("added-group", "A group that is added later is stepped", added_group),
    Check("closure", "A step takes a closure and returns its loss", closures),
)
