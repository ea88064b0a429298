"""Audits as Markdown that can be pasted into an issue of a library: what is proved, numbers to run again."""

from __future__ import annotations

import re

from nos_sym import catalog
from nos_sym.auditing.families import Agreement
from nos_sym.auditing.matching import number_text
from nos_sym.auditing.rerun import code_of
from nos_sym.auditing.result import DIFFERENT, EQUAL, Audit
from nos_sym.auditing.side import Side
from nos_sym.auditing.states_text import parting_line, states_lines
from nos_sym.auditing.text import UP_TO, proof_lines, settings_lines
from nos_sym.faces import rule_of_face
from nos_sym.language.block import Block
from nos_sym.language.block_printer import print_block
from nos_sym.language.printer import print_rule
from nos_sym.language.rule import Rule
from nos_sym.language.setting import setting_default, setting_name

_PAPER = re.compile(r"(.*\b(?:19|20)\d\d)(?:,.*)?\Z")


def markdown_of(audit: Audit) -> str:
    """Return an audit as Markdown."""
    a, b = audit.first, audit.second
    parts = [
        f"### {_code(a.name)} and {_code(b.name)}: {_title(audit)}",
        _opening(audit),
        *(taken_for_granted(side) for side in (a, b) if side.lifted is not None),
        *_settings(audit),
        *_agreement(audit),
        "The two updates (`g` is the gradient, `w` the weights, `t` how many steps were done before):",
        *(f"{_code(side.name)}{_of(side)}\n\n{_fenced(_rule(side.rule))}" for side in (a, b)),
        *_papers(audit),
        *_states(audit),
        *_parting(audit),
        _footer(audit),
    ]
    return "\n\n".join(parts)


def _rule(rule: Rule | Block) -> str:
    return print_block(rule, indent=4) if isinstance(rule, Block) else print_rule(rule)


def _title(audit: Audit) -> str:
    if audit.verdict != audit.rules:
        return "the same rule, as far as it was read" if audit.rules == EQUAL else "not told apart"
    if audit.verdict == EQUAL:
        return "the same optimizer" + (" for all settings" if audit.for_all else "")
    return "different updates" if audit.verdict == DIFFERENT else "not proved equal"


def _opening(audit: Audit) -> str:
    names = " and ".join(f"{_code(side.name)}{_of(side)}" for side in (audit.first, audit.second))
    theorem = audit.for_all or (audit.agreement is not None and audit.agreement.for_all)
    for_all = theorem and bool(audit.families.variables)
    at = (
        " for all values of the settings that both take"
        if for_all
        else " at equal settings"
        if audit.families.variables
        else ""
    )
    if audit.verdict != audit.rules:
        return f"{names}: {_of_rules_alone(audit, at)}."
    if audit.verdict == EQUAL:
        said = f"compute the same update{at}, on every history of gradients and learning rates"
        said += " that is as is given below; " if audit.conditional else "; "
        checked = "a proof of it was replayed by an independent checker" if audit.proof is not None else (
            "the two have one canonical form"
        )  # fmt: skip
        return f"{names} {said}{checked}."
    if audit.verdict == DIFFERENT:
        at += ", where there are two parameters" if audit.parting and audit.parting.at.others else ""
        at = " for all values of the settings that both take" if audit.for_all else at
        negated = "do not compute the same update" if audit.for_all else "compute different updates"
        return f"{names} {negated}{at}. This is about the rule, not about rounding: numbers are below."
    return (
        f"{names}: neither a proof that they are the same{at} nor a history on which they differ was found."
    )


def _of_rules_alone(audit: Audit, at: str) -> str:
    """Return what is known of the rules where it is not of the code that they were lifted from."""
    sides = audit.first, audit.second
    if audit.rules == EQUAL:
        special = " and ".join(_code(side.name) for side in sides if side.special)
        return f"the rules are proved to be the same{at}, and that of {special} leaves out ways of its code"
    wrong = [_code(side.name) for side, x in zip(sides, audit.code, strict=True) if x is False]
    differ = f"the rules are not equal{at}, by" if audit.for_all else f"the rules differ{at} on"
    return (
        f"{differ} the history below, and on it the code of {' and '.join(wrong)} does not "
        "follow its rule, so that nothing is known of it"
    )


def _of(side: Side) -> str:
    return f" ({side.where})" if side.where else ""


def _settings(audit: Audit) -> list[str]:
    lines = settings_lines(audit)
    return [f"Settings: {'; '.join(lines)}."] if lines else []


def _agreement(audit: Audit) -> list[str]:
    if audit.agreement is not None and not audit.agreement.for_all:
        who = "The rules" if audit.conditional else "They"
        return [f"{who} are proved equal {_words(audit.agreement)}."]
    if audit.up_to is not None:
        said = UP_TO[audit.up_to]
        return [f"{said[0].upper()}{said[1:]} (proved)."]
    if audit.close_at:
        at = ", ".join(f"`{x.name} = {number_text(value)}`" for x, value in audit.close_at)
        return [f"At {at} no history that was tried tells them apart; this is a measurement, not a proof."]
    return []


def _words(agreement: Agreement) -> str:
    fixed = ", ".join(f"`{x.name} = {number_text(value)}`" for x, value in agreement.fixed)
    free = ", ".join(f"`{x.name}`" for x in agreement.free)
    return f"where {fixed}" + (f", for all values of {free}" if free else "")


def _papers(audit: Audit) -> list[str]:
    """Return which papers the catalog names for the two; nothing where it names none."""
    papers = [_paper(side) for side in (audit.first, audit.second)]
    if not any(papers):
        return []
    if papers[0] == papers[1]:
        return [f"Both refer to {papers[0]}."]
    told = [
        f"{_code(s.name)} refers to {p}"
        for s, p in zip((audit.first, audit.second), papers, strict=True)
        if p
    ]
    return [f"{', '.join(told)}."]


