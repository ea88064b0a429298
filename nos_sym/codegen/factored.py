"""A rule as two things in one file: its core optimizer and the learning-rate schedule factored out of it."""

from __future__ import annotations

import ast
import sys

from nos_sym.algebra.factor import Factored, factor
from nos_sym.codegen.backend import BACKENDS
from nos_sym.codegen.render import default_name, render
from nos_sym.errors import RenderError
from nos_sym.language.printer import print_body
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule, Schedule


def render_factored(
    rule: Rule | Schedule,
    backend: str = "torch",
    *,
    name: str | None = None,
    minimal: bool = False,
    cast: str | None = None,
) -> str:
    """Return the source of ``<Name>Core``, an optimizer, and ``<Name>Schedule``, what multiplies its rate.

    A constant factor of the rule is part of the schedule. Training with both equals training with the rule.

    Args:
        rule: an optimizer.
        backend: one of :data:`BACKENDS` but LaTeX.
        name: name of the classes, by default that of the rule, else that of an unnamed one.
        minimal, cast: as for :func:`render`, of the core.

    Raises:
        RenderError: no schedule leaves the rule, or as for :func:`render`.
    """
    if backend not in BACKENDS or backend == "latex":
        choices = ", ".join(b for b in BACKENDS if b != "latex")
        raise RenderError(f"a factored rule is rendered to one of {choices}, not to '{backend}'")
    if isinstance(rule, Schedule):
        raise RenderError("a schedule has no core; render it as it is")
    title = (rule.name or default_name(rule)) if name is None else name
    made = factor(rule)
    if not made.has_schedule:
        raise RenderError(f"no learning-rate schedule leaves {title}; render it as it is")
    core = made.core.named(f"{title}Core", rule.source)
    schedule = _with_constant(made).named(f"{title}Schedule", rule.source)
    parts = [render(core, backend, minimal=minimal, cast=cast), render(schedule, backend)]
    head = [
        f"{title} as a core optimizer and the schedule of its learning rate.",
        "",
        f"Rule: {print_body(rule)}",
        f"Source: {rule.source.strip() or 'given as text'}",
        f"Core: {print_body(core)}",
        f"Schedule: {print_body(schedule)}",
    ]
    return join_modules("\n".join(head) + "\n", parts)


def _with_constant(made: Factored) -> Schedule:
    if made.constant == 1:
        return made.schedule
    return Schedule(apply("mul", made.constant, made.schedule.factor))


def join_modules(docstring: str, sources: list[str]) -> str:
    """Return rendered modules as one: a docstring, their imports in order, and every definition once."""
    imports: dict[str, None] = {}
    bodies: dict[str, None] = {}
    for source in sources:
        lines = source.splitlines()
        nodes = ast.parse(source).body[1:]
        for node, following in zip(nodes, [*nodes[1:], None], strict=True):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            text = "\n".join(lines[first - 1 : node.end_lineno])
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports |= {text: None}
                continue
            # Assignments that follow each other stand without blank lines between.
            joined = isinstance(node, ast.Assign) and isinstance(following, ast.Assign)
            bodies |= {text + ("" if joined else "\n"): None}
    joined_imports = _joined(list(imports))
    standard = sorted((i for i in joined_imports if _is_standard(i)), key=_order)
    others = sorted((i for i in joined_imports if not _is_standard(i)), key=_order)
    blocks = ["\n".join(block) for block in (standard, others) if block]
    head = f'"""{docstring}"""\n\n' + "\n\n".join(blocks) + "\n\n"
    return head + "\n".join(_spaced(list(bodies))).rstrip("\n") + "\n"


def _joined(imports: list[str]) -> list[str]:
    """Return imports of one line with those from the same module as one."""
    names: dict[str, list[str]] = {}
    for statement in imports:
        module, _, given = statement.partition(" import ")
        names.setdefault(module if given else statement, []).extend(given.split(", ") if given else [])
    return [
        f"{module} import {', '.join(_sorted(given))}" if given else module for module, given in names.items()
    ]


def _sorted(names: list[str]) -> list[str]:
    return sorted(set(names), key=lambda x: (not x.isupper(), not x[:1].isupper(), x))


def _spaced(bodies: list[str]) -> list[str]:
    """Return definitions with two blank lines before each function and class, and behind it."""
    found, behind = [], False
    for text in bodies:
        defines = text.startswith(("def ", "class ", "@"))
        found.append(f"\n{text}" if defines or behind else text)
        behind = defines
    return found


def _is_standard(statement: str) -> bool:
    return statement.split()[1].split(".")[0] in sys.stdlib_module_names


def _order(statement: str) -> tuple[bool, str]:
    return statement.startswith("from"), statement.split()[1]
