"""What a rule is, as it is written: its equation, and the schedule that leaves it."""

from __future__ import annotations

from nos_sym.algebra.factor import factor
from nos_sym.codegen.equation import equation
from nos_sym.language.printer import print_body, print_expression
from nos_sym.language.rule import Rule
from nos_sym.program.lower import lower
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.subject import Subject


def equation_line(subject: Subject) -> list[Line]:
    """Return the line with the equation."""
    lines = equation(subject.rule, lower(subject.rule))
    return [proved("equation", "Equation", *lines, by="the text of the rule is its definition", lines=lines)]


def schedule_line(subject: Subject) -> list[Line]:
    """Return the line about the schedule in a rule of one line that has functions of the training's step."""
    if not isinstance(subject.plain, Rule) or not subject.schedules:
        return []
    found = factor(subject.plain)
    schedule, constant = print_expression(found.schedule.factor), print_expression(found.constant)
    core = print_body(found.core)
    kept = [f"{k.decay} stays: {k.reason}." for k in found.kept]
    if found.has_schedule:
        times = "" if constant == "1" else f" times {constant}"
        says = [f"The learning rate is multiplied by {schedule}{times}.", f"The rest is {core}."]
    else:
        says = ["No schedule leaves the rule."]
    by = "schedule, constant and core multiplied have the canonical form of the rule"
    return [
        proved("schedule", "Schedule", *says, *kept, by=by, schedule=schedule, constant=constant, core=core,
               kept=[k.decay for k in found.kept])
    ]  # fmt: skip
