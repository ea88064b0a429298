"""Functions of torch that give numbers or shapes, or that take numbers which must keep their terms."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from nos_sym.lift.algebra_of_terms import CONDITIONS, leaves_of, replaced
from nos_sym.lift.axes import UnknownReduction
from nos_sym.lift.deep_axes import DeepReductions
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.recorder import OTHER, is_of_original, place
from nos_sym.lift.scalars import Carrier, carrying

if TYPE_CHECKING:
    from nos_sym.lift.torch_trace import Tracer

Special = Callable[["Tracer", Any, Any, Any], Any]


class Shape(tuple[Any, ...]):
    """The shape of a tensor as the original's code sees it: sizes of the parameter are numbers with terms."""

    def numel(self) -> Any:
        """Return the product of the sizes."""
        product: Any = 1
        for n in self:
            product = product * n
        return product

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Shape(found) if isinstance(index, slice) else found


def special(func: Any) -> Special | None:
    """Return what stands for a function of torch, ``None`` where it is called as it is."""
    try:
        return _SPECIAL.get(func)
    except TypeError:
        return None


def _called(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    from nos_sym.lift.torch_trace import called

    return called(tracer, func, args, kwargs)


def _asked(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    """Call what gives a number of a tensor to the original's code."""
    before, tracer.asked = tracer.asked, True
    try:
        return _called(tracer, func, args, kwargs)
    finally:
        tracer.asked = before


def _set_item(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    """Assign one value where a mask holds, of tensors without axes too, which torch treats otherwise."""
    x, key, value = args
    mask = key if isinstance(key, torch.Tensor) and key.dtype is torch.bool else None
    if mask is not None and isinstance(value, torch.Tensor):
        new = tracer.of(value)
        condition = tracer.make.condition(tracer.of(mask))
        if new.operation == "masked" and new.operands[0] is condition:
            # However many entries there are: a single one is no number that all of them get.
            new = tracer.make.where(condition, new.operands[1], tracer.of(x))
            _called(tracer, func, args, kwargs)
            tracer.set(x, new)
            return None
    if mask is None or mask.shape != x.shape or (isinstance(value, torch.Tensor) and value.numel() != 1):
        return _called(tracer, func, args, kwargs)
    if not isinstance(value, torch.Tensor):
        given, value = value, torch.full_like(x, float(value))
        tracer.set(value, tracer.of(given))
    x.copy_(torch.where(mask, value.to(x.dtype), x))
    return None


def _item(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    tensor = args[0]
    term = tracer.of(tensor) if tensor.numel() == 1 else None
    value = _asked(tracer, func, args, kwargs)
    if term is None:
        return value
    if isinstance(value, bool):
        return tracer.recorder.decide(tracer.make.condition(term), value)
    if term.operation == "opaque":
        return _opaque(tracer, value, term)
    return carrying(value, tracer.make.value(term), tracer.recorder)


def _listed(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    """Give the entries of a tensor as numbers of Python, which no rule can tell apart."""
    tensor = args[0]
    if tensor.numel() == 1 and tensor.dim() == 0:
        return _item(tracer, func, args, kwargs)
    term = tracer.of(tensor)
    values = _asked(tracer, func, args, kwargs)
    if term.is_number:
        return values
    part = tracer.terms.opaque(f"an entry of a tensor ({place()})", term)

    def carried(x: Any) -> Any:
        return [carried(y) for y in x] if isinstance(x, list) else carrying(float(x), part, tracer.recorder)

    return carried(values)


def _handed(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    """Hand a tensor to NumPy, whose computations are not followed."""
    if tracer.of(args[0]).is_number:
        return _called(tracer, func, args, kwargs)
    raise LiftError(f"{place()} hands a tensor to NumPy; expected a step that computes by torch")


def _opaque(tracer: Tracer, value: Any, term: Any) -> Any:
    return carrying(value, term, tracer.recorder)


def _truth(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    term = tracer.of(args[0])
    value = _asked(tracer, func, args, kwargs)
    return tracer.recorder.decide(tracer.make.condition(term), bool(value))


def _same(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    """Ask whether two tensors are equal in all entries."""
    x, y = args[:2]
    if x.shape != y.shape:
        return False
    return _truth(tracer, torch.Tensor.__bool__, ((x == y).all(),), {})


def _close(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    """Ask whether two tensors are nearly equal in all entries, as torch says it."""
    x, y, *given = args
    names = ("rtol", "atol")
    relative, absolute = (
        given[i] if i < len(given) else kwargs.get(n, usual)
        for i, (n, usual) in enumerate(zip(names, (1e-5, 1e-8), strict=True))
    )
    bound = _called(tracer, torch.mul, (y.abs(), relative), {})
    bound = _called(tracer, torch.add, (bound, absolute), {})
    return _truth(tracer, torch.Tensor.__bool__, (((x - y).abs() <= bound).all(),), {})


def _shape(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    sizes = _called(tracer, func, args[:1], {})
    made = Shape(_size(tracer, n, sizes) for n in sizes)
    rest = args[1:] or tuple(kwargs.values())
    return made[int(rest[0])] if rest and rest[0] is not None else made


def _size(tracer: Tracer, n: int, sizes: Any) -> Any:
    reductions = tracer.reductions(tuple(sizes))
    own = reductions.shape
    suffix = "" if own == tracer._shapes[0][0] else "@"
    names: dict[int, str] = {}
    if len(own) >= 2:
        names = {own[-1]: "cols", own[-2]: "rows"}
    elif own:
        names = {own[0]: "size"}
    if len(own) > 1:
        names[reductions.size] = "size"
    if isinstance(reductions, DeepReductions):
        return _deep_size(tracer, n, reductions, suffix)
    if n <= 1 or n not in names:
        return n
    return carrying(n, tracer.terms.leaf(names[n] + suffix), tracer.recorder)


def _deep_size(tracer: Tracer, n: int, reductions: DeepReductions, suffix: str) -> Any:
    if n <= 1:
        return n
    try:
        term = reductions.length(reductions.axes_of((n,)))
    except UnknownReduction:
        return n
    if suffix:
        leaves = {tracer.terms.leaf(x): tracer.terms.leaf(x + suffix) for x in leaves_of(term)}
        term = replaced(tracer.terms, term, leaves)
    return carrying(n, term, tracer.recorder)


def _numel(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    count = int(_called(tracer, func, args, kwargs))
    names = leaves_of(tracer.of(args[0])) if tracer.own_shape == () and count == 1 else ()
    if names:
        # A parameter without axes has one entry, and two of them have two.
        other = OTHER if any(name.endswith(OTHER) for name in names) else ""
        return carrying(1, tracer.terms.leaf(f"size{other}"), tracer.recorder)
    return _size(tracer, count, args[0].shape)


def _length(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    return int(_called(tracer, func, args, kwargs))


def _made(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    """Make a tensor of a number, ``torch.tensor(x)``."""
    out = _called(tracer, func, args, kwargs)
    if args and isinstance(args[0], Carrier):
        tracer.set(out, args[0].term)
    elif args and isinstance(args[0], torch.Tensor) and out is not args[0] and not tracer.has(out):
        tracer.set(out, tracer.of(args[0]))
    elif args and isinstance(args[0], list | tuple) and any(isinstance(x, Carrier) for x in args[0]):
        tracer.set(out, tracer.terms.apply("parts", *(tracer.of(x) for x in args[0])))
    return out


def _wide(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    """Cast to float64 whatever type is asked for, and keep where."""
    tracer.notes.setdefault(f"casts are taken out ({func.__name__})", place())
    return torch.Tensor.double(args[0]).clone() if func in _NARROW else _called(tracer, func, args, kwargs)


def _type(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    given = [*args[1:], *kwargs.values()]
    if any(isinstance(x, torch.dtype) and x.is_floating_point and x is not torch.float64 for x in given):
        tracer.notes.setdefault("casts are taken out", place())
    out = _called(tracer, func, args, kwargs)
    if out is args[0] and any(isinstance(x, torch.dtype) and x is not out.dtype for x in given):
        # A cast copies, and what follows may work in place.
        return out.clone()
    return out


_NARROW = (torch.Tensor.float, torch.Tensor.bfloat16, torch.Tensor.half)
_SPECIAL: dict[Any, Special] = {
    torch.Tensor.item: _item,
    torch.Tensor.__setitem__: _set_item,
    torch.Tensor.__float__: _item,
    torch.Tensor.__int__: _item,
    torch.Tensor.tolist: _listed,
    torch.Tensor.numpy: _handed,
    torch.Tensor.__array__: _handed,
    torch.Tensor.__bool__: _truth,
    torch.Tensor.is_nonzero: _truth,
    torch.is_nonzero: _truth,
    torch.equal: _same,
    torch.Tensor.equal: _same,
    torch.allclose: _close,
    torch.Tensor.allclose: _close,
    torch.Tensor.size: _shape,
    torch.Tensor.shape.__get__: _shape,  # type: ignore[attr-defined]
    torch.Tensor.numel: _numel,
    torch.Tensor.nelement: _numel,
    torch.numel: _numel,
    torch.Tensor.__len__: _length,
    torch.tensor: _made,
    torch.as_tensor: _made,
    torch.scalar_tensor: _made,
    torch.Tensor.to: _type,
    torch.Tensor.type: _type,
    **dict.fromkeys(_NARROW, _wide),
}


def keep_names(tracer: Tracer) -> None:
    """Keep what the original's code calls the values that it has now, for the names of a rule."""
    frame: Any = sys._getframe(2)
    while frame is not None and not is_of_original(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return
    for name, x in frame.f_locals.items():
        if isinstance(x, Carrier):
            term = x.term
        elif isinstance(x, torch.Tensor) and tracer.has(x):
            term = tracer.of(x)
        else:
            continue
        if term.operands and term.operation not in CONDITIONS:
            tracer.names.setdefault(term, name)
