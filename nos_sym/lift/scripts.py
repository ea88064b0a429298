"""Functions that ``torch.jit`` compiled: their branches are not seen, and their numbers lose terms."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nos_sym.lift.lifted import LiftError
from nos_sym.lift.recorder import place
from nos_sym.lift.scalars import Carrier

_UNSEEN = ("prim::If", "prim::Loop", "aten::Float", "aten::Int", "aten::item")
"""Parts of a compiled graph that decide, or take numbers out of tensors, where nothing sees it."""


@contextmanager
def scripts_refused() -> Iterator[None]:
    """Let a call of a compiled function end the lifting where it could decide something unseen."""
    torch = sys.modules.get("torch")
    kinds = [torch.jit.ScriptFunction, torch._C.ScriptMethod] if torch is not None else []
    usual = [kind.__call__ for kind in kinds]
    try:
        for kind, call in zip(kinds, usual, strict=True):
            kind.__call__ = _checked(call)
        yield
    finally:
        for kind, call in zip(kinds, usual, strict=True):
            kind.__call__ = call


def _checked(call: Any) -> Any:
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        carried = any(isinstance(x, Carrier) for x in (*args, *kwargs.values()))
        graph = str(getattr(self, "inlined_graph", None) or self.graph)
        if carried or any(word in graph for word in _UNSEEN):
            raise LiftError(
                f"{place()} calls what torch.jit compiled, with numbers or branches that are not seen; "
                "expected functions of Python"
            )
        return call(self, *args, **kwargs)

    return checked
