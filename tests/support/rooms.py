"""The rooms of the house and the arrows between them: what ``docs/architecture.md`` shows and the tests hold.

A room is a module or a package of ``nos_sym`` with everything in it that no other room has. An arrow from a
room to another is an import, wherever it stands: at the top of a module, in a function, for types alone.
What is loaded by its name (a trainer of the settings, the printer of a backend) is no arrow.
"""

from __future__ import annotations

SHELVES = {"nos_sym.report"}
"""Packages that hold rooms and nothing else."""

ROOMS: dict[str, set[str]] = {
    "cli": {
        "algebra", "algebra.falsification", "atlas", "auditing", "backends", "cache", "catalog", "codegen",
        "conform", "errors", "faces", "genome", "highlight", "language", "language.authors", "lift",
        "nos_sym", "pipeline", "plugins", "program", "proof", "proof.search", "report.figures",
        "report.page", "report.paper", "report.sheet", "report.tables", "review", "sandbox", "search",
        "targets", "transfer",
    },
    "nos_sym": {
        "algebra", "auditing", "catalog", "codegen", "errors", "faces", "genome", "lang", "language",
        "language.authors", "proof", "python", "search", "surrogate",
    },
    "python": {
        "algebra", "catalog", "codegen", "errors", "faces", "genome", "language", "language.authors",
        "program", "proof", "proof.search", "rendered", "report.sheet", "search", "targets",
    },
    "report.paper": {
        "catalog", "errors", "genome", "language", "report.figures", "report.tables", "search",
    },
    "report.page": {
        "algebra", "catalog", "codegen", "errors", "genome", "language", "report.figures", "report.mathml",
        "report.sheet", "search",
    },
    "report.sheet": {
        "algebra", "algebra.kernel", "cache", "catalog", "codegen", "errors", "intervals", "language",
        "program", "report.mathml", "search",
    },
    "report.figures": {"algebra", "catalog", "errors", "language", "onecycle", "program", "search"},
    "report.mathml": {"backends", "errors", "language"},
    "report.tables": {"algebra", "backends", "catalog", "errors", "genome", "language", "program"},
    "highlight": {"errors", "language", "language.authors", "plugins"},
    "lang": {"catalog", "errors", "faces", "language"},
    "display": {"backends", "codegen", "errors", "genome", "language", "program"},
    "rendered": {"cache", "catalog", "codegen", "errors", "faces", "language"},
    "targets": {"catalog", "codegen", "errors", "faces", "language", "language.authors"},
    "atlas": {
        "algebra", "algebra.falsification", "auditing", "errors", "language", "lift", "report.figures",
        "report.sheet",
    },
    "pipeline": {
        "catalog", "errors", "language", "report.figures", "report.paper", "report.tables", "search",
        "surrogate", "transfer",
    },
    "transfer": {"algebra", "catalog", "errors", "language", "onecycle", "search", "surrogate"},
    "lift": {
        "algebra", "algebra.falsification", "catalog", "errors", "faces", "intervals", "language", "program",
        "proof", "proof.search", "targets",
    },
    "auditing": {
        "algebra", "algebra.falsification", "cache", "catalog", "errors", "faces", "intervals", "language",
        "lift", "program", "proof", "proof.search", "report.sheet", "targets",
    },
    "review": {
        "algebra", "auditing", "catalog", "codegen", "conform", "errors", "faces", "language", "lift",
        "report.sheet", "sandbox", "search", "targets",
    },
    "conform": {"errors", "sandbox"},
    "sandbox": {"errors"},
    "surrogate": {"errors", "onecycle", "plugins", "search"},
    "search": {
        "algebra", "algebra.falsification", "catalog", "codegen", "errors", "faces", "genome", "intervals",
        "language", "language.authors", "onecycle", "plugins", "program",
    },
    "codegen": {"algebra", "backends", "catalog", "errors", "faces", "language", "plugins", "program"},
    "faces": {"catalog", "errors", "language"},
    "proof.search": {"algebra", "errors", "language", "proof"},
    "proof": {"errors", "language"},
    "backends": {"errors", "faces", "intervals", "language", "program"},
    "genome": {"errors", "language", "program"},
    "algebra": {"algebra.falsification", "algebra.kernel", "errors", "intervals", "language"},
    "algebra.falsification": {"algebra.kernel", "intervals", "language", "program"},
    "algebra.kernel": {"errors", "intervals", "language"},
    "program": {"errors", "intervals", "language"},
    "catalog": {"errors", "language"},
    "language.authors": {"errors", "grammar", "language"},
    "operations": {"errors", "intervals", "language"},
    "language": {"errors", "grammar", "intervals", "plugins"},
    "plugins": {"errors"},
    "cache": set(),
    "intervals": set(),
    "grammar": set(),
    "onecycle": set(),
    "errors": set(),
}  # fmt: skip
"""For each room the rooms that it may import. A room stands above those that it imports."""

EXCEPTIONS: dict[tuple[str, str], str] = {
    # A rule prints itself and a parser fills the registry, so both meet operations that stand above them.
    ("language", "operations"): "importing the language fills the registry",
    ("algebra.falsification.samples", "algebra"): "samples know the levels of equality",
}
"""Imports against the arrows: the module that imports, the room that it must not know, and the reason."""

FRAMEWORKS = {"torch", "tensorflow", "keras", "jax", "optax", "ray", "sklearn"}
"""Packages that take seconds to import and need not be installed."""

FRAMEWORK_ROOMS: dict[str, set[str]] = {
    "lift": {"torch", "tensorflow", "keras", "jax", "optax"},
    "conform": {"torch"},
    "review": {"torch"},
    "surrogate": {"torch", "tensorflow", "keras", "sklearn"},
    "search": {"ray", "torch"},
    "transfer": {"torch", "tensorflow", "keras", "sklearn"},
}
"""The rooms that import a framework; all others must work without any."""

LONGEST = 300
"""Lines of a module."""
