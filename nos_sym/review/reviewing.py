"""The review of an optimizer: each part in a process of its own, with a limit of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any, TypeVar

from nos_sym.conform.launch import conform
from nos_sym.conform.outcome import Report
from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.printer import print_bare
from nos_sym.language.rule import Rule
from nos_sym.lift.verifying import STEPS
from nos_sym.review import analysis
from nos_sym.review.analysis import ReviewError
from nos_sym.review.frameworks import TITLES, is_for_torch
from nos_sym.review.lifting import BOUND, Place, Read, Unread, allowed, lifted, worst_error
from nos_sym.review.page import Check, Review
from nos_sym.review.sources import Code
from nos_sym.sandbox.bubblewrap import NoSandbox, program
from nos_sym.sandbox.limits import Limits
from nos_sym.sandbox.process import run

LEVELS = ("exact", "sign", "scale", "schedule")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Options:
    """How a review is made.

    Attributes:
        level: what a duplicate may differ by.
        store: path of a store of searches, whose optimizers are known, too.
        trust: whether code is run outside of the sandbox, with the rights of the user.
        conformance: whether the checks of :mod:`nos_sym.conform` are made.
        arguments: of the class, by name.
        limits: of each process.
    """

    level: str = "exact"
    store: str | None = None
    trust: bool = False
    conformance: bool = True
    arguments: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


def review_rule(rule: Rule | Block, original: str, options: Options) -> Review:
    """Review a rule in the language; its conformance is that of the file that it is rendered to."""
    checks: list[Check] = []
    found = _analyzed(rule, options, checks)
    report = None
    if options.conformance:
        report = _of_rendered(rule, options, checks)
    return _review(original, checks, found, options, report)


def review_code(code: Code, options: Options) -> Review:
    """Review code: as the rule that it is lifted to, and where it is for PyTorch, as a class of it.

    Raises:
        NoSandbox: there is no bubblewrap, and the code is not trusted.
        ReviewError: the code cannot be imported, or has no optimizer of that name, or at all.
    """
    if not options.trust:
        program()
    confined = not options.trust
    # Where it is trusted, the file is imported from its place, beside its neighbors.
    text = code.text if confined else None
    checks: list[Check] = []
    found: Mapping[str, Any] = {}
    notes: tuple[str, ...] = ()
    place = Place(code.original, text, options.arguments, options.limits, confined)
    read = _tried(checks, "lift", lambda: lifted(place))
    if isinstance(read, Unread):
        if not read.framework:
            raise ReviewError(read.problem)
        checks.append(Check("lift", None, read.problem))
    elif read is not None:
        notes = read.notes
        checks.append(Check("lift", True, "read as a rule of the language"))
        error = _tried(checks, "verification", lambda: worst_error(read, place))
        if error is not None:
            bound = allowed(code.original) if code.text is None else BOUND
            says = f"the rule follows the code over {STEPS} steps to {error:.2g}; {bound:g} is allowed"
            checks.append(Check("verification", error <= bound, says))
        found = _analyzed(read.rule, options, checks)
    framework = read.framework if read is not None else ""
    report = _of_code(code, framework, place, options, checks) if options.conformance else None
    made = _review(code.original, checks, found, options, report, notes)
    return replace(made, framework=framework, special=isinstance(read, Read) and read.special)


def _of_code(
    code: Code, framework: str, place: Place, options: Options, checks: list[Check]
) -> Report | None:
    """Return the report of the checks of code for PyTorch."""
    named = code.frameworks
    if not is_for_torch(named, framework):
        library = TITLES[framework or min(named)]
        says = f"does not apply: these checks are of optimizers of PyTorch, and this is one of {library}"
        checks.append(Check("conformance", None, says, applies=False))
        return None
    limits = replace(options.limits, seconds=3 * options.limits.seconds)
    report = _tried(
        checks,
        "conformance",
        lambda: conform(
            code.original, options.arguments, text=place.text, limits=limits, confined=place.confined
        ),
    )
    if report is not None:
        checks.append(Check("conformance", report.passed, report.summary))
    return report


def _tried(checks: list[Check], name: str, function: Callable[[], _T]) -> _T | None:
    """Call a function; where it ends in an error, add that nothing is known, and why.

    Raises:
        NoSandbox: the system allows none, which is no fault of what is reviewed.
    """
    try:
        return function()
    except NoSandbox:
        raise
    except NosSymError as error:
        checks.append(Check(name, None, str(error)))
        return None


def _analyzed(rule: Rule | Block, options: Options, checks: list[Check]) -> Mapping[str, Any]:
    """Return what is known of a rule, from another process: the algebra may take long."""
    given = {"rule": print_bare(rule), "store": options.store}
    limits = replace(options.limits, answer=32 * 2**20)
    found = _tried(checks, "algebra", lambda: run(analysis.JOB, given, limits, confined=False))
    if found is None:
        return {}
    known: Mapping[str, Any] = found
    integrity = known["integrity"]
    if integrity["passed"]:
        sign = " with the sign flipped" if integrity["flipped"] else ""
        says = f"passes{sign}, best at a learning rate of {integrity['learning_rate']:g}"
        # A rule that ascends is no optimizer; the search would flip it.
        checks.append(Check("integrity", not integrity["flipped"], says))
    else:
        says = f"no loss ends below {integrity['threshold']:g}, with either sign"
        checks.append(Check("integrity", False, says))
    return known


def _of_rendered(rule: Rule | Block, options: Options, checks: list[Check]) -> Report | None:
    if find_spec("torch") is None:
        checks.append(Check("conformance", None, "PyTorch is not installed, in which the checks are made"))
        return None
    from nos_sym.codegen.render import render

    name = rule.name or "Reviewed"

    def rendered() -> Report:
        text = render(rule if rule.name else rule.named(name), "torch")
        # Printed by this package, so that it needs no sandbox.
        return conform(f"optimizer.py:{name}", options.arguments, text=text)

    report = _tried(checks, "conformance", rendered)
    if report is not None:
        checks.append(Check("conformance", report.passed, f"of the file for PyTorch: {report.summary}"))
    return report


def _review(
    original: str,
    checks: list[Check],
    found: Mapping[str, Any],
    options: Options,
    report: Report | None,
    notes: tuple[str, ...] = (),
) -> Review:
    duplicates = tuple(found.get("duplicates", ()))
    counted = LEVELS[: LEVELS.index(options.level) + 1]
    names = [f"{n}{_up_to(x['level'])}" for x in duplicates if x["level"] in counted for n in x["names"]]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return Review(
        original=original,
        checks=tuple(checks),
        known=", ".join(names[:5]) + more,
        duplicates=duplicates,
        rule=found.get("rule", ""),
        key=found.get("key", ""),
        sheet=found.get("sheet", {}),
        sheet_text=found.get("sheet_text", ""),
        conformance=report,
        notes=notes,
    )


def _up_to(level: str) -> str:
    return {
        "exact": "",
        "sign": " up to the sign",
        "scale": " up to a constant factor",
        "schedule": " up to a schedule",
    }[level]


__all__ = ["LEVELS", "Options", "review_code", "review_rule"]
