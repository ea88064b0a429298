"""The optimizer that is checked: how it is made, and how a step of it is taken."""

from __future__ import annotations

import copy
import inspect
import os
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nos_sym.conform.outcome import ConformError, DoesNotApply, Fails
from nos_sym.conform.problem import Regression
from nos_sym.conform.records import record_of

STEPS = 40
"""What is given for a number of all steps that a class asks for."""


@dataclass(frozen=True, slots=True)
class Way:
    """How steps of an optimizer are taken.

    Attributes:
        closure: whether a step takes a function that computes the loss.
        create_graph: whether gradients can be differentiated again.
        matrices: whether weights are matrices alone.
        sparse: whether gradients are sparse alone.
    """

    closure: bool = False
    create_graph: bool = False
    matrices: bool = False
    sparse: bool = False

    def __str__(self) -> str:
        said = {
            "closure": "steps take a closure",
            "create_graph": "gradients are made with create_graph=True",
            "matrices": "weights are matrices",
            "sparse": "gradients are sparse",
        }
        return ", ".join(text for name, text in said.items() if getattr(self, name))


WAYS = (
    Way(),
    Way(matrices=True),
    Way(closure=True),
    Way(create_graph=True),
    Way(sparse=True),
    Way(closure=True, matrices=True),
    Way(create_graph=True, matrices=True),
    Way(closure=True, create_graph=True),
)
"""Those that are tried, the ordinary first."""


class Subject:
    """A class of optimizers with arguments.

    Args:
        cls: the class.
        arguments: values for some of its arguments.
        way: how steps are taken.
        device: of the weights.
        cases: arguments under which checks are made beside the defaults.

    Attributes:
        names: of the arguments of the class.
        defaults: their values, where they have one or it was given.
        required: values of those without a default.
        cases: arguments under which a check is made, the defaults first.
    """

    def __init__(
        self,
        cls: type,
        arguments: Mapping[str, Any] | None = None,
        way: Way | None = None,
        device: str = "cpu",
        cases: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self.cls = cls
        self.way = way or Way()
        self.device = device
        parameters = _parameters(cls)
        given = dict(arguments or {})
        self.names = frozenset(parameters) | given.keys()
        self.defaults = {k: v.default for k, v in parameters.items()} | given
        self.required = _required(parameters, given)
        self.cases = ({}, *(dict(case) for case in cases if not case.keys() & given.keys()))

    @property
    def record(self) -> Any:
        """PyTorch's own record of the class, or nothing."""
        return record_of(self.cls)

    def make(self, parameters: Iterable[Any], **arguments: Any) -> Any:
        """Return an optimizer; tensors among its arguments are its own."""
        # Draws of an optimizer are those of its run.
        torch.manual_seed(7)
        made = self.cls(parameters, **copy.deepcopy(self.required | arguments))
        if callable(getattr(made, "train", None)) and callable(getattr(made, "eval", None)):
            made.train()  # schedule-free ones step in this mode alone
        return made

    def problem(
        self, dtype: torch.dtype = torch.float32, contiguous: bool = True, seed: int = 0
    ) -> Regression:
        """Return a regression whose gradients are such as the optimizer takes."""
        torch.manual_seed(seed)
        way = self.way
        return Regression(
            self.device, dtype, contiguous, matrices=way.matrices, create_graph=way.create_graph
        )

    def step(self, optimizer: Any, problem: Any) -> None:
        """Take a step with the gradients of a problem."""
        if self.way.closure:
            optimizer.step(problem.loss)
            return
        problem.loss()
        if self.way.sparse:
            for parameter in problem.parameters:
                parameter.grad = parameter.grad.to_sparse()
        optimizer.step()

    def train(self, optimizer: Any, problem: Any, steps: int = 20) -> float:
        """Take steps and return the loss after the last."""
        torch.manual_seed(11)
        for _ in range(steps):
            self.step(optimizer, problem)
        return float(problem.loss())

    def given(self, parameter: torch.Tensor, gradient: torch.Tensor) -> None:
        """Set a gradient as the optimizer takes it."""
        parameter.grad = gradient.to_sparse() if self.way.sparse else gradient

    def shapes(self, *shapes: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Return those shapes that the optimizer takes; a vector becomes a matrix of one column."""
        if not self.way.matrices:
            return list(shapes)
        return [s if len(s) == 2 else (*s, 1) for s in shapes if len(s) in (1, 2)]

    def each(self, check: Callable[[dict[str, Any]], None], without: Iterable[str] = ()) -> None:
        """Make a check with the arguments of each case that has none of some.

        Raises:
            Fails: it does; the message says with which arguments.
        """
        left_out = set(without)
        for case in self.cases:
            if left_out & case.keys():
                continue
            try:
                check(copy.deepcopy(case))
            except DoesNotApply:
                raise
            except Exception as error:
                if not case:
                    raise
                text = str(error) if isinstance(error, Fails) else raised(error)
                given = ", ".join(f"{k}={v}" for k, v in case.items())
                raise Fails(f"{text} (with {given})") from error

    def set_gradients_alone(self, what: str = "gradients that are set") -> None:
        """End a check that sets gradients, where steps compute their own.

        Raises:
            DoesNotApply: they do.
        """
        if self.way.closure or self.way.create_graph:
            raise DoesNotApply(f"{what}: {self.way}")

    def optional(self, name: str) -> None:
        """End a check of an argument that the class has not.

        Raises:
            DoesNotApply: it has not.
        """
        if name not in self.names:
            raise DoesNotApply(f"the class has no argument '{name}'")


def _parameters(cls: type) -> dict[str, inspect.Parameter]:
    try:
        found = dict(inspect.signature(cls).parameters)
    except (TypeError, ValueError):
        return {}
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    named = {k: v for k, v in found.items() if v.kind not in kinds}
    for first in list(named)[:1]:  # the parameters, under whatever name
        del named[first]
    return named


def _required(parameters: Mapping[str, inspect.Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(given)
    for name, parameter in parameters.items():
        if name in found or parameter.default is not inspect.Parameter.empty:
            continue
        if name == "lr":
            found[name] = 1e-3
        elif any(word in name for word in ("step", "iteration", "epoch")):
            found[name] = STEPS
        else:
            raise ConformError(
                f"the class has no default for '{name}', and no value for it is known; give one by "
                f"'--set {name}=VALUE'"
            )
    return found


def way_of(cls: type, arguments: Mapping[str, Any]) -> tuple[Way, str]:
    """Return the first way in which three steps of a class move a weight, and empty text.

    Where there is none: the ordinary way, and what went wrong in it.
    """
    first = ""
    for way in WAYS:
        subject = Subject(cls, arguments, way)
        problem = subject.problem()
        before = [x.detach().clone() for x in problem.parameters]
        try:
            subject.train(subject.make(problem.parameters), problem, 3)
        except Exception as error:  # of the class, which may raise anything
            first = first or raised(error)
            continue
        if any(not torch.equal(x, y) for x, y in zip(before, problem.parameters, strict=True)):
            return way, ""
        first = first or "three steps leave all weights as they were"
    return Way(), first


def raised(error: BaseException) -> str:
    """Return an error of other code with the last line of it that is no library's."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    inside = Path(__file__).parent
    places = [f for f in frames if Path(f.filename).parent != inside and not f.filename.startswith("<")]
    own = [f for f in places if f"{os.sep}torch{os.sep}" not in f.filename] or places
    return f"{text} ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else text
