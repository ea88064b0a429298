"""Optimizers as equations: one symbolic form, rendered to PyTorch, Keras, optax and LaTeX, and searched for.

>>> import nos_sym
>>> rule = nos_sym.parse("Opt7 = none ~ tanh([max(a6, a10)] arcsinh(qhm(0.7)))")
>>> source = nos_sym.render(rule, "torch")

Names are imported at their first use: ``import nos_sym`` costs next to nothing and imports no framework.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nos_sym import catalog, lang
    from nos_sym.algebra.dedup import Item
    from nos_sym.algebra.levels import Level
    from nos_sym.auditing.audit import audit
    from nos_sym.auditing.nearest import nearest
    from nos_sym.codegen.backend import BACKENDS
    from nos_sym.codegen.render import render_one_cycle
    from nos_sym.errors import CatalogError, NosSymError, RenderError, RuleError, SourceError
    from nos_sym.faces import Face, face_named, rule_of_face
    from nos_sym.faces.parsing import parse, parse_file
    from nos_sym.genome.decode import decode
    from nos_sym.genome.genome import Genome
    from nos_sym.genome.mutate import mutate
    from nos_sym.genome.sample import sample
    from nos_sym.language.authors.parser import parse_authors
    from nos_sym.language.block import Assign, Block, If, Let, State
    from nos_sym.language.json_form import rule_from_json
    from nos_sym.language.rule import Momentum, Rule, Schedule
    from nos_sym.proof.checker import Checked, check_proof
    from nos_sym.proof.errors import Refused
    from nos_sym.proof.format import Proof
    from nos_sym.python.algebra import canonical_rule, compare, deduplicate, factor, key_of
    from nos_sym.python.building import build
    from nos_sym.python.evaluating import evaluate
    from nos_sym.python.explaining import explain
    from nos_sym.python.memory import optimizer, schedule
    from nos_sym.python.proving import prove
    from nos_sym.python.rendering import render, render_factored, render_with_runtime
    from nos_sym.python.running import Interpreter, Parameters
    from nos_sym.python.searching import check, collect_schedules, encode, hall_of_fame, print_authors
    from nos_sym.search.evolve import evolve
    from nos_sym.search.protocols.elimination import eliminate
    from nos_sym.search.reports.display import Display
    from nos_sym.search.settings import SearchSettings, preset
    from nos_sym.search.store.store import Store
    from nos_sym.search.tuning.settings import TuningSettings
    from nos_sym.search.tuning.tune import tune
    from nos_sym.surrogate.settings import TrainingSettings

    __version__: str

__all__ = [
    "Assign",
    "BACKENDS",
    "Block",
    "CatalogError",
    "Checked",
    "Display",
    "Face",
    "Genome",
    "If",
    "Interpreter",
    "Item",
    "Let",
    "Level",
    "Momentum",
    "NosSymError",
    "Parameters",
    "Proof",
    "Refused",
    "RenderError",
    "Rule",
    "RuleError",
    "Schedule",
    "SearchSettings",
    "SourceError",
    "State",
    "Store",
    "TrainingSettings",
    "TuningSettings",
    "__version__",
    "audit",
    "build",
    "canonical_rule",
    "catalog",
    "check",
    "check_proof",
    "collect_schedules",
    "compare",
    "decode",
    "deduplicate",
    "eliminate",
    "encode",
    "evaluate",
    "evolve",
    "explain",
    "face_named",
    "factor",
    "hall_of_fame",
    "key_of",
    "lang",
    "mutate",
    "nearest",
    "optimizer",
    "parse",
    "parse_authors",
    "parse_file",
    "preset",
    "print_authors",
    "prove",
    "render",
    "render_factored",
    "render_one_cycle",
    "render_with_runtime",
    "rule_from_json",
    "rule_of_face",
    "sample",
    "schedule",
    "tune",
]

_HOMES = {
    "Assign": "nos_sym.language.block",
    "BACKENDS": "nos_sym.codegen.backend",
    "Block": "nos_sym.language.block",
    "CatalogError": "nos_sym.errors",
    "Checked": "nos_sym.proof.checker",
    "Display": "nos_sym.search.reports.display",
    "Face": "nos_sym.faces",
    "Genome": "nos_sym.genome.genome",
    "If": "nos_sym.language.block",
    "Interpreter": "nos_sym.python.running",
    "Parameters": "nos_sym.python.running",
    "Item": "nos_sym.algebra.dedup",
    "Let": "nos_sym.language.block",
    "Level": "nos_sym.algebra.levels",
    "Momentum": "nos_sym.language.rule",
    "NosSymError": "nos_sym.errors",
    "Proof": "nos_sym.proof.format",
    "Refused": "nos_sym.proof.errors",
    "RenderError": "nos_sym.errors",
    "Rule": "nos_sym.language.rule",
    "RuleError": "nos_sym.errors",
    "Schedule": "nos_sym.language.rule",
    "SearchSettings": "nos_sym.search.settings",
    "SourceError": "nos_sym.errors",
    "State": "nos_sym.language.block",
    "Store": "nos_sym.search.store.store",
    "TrainingSettings": "nos_sym.surrogate.settings",
    "TuningSettings": "nos_sym.search.tuning.settings",
    "audit": "nos_sym.auditing.audit",
    "build": "nos_sym.python.building",
    "canonical_rule": "nos_sym.python.algebra",
    "check": "nos_sym.python.searching",
    "check_proof": "nos_sym.proof.checker",
    "collect_schedules": "nos_sym.python.searching",
    "compare": "nos_sym.python.algebra",
    "decode": "nos_sym.genome.decode",
    "deduplicate": "nos_sym.python.algebra",
    "eliminate": "nos_sym.search.protocols.elimination",
    "encode": "nos_sym.python.searching",
    "evaluate": "nos_sym.python.evaluating",
    "evolve": "nos_sym.search.evolve",
    "explain": "nos_sym.python.explaining",
    "face_named": "nos_sym.faces",
    "factor": "nos_sym.python.algebra",
    "hall_of_fame": "nos_sym.python.searching",
    "key_of": "nos_sym.python.algebra",
    "optimizer": "nos_sym.python.memory",
    "schedule": "nos_sym.python.memory",
    "mutate": "nos_sym.genome.mutate",
    "nearest": "nos_sym.auditing.nearest",
    "parse": "nos_sym.faces.parsing",
    "parse_authors": "nos_sym.language.authors.parser",
    "parse_file": "nos_sym.faces.parsing",
    "preset": "nos_sym.search.settings",
    "print_authors": "nos_sym.python.searching",
    "prove": "nos_sym.python.proving",
    "render": "nos_sym.python.rendering",
    "render_factored": "nos_sym.python.rendering",
    "render_one_cycle": "nos_sym.codegen.render",
    "render_with_runtime": "nos_sym.python.rendering",
    "rule_from_json": "nos_sym.language.json_form",
    "rule_of_face": "nos_sym.faces",
    "sample": "nos_sym.genome.sample",
    "tune": "nos_sym.search.tuning.tune",
}


def __getattr__(name: str) -> Any:
    if name in ("catalog", "lang"):
        return importlib.import_module(f"nos_sym.{name}")
    if name == "__version__":
        # Reading the metadata takes as long as a command: only when asked.
        from importlib.metadata import version

        return version("nos-sym")
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    from nos_sym.errors import quoted

    raise AttributeError(f"module 'nos_sym' has no attribute {quoted(name)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
