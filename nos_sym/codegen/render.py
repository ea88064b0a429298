"""Rendering: a rule to the source of one file, by lowering, emission and a template.

Text of a rule reaches the file through the printers alone; a class name is checked before it is used.
"""

from __future__ import annotations

from nos_sym.backends.functions import CASTS
from nos_sym.backends.line_breaks import within_columns
from nos_sym.codegen.backend import BACKENDS, backend_of, check_backend
from nos_sym.codegen.file_context import file_context
from nos_sym.codegen.low_precision import check_low_precision
from nos_sym.codegen.templates import template
from nos_sym.errors import RenderError, quoted
from nos_sym.faces.face import Face
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule, check_name


def render(
    rule: Rule | Block | Schedule,
    backend: str = "torch",
    *,
    name: str | None = None,
    minimal: bool = False,
    face: Face | None = None,
    cast: str | None = None,
    fused: bool = True,
    low_precision: bool = False,
    keyed: bool = True,
) -> str:
    """Return the source of a rule in one backend.

    Args:
        rule: an optimizer, which becomes a class, or a schedule, which becomes a function of the step.
        backend: one of :data:`BACKENDS`, or one that a plug-in adds.
        name: name of the class, by default that of the rule, else that of :func:`default_name`.
        minimal: the plain version of an optimizer, without its fast implementations and conveniences.
        face: the library's optimizer that the file replaces, whose arguments it has; the rule is then that of
            :func:`nos_sym.faces.rule_of_face`.
        cast: type of the matrices that ``orth`` and ``newton_schulz`` multiply, one of
            :data:`nos_sym.backends.functions.CASTS`; by default that of the weights, float32 or wider.
        fused: whether a file for torch has the option of that name and holds the C for it, most of its lines.
        low_precision: whether a file for torch has the options ``state_dtype``, ``kahan_sum`` and
            ``stochastic_rounding``, for states and weights of 16 bits.
        keyed: whether the file carries the key of its rule, and takes no state of another one. A file that is
            used once, as those of a search are, need not.

    Raises:
        RenderError: an unknown backend, one without a minimal version, a name of Python or one that the
            file uses itself, an operation that the backend does not have, a face of another backend, or
            a cast that is unknown or of a rule without such matrices.
        RuleError: a name that is no identifier.
    """
    check_backend(backend)
    if minimal and (backend != "torch" or isinstance(rule, Schedule)):
        raise RenderError("only optimizers for torch have a minimal version; leave it out")
    rule = checked(rule, backend, name=name, minimal=minimal, face=face, cast=cast, fused=fused)
    if backend == "latex":
        from nos_sym.backends.latex.printer import latex_rule

        return latex_rule(rule)
    if low_precision:
        check_low_precision(rule, backend, minimal, face)
    kind, context = file_context(
        rule, backend, minimal, face, cast, fused=fused, low_precision=low_precision, keyed=keyed
    )
    text = template(kind, backend_of(backend)).render(context)
    return within_columns(text) if backend in BACKENDS else text


def render_one_cycle(backend: str = "torch") -> str:
    """Return the source of the one-cycle base schedule of learning rate and momentum.

    The values are those of :func:`nos_sym.onecycle.learning_rates` and :func:`nos_sym.onecycle.momenta`.

    Args:
        backend: one of :data:`BACKENDS` but LaTeX.

    Raises:
        RenderError: another backend.
    """
    if backend not in BACKENDS or backend == "latex":
        raise RenderError(f"the one-cycle schedule is rendered to code, not to '{backend}'")
    return template("one_cycle", backend_of(backend)).render()


def default_name(rule: Rule | Block | Schedule) -> str:
    """Return the name of the class of a rule that has no name."""
    return "MySchedule" if isinstance(rule, Schedule) else "MyOptimizer"


def checked(
    rule: Rule | Block | Schedule,
    backend: str,
    *,
    name: str | None,
    minimal: bool,
    face: Face | None,
    cast: str | None,
    fused: bool,
) -> Rule | Block | Schedule:
    """Return a rule under the name that it is given, if the arguments of a rendering go together.

    Raises:
        RenderError: they do not.
        RuleError: a name that is no identifier.
    """
    if name is not None:
        check_name(name)
        rule = rule.named(name)
    if cast is not None and cast not in CASTS:
        raise RenderError(f"the cast is one of {', '.join(CASTS)}, not {quoted(cast)}")
    if backend == "latex":
        if cast is not None:
            raise RenderError("LaTeX has no types; leave the cast out")
        return rule
    if not rule.name:
        rule = rule.named(default_name(rule))
    if face is not None and (face.backend != backend or minimal):
        raise RenderError(f"{face} is replaced by a whole file for {face.backend}; leave the rest out")
    if not fused and face is not None and any(a.name == "fused" for a in face.arguments):
        raise RenderError(f"{face} has 'fused' among its arguments, and so has the file; leave it in")
    return rule
