"""The page of Python's names: every name of ``import nos_sym``, where it is defined, by what it is for."""

from __future__ import annotations

from docsite.markdown import code

HEAD = """\
# Python

Every name of `import nos_sym`, from its docstring. Names are imported at their first use, so that `import
nos_sym` costs next to nothing and imports no framework.

Whatever cannot be used raises a `nos_sym.NosSymError` whose text is one line: what was wrong, and what was
expected. Wherever a rule is meant, a name of the catalog or a text will do.
"""

TOPICS = {
    "Rules": (
        "parse", "parse_file", "parse_authors", "print_authors", "rule_from_json", "Rule", "Block",
        "Schedule", "Momentum", "Assign", "If", "Let", "State",
    ),
    "Rendered files": (
        "render", "render_factored", "render_with_runtime", "render_one_cycle", "optimizer", "schedule",
        "build", "Face", "face_named", "rule_of_face",
    ),
    "Equality and proofs": (
        "compare", "Level", "key_of", "canonical_rule", "factor", "deduplicate", "Item", "prove", "Proof",
        "check_proof", "Checked", "Refused", "audit", "nearest",
    ),
    "What is known of a rule": ("explain", "Interpreter", "Parameters"),
    "Search": (
        "evolve", "preset", "SearchSettings", "TrainingSettings", "Store", "Display", "hall_of_fame",
        "evaluate", "eliminate", "tune", "TuningSettings", "collect_schedules", "check",
    ),
    "Genomes": ("Genome", "sample", "mutate", "encode", "decode"),
    "Errors": ("NosSymError", "SourceError", "RuleError", "CatalogError", "RenderError"),
}  # fmt: skip
"""The names by topic, in the order in which one meets them."""

_APART = {
    "BACKENDS": "the names of the backends, in the order in which commands offer them",
    "catalog": 'the module of the catalog: `catalog.entry("Opt4")`, `catalog.names()`, `catalog.entries()`',
    "lang": "rules from Python's operators: every word of the language is an attribute",
    "__version__": "the version of the package",
}
"""Names that are no function or class."""


def page() -> str:
    """Return the page.

    Raises:
        AssertionError: a public name is in no topic, or in two.
    """
    import nos_sym
    from nos_sym import _HOMES

    told = [name for names in TOPICS.values() for name in names] + list(_APART)
    assert sorted(told) == sorted(nos_sym.__all__), sorted(set(told) ^ set(nos_sym.__all__))
    parts = [HEAD]
    for topic, names in TOPICS.items():
        parts.append(f"## {topic}\n")
        parts += [f"::: {_HOMES[name]}.{name}\n" for name in names]
    parts.append("## Other names\n")
    parts += [f"- {code(name)}: {said}" for name, said in _APART.items()]
    return "\n".join(parts) + "\n"
