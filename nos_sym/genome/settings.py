"""Sizes and probabilities of sampling and mutation; the defaults are the authors' values."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from nos_sym.errors import GenomeError

MAX_HIDDEN = 32
"""Hidden nodes of one graph; a rule may have as many levels."""

_SUMS = (
    ("mutate_operation", "mutate_connection", "mutate_arity", "mutate_momentum", "mutate_decay"),
    ("decay_mutate_operation", "decay_mutate_connection", "decay_mutate_arity"),
)


@dataclass(frozen=True, slots=True)
class GenomeSettings:
    """How genomes are sampled and mutated.

    Numbers without a unit are probabilities. The source is the authors' search script, but for the number of
    hidden nodes, which is the paper's (the script has five). What is off or on was not always a setting: its
    default is what searches did before, and the presets say what the paper's and the script's are.

    Attributes:
        hidden_nodes: nodes of the graph beside the output node.
        hidden_unary: a hidden node is unary.
        output_unary: the output node is unary.
        identity: a unary operation is the identity; else it is any of the others.
        operand: an argument is an operand; else it is a hidden node.
        decay: a connection carries a decay function.
        inverted_output_decay: the connection of a unary output node carries one with ``1 - decay``, 0.85: the
            authors' script compares the wrong way round there.
        decay_hidden_nodes: nodes of the graph of a decay function beside its output node.
        decay_unary: a node of a decay function is unary.
        decay_takes_hidden: the output node of a decay function is made to take a hidden node; else its
            arguments are any of the schedules and hidden nodes.
        decay_steps: ``T`` for which a decay function must lie in [0, 1].
        check_mutated_decays: whether a mutated decay function is redrawn, too, until it lies in [0, 1]. The
            authors ignore the check there, so that their log has decay functions of up to 1.9.
        mutate_operation: a mutation changes the operation of a node.
        mutate_connection: a mutation changes an argument of a node, or swaps them.
        mutate_arity: a mutation makes a unary node binary or the reverse.
        mutate_momentum: a mutation changes the momentum type.
        mutate_decay: a mutation changes the decay function of a connection.
        swap: a mutation of the connections of a binary node swaps its arguments.
        delete_decay: a mutation of a decay function that is there deletes it; else it changes it.
        decay_mutate_operation: a mutation of a decay function changes the operation of a node.
        decay_mutate_connection: it changes an argument of a node, or swaps them.
        decay_mutate_arity: it makes a unary node binary or the reverse.
        all_binary_in_decays: whether decay functions have all ten binary operations of Table 4, as the
            paper's text says ("stay the same"), and not the seven of the authors' code: ``clip``, ``wmean``
            and ``abspow`` beside them. None of the 2,723 decay functions of the authors' log has such a one.
        ordered_output: a binary output node draws its first argument, an operand with the probability
            ``operand``; after one, the second is a hidden node, and else an operand with that probability. So
            0.80 are (operand, hidden), 0.16 the reverse and 0.04 hidden both. Without it the sides are alike.
        dormant_operations: every node has an operation of the other number of arguments from its birth, and
            a mutation of the number changes between the two. Without it that operation is drawn anew.
        decays_of_pairs: a decay function belongs to a node and a source. A changed argument loses it and
            finds it again with the source; the new argument of a unary node has none of its own. Without it
            the decay stays in its place, and a new argument draws one as in sampling.
        output_keeps_hidden: an output node that becomes unary keeps a hidden node, whichever argument that
            is. Without it the argument is drawn, and with it the node, until it is a hidden one.
        uniform_sources: a mutation takes its new source among all operands and hidden nodes that are no
            arguments yet, alike; one that would make a cycle is redrawn. Without it as sampling does, an
            operand with the probability ``operand``.
        either_side: the new argument of a unary node, and of one in a decay function, comes left or right.
            Without it on the right.
        only_decays: every mutation changes a decay function, whatever the ``mutate_`` probabilities: the
            search of learning-rate schedules.

    Raises:
        GenomeError: a size or probability out of range, or mutation probabilities that do not add up to 1.
    """

    hidden_nodes: int = 4
    hidden_unary: float = 0.75
    output_unary: float = 0.25
    identity: float = 0.2
    operand: float = 0.8
    decay: float = 0.15
    inverted_output_decay: bool = False
    decay_hidden_nodes: int = 1
    decay_unary: float = 0.8
    decay_takes_hidden: float = 0.2
    decay_steps: int = 100
    check_mutated_decays: bool = True
    mutate_operation: float = 0.40
    mutate_connection: float = 0.30
    mutate_arity: float = 0.10
    mutate_momentum: float = 0.10
    mutate_decay: float = 0.10
    swap: float = 0.2
    delete_decay: float = 0.5
    decay_mutate_operation: float = 0.60
    decay_mutate_connection: float = 0.25
    decay_mutate_arity: float = 0.15
    all_binary_in_decays: bool = False
    ordered_output: bool = False
    dormant_operations: bool = False
    decays_of_pairs: bool = False
    output_keeps_hidden: bool = False
    uniform_sources: bool = False
    either_side: bool = False
    only_decays: bool = False

    def __post_init__(self) -> None:
        for setting in fields(self):
            _check(setting.name, setting.type, getattr(self, setting.name))
        for names in _SUMS:
            total = math.fsum(getattr(self, name) for name in names)
            if abs(total - 1) > 1e-9:
                raise GenomeError(f"{' + '.join(names)} is {total:g}; expected 1")


_SIZES = {"hidden_nodes": MAX_HIDDEN, "decay_hidden_nodes": MAX_HIDDEN, "decay_steps": 1_000_000}


def _check(name: str, kind: Any, value: Any) -> None:
    if kind == "bool":
        if not isinstance(value, bool):
            raise GenomeError(f"'{name}' is {value!r}; expected true or false")
    elif kind == "int":
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _SIZES[name]:
            raise GenomeError(f"'{name}' is {value!r}; expected an integer from 1 to {_SIZES[name]}")
    elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise GenomeError(f"'{name}' is {value!r}; expected a probability from 0 to 1")


DEFAULT = GenomeSettings()
"""The authors' values, with the paper's four hidden nodes."""
