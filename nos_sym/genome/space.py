"""The search space of one search: the tables of the paper, with operations added to them and removed.

A genome is drawn from a :class:`SearchSpace`. That of the paper is :data:`PAPER`; another one is made by the
names of operations, also of those that a plug-in registers::

    OperationSettings(add=("sign", "ema(0.99)"), remove=("i1e", "a14")).space()
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from sympy.core.basic import Basic

from nos_sym.errors import GenomeError, NosSymError, quoted
from nos_sym.genome.form import Form, constants_of
from nos_sym.genome.operand import leaf, operand, operand_text
from nos_sym.genome.search_space import (
    BINARY,
    DECAY_BINARY,
    DECAY_UNARY,
    IDENTITY,
    OPERANDS,
    SCHEDULES,
    UNARY,
)
from nos_sym.genome.settings import GenomeSettings
from nos_sym.genome.text import parsed_tensor
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.operation import Operation, Role
from nos_sym.language.registry import apply, lookup, operation_hint
from nos_sym.language.traversal import walk

_NAME = re.compile(r"\s*(\w+)\s*(?:\(([^()]*)\)\s*)?", re.ASCII)
_FEWEST = {
    "unary": 3,
    "binary": 2,
    "decay_unary": 2,
    "decay_binary": 2,
    "operands": 3,
    "schedules": 3,
}
"""Entries that a table needs, so that a mutation finds another one; the identity counts as unary."""


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """What genomes are drawn from; the order within a table belongs to it, because a search draws an index.

    Attributes:
        operands: texts of operands.
        unary: operations of one argument, the identity among them.
        binary: operations of two arguments.
        schedules: texts of the leaves of decay functions.
        decay_unary, decay_binary: operations of decay functions.
    """

    operands: tuple[str, ...] = OPERANDS
    unary: tuple[Form, ...] = UNARY
    binary: tuple[Form, ...] = BINARY
    schedules: tuple[str, ...] = SCHEDULES
    decay_unary: tuple[Form, ...] = DECAY_UNARY
    decay_binary: tuple[Form, ...] = DECAY_BINARY

    def binary_of_decays(self, settings: GenomeSettings) -> tuple[Form, ...]:
        """Return the binary operations that decay functions are drawn with."""
        if not settings.all_binary_in_decays:
            return self.decay_binary
        others = (form for form in BINARY if form in self.binary and form not in self.decay_binary)
        return (*self.decay_binary, *others)


PAPER = SearchSpace()
"""The search space of the paper, its Tables 2 to 7."""


@dataclass(frozen=True, slots=True)
class OperationSettings:
    """Operations that a search has beside those of the paper, and those that it does without.

    An operation is given by its name, as in ``sign``, or with its constants, as in ``ema(0.99)``; constants
    that have a default may be left out. One with one or two arguments is added to the nodes of updates, a
    function of the step without arguments to the leaves of decay functions, and the text of an operand, as
    in ``qhm(0.5)``, to the operands. An operation that is removed is in no genome that is drawn, neither in
    an update nor in a decay function, alone nor as a part of an operand; with constants it is that form
    alone. An operand is removed by its text, and with it the operands that have it as a part: ``qhm(0.7)``
    with ``v_hat``.

    Attributes:
        add: operations and operands to add.
        remove: operations and operands to remove.

    Raises:
        GenomeError: a name is none of an operation, an operation cannot be added or is there already, one is
            to be removed that is not there or is added, too, or a table would have too few entries.
    """

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _changed(self.add, self.remove)

    def space(self) -> SearchSpace:
        """Return the search space."""
        return _changed(self.add, self.remove)


@lru_cache(maxsize=64)
def _changed(add: tuple[str, ...], remove: tuple[str, ...]) -> SearchSpace:
    space = PAPER
    for setting, texts, change in (("remove", remove, _without_known), ("add", add, _with)):
        for text in texts:
            try:
                space = change(space, text.strip())
            except NosSymError as error:
                raise GenomeError(f"'{setting}' has {quoted(text, 60)}: {error}") from None
    for text in remove:
        # What is removed is in no genome, so nothing that is added may have it.
        if _without(space, text.strip()) != space:
            raise GenomeError(
                f"'remove' has {quoted(text, 60)}, which 'add' has too, alone or as a part; leave it out of "
                "one of them"
            )
    for table, fewest in _FEWEST.items():
        left = len(getattr(space, table))
        if left < fewest:
            raise GenomeError(
                f"'remove' leaves {left} of the table {table}; expected at least {fewest}, so that a "
                "mutation finds another"
            )
    return space


def _with(space: SearchSpace, text: str) -> SearchSpace:
    given_operand = _operand_of(text)
    if given_operand is not None:
        return _appended(space, "operands", given_operand)
    operation, given = _operation(text)
    if operation is None or not operation.arity:
        return _with_leaf(space, text, operation)
    form = _form(operation, given)
    if form.arity > 2 or operation.conditions or operation.logical:
        raise GenomeError("a node of a graph has one or two arguments, which are no conditions")
    if kind_of(form.expression(*[apply("g")] * form.arity)) is not Kind.TENSOR:
        raise GenomeError("a node of a graph has a tensor as its result")
    table = "unary" if form.arity == 1 else "binary"
    return _appended(space, table, form)


def _with_leaf(space: SearchSpace, text: str, operation: Operation | None) -> SearchSpace:
    if operation is not None and operation.kind is Kind.STEP:
        leaf(text)
        return _appended(space, "schedules", text)
    raise _unknown(text)


def _appended(space: SearchSpace, table: str, entry: Form | str) -> SearchSpace:
    entries = getattr(space, table)
    if entry in entries:
        raise GenomeError("the search space has it already; leave it out")
    return replace(space, **{table: (*entries, entry)})


def _without_known(space: SearchSpace, text: str) -> SearchSpace:
    smaller = _without(space, text)
    # What went with another one that was removed is no mistake.
    if smaller == space and _without(PAPER, text) == PAPER:
        raise GenomeError("the search space has no such operation or operand; leave it out")
    return smaller


def _without(space: SearchSpace, text: str) -> SearchSpace:
    given_operand = _operand_of(text)
    if given_operand is not None:
        removed = operand(given_operand)
        return replace(space, operands=tuple(t for t in space.operands if not _has(operand(t), removed)))
    operation, given = _operation(text)
    if operation is None:
        raise _unknown(text)
    name = operation.name
    if name == IDENTITY.operation:
        raise GenomeError("graphs are filled up with it; set 'genome.identity' to 0, so that none is drawn")
    only = None if given is None else _form(operation, given)

    def kept(forms: tuple[Form, ...]) -> tuple[Form, ...]:
        return tuple(f for f in forms if f.operation != name or (only is not None and f != only))

    def without(texts: tuple[str, ...], read: Callable[[str], Basic]) -> tuple[str, ...]:
        return texts if only is not None else tuple(t for t in texts if name not in _names(read(t)))

    return SearchSpace(
        without(space.operands, operand),
        kept(space.unary),
        kept(space.binary),
        without(space.schedules, leaf),
        kept(space.decay_unary),
        kept(space.decay_binary),
    )


def _operand_of(text: str) -> str | None:
    """Return the operand that a text is, as the language prints it, however it is written."""
    expression = parsed_tensor(text)
    return None if expression is None else operand_text(expression)


def _has(expression: Basic, part: Basic) -> bool:
    """Return whether an expression is another one or has it as a part; a number is no part."""
    return expression == part or any(node == part for node in walk(expression))


def _operation(text: str) -> tuple[Operation | None, str | None]:
    """Return the operation that a text names and the text of its constants, where it has them."""
    match = _NAME.fullmatch(text)
    operation = lookup(match[1]) if match else None
    if match is None or operation is None:
        return None, None
    if operation.role is Role.SCALE:
        raise GenomeError("it is how decay functions multiply; 'genome.decay' says how often they are drawn")
    return operation, match[2]


def _unknown(text: str) -> GenomeError:
    match = _NAME.fullmatch(text)
    hint = operation_hint(match[1]) if match and lookup(match[1]) is None else ""
    return GenomeError(
        f"it is neither an operation with arguments, a schedule, nor an operand of graphs{hint}"
    )


def _form(operation: Operation, given: str | None) -> Form:
    constants = constants_of(operation)
    values = [part.strip() for part in given.split(",")] if given and given.strip() else []
    values += [c.default for c in constants[len(values) :] if c.default]
    if len(values) != len(constants):
        if parsed_tensor(f"{operation.name}({given or ''})") is not None:
            raise GenomeError(
                "it is no operand of graphs; expected one of Table 2, also with other constants"
            )
        names = ", ".join(c.name for c in constants) or "none"
        raise GenomeError(f"it has {len(values)} constants; expected {names}, as in '{operation.name}(0.9)'")
    return Form(operation.name, tuple(values))


def _names(expression: Basic) -> set[str]:
    """Return the names of all operations of an expression."""
    return {node.operation.name for node in walk(expression) if isinstance(node, Node)}
