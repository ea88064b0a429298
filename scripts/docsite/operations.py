"""The page of the operations: each record of the registry, by its role, as the language describes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docsite.markdown import code, table, text

HEAD = """\
# Operations

Every word of the language, from the records that the parser, the algebra and the printers read. In the
column *computes*, `x` and `y` are the operands. *Facts* are what the algebra and the guards may use: the
sign under a change of sign (`odd`, `even`), whether it rises or falls, whether operands may be exchanged,
and where it has no value. What is not said is unknown, and nothing is assumed.

How rules are put together is the subject of [the language](../language.md); to add a word of your own, see
[Add an operation](../how-to/add-an-operation.md). On the command line, `nos-sym list --language` prints
this list.
"""

_ROLES = {
    "leaf": ("Leaves", "What a rule begins with: the gradient, the weight, and functions of the step."),
    "elementwise": ("Entry by entry", "Functions of one or two tensors that treat each entry alone."),
    "whole tensor": ("Whole tensors", "What reads all entries of a tensor, or of all tensors."),
    "state-holding": ("States", "What remembers: a tensor for each parameter, 0 before the first step."),
    "random": ("Random", "What draws anew at each step."),
    "decay times tensor": ("Decay functions", "A function of the step times a tensor, written `[d] x`."),
}


def page() -> str:
    """Return the page, with the operations of installed plug-ins as well."""
    from nos_sym import plugins
    from nos_sym.language.registry import REGISTRY

    plugins.load_operations()
    parts = [HEAD, _operands()]
    for role, (title, said) in _ROLES.items():
        rows = [_row(record) for record in REGISTRY.values() if record.role.value == role]
        if rows:
            head = ("Name", "What it is", "Computes", "Parameters", "Facts", "Source")
            parts.append(f"## {title}\n\n{said}\n\n{table(head, rows)}")
    return "\n".join(parts)


def _operands() -> str:
    from nos_sym.language.operands import OPERANDS
    from nos_sym.language.printer import print_expression

    rows = [(code(print_expression(o.expression)), text(o.computes)) for o in OPERANDS]
    said = (
        "The twenty inputs of Table 2, from which a search builds optimizers; each is also a word of its own."
    )
    return f"## Operands\n\n{said}\n\n{table(('Written', 'Computes'), rows)}"


def _row(record: Any) -> tuple[str, ...]:
    name = ", ".join(code(each) for each in (record.name, *record.aliases))
    return (
        f'<a id="{record.name}"></a>{name}',
        text(record.title),
        code(record.computes),
        "<br>".join(_parameter(parameter) for parameter in record.parameters),
        text(", ".join(_facts(record))),
        text(record.source),
    )


def _parameter(parameter: Any) -> str:
    said = f"{code(parameter.name)} in {text(str(parameter.interval))}"
    words = ["an integer"] if parameter.integer else []
    words += [f"{parameter.default} unless said"] if parameter.default else []
    return f"{said}: {text(', '.join(words))}" if words else said


def _facts(record: Any) -> Iterator[str]:
    meaning = record.meaning
    for said in (meaning.parity.value, meaning.monotone.value):
        if said != "unknown":
            yield said
    if meaning.commutative:
        yield "operands may be exchanged"
    if meaning.singularity is not None:
        yield "has a singular point"
    if meaning.definition is not None and not record.standard:
        yield "defined by other operations"
