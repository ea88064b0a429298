"""PyTorch: from an operation of aten to terms, what is there before it runs and what is set after it.

The table itself is in :mod:`nos_sym.lift.torch_table`. An operation that has no entry gives an opaque term,
which ends the lifting where a rule would have to read it.
"""

from __future__ import annotations

from typing import Any

import torch

from nos_sym.lift.axes import UnknownReduction
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.recorder import place
from nos_sym.lift.scalars import carrying
from nos_sym.lift.term import Term
from nos_sym.lift.torch_call import Call, UnknownOperation
from nos_sym.lift.torch_exchanges import exchanged
from nos_sym.lift.torch_matrices import one_by_one
from nos_sym.lift.torch_table import ELEMENTWISE, HANDLERS, UNSEEN
from nos_sym.lift.torch_trace import Tracer, stripped


def mirrored(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    """Run an operation of aten, and give its results their terms."""
    space, _, name = func._schema.name.partition("::")
    if space == "c10d":
        return exchanged(tracer, func, args, kwargs)
    if space != "aten" or name in UNSEEN:
        return func(*args, **kwargs)
    # What C++ makes in another type than the original asks for is left; scalars are plain already.
    args, kwargs = stripped(args, []), stripped(kwargs, [])
    if name.startswith("_foreach_"):
        return _foreach(tracer, func, name.removeprefix("_foreach_"), args, kwargs)
    base = name.removesuffix("_")
    terms = _terms(Call(tracer, base, args, kwargs))
    out = func(*args, **kwargs)
    if name == "_local_scalar_dense" and not tracer.asked:
        _read_by_torch(tracer, out, terms[0])
    if kwargs.get("out") is not None:
        tracer.set(kwargs["out"], terms[0])
    elif base != name:
        tracer.set(args[0], terms[0])
    elif isinstance(out, torch.Tensor):
        _keep(tracer, out, terms[0], args)
    elif isinstance(out, tuple | list):
        for i, one in enumerate(out):
            if isinstance(one, torch.Tensor):
                _keep(tracer, one, terms[i] if i < len(terms) else terms[0], args)
    return out


def _keep(tracer: Tracer, out: torch.Tensor, term: Term, args: Any) -> None:
    """Give a result its term, but for a view, which has that of its base."""
    shared = args and isinstance(args[0], torch.Tensor) and tracer.has(args[0])
    if shared and out.untyped_storage()._cdata == args[0].untyped_storage()._cdata:
        return
    tracer.set(out, term)


def _terms(call: Call) -> list[Term]:
    handler = HANDLERS.get(call.name)
    try:
        if handler is None:
            raise UnknownOperation
        single = one_by_one(call, handler) if call.name in ELEMENTWISE else None
        made: Term | list[Term] = handler(call) if single is None else single
    except (UnknownReduction, UnknownOperation, IndexError, KeyError):
        made = _unknown(call)
    return made if isinstance(made, list) else [made]


def _unknown(call: Call) -> Term:
    tensors = [call.tracer.of(x) for x in call.args if isinstance(x, torch.Tensor)]
    return call.tracer.terms.opaque(f"aten.{call.name} ({place()})", *tensors[:3])


def _foreach(tracer: Tracer, func: Any, name: str, args: Any, kwargs: Any) -> Any:
    base = name.removesuffix("_")
    count = len(args[0])

    def at(x: Any, i: int) -> Any:
        return x[i] if isinstance(x, list | tuple) else x

    # Reductions of each tensor have lists as well: the order of a norm is a number.
    terms = [
        _terms(Call(tracer, base, [at(x, i) for x in args], {k: at(v, i) for k, v in kwargs.items()}))[0]
        for i in range(count)
    ]
    out = func(*args, **kwargs)
    for i, term in enumerate(terms):
        tracer.set(args[0][i] if base != name else out[i], term)
    return out


def _read_by_torch(tracer: Tracer, out: Any, term: Term) -> None:
    """Keep a number that torch reads of a tensor for itself, as a factor that was given as a tensor."""
    if term.is_number:
        return
    if isinstance(out, bool):
        raise LiftError(f"{place()} lets torch decide by data, in a way that is not followed")
    tracer.scope.append(carrying(out, tracer.make.value(term), tracer.recorder))
