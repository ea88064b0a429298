"""PyTorch: the operations that run are mirrored in terms.

A function mode sees the arguments as the original's code gives them, with the terms that numbers carry; C++
drops those, so that they are found again by their values among the arguments of that one call. A dispatch
mode sees what is computed. Storages have terms: a view is its base, and what works in place changes both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from nos_sym.lift import torch_functions
from nos_sym.lift.algebra_of_terms import Maker
from nos_sym.lift.axes import Reductions
from nos_sym.lift.deep_axes import reductions_of
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.recorder import Recorder, place
from nos_sym.lift.scalars import Carrier, carrying, plain, term_of
from nos_sym.lift.term import Term

PARTS = "parts"
"""Operation of a term that stands for several values one behind the other; no rule has it."""


class Tracer:
    """Terms of tensors.

    Args:
        recorder: of the run.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.terms = recorder.terms
        self.make = Maker(recorder.terms)
        self._cells: dict[int, tuple[Term, Any]] = {}
        self._shapes: list[tuple[tuple[int, ...], Reductions]] = []
        self.scope: list[Carrier] = []
        self.asked = False
        self.names: dict[Term, str] = {}
        self.notes: dict[str, str] = {}

    def add_shape(self, shape: tuple[int, ...]) -> None:
        """Take in the shape of a parameter, that of which rules are made first."""
        self._shapes.append((shape, reductions_of(self.make, shape)))

    @property
    def own_shape(self) -> tuple[int, ...]:
        """The shape of the parameter that rules are made of."""
        return self._shapes[0][0]

    def reductions(self, shape: tuple[int, ...]) -> Reductions:
        """Return the reductions of the parameter that a tensor belongs to."""
        sizes = {n for n in shape if n > 1}
        for _, reductions in self._shapes:
            if sizes.issubset(reductions.products):
                return reductions
        return self._shapes[0][1]

    def set(self, tensor: torch.Tensor, term: Term) -> None:
        """Give a tensor a term; of a part of a storage what it is afterwards is unknown."""
        with torch._C.DisableTorchFunction():
            if not _whole(tensor):
                found = self._cells.get(_key(tensor))
                if found is not None and found[0].operation == PARTS and tensor.numel() == 1:
                    items = list(found[0].operands)
                    items[tensor.storage_offset()] = term
                    self._cells[_key(tensor)] = (self.terms.apply(PARTS, *items), tensor)
                    return
                term = self.terms.opaque(f"a change of a part of a tensor ({place()})", term)
            self._cells[_key(tensor)] = (term, tensor)

    def has(self, tensor: torch.Tensor) -> bool:
        """Return whether a tensor has a term."""
        with torch._C.DisableTorchFunction():
            return _key(tensor) in self._cells

    def of(self, x: Any) -> Term:
        """Return the term of a tensor or a number."""
        if isinstance(x, torch.Tensor):
            with torch._C.DisableTorchFunction():
                return self._tensor(x)
        if isinstance(x, Carrier):
            return x.term
        if isinstance(x, bool):
            return self.make.one if x else self.make.zero
        if isinstance(x, int | float):
            return self._scalar(x)
        raise LiftError(f"{place()} computes with {type(x).__name__}; expected tensors and real numbers")

    def _tensor(self, x: torch.Tensor) -> Term:
        found = self._cells.get(_key(x))
        if found is None:
            return self._constant(x)
        if _whole(x) or found[0].is_number:
            return found[0]
        if found[0].operation == PARTS and x.numel() == 1:
            return found[0].operands[x.storage_offset()]
        return self.terms.opaque(f"a part of a tensor ({place()})", found[0])

    def value(self, x: Any) -> Term:
        """Return the term of a tensor or number as a number."""
        return self.make.value(self.of(x))

    def _scalar(self, x: float) -> Term:
        found = {c.term for c in self.scope if plain(c) == x}
        if len(found) > 1:
            raise LiftError(
                f"{place()} has two numbers of one value, {x:.6g}, in one call, and they are not the same; "
                "expected calls whose numbers can be told apart"
            )
        if found:
            return found.pop()
        opposite = {c.term for c in self.scope if plain(c) == -x and x != 0}
        if len(opposite) == 1:
            return self.make.neg(opposite.pop())
        return term_of(x, self.recorder)

    def _constant(self, x: torch.Tensor) -> Term:
        with _untraced():
            if x.numel() == 0 or x.is_complex() or x.layout is not torch.strided:
                return self.terms.opaque(f"a tensor that is empty, complex or sparse ({place()})")
            first = x.flatten()[0].item()
            if bool((x == first).all()):
                return self._scalar(int(first) if isinstance(first, bool) else first)
        return self.terms.opaque(f"a tensor of numbers made outside of the step ({place()})")


def _key(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _whole(tensor: torch.Tensor) -> bool:
    """Return whether a tensor has all entries of its storage, some more than once perhaps."""
    size = tensor.element_size() or 1
    own = math.prod(n for n, s in zip(tensor.shape, tensor.stride(), strict=True) if s != 0)
    return own * size >= tensor.untyped_storage().nbytes()


@contextmanager
def _untraced() -> Iterator[None]:
    with torch._C._DisableTorchDispatch():
        yield


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Mirrors what is computed."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tracer = tracer

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        from nos_sym.lift.torch_handlers import mirrored

        with torch._C.DisableTorchFunction():
            return mirrored(self.tracer, func, args, kwargs or {})


class Calls(TorchFunctionMode):
    """Sees calls with the numbers that the original's code gives."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()
        self.tracer = tracer

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tracer = self.tracer
        torch_functions.keep_names(tracer)
        special: Callable[..., Any] | None = torch_functions.special(func)
        if special is not None:
            return special(tracer, func, args, kwargs)
        return called(tracer, func, args, kwargs)


def called(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    """Call a function of torch with plain numbers, whose terms are in scope meanwhile."""
    before = tracer.scope
    found = list(before)
    args, kwargs = stripped(args, found), stripped(kwargs, found)
    tracer.scope = found
    try:
        return func(*args, **kwargs)
    finally:
        tracer.scope = before


def _told_apart(x: Carrier, found: list[Carrier]) -> Carrier:
    """Return a number of the same term with another value, where another number of the call has its value.

    The next float stands for it: a way is chosen by terms, so that the last digit decides nothing.
    """
    value = plain(x)
    while isinstance(value, float) and any(plain(c) == value and c.term is not x.term for c in found):
        value = math.nextafter(value, math.inf)
    made: Carrier = x if value == plain(x) else carrying(value, x.term, x.recorder)
    return made


def stripped(x: Any, found: list[Carrier]) -> Any:
    """Return arguments with plain numbers and in float64, and collect the numbers that carry terms."""
    if isinstance(x, Carrier):
        found.append(_told_apart(x, found))
        return plain(found[-1])
    if isinstance(x, torch.dtype):
        return torch.float64 if x.is_floating_point else x
    if type(x) in (list, tuple):
        return type(x)(stripped(y, found) for y in x)
    if isinstance(x, torch_functions.Shape):
        return tuple(stripped(y, found) for y in x)
    if type(x) is dict:
        return {k: stripped(v, found) for k, v in x.items()}
    return x


@contextmanager
def traced(tracer: Tracer) -> Iterator[None]:
    """Mirror everything that torch computes meanwhile."""
    with ExitStack() as stack:
        stack.enter_context(Calls(tracer))
        stack.enter_context(Operations(tracer))
        yield
