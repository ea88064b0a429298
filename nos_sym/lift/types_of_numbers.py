"""Types of Python's numbers, and ``type`` itself, for code whose numbers keep their terms."""

from __future__ import annotations

from typing import Any

from nos_sym.lift.scalars import Carrier, Whole, carrying, plain


class AsReal(type):
    """``float`` and ``int`` that keep terms, and are the types themselves to ``isinstance``."""

    real: Any
    whole = False

    def __instancecheck__(cls, x: object) -> bool:
        return isinstance(x, cls.real) or (cls.real is int and isinstance(x, Whole))

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.real, name)

    def __subclasscheck__(cls, x: type) -> bool:
        return issubclass(x, cls.real)

    def __call__(cls, *args: Any) -> Any:
        """Return a number that keeps its term, if it has one."""
        if len(args) == 1 and isinstance(args[0], Carrier):
            x = args[0]
            if cls.real is not int and not cls.whole:
                if cls.__name__ in ("float16", "float32"):
                    x.recorder.note("casts are taken out")
                return carrying(float(plain(x)), x.term, x.recorder)
            return x if isinstance(x, Whole) else x.__trunc__()
        if len(args) == 1 and hasattr(args[0], "untyped_storage"):
            found = args[0].item()
            return cls(found) if isinstance(found, Carrier) else cls.real(found)
        return cls.real(*args)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.real

    def __hash__(cls) -> int:
        return hash(cls.real)


class Float(metaclass=AsReal):
    """``float``."""

    real = float
    whole = False


class Int(metaclass=AsReal):
    """``int``."""

    real = int
    whole = True


class _AsType(AsReal):
    """``type``, which says of numbers what code has as ``int`` and ``float``, and of those with terms too."""

    def __call__(cls, *args: Any, **named: Any) -> Any:
        """Return the type of a value, or make a class."""
        if len(args) != 1 or named:
            return type(*args, **named)
        found = type(args[0])
        if issubclass(found, Carrier):
            return Int if issubclass(found, Whole) else Float
        return Int if found is int else Float if found is float else found


class Type(metaclass=_AsType):
    """``type``."""

    real = type


# What writes the name of a type, or looks it up, finds that of Python's.
for _kind, _name in ((Float, "float"), (Int, "int"), (Type, "type")):
    _kind.__name__ = _kind.__qualname__ = _name