def _paper(side: Side) -> str:
    match = _PAPER.match(side.rule.source)
    return match[1] if match else ""


def _parting(audit: Audit) -> list[str]:
    if audit.parting is None:
        return []
    found = audit.parting.at
    values = audit.parting.settings(audit.families)
    at = ", ".join(f"`{x.name} = {value!r}`" for x, value in values.items())
    first = f"after {found.step + 1} step{'' if found.step == 0 else 's'}"
    lines = [
        f"First difference {first}{f', at {at}' if at else ''}:",
        "\n".join(
            [
                "| | " + " | ".join(f"w[{i}]" for i in range(len(found.first))) + " |",
                "|---|" + "---|" * len(found.first),
                *(
                    f"| {_code(side.name)} | " + " | ".join(f"{x:.9g}" for x in row) + " |"
                    for side, row in ((audit.first, found.first), (audit.second, found.second))
                ),
            ]
        ),
        _history(audit),
        *(
            f"The code of {_code(side.name)}, run on it, does not end there."
            for side, followed in zip((audit.first, audit.second), audit.code, strict=True)
            if followed is False
        ),
    ]
    for number, side in enumerate((audit.first, audit.second)):
        own = {name: value for x, value in values.items() if (name := (x.first, x.second)[number])}
        code = "" if side.face is None or side.lifted is not None else code_of(side.face, own, found)
        if code:
            lines.append(f"To run {_code(side.name)} again:\n\n{_fenced(code, 'python')}")
    return lines


def _states(audit: Audit) -> list[str]:
    """Return what states are of each other, A being the first of the two, and which part first."""
    lines = [f"- {line}" for line in states_lines(audit.states, _code)]
    if audit.first_apart is not None:
        lines.append(f"- {parting_line(audit.first_apart, _code)}")
    if not lines:
        return []
    head = f"States (A is {_code(audit.first.name)}, B is {_code(audit.second.name)}):"
    return ["\n".join([head, "", *lines])]


def _history(audit: Audit) -> str:
    assert audit.parting is not None
    found = audit.parting.at
    weights = [[float(f"{x:.9g}") for x in row] for row in found.weights]
    lines = [
        f"- gradients: `{[list(row) for row in found.gradients]}`",
        f"- weights before each step: `{weights}`",
    ]
    for name, numbers in (("learning rate", found.rates), ("momentum", found.momenta)):
        if numbers:
            lines.append(f"- {name}: `{numbers[0] if len(set(numbers)) == 1 else list(numbers)}`")
    if found.others:
        shapes = " and ".join(f"`{list(shape)}`" for shape in (found.shape, *found.others))
        lines.insert(0, f"- parameters of shapes {shapes}, whose entries stand one behind the other")
    for draw, rows in found.uniform:
        lines.append(f"- uniform numbers of draw {draw}: `{[list(row) for row in rows]}`")
    return "\n".join([*lines, f"- total steps, for a rule that needs them: {found.total_steps}"])


def _footer(audit: Audit) -> str:
    from importlib.metadata import version

    sides = audit.first, audit.second
    taken = []
    if any(side.face is not None and side.lifted is None for side in sides):
        taken.append(
            "Rules of libraries are those of nos-sym's catalog, which were compared with the libraries' code "
            "in float64 at the versions above."
        )
    if audit.verdict == EQUAL and audit.proof is not None:
        taken.append(f"Proof: {'; '.join(_code(x) for x in proof_lines(audit)[1:]) or 'arithmetic alone'}.")
    call = f"nos-sym audit {_shell(_target(sides[0]))} --against {_shell(_target(sides[1]))}"
    changed = [*_changed("A", sides[0]), *_changed("B", sides[1])]
    call += "".join(f" --set {text}" for text in changed)
    return " ".join([*taken, f"Made with nos-sym {version('nos-sym')}: {_code(call)}."])


def taken_for_granted(side: Side) -> str:
    """Return how well a rule that was lifted follows its code, and what it takes for granted, as Markdown."""
    assert side.lifted is not None
    check = side.lifted.verification
    said = (
        f"The rule of {_code(side.name)} was read off its code and follows it over {check.steps} steps to a "
        f"relative error of {check.error:.1g}."
    )
    if not side.conditions:
        return said
    otherwise = ", and does not follow the code otherwise" if side.special else ""
    conditions = "\n".join(f"- {_code(x)}" for x in side.conditions)
    return f"{said} It holds given that{otherwise}:\n\n{conditions}"


def _target(side: Side) -> str:
    """Return what the command is given: the name of a library, the catalog or code, else the rule itself."""
    named = side.face is not None or side.lifted is not None
    return side.name if named or side.name in catalog.names() else str(side.rule)


def _changed(letter: str, side: Side) -> list[str]:
    """Return the settings of a library's optimizer that have other values than there."""
    if side.face is None or side.lifted is not None:
        return []
    usual = {setting_name(n): setting_default(n) for n in rule_of_face(side.face).settings}
    own = {setting_name(n): setting_default(n) for n in side.rule.settings}
    return [f"{letter}.{name}={number_text(x)}" for name, x in own.items() if usual.get(name) != x]


def _shell(name: str) -> str:
    return name if re.fullmatch(r"[\w./:]+", name) else "'" + name.replace("'", "'\\''") + "'"


def _code(text: str) -> str:
    """Return a text as code, with more backticks around it than it has in a row."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _fenced(text: str, language: str = "") -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
