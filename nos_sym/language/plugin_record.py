"""The record of an operation from a plug-in: what its functions raise or return wrongly names the plug-in.

The project's own records are tested against numbers; those of a plug-in are read for the first time on
somebody's machine. A range that is no interval, a definition that is no expression or a recursion without end
would otherwise surface far from its cause, as a traceback or, for an interval whose ends are exchanged, as a
false proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError
from nos_sym.intervals.interval import Interval
from nos_sym.language.node import Node
from nos_sym.language.operation import Operation
from nos_sym.language.setting import is_setting
from nos_sym.language.singularity import DIVISION, LOGARITHM, POWER, Singularity
from nos_sym.language.state import next_state
from nos_sym.plugins import blamed, current

Check = Callable[[Any, tuple[Any, ...]], Any]
"""From what a function returned and what it was given to what it returned, or an error."""


def with_blame(operation: Operation, plugin: str) -> Operation:
    """Return the record of a plug-in's operation with its functions checked at every call.

    An exception in one of them, or a result of a type that it must not have, becomes a
    :class:`~nos_sym.plugins.PluginError` that names the plug-in and the operation.
    """

    def named(function: Any, check: Check) -> Any:
        if function is None:
            return None
        return blamed(plugin, operation.name, lambda *given: check(function(*given), given))

    meaning = replace(
        operation.meaning,
        range=named(operation.meaning.range, _interval),
        reference=named(operation.meaning.reference, _numbers),
        definition=named(operation.meaning.definition, _expression),
        singularity=_with_blame(operation.meaning.singularity, named),
    )
    state = operation.state and replace(operation.state, step=named(operation.state.step, _expression))
    return replace(operation, meaning=meaning, state=state)


def named_if_loading(operation: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that the plug-in being loaded registers; what it raises names the plug-in."""
    return blamed(current(), operation, function) if current() else function


def _with_blame(singularity: Singularity | None, named: Callable[[Any, Check], Any]) -> Singularity | None:
    # The project's own are told by identity.
    if singularity in (None, DIVISION, LOGARITHM, POWER):
        return singularity
    assert singularity is not None
    return replace(
        singularity,
        reached=named(singularity.reached, lambda result, _: bool(result)),
        enclosure=named(singularity.enclosure, _interval),
        total=named(singularity.total, lambda result, given: _numbers(result, (given[0], *given[2]))),
    )


def _interval(result: Any, _: tuple[Any, ...]) -> Interval:
    if not isinstance(result, Interval):
        raise RuleError(f"its range is of type {type(result).__name__}; expected an Interval")
    if not result.low <= result.high:
        raise RuleError(f"its range {result} is empty; expected the lower end first")
    return result


def _numbers(result: Any, given: tuple[Any, ...]) -> Any:
    """Return real numbers in the shape of what was given after the namespace of functions."""
    kind = getattr(getattr(result, "dtype", None), "kind", "f")
    if result is None or isinstance(result, str | tuple | list | dict | complex) or kind not in "fiub":
        raise RuleError(f"its formula gives {type(result).__name__}; expected real numbers")
    shape = getattr(result, "shape", ())
    shapes = [tuple(x.shape) for x in given[1:] if hasattr(x, "shape")]
    if shape and shapes and not _fits(tuple(shape), shapes):
        raise RuleError(f"its formula gives an array of shape {shape}; expected that of its operands")
    return result


def _fits(shape: tuple[int, ...], operands: list[tuple[int, ...]]) -> bool:
    import numpy as np  # There are arrays, so that it is loaded.

    target = np.broadcast_shapes(*operands)
    return len(shape) <= len(target) and all(a in (1, b) for a, b in zip(shape[::-1], target[::-1]))  # noqa: B905


def _expression(result: Any, given: tuple[Any, ...]) -> Basic:
    """Return an expression all of whose parts are the language's, and whose own definitions end."""
    for part in _parts(result, given):
        if isinstance(part, Node):
            _expand(part)
        elif not isinstance(part, Rational) or part.is_negative:
            raise RuleError(
                f"its expression contains {type(part).__name__}; expected what 'apply' and 'number' make"
            )
    return result


def _parts(result: Any, given: tuple[Any, ...]) -> Iterable[Any]:
    """Yield an expression and what it is made of, down to the operands."""
    seen, todo = {id(x) for x in given}, [result]
    while todo:
        part = todo.pop()
        if id(part) in seen or part in given:
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, Node) and not is_setting(part):
            todo.extend(part.args if part.operation.arity or part.operation.parameters else ())


@lru_cache(maxsize=4096)
def _expand(node: Node) -> None:
    """Write out a node, so that a definition or a recursion that needs itself fails where it is made."""
    if node.operation.state is not None:
        next_state(node)
    elif node.operation.meaning.definition is not None:
        node.operation.meaning.definition(*node.operands, *node.parameters)
