"""Tables 1 to 7: momentum types, operands, operations and schedules, from the search space of the project."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.genome.form import Form
from nos_sym.genome.search_space import BINARY, DECAY_BINARY, DECAY_UNARY, SCHEDULES, UNARY
from nos_sym.language.heads import moved
from nos_sym.language.node import Node
from nos_sym.language.operands import OPERANDS
from nos_sym.language.operation import Role
from nos_sym.language.registry import CLASSES, REGISTRY, apply, number
from nos_sym.language.rule import Momentum
from nos_sym.program.move import COEFFICIENT, LEARNING_RATE, MOVES, PREVIOUS, UPDATE
from nos_sym.report.tables.notation import Notation
from nos_sym.report.tables.table import Table
from nos_sym.report.tables.text import latex_text

_SPACE = "Morgan and Hougen 2024, Table {}; written from the search space of this project"
_STRETCH = "1.6"
_X, _Y = "x", "y"


def momentum_types(notation: Notation) -> Table:
    """Return Table 1: how each momentum type moves the weights."""
    rows = []
    for momentum, move in MOVES.items():
        symbols: dict[Basic, str] = {
            LEARNING_RATE: notation.rate,
            COEFFICIENT: notation.momentum,
            UPDATE: notation.update,
            PREVIOUS: notation.moment,
        }
        steps = []
        if move.momentum is not None:
            steps.append(rf"{notation.moment} \leftarrow {notation.printer(symbols).print(move.momentum)}")
            # What follows reads the momentum that the first step left.
            symbols[move.momentum] = notation.moment
        new = notation.printer(symbols).print(moved(apply("w"), move))
        steps.append(rf"{notation.weights} \leftarrow {new}")
        rows.append((_title(momentum), ", \\quad ".join(f"${step}$" for step in steps)))
    return Table(
        "momentum",
        "Momentum types.",
        "ll",
        ("Momentum type", "Move of the weights"),
        [rows],
        _SPACE.format(1),
    )


def _title(momentum: Momentum) -> str:
    return {"none": "None", "momentum": "Momentum", "nesterov": "Nesterov"}[momentum.value]


def operands(notation: Notation) -> Table:
    """Return Table 2: what the nodes of a graph take."""
    printer = notation.printer()
    cells = [f"${printer.print(operand.expression)}$" for operand in OPERANDS]
    means = [latex_text(operand.computes) for operand in OPERANDS]
    rows = list(zip(cells, means, strict=True))
    return Table("operands", "Operands.", "ll", ("Operand", "Meaning"), [rows], _SPACE.format(2))


def unary(notation: Notation) -> Table:
    """Return Table 3: unary operations without a state."""
    rows = [_row(form, notation) for form in UNARY if not _holds_a_state(form)]
    return Table(
        "unary", "Unary operations.", "ll", ("Operation", "Name"), [rows], _SPACE.format(3), (), _STRETCH
    )


def binary(notation: Notation) -> Table:
    """Return Table 4: binary operations."""
    rows = [_row(form, notation) for form in BINARY]
    return Table(
        "binary", "Binary operations.", "ll", ("Operation", "Name"), [rows], _SPACE.format(4), (), _STRETCH
    )


def stateful(notation: Notation) -> Table:
    """Return Table 5: unary operations that hold a state, with their recursions."""
    rows = []
    for form in filter(_holds_a_state, UNARY):
        node = _node(form, apply("g"))
        printer = notation.printer({apply("g"): _X})
        if node.operation.name == "ema_hat":
            average = CLASSES["ema"](*node.args)
            beta = printer.atom(node.parameters[0])
            steps = [rf"n \leftarrow {printer.recursion(average, 'n')}", rf"n / (1 - {beta}^{{t+1}})"]
        else:
            steps = [rf"n \leftarrow {printer.recursion(node, 'n')}", "n"]
        written = ", \\quad ".join(f"${step}$" for step in steps)
        rows.append((written, latex_text(node.operation.title)))
    notes = ["The state $n$ is $0$ before the first step; the value stands behind the recursion."]
    head = ("Operation", "Name")
    return Table("stateful", "Unary operations with a state.", "ll", head, [rows], _SPACE.format(5), notes)


def decay_operations(notation: Notation) -> Table:
    """Return Table 6: the unary operations of decay functions.

    Section 3.1.2 says that the binary ones stay as they are, while the authors' script has seven of the ten.
    The note below the table names those that a search takes here.
    """
    rows = [_row(form, notation, "a1", "a2") for form in DECAY_UNARY]
    binary = ", ".join(_row(form, notation, "a1", "a2")[0] for form in DECAY_BINARY)
    notes = [f"Binary operations of decay functions here: {binary}."]
    head, caption = ("Operation", "Name"), "Unary operations of decay functions."
    return Table("decay-operations", caption, "ll", head, [rows], _SPACE.format(6), notes, _STRETCH)


def schedules(notation: Notation) -> Table:
    """Return Table 7: the schedules that decay functions are made of."""
    printer, rows = notation.printer(), []
    for name in SCHEDULES:
        node = apply(name)
        definition = node.operation.meaning.definition
        assert definition is not None
        written = printer.print(definition())
        rows.append((f"${printer.print(node)}$", f"${written}$", latex_text(node.operation.title)))
    notes = [
        r"$p = t/T$, $r = (2t \bmod T)/T$ and $\rho = 1 - (t+1)/T$ at the steps $t = 0, \dots, T - 1$.",
    ]
    head = ("Schedule", "Value", "Name")
    return Table("schedules", "Decay schedules.", "lll", head, [rows], _SPACE.format(7), notes, _STRETCH)


def _holds_a_state(form: Form) -> bool:
    return REGISTRY[form.operation].role is Role.STATE


def _node(form: Form, *operands: Basic) -> Node:
    """Return an operation over the first of the operands that it takes."""
    operation = REGISTRY[form.operation]
    taken = list(operands[: form.arity]) + ([number(form.literal)] if form.literal is not None else [])
    names = [parameter.name for parameter in operation.parameters if not parameter.default]
    given: dict[str, str | int] = dict(zip(names, form.parameters, strict=False))
    if operation.role is Role.RANDOM:
        given["draw"] = 1
    return apply(form.operation, *taken, **given)


def _row(form: Form, notation: Notation, first: str = "g", second: str = "w") -> tuple[str, str]:
    """Return an operation over x and y, and what it is called."""
    x, y = apply(first), apply(second)
    node = _node(form, x, y)
    text = notation.printer({x: _X, y: _Y}).print(node).replace("^{(1)}", "")
    return f"${text}$", latex_text(node.operation.title)
