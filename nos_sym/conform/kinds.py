"""Checks of kinds of tensors: low precision, several types, complex and sparse, two devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from nos_sym.conform.check import Check
from nos_sym.conform.comparing import CLOSE, Tolerance, expect_finite, expect_same, moved
from nos_sym.conform.outcome import DoesNotApply, Fails
from nos_sym.conform.subject import Subject, raised

REFUSALS = (RuntimeError, ValueError, TypeError, NotImplementedError)
"""What optimizers raise on purpose; errors of the kernels are RuntimeError, too."""


def _refusal(error: Exception, kind: str) -> str:
    """Return the first line of an error that refuses a kind of tensor; another is raised as it is."""
    text = f"{type(error).__name__}: {error}"
    # Some libraries have classes of their own for it.
    if not isinstance(error, REFUSALS) and kind not in text.lower():
        raise error
    return text.splitlines()[0]


def bfloat16(subject: Subject) -> None:
    """Weights of bfloat16 stay of that type and finite, and the loss goes down."""

    def one(case: dict[str, Any]) -> None:
        problem = subject.problem(torch.bfloat16)
        first = float(problem.loss())
        optimizer = subject.make(problem.parameters, **case)
        for steps in (20, 200):
            last = subject.train(optimizer, problem, steps)
            expect_finite(f"after {steps} steps", problem.parameters)
            if {x.dtype for x in problem.parameters} != {torch.bfloat16}:
                raise Fails("a step changes the type of a weight")
            # Steps below the spacing of bfloat16 leave weights as they are.
            if (last >= first) if case.get("maximize") else (last <= first * 1.01):
                return
        raise Fails(f"the loss goes from {first:.4g} to {last:.4g} in 220 steps")

    subject.each(one)


def float64(subject: Subject) -> str | None:
    """Weights of float64 stay of that type, and follow those of float32."""
    rows = []
    # The last begins beside the first, as far away as float32 rounds in some operations.
    for dtype, nudge in ((torch.float32, 0.0), (torch.float64, 0.0), (torch.float32, 1e-6)):
        problem = subject.problem(dtype)
        start = [x.detach().double() for x in problem.parameters]
        with torch.no_grad():
            for parameter in problem.parameters:
                parameter.mul_(1 + nudge)
        subject.train(subject.make(problem.parameters), problem, 3)
        if {x.dtype for x in problem.parameters} != {dtype}:
            raise Fails("a step changes the type of a weight")
        rows.append([x.detach().double() for x in problem.parameters])
    single, double, beside = rows
    far, change = moved(single, double), moved(start, double)
    expect_same("three steps in float32 and float64", single, double, tolerance=Tolerance(1e-2, 1e-3))
    if far > max(0.1 * change, 1e-5) and far > 10 * moved(single, beside):
        raise Fails(f"three steps in float32 and float64 end {far:.2g} apart, and move by {change:.2g}")
    return f"float32 is {far:.1g} away from float64 after three steps" if far > 1e-5 else None


def mixed_types(subject: Subject) -> None:
    """Weights of several types are stepped together as each is alone."""
    subject.set_gradients_alone()
    kinds = (torch.float64, torch.float32, torch.bfloat16)

    def one(case: dict[str, Any]) -> None:
        rows = []
        for together in (True, False):
            torch.manual_seed(1)
            drawn = [(torch.rand(2, 3), torch.rand(2, 3)) for _ in kinds]
            weights = [torch.nn.Parameter(w.to(k)) for k, (w, _) in zip(kinds, drawn, strict=True)]
            lists = [weights] if together else [[w] for w in weights]
            optimizers = [subject.make(x, **case) for x in lists]
            for _ in range(4):
                for weight, kind, (_, gradient) in zip(weights, kinds, drawn, strict=True):
                    subject.given(weight, gradient.to(kind))
                for optimizer in optimizers:
                    torch.manual_seed(11)
                    optimizer.step()
            rows.append(weights)
        for kind, x, y in zip(kinds, *rows, strict=True):
            if x.dtype != kind:
                raise Fails(f"a step changes a weight of {kind} to {x.dtype}")
            expect_finite("of several types", [x])
            if kind is not torch.bfloat16 and moved([x.detach()], [y]) > 1e-3:
                raise DoesNotApply("what a step does to a parameter depends on the others")

    subject.each(one)


def complex_weights(subject: Subject) -> str | None:
    """Complex weights are refused, or do what their real and imaginary parts do, or descend."""
    subject.set_gradients_alone()
    refused: list[str] = []
    other: list[int] = []

    def one(case: dict[str, Any]) -> None:
        torch.manual_seed(2)
        start, target = (torch.randn(3, 2, dtype=torch.complex128) for _ in range(2))
        weight = torch.nn.Parameter(start.clone())
        try:
            optimizer = subject.make([weight], **case)
            for _ in range(5):
                subject.given(weight, weight.detach() - target)
                optimizer.step()
        except Exception as error:
            refused.append(_refusal(error, "complex"))
            return
        if weight.dtype != torch.complex128:
            raise Fails(f"a step changes complex weights to {weight.dtype}")
        expect_finite("of complex weights", [weight])
        for name, old, new in zip(("real", "imaginary"), *map(_parts, (start, weight)), strict=True):
            if torch.equal(old, new):
                raise Fails(f"the {name} part of complex weights does not move")
        real = torch.nn.Parameter(torch.view_as_real(start.clone()).reshape(3, 4))
        mirrored = subject.make([real], **case)
        for _ in range(5):
            subject.given(real, real.detach() - torch.view_as_real(target).reshape(3, 4))
            mirrored.step()
        parts = torch.view_as_real(weight.detach()).reshape(3, 4)
        if moved([parts], [real]) <= 1e-9:
            return
        for _ in range(100):
            subject.given(weight, weight.detach() - target)
            optimizer.step()
        first, last = (float((x.detach() - target).abs().pow(2).sum()) for x in (start, weight))
        if (last < first) if case.get("maximize") else (last > first):
            raise Fails(f"on complex weights the loss goes from {first:.3g} to {last:.3g} in 105 steps")
        other.append(1)

    subject.each(one)
    if refused:
        return f"refused: {refused[0]}"
    return "not as their real and imaginary parts, but they descend" if other else None


def _parts(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x.detach().real, x.detach().imag


def sparse_gradients(subject: Subject) -> str | None:
    """Sparse gradients are refused, or do what dense ones do."""
    subject.set_gradients_alone()
    refused: list[str] = []

    def one(case: dict[str, Any]) -> None:
        torch.manual_seed(2)
        start, target = torch.randn(4, 3), torch.randn(4, 3)
        weight = torch.nn.Parameter(start.clone())
        optimizer = subject.make([weight], **case)
        try:
            for _ in range(3):
                weight.grad = (weight.detach() - target).to_sparse()
                optimizer.step()
        except Exception as error:
            refused.append(_refusal(error, "sparse"))
            return
        expect_finite("after sparse gradients", [weight])
        first, last = (float((x.detach() - target).pow(2).sum()) for x in (start, weight))
        if (last < first) if case.get("maximize") else (last > first):
            raise Fails(f"with sparse gradients the loss goes from {first:.3g} to {last:.3g} in 3 steps")
        doubled = _stepped(subject, case, start, lambda w: _uncoalesced(w - target))
        expect_same(
            "sparse gradients and the same with an index twice",
            [weight],
            [doubled],
            tolerance=Tolerance(1e-5, 1e-6),
        )
        if subject.way.sparse:
            return
        dense = _stepped(subject, case, start, lambda w: w - target)
        expect_same(
            "sparse gradients and the same as dense", [weight], [dense], tolerance=Tolerance(1e-5, 1e-6)
        )

    subject.each(one)
    return f"refused: {refused[0]}" if refused else None


def _stepped(
    subject: Subject, case: dict[str, Any], start: torch.Tensor, gradient: Callable[[torch.Tensor], Any]
) -> torch.Tensor:
    weight = torch.nn.Parameter(start.clone())
    optimizer = subject.make([weight], **case)
    for _ in range(3):
        weight.grad = gradient(weight.detach())
        optimizer.step()
    return weight


def _uncoalesced(gradient: torch.Tensor) -> torch.Tensor:
    """Return a sparse gradient as embeddings make it: its numbers are sums over an index that comes again."""
    rows = gradient.shape[0]
    half = torch.full_like(gradient, 0.5)
    numbers = torch.cat([gradient - half, half])
    return torch.sparse_coo_tensor(torch.arange(2 * rows).remainder(rows)[None], numbers, gradient.shape)


def two_devices(subject: Subject) -> str | None:
    """Weights on two devices are stepped by one optimizer; without a GPU, stand-ins for its tensors are."""
    if subject.record is not None and not subject.record.supports_multiple_devices:
        raise DoesNotApply("PyTorch's record says that it takes one device")
    if not torch.cuda.is_available():
        return _stand_in(subject)
    devices = [torch.device("cpu"), torch.device("cuda:0")]
    if torch.cuda.device_count() > 1:
        devices = [torch.device(f"cuda:{i}") for i in range(2)]
    rows = []
    for places in (devices, [torch.device("cpu")] * 2):
        problem = subject.problem(torch.float64)
        for parameter, place in zip(problem.parameters, places, strict=True):
            parameter.data = parameter.data.to(place)
        problem.input = problem.input.to(places[0])
        subject.train(subject.make(problem.parameters), problem, 4)
        rows.append([x.detach().cpu() for x in problem.parameters])
    expect_same("weights on two devices and on one", *rows, tolerance=CLOSE)
    return None


def _stand_in(subject: Subject) -> str:
    from torch._subclasses.fake_tensor import FakeTensorMode

    subject.set_gradients_alone("there is one device")
    if subject.way.sparse:
        raise DoesNotApply("there is one device, and gradients are sparse")
    shapes = subject.shapes((4, 3), (3,))
    with FakeTensorMode():
        places = zip(shapes, ("cuda", "cpu"), strict=True)
        weights = [torch.nn.Parameter(torch.ones(s, device=place)) for s, place in places]
        for weight in weights:
            weight.grad = torch.ones_like(weight)
        try:
            optimizer = subject.make(weights)
            for _ in range(2):
                optimizer.step()
        except Exception as error:
            if "DeviceMismatch" not in type(error).__name__:
                # Stand-ins have no numbers, and not every operation.
                raise DoesNotApply(f"there is one device, and stand-ins do not do: {raised(error)}") from None
            raise Fails(f"a step mixes tensors of two devices: {raised(error)}") from None
    return "on stand-ins for tensors of a GPU"


CHECKS = (
    Check("bfloat16", "Weights of bfloat16 stay of that type and finite, and descend", bfloat16),
    Check("float64", "Weights of float64 stay of that type, and follow those of float32", float64),
    Check("mixed-types", "Weights of several types are stepped together", mixed_types),
    Check("complex", "Complex weights are refused or right", complex_weights),
    Check("sparse", "Sparse gradients are refused or right", sparse_gradients),
    Check("two-devices", "Weights on two devices are stepped by one optimizer", two_devices),
)
