"""What the tools of the server do with rules; texts of a client are never paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nos_sym.errors import quoted
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.review.analysis import ReviewError, duplicates, read_rule

NEAREST = 5
"""Entries that are not equal, at most."""


def rule_of(text: str) -> Rule | Block:
    """Return the optimizer of a name of the catalog or of a library, or of a text in the language.

    Raises:
        NosSymError: it is none of these. Files are not looked at.
    """
    from nos_sym import catalog
    from nos_sym.faces import face_named, is_face_name, rule_of_face

    name = text.strip()
    if name.isidentifier():
        entry = catalog.entry(name)
        if isinstance(entry, Schedule):
            raise ReviewError(f"{quoted(name)} is a schedule; expected an optimizer")
        return entry
    if "~" not in name and "{" not in name and is_face_name(name):
        return rule_of_face(face_named(name))
    return read_rule(text)


def parse(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return text, key and equation of ``rule``."""
    from nos_sym.algebra.canonical import key_of
    from nos_sym.codegen.render import render
    from nos_sym.language.decimal_text import decimal_text
    from nos_sym.language.printer import print_bare
    from nos_sym.language.setting import setting_default, setting_name

    rule = rule_of(given["rule"])
    return {
        "name": rule.name,
        "rule": print_bare(rule),
        "key": key_of(rule),
        "latex": render(rule, "latex"),
        "settings": {setting_name(n): decimal_text(setting_default(n)) for n in rule.settings},
    }


def equal(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the comparison of ``first`` and ``second`` at ``level`` comes to."""
    from nos_sym.algebra.equivalence import compare
    from nos_sym.algebra.levels import Level
    from nos_sym.algebra.verdicts import Different, Equal

    verdict = compare(rule_of(given["first"]), rule_of(given["second"]), Level(given["level"]))
    words = {Equal: "equal", Different: "different"}
    return {"verdict": words.get(type(verdict), "unknown"), "level": given["level"], "says": str(verdict)}


def render(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the source file of ``rule`` for ``backend``, as the class ``name``."""
    from nos_sym.codegen.render import default_name
    from nos_sym.codegen.render import render as rendered

    rule = rule_of(given["rule"])
    name = given["name"] or rule.name or default_name(rule)
    backend = given["backend"]
    text = rendered(rule, backend) if backend == "latex" else rendered(rule.named(name), backend)
    return {"name": name, "backend": backend, "text": text}


def check(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the integrity check of ``rule``."""
    from nos_sym.review.analysis import integrity

    return integrity(rule_of(given["rule"]))


def nearest(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``rule`` equals by proof, and the entries whose trajectories are nearest to its own."""
    from nos_sym.auditing.nearest import nearest as nearest_of

    rule = rule_of(given["rule"])
    found = nearest_of(rule, NEAREST)
    near = [
        {"name": audit.second.name, "distance": distance, "verdict": audit.verdict}
        for audit, distance in zip(found.near, found.distances, strict=True)
    ]
    return {
        "duplicates": [x.to_json() for x in duplicates(rule)],
        "equal_at_settings": [audit.second.name for audit in found.equal],
        "near": near,
        "says": str(found).splitlines(),
    }
