"""What the template of a rendered file sees of a rule: names, laid out statements, which parts it needs."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from nos_sym.backends.functions import FUNCTIONS, ITERATIONS, called
from nos_sym.backends.layout import fit, returned, statement, tuple_text
from nos_sym.codegen.backend import BACKENDS, Backend, backend_of
from nos_sym.codegen.between import between
from nos_sym.codegen.common_context import common_context
from nos_sym.codegen.emit import Code, emit
from nos_sym.codegen.equation import equation
from nos_sym.codegen.identity import NO_KEY, carried_key, key_text, rule_key
from nos_sym.codegen.kernel_text import native
from nos_sym.codegen.schedule_context import schedule_context
from nos_sym.codegen.templates import template
from nos_sym.errors import RenderError
from nos_sym.faces.face import Face
from nos_sym.language.block import Block
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.printer import print_body, print_expression
from nos_sym.language.rule import Rule, Schedule
from nos_sym.program.blocks import StatesOf
from nos_sym.program.lower import lower
from nos_sym.program.program import Program

_MATH = re.compile(r"(?<![\w.])math\.")


def file_context(
    rule: Rule | Block | Schedule,
    backend: str,
    minimal: bool,
    face: Face | None,
    cast: str | None,
    *,
    fused: bool,
    low_precision: bool = False,
    names: Iterable[str] = (),
    keyed: bool = True,
) -> tuple[str, dict[str, Any]]:
    """Return the name of the template of a rule's file, and what it sees.

    Args:
        rule, backend, minimal, face, cast, fused, low_precision: as for :func:`nos_sym.render`, and checked.
        names: which the file uses beside those of the backend.
        keyed: as for :func:`nos_sym.codegen.render.render`.

    Raises:
        RenderError: as for :func:`nos_sym.render`.
    """
    target = backend_of(backend)
    printer = target.printer
    if minimal:
        assert target.minimal is not None
        printer = target.minimal
    reserved = target.reserved.union(FUNCTIONS, names)
    if rule.name in reserved:
        raise RenderError(f"the name '{rule.name}' is used by the rendered file; choose another")
    if hasattr(builtins, rule.name):
        raise RenderError(f"the name '{rule.name}' is one of Python's own; choose another")
    states = printer.states if face is None or not printer.states.built else StatesOf.BUILT
    program = lower(
        rule,
        printer.native,
        saturating=printer.saturates,
        own_states=states,
        as_change=printer.changes,
    )
    if any(slot.name == printer.count for slot in program.slots):
        raise RenderError(
            f"the rendered file counts its steps under '{printer.count}'; rename the state of that name"
        )
    if any(slot.name == "rule_key" for slot in program.slots):
        raise RenderError("the rendered file saves its key as 'rule_key'; rename the state of that name")
    # A local name that equals that of the class hides it where nothing needs it.
    code = emit(program, printer, reserved | {_state_name(rule)})
    kind = "schedule" if isinstance(rule, Schedule) else "minimal" if minimal else "optimizer"
    context = _context(rule, program, code)
    context["key"] = rule_key(rule) if keyed else NO_KEY
    called_there = face.states if face is not None else {}
    carried = carried_key(rule, called_there, ordered=backend != "torch") if keyed else NO_KEY
    context["key_text"] = key_text(_unrated(rule), carried)
    context["in_place"] = code.in_place and _in_place_lines(code)
    whole = kind == "optimizer" and fused
    made = native(program, printer, low_precision=low_precision) if whole else None
    context["native"] = made
    context["between"] = list(between(program, printer, code, made.left)) if made is not None else []
    if isinstance(rule, Schedule):
        context |= schedule_context(program, code)
    else:
        seen = program, code.states, bool(context["scalars"])
        # A plug-in's backend has no faces, and no kernels.
        options: dict[str, Any] = {"face": face} if face is not None else {}
        options |= {"kernel": made is not None} if whole and printer.kernels else {}
        options |= {"low_precision": True} if low_precision else {}
        if rule.rate is not None and face is None and backend in BACKENDS:
            options |= {"rate": decimal_text(rule.rate)}
        context |= target.context(*seen, **options)
    context["functions"] = _functions(target, code, context.get("zeros", ()), cast)
    context["uses_math"] = context["uses_math"] or any(map(_MATH.search, context["functions"]))
    return kind, context


def _functions(target: Backend, code: Code, zeros: Iterable[str], cast: str | None) -> list[str]:
    """Return the definitions of the functions that the code calls and the backend does not have.

    ``zeros`` make the states, where the template does not; ``cast`` is the type of an iteration's matrices.
    """
    lines = _all_lines(code) + (list(zeros) if code.start is not None else [])
    names = called(lines) if target.modules is not None else []
    if cast is not None and ITERATIONS.isdisjoint(names):
        raise RenderError(f"no orth or newton_schulz to compute in {cast} here; leave the cast out")
    if target.modules is None:
        return []
    templates = [template(name, None) for name in names]
    given = {"backend": target.name, "copied": target.printer.copied.format, "cast": cast}
    texts = [t.render(target.modules, **given).rstrip("\n") for t in templates]
    return [text for text in texts if text]


def _all_lines(code: Code) -> list[str]:
    """Return the statements and results of all functions, from which imports and definitions follow."""
    common = code.common
    parts = (*common.sums, common.advance, *common.first_sums, common.first) if common is not None else ()
    blocks = (code.scalars, code.update, code.start, code.in_place, *parts)
    return [line for block in blocks if block is not None for line in (*block.lines, *block.outputs)]


def _context(rule: Rule | Block | Schedule, program: Program, code: Code) -> dict[str, Any]:
    """Return what the templates see: names, laid out statements, and which parts the rule needs."""
    scalar_lines = [*code.scalars.lines, *code.scalars.outputs]
    scalars = code.scalars.outputs if code.update.outputs else ()
    momentum = "" if not program.cycles else "cycled" if program.replaces else program.momentum.value
    body = [line for text in code.update.lines for line in statement(text, 4)]
    read = code.common.read if code.common is not None else ()
    arguments = ["gradient", "weight", *code.arguments, *code.update.inputs, *read]
    return {
        "name": rule.name,
        "state_name": _state_name(rule),
        "rule": str(rule.named(rule.name, "")),
        # A formatter takes blanks off the end of a line.
        "source": rule.source.strip() or "given as text",
        "canonical": _canonical(rule),
        "equation": equation(rule, program),
        "momentum": momentum,
        "total_steps": program.needs_total_steps,
        "uses_torch": any("torch." in line for line in scalar_lines),
        "uses_math": any(map(_MATH.search, _all_lines(code))),
        "scalar_lines": [line for text in code.scalars.lines for line in statement(text, 4)],
        "scalars": scalars,
        "factor_return": "\n".join(statement(f"return {''.join(code.scalars.outputs[:1])}", 4)),
        "scalar_return": "\n".join(returned(scalars, 4)),
        "update_head": "\n".join(fit("def update(", arguments, "):", 0)),
        "update_lines": body,
        "update_return": "\n".join(returned(code.update.outputs, 4, single=False)),
        "states": code.states,
        "draws": program.draws,
        "unbounded": program.unbounded,
        "replaces": program.replaces,
        "start": _start_lines(code),
        "common": code.common and common_context(code.common, code),
        "fit": fit,
        "names_of": tuple_text,
        "targets": lambda names: tuple_text(names) if len(names) == 1 else ", ".join(names),
    }


def _in_place_lines(code: Code) -> dict[str, Any]:
    """Return what the template sees of the update in place."""
    assert code.in_place is not None
    buffers = list(code.in_place.buffers)
    arguments = ["gradient", "weight", *code.arguments, *code.update.inputs, *buffers]
    return {
        "head": "\n".join(fit("def advance(", arguments, "):", 0)),
        "lines": [line for text in code.in_place.lines for line in statement(text, 4)],
        "return": "\n".join(returned(code.in_place.outputs, 4)) if code.in_place.outputs else "",
        "buffers": len(buffers),
    }


def _state_name(rule: Rule | Block | Schedule) -> str:
    """Return the name of the class of a state beside a function, ``AdamWState`` of ``adamW``."""
    return f"{rule.name[:1].upper()}{rule.name[1:]}State"


def _start_lines(code: Code) -> dict[str, Any] | None:
    """Return what the templates see of the function that makes the states; ``None`` where all are zeros."""
    if code.start is None:
        return None
    slots = list(zip(code.states, code.start.outputs, strict=True))
    lines = [line for text in code.start.lines for line in statement(text, 4)]
    return {"arguments": ["gradient", "weight", *code.start.inputs], "lines": lines, "slots": slots}


def _unrated(rule: Rule | Block | Schedule) -> Rule | Block | Schedule:
    """Return a rule without a learning rate of its own, which changes no key."""
    return rule if isinstance(rule, Schedule) else replace(rule, rate=None)


def _canonical(rule: Rule | Block | Schedule) -> str:
    """Return the text of a rule with every operand written out, and settings at their defaults."""
    rule = _unrated(rule.at_defaults())
    if isinstance(rule, Block):
        return str(rule.named("", ""))
    head = print_body(rule).split("~")[0]
    body = rule.factor if isinstance(rule, Schedule) else rule.update
    return f"{head}~ {print_expression(body, sugar=False)}"
