"""Plain gradient descent, and optimizers that break one thing each."""

from __future__ import annotations

from typing import Any

import torch


class Plain(torch.optim.Optimizer):
    """Descent with momentum, as a careful user writes it."""

    def __init__(self, params: Any, lr: Any = 0.01, momentum: float = 0.5, maximize: bool = False) -> None:
        if not lr >= 0:
            raise ValueError(f"lr = {lr} must not be negative")
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum = {momentum} must be in [0, 1)")
        super().__init__(params, {"lr": lr, "momentum": momentum, "maximize": maximize})

    def step(self, closure: Any = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        with torch.no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        self.one(parameter, parameter.grad, group)
        return loss

    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        """Step one parameter."""
        if gradient.is_sparse:
            raise RuntimeError("sparse gradients are not supported")
        state = self.state[parameter]
        if not state:
            state["m"] = torch.zeros_like(parameter)
        state["m"].mul_(group["momentum"]).add_(-gradient if group["maximize"] else gradient)
        self.move(parameter, state["m"], group)

    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        """Apply an update."""
        parameter.sub_(group["lr"] * update)


class Ascends(Plain):
    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        parameter.add_(group["lr"] * update)


class IgnoresMaximize(Plain):
    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().one(parameter, gradient, {**group, "maximize": False})


class Normalizes(Plain):
    """Divides by the norm of the gradient, without an epsilon."""

    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().one(parameter, gradient / gradient.norm(), group)


class DividesBySquares(Plain):
    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().one(parameter, torch.where(gradient == 0, 0, gradient / gradient.square()), group)


class DividesByRate(Plain):
    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        parameter.sub_(group["lr"] * (update * group["lr"] / group["lr"] if group["lr"] else update / 0.0))


class TruncatesRate(Plain):
    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        rate = group["lr"] * 2 if isinstance(group["lr"], torch.Tensor) else group["lr"]
        parameter.sub_(rate * update)


class OneRate(Plain):
    """Takes the rate of the first group for all."""

    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().one(parameter, gradient, {**group, "lr": self.param_groups[0]["lr"]})


class Shares(Plain):
    """Counts the steps of all optimizers of the class together."""

    count = 0

    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        Shares.count += 1
        parameter.sub_(group["lr"] * update / (1 + Shares.count % 7))


class NeedsAllGradients(Plain):
    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
                parameter.grad += 1e-3
        return super().step(closure)


class LargestEntry(Plain):
    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().one(parameter, gradient / (1 + gradient.abs().max()), group)


class Rows(Plain):
    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().one(parameter, gradient - gradient.mean(0) * 0 * gradient.shape[0], group)


class Flattens(Plain):
    """Steps a flat view, which is a copy where the weights are not contiguous."""

    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        parameter.reshape(-1).sub_((group["lr"] * update).reshape(-1))


class Replaces(Plain):
    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        parameter.data = parameter.data - group["lr"] * update


class ChangesGradients(Plain):
    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().one(parameter, gradient.mul_(0.5), group)


class FirstOfGroup(Plain):
    """Moves the first parameter of a group twice as far."""

    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        factor = 2.0 if len(self.param_groups) > 1 else 1.0
        parameter.sub_(factor * group["lr"] * update)


class FirstGroup(Plain):
    def __init__(self, params: Any, lr: Any = 0.01, momentum: float = 0.5, maximize: bool = False) -> None:
        super().__init__(params, lr, momentum, maximize)
        self.known = [id(p) for g in self.param_groups for p in g["params"]]

    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        if id(parameter) in self.known:
            super().move(parameter, update, group)


class NoLoss(Plain):
    def step(self, closure: Any = None) -> Any:
        super().step(closure)


class StateOutside(Plain):
    """Keeps its count in an attribute, which no state dictionary has."""

    count = 0

    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        self.count += 1
        parameter.sub_(group["lr"] * update / self.count)


class Memory:
    """A state of a class of its own."""

    def __init__(self) -> None:
        self.steps = 0


class OwnClass(Plain):
    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        self.state[parameter].setdefault("memory", Memory()).steps += 1
        super().move(parameter, update, group)


class Lambdas(Plain):
    def __init__(self, params: Any, lr: Any = 0.01, momentum: float = 0.5, maximize: bool = False) -> None:
        super().__init__(params, lr, momentum, maximize)
        self.defaults["shape"] = lambda x: x


class StepsTwice(Plain):
    def step(self, closure: Any = None) -> Any:
        if not getattr(self, "inner", False):
            self.inner = True
            type(self).step(self)
            self.inner = False
        return super().step(closure)


class KeepsGradients(Plain):
    def zero_grad(self, set_to_none: bool = True) -> None:
        pass


class HidesRate(Plain):
    def __init__(self, params: Any, lr: Any = 0.01, momentum: float = 0.5, maximize: bool = False) -> None:
        super().__init__(params, lr, momentum, maximize)
        self.param_groups[0]["lr"] = lr * 2


class Widens(Plain):
    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        parameter.data = parameter.data.float() - group["lr"] * update.float()


class Rotates(Plain):
    """Steps against the conjugate of a complex gradient."""

    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        parameter.sub_(group["lr"] * (update.conj() if update.is_complex() else update))


class HalfOfSparse(Plain):
    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().one(parameter, gradient.to_dense() * 0.5 if gradient.is_sparse else gradient, group)


class Lists(Plain):
    """Has lists of tensors, and forgets the momentum in them."""

    def __init__(
        self,
        params: Any,
        lr: Any = 0.01,
        momentum: float = 0.5,
        maximize: bool = False,
        *,
        foreach: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, lr, 0.0 if foreach else momentum, maximize)


class Counts(Plain):
    """Counts by a number of Python that a compiled step takes for a constant."""

    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        factor = 2.0 if torch.compiler.is_compiling() else 1.0
        parameter.sub_(factor * group["lr"] * update)


class TakesAll(Plain):
    def __init__(self, params: Any, lr: Any = 0.01, momentum: float = 0.5, maximize: bool = False) -> None:
        self.defaults = {"lr": lr, "momentum": momentum, "maximize": maximize}
        self.state = {}
        self.param_groups = [{"params": list(params), **self.defaults}]


BREAKS: tuple[tuple[type, str], ...] = (
    (Ascends, "descends"),
    (IgnoresMaximize, "maximize"),
    (Normalizes, "zero-gradients"),
    (DividesBySquares, "tiny-gradients"),
    (DividesByRate, "rate-zero"),
    (TruncatesRate, "rate-tensor"),
    (OneRate, "rate-of-group"),
    (Shares, "repeatable"),
    (NeedsAllGradients, "missing-gradients"),
    (LargestEntry, "empty"),
    (Rows, "scalar"),
    (Flattens, "strided"),
    (Replaces, "in-place"),
    (ChangesGradients, "gradients-kept"),
    (FirstOfGroup, "groups"),
    (FirstGroup, "added-group"),
    (NoLoss, "closure"),
    (StateOutside, "state-dict"),
    (OwnClass, "saved-file"),
    (StateOutside, "deepcopy"),
    (Lambdas, "pickle"),
    (StepsTwice, "hooks"),
    (KeepsGradients, "zero-grad"),
    (HidesRate, "repr"),
    (Widens, "bfloat16"),
    (Widens, "float64"),
    (Widens, "mixed-types"),
    (Rotates, "complex"),
    (HalfOfSparse, "sparse"),
    (Lists, "foreach"),
    (Lists, "differentiable"),
    (Counts, "compile"),
    (TakesAll, "wrong-arguments"),
    (TakesAll, "wrong-parameters"),
)
"""A class, and the check that finds what it breaks."""

__all__ = ["BREAKS", "Plain"]
