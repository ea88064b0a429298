"""Checks of implementations: lists of tensors, fused, differentiable, compiled, captured."""

from __future__ import annotations

import copy
from typing import Any

import torch

from nos_sym.conform.check import Check
from nos_sym.conform.comparing import Tolerance, expect_same, values
from nos_sym.conform.outcome import DoesNotApply, Fails
from nos_sym.conform.problem import states
from nos_sym.conform.subject import Subject, raised

IMPLEMENTATIONS = Tolerance(1e-7, 1e-7)
"""What PyTorch's own tests allow in float64; some keep numbers of the step in float32."""


def _compare(subject: Subject, flag: str) -> None:
    """Step with and without a flag, with parameters that are empty, a number, or lack gradients."""
    subject.optional(flag)

    def one(case: dict[str, Any]) -> None:
        rows = []
        for mode in ({"foreach": False} if "foreach" in subject.names else {}, {flag: True}):
            problem = subject.problem(torch.float64)
            optimizer = subject.make(problem.parameters, **copy.deepcopy(case), **mode)
            for step in range(5):
                if step == 2 and not subject.way.closure:
                    problem.loss()
                    problem.bias.grad = None
                    optimizer.step()
                else:
                    subject.step(optimizer, problem)
            rows.append([*values(problem.parameters), *values(states(optimizer, problem.parameters))])
        expect_same(f"with and without {flag}=True", *rows, tolerance=IMPLEMENTATIONS)

    subject.each(one, without=("foreach", "fused", "differentiable", "capturable"))


def foreach(subject: Subject) -> None:
    """Lists of tensors are stepped as one tensor after the other is."""
    _compare(subject, "foreach")


def fused(subject: Subject) -> None:
    """A fused step does what the others do."""
    record = subject.record
    if record is not None and subject.device not in record.supports_fused_on:
        raise DoesNotApply(f"PyTorch's record says that none is fused on {subject.device}")
    _compare(subject, "fused")


def differentiable(subject: Subject) -> None:
    """A step can be differentiated with respect to the weights before it."""
    subject.optional("differentiable")
    subject.set_gradients_alone()
    if subject.way.sparse:
        raise DoesNotApply("gradients are sparse")
    shape = (4, 3) if subject.way.matrices else (5,)
    torch.manual_seed(4)
    start = torch.rand(shape, dtype=torch.float64, requires_grad=True)
    gradient = torch.rand(shape, dtype=torch.float64, requires_grad=True)
    weight = start.clone()
    weight.grad = gradient.clone()
    subject.make([weight], differentiable=True).step()
    found = torch.autograd.grad(weight.sum(), [start, gradient], allow_unused=True)
    if found[0] is None or not bool(torch.isfinite(found[0]).all()) or not bool(found[0].any()):
        raise Fails("the weight after a step has no gradient with respect to the weight before it")


def meta(subject: Subject) -> None:
    """Weights without values are stepped: nothing is decided by the numbers in a tensor."""
    subject.set_gradients_alone()
    if subject.way.sparse:
        raise DoesNotApply("gradients are sparse")
    shapes = subject.shapes((4, 3), (3,))
    weights = [torch.nn.Parameter(torch.empty(s, device="meta")) for s in shapes]
    for weight in weights:
        weight.grad = torch.empty_like(weight)
    optimizer = subject.make(weights)
    try:
        for _ in range(2):
            optimizer.step()
    except (RuntimeError, NotImplementedError) as error:
        if "expected device" in str(error) or "same device" in str(error):
            raise Fails(f"a step makes tensors on another device than the weights: {raised(error)}") from None
        if "meta" in str(error).lower() or "Cannot copy out" in str(error) or "data" in str(error).lower():
            text = raised(error).splitlines()
            raise DoesNotApply(f"a step reads numbers of tensors: {text[0]}{_place(text)}") from None
        raise


def _place(lines: list[str]) -> str:
    return f" {lines[-1][lines[-1].rfind('(') :]}" if len(lines) > 1 and "(" in lines[-1] else ""


def capturable(subject: Subject) -> str | None:
    """With ``capturable``, a step is recorded as a graph of CUDA; without a GPU, stand-ins are stepped."""
    subject.optional("capturable")
    subject.set_gradients_alone()
    shapes = subject.shapes((4, 3), (3,))
    if torch.cuda.is_available():
        _capture(subject, shapes)
        return None
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        weights = [torch.nn.Parameter(torch.ones(s, device="cuda")) for s in shapes]
        for weight in weights:
            weight.grad = torch.ones_like(weight)
        optimizer = subject.make(weights, capturable=True)
        try:
            for _ in range(3):
                optimizer.step()
        except Exception as error:
            if "not linked with support for cuda" in str(error) or "NVIDIA" in str(error):
                raise DoesNotApply("there is no GPU, and stand-ins for its tensors do not do") from None
            if "DataDependent" in type(error).__name__ or "item" in str(error):
                raise Fails(
                    f"a step with capturable=True reads numbers of tensors: {raised(error)}"
                ) from None
            raise
    return "on stand-ins for tensors of a GPU"


def _capture(subject: Subject, shapes: list[tuple[int, ...]]) -> None:
    rows = []
    for captured in (False, True):
        torch.manual_seed(3)
        weights = [torch.nn.Parameter(torch.rand(s).cuda()) for s in shapes]
        for weight in weights:
            weight.grad = torch.ones_like(weight)
        optimizer = subject.make(weights, capturable=True)
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        with torch.cuda.stream(stream):
            for _ in range(2):
                optimizer.step()
        torch.cuda.current_stream().wait_stream(stream)
        if captured:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                optimizer.step()
            for _ in range(3):
                graph.replay()
        else:
            for _ in range(3):
                optimizer.step()
        torch.cuda.synchronize()
        rows.append([x.detach().cpu() for x in weights])
    expect_same("captured steps and ordinary ones", *rows, tolerance=Tolerance(1e-5, 1e-6))


def compiled(subject: Subject) -> str | None:
    """A step under ``torch.compile`` does what an ordinary one does."""
    subject.set_gradients_alone()
    if subject.way.sparse:
        raise DoesNotApply("gradients are sparse")
    import torch._dynamo as dynamo

    rows = []
    breaks = 0
    for compile_it in (False, True):
        problem = subject.problem(torch.float64)
        optimizer = subject.make(problem.parameters)
        step = optimizer.step
        if compile_it:
            dynamo.reset()
            dynamo.utils.counters.clear()
            # The graph is what may go wrong here; kernels that are made of it are PyTorch's.
            step = torch.compile(optimizer.step, backend="eager")
        torch.manual_seed(11)
        for _ in range(4):
            problem.loss()
            step()
        breaks = sum(dynamo.utils.counters["graph_break"].values())
        rows.append(values(problem.parameters))
    # A compiled step computes powers of decays in float32, where the step is counted in a tensor.
    expect_same("compiled and ordinary steps", *rows, tolerance=Tolerance(1e-5, 1e-6))
    return f"in several graphs: {breaks} breaks" if breaks else "in one graph"


CHECKS = (
    Check("foreach", "Lists of tensors are stepped as one tensor after the other", foreach),
    Check("fused", "A fused step does what the others do", fused, 90),
    Check("differentiable", "A step can be differentiated", differentiable),
    Check("meta", "Weights without values are stepped", meta),
    Check("capturable", "With capturable a step is recorded as a graph of CUDA", capturable, 60),
    Check("compile", "A step under torch.compile does what an ordinary one does", compiled, 120),
)
