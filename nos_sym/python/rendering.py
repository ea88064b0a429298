"""Sources of rules, by name or as text."""

from __future__ import annotations

from nos_sym.errors import RenderError, RuleError
from nos_sym.faces import Face, rule_of_face
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.language.setting import setting_default, setting_name
from nos_sym.python.given import Given, given_face, named_face, rule_of
from nos_sym.python.options import expect_flags, expect_texts


def render(
    rule: Given,
    backend: str | None = None,
    *,
    name: str | None = None,
    minimal: bool = False,
    face: Face | str | None = None,
    cast: str | None = None,
    fused: bool = True,
    low_precision: bool = False,
) -> str:
    """Return the source of a rule in one backend.

    Args:
        rule: an optimizer, which becomes a class, or a schedule, which becomes a function of the step.
        backend: one of :data:`BACKENDS`, or one that a plug-in adds; by default that of the library's
            optimizer that is given, else ``"torch"``.
        name: name of the class, by default that of the rule, else ``MyOptimizer`` or ``MySchedule``.
        minimal: the plain version of an optimizer, without its fast implementations and conveniences.
        face: the library's optimizer that the file replaces, whose arguments it has, as it is or by its
            qualified name. It is that of the name where ``rule`` is one, such as ``"torch.optim.AdamW"``.
        cast: type of the matrices that ``orth`` and ``newton_schulz`` multiply; by default that of the
            weights, float32 or wider.
        fused: whether a file for torch has the option of that name and holds the C for it, most of its lines.
        low_precision: whether a file for torch has the options ``state_dtype``, ``kahan_sum`` and
            ``stochastic_rounding``, for states and weights of 16 bits.

    Raises:
        NosSymError: nothing is given that stands for a rule; an unknown backend, one without a minimal
            version, a name of Python or one that the file uses itself, an operation that the backend
            does not have, a face of another backend, or a cast that is unknown or of a rule without such
            matrices.
    """
    from nos_sym.codegen import render as whole

    expect_texts(backend=backend, name=name, cast=cast)
    expect_flags(minimal=minimal, fused=fused, low_precision=low_precision)
    chosen, backend, face = faced(rule, backend, face, minimal=minimal)
    return whole.render(
        chosen,
        backend,
        name=name,
        minimal=minimal,
        face=face,
        cast=cast,
        fused=fused,
        low_precision=low_precision,
    )


def render_factored(
    rule: Given,
    backend: str = "torch",
    *,
    name: str | None = None,
    minimal: bool = False,
    cast: str | None = None,
) -> str:
    """Return the source of ``<Name>Core``, an optimizer, and ``<Name>Schedule``, what multiplies its rate.

    A constant factor of the rule is part of the schedule. Training with both equals training with the rule.

    Args:
        rule: an optimizer of one line.
        backend: one of :data:`BACKENDS` but LaTeX.
        name: name of the classes, by default that of the rule.
        minimal, cast: as for :func:`render`, of the core.

    Raises:
        NosSymError: no schedule leaves the rule, or as for :func:`render`.
    """
    from nos_sym.codegen import factored

    expect_texts(backend=backend, name=name, cast=cast)
    expect_flags(minimal=minimal)
    chosen = rule_of(rule)
    if isinstance(chosen, Block):
        name = chosen.name or "the rule"
        raise RuleError(f"{name} is a block; expected a rule of one line, such as 'none ~ tanh(g)'")
    return factored.render_factored(chosen, backend, name=name, minimal=minimal, cast=cast)


def render_with_runtime(
    rule: Given,
    backend: str = "torch",
    *,
    module: str | None = None,
    package: bool = False,
    name: str | None = None,
    face: Face | str | None = None,
    cast: str | None = None,
    fused: bool = True,
    low_precision: bool = False,
) -> dict[str, str]:
    """Return the files of an optimizer, which belong into one folder, by their names.

    The first has its equation, update and class; the second, ``_<module>.py``, what follows from the
    equation: the update in place and in C, and checks; the third is the runtime, ``nos_sym_runtime.py``, the
    same for all optimizers.

    Args:
        rule: an optimizer.
        backend: ``torch``, which alone has a runtime.
        module: name of the first file without its ending; by default it follows from that of the class.
        package: whether the folder is a package, whose modules import each other by relative names.
        name, face, cast, fused: as for :func:`render`.
        low_precision: False; files that stand alone have these options.

    Raises:
        NosSymError: another backend, a schedule, low precision, a name that no module can have, or as for
            :func:`render`.
    """
    from nos_sym.codegen import with_runtime

    expect_texts(backend=backend, module=module, name=name, cast=cast)
    expect_flags(package=package, fused=fused, low_precision=low_precision)
    chosen, backend, face = faced(rule, backend, face)
    return with_runtime.render_with_runtime(
        chosen,
        backend,
        module=module,
        package=package,
        name=name,
        face=face,
        cast=cast,
        fused=fused,
        low_precision=low_precision,
    )


def faced(
    rule: Given, backend: str | None, face: Face | str | None, *, minimal: bool = False
) -> tuple[Rule | Block | Schedule, str, Face | None]:
    """Return what is rendered, to what, and as what.

    The name of a library's optimizer stands for its rule, and for a file that replaces it where that is of
    the backend. A face that is given apart has to be of the rule.

    Raises:
        NosSymError: nothing is given that stands for a rule, or a face that is none of the rule.
    """
    meant = given_face(rule)
    chosen = rule_of(rule)
    if face is not None:
        return _of_face(chosen, named_face(face), backend)
    backend = backend or ("torch" if meant is None else meant.backend)
    return chosen, backend, meant if meant is not None and meant.backend == backend and not minimal else None


def _of_face(
    rule: Rule | Block | Schedule, face: Face, backend: str | None
) -> tuple[Rule | Block | Schedule, str, Face | None]:
    from nos_sym.algebra.canonical import key_of

    own = rule_of_face(face)
    backend = backend or face.backend
    if isinstance(rule, Block) and _at_defaults_of(own, rule) == own:
        return rule, backend, face
    if isinstance(rule, Schedule) or key_of(rule) != key_of(own):
        raise RenderError(f"{rule.name or 'the rule'} is not what {face} computes; leave one of them out")
    return own.named(rule.name or own.name), backend, face


def _at_defaults_of(own: Block, rule: Block) -> Block:
    """Return a rule with the defaults of another one, under its name."""
    values = {setting_name(node): setting_default(node) for node in own.settings}
    if {setting_name(node) for node in rule.settings} != values.keys():
        return rule
    return rule.with_settings(values).named(own.name, own.source)
