"""What options of the commands may be set to. Nothing is imported here, so that ``--help`` imports nothing.

Each tuple stands in the order that messages and ``--help`` show. Its owner is the module that acts on the
values; ``tests/cli/test_choices.py`` compares every tuple with its owner.
"""

from __future__ import annotations

BACKENDS = ("torch", "tensorflow", "keras", "optax", "latex")
"""What a rule is rendered to; owner: :mod:`nos_sym.codegen.backend`."""

CODE_BACKENDS = tuple(name for name in BACKENDS if name != "latex")
"""The backends that give code, which alone has a one-cycle schedule."""

SYNTAXES = ("authors", "csv", "json", "nos", "sympy")
"""Syntaxes in which rules are read; owner: :mod:`nos_sym.cli.target`."""

NOTATIONS = ("nos", "authors", "sympy", "latex", "json")
"""Notations in which rules are printed; owner: :mod:`nos_sym.cli.parse`."""

PROVED_LEVELS = ("exact", "sign", "scale", "schedule")
"""Levels of equality at which equal means proved; owner: :class:`nos_sym.algebra.levels.Level`."""

LEVELS = (*PROVED_LEVELS, "float32")
"""All levels of equality; owner: :class:`nos_sym.algebra.levels.Level`."""

DEDUP = (*LEVELS, "off")
"""What counts as known in a search; owner: :class:`nos_sym.search.settings.Dedup`."""

ALGORITHMS = ("particles", "random", "regularized")
"""How candidates are proposed; owner: :class:`nos_sym.search.settings.Algorithm`."""

REFERENCES = ("none", "default", "tuned")
"""What confirmed ones are compared with; owner: :class:`nos_sym.search.evidence.settings.References`."""

CONSTANTS = ("exponents", "integers")
"""Constants that are tuned where asked for; owner: :class:`nos_sym.search.tuning.constants.Kind`."""

SPLITS = ("validation", "test")
"""The part of the data that scores trainings; owner: :class:`nos_sym.surrogate.settings.TrainingSettings`."""

TASKS = ("images", "charlm", "quadratic", "tabular")
"""What is trained in a search; owner: :mod:`nos_sym.surrogate.tasks.kinds`."""

EXECUTORS = ("in-process", "processes", "ray")
"""Where candidates are trained; owner: :mod:`nos_sym.search.executors.choose`."""

SEARCH_PRESETS = (
    "demo", "paper", "paper-wide", "paper-long", "authors-script", "paper-adam-variants",
    "paper-lr-schedules",
)  # fmt: skip
"""Settings of a search; owner: :mod:`nos_sym.search.settings`."""

ELIMINATION_PRESETS = ("paper", "demo")
"""Stages of an elimination; owner: :mod:`nos_sym.search.protocols.elimination_settings`."""

TRANSFER_TASKS = (
    "cifar10", "cifar100", "tinyimagenet", "flowers102", "cars196", "caltech101", "ptb", "digits",
)  # fmt: skip
"""Transfer experiments; owner: :mod:`nos_sym.transfer.experiment`."""

TRANSFER_BACKENDS = ("torch", "tensorflow")
"""What trains in transfer experiments; owner: :mod:`nos_sym.transfer.experiment`."""

PIPELINE_PRESETS = ("paper", "rehearsal")
"""Sequences of stages; owner: :mod:`nos_sym.pipeline.sequence`."""

SHELLS = ("bash", "zsh", "fish")
"""Shells that are completed; owner: :mod:`click.shell_completion`."""

CASTS = ("bfloat16",)
"""Types that ``nos-sym render --cast`` takes; ``nos_sym.backends.functions.CASTS``."""

LANGUAGE_GROUPS = (
    "operands", "leaf", "elementwise", "decay times tensor", "state-holding", "random", "whole tensor",
    "leaf of blocks",
)  # fmt: skip
"""Groups of ``nos-sym list --language``; owner: :mod:`nos_sym.cli.list`."""

LIBRARIES = ("torch", "pytorch_optimizer", "keras", "optax")
"""How qualified names of libraries begin; owner: :mod:`nos_sym.faces`."""

COLORS = ("auto", "always", "never")
"""When output is colored; owner: :mod:`nos_sym.cli.colors`."""

RUN_PLOTS = ("fitness", "pareto", "duplicates")
"""What is plotted of a store; owner: :mod:`nos_sym.report.figures.runs`."""

PLOTS = ("schedules", "decays", "updates", "surface", "paths", "sensitivity", "figure", "results", *RUN_PLOTS)
"""What is plotted; owner: :mod:`nos_sym.cli.plot`."""

PICTURES = ("pdf", "svg", "png")
"""What figures are written as; owner: :mod:`nos_sym.report.figures.drawing`."""

TEST_FUNCTIONS = ("sphere", "rosenbrock", "beale", "quadratic")
"""Test functions of plots; owner: :mod:`nos_sym.report.figures.trajectories`."""

CONFORM_CHECKS = (
    "cases", "own-errors", "wrong-arguments", "wrong-parameters", "descends", "maximize",
    "zero-gradients", "tiny-gradients", "rate-zero", "rate-tensor", "rate-of-group", "repeatable",
    "missing-gradients", "empty", "scalar", "strided", "in-place", "gradients-kept", "groups",
    "added-group", "closure", "state-dict", "saved-file", "deepcopy", "pickle", "hooks", "zero-grad",
    "repr", "bfloat16", "float64", "mixed-types", "complex", "sparse", "two-devices", "foreach", "fused",
    "differentiable", "meta", "capturable", "compile",
)  # fmt: skip
"""Checks of optimizers of PyTorch; owner: :mod:`nos_sym.conform.checks`."""
