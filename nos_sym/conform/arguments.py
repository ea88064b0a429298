"""Checks of arguments that are wrong, from PyTorch's own records."""

from __future__ import annotations

import copy
import re
import warnings
from typing import Any

import torch

from nos_sym.conform.check import Check
from nos_sym.conform.outcome import DoesNotApply, Fails, Verdict
from nos_sym.conform.records import optim_db, torch_internal
from nos_sym.conform.subject import Subject

ADVICE = Verdict.ADVICE
WRONG: tuple[tuple[str, Any], ...] = (
    ("lr", -0.5),
    ("betas", (1.0, 0.0)),
    ("betas", (-0.1, 0.9)),
    ("eps", -1.0),
    ("momentum", -0.5),
    ("weight_decay", -1.0),
)
"""Arguments that all classes of PyTorch refuse that have them."""


def own_errors(subject: Subject) -> str:
    """A class of PyTorch raises what its record says that it does."""
    record = subject.record
    if record is None:
        raise DoesNotApply("PyTorch has no record of the class")
    enum = torch_internal("common_optimizers").OptimizerErrorEnum
    errors = record.optim_error_inputs_func(device=subject.device, dtype=torch.float32)
    for error in errors:
        given = error.optimizer_error_input
        # As PyTorch's own test does where a case leaves the parameters out.
        parameters = given.params if given.params is not None else [torch.nn.Parameter(torch.ones(1, 1))]
        what = f"{given.desc or error.error_regex}"
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                optimizer = subject.cls(parameters, **copy.deepcopy(given.kwargs))
                if error.error_on == enum.STEP_ERROR:
                    optimizer.step()
            except error.error_type as found:
                if not re.search(error.error_regex, str(found)):
                    raise Fails(f"{what}: the error reads {str(found)[:150]!r}") from None
                continue
        messages = [str(w.message) for w in warned if issubclass(w.category, error.error_type)]
        if not any(re.search(error.error_regex, text) for text in messages):
            raise Fails(f"{what}: no {error.error_type.__name__}")
    return f"{len(errors)} cases"


def refuses(subject: Subject) -> str:
    """Arguments outside of their domain are refused when the optimizer is made."""
    if subject.record is not None:
        raise DoesNotApply("own-errors asks what PyTorch's record says")
    wrong = [(name, value) for name, value in WRONG if name in subject.names]
    if not wrong:
        raise DoesNotApply("it has none of the arguments that PyTorch's classes check")
    taken = []
    for name, value in wrong:
        if _takes(subject, subject.problem().parameters, {name: value}):
            taken.append(f"{name}={value}")
    if taken:
        raise Fails(f"it takes {', '.join(taken)}")
    return ", ".join(dict.fromkeys(name for name, _ in wrong))


def empty_list(subject: Subject) -> None:
    """No parameters, one parameter twice, and what is no parameter are refused."""
    takes = []
    parameter = torch.nn.Parameter(torch.ones(2, 2))
    for what, given in (
        ("an empty list of parameters", []),
        ("a tensor in place of a list", torch.ones(2, 2)),
        ("a tensor that is computed", [torch.ones(2, 2, requires_grad=True) * 2]),
        ("one parameter in two groups", [{"params": [parameter]}, {"params": [parameter]}]),
    ):
        if _takes(subject, given, {}):
            takes.append(what)
    if takes:
        raise Fails(f"it takes {', '.join(takes)}")


def _takes(subject: Subject, parameters: Any, arguments: dict[str, Any]) -> bool:
    try:
        subject.make(parameters, **arguments)
    except Exception:  # whichever it is, they are refused
        return False
    return True


def recorded(subject: Subject) -> str:
    """PyTorch's records are there, whose cases other checks are made with."""
    if not optim_db():
        raise DoesNotApply(
            "PyTorch's records need expecttest; install it for their cases ('pip install expecttest')"
        )
    return f"{len(subject.cases) - 1} cases beside the defaults"


CHECKS = (
    Check("cases", "PyTorch's records are there, with whose cases the checks are made", recorded),
    Check("own-errors", "A class of PyTorch raises what its record says", own_errors, severity=ADVICE),
    Check("wrong-arguments", "Arguments outside of their domain are refused", refuses, severity=ADVICE),
    Check("wrong-parameters", "What is no list of parameters is refused", empty_list, severity=ADVICE),
)
