"""An optimizer as short files: its equation and class, what follows from them, and a runtime that many share.

The runtime has the text of the class and the functions that a single file has, from the same templates.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from keyword import iskeyword
from typing import Any

from nos_sym.backends.functions import FUNCTIONS
from nos_sym.backends.layout import COLUMNS
from nos_sym.backends.line_breaks import within_columns
from nos_sym.backends.torch.short import runtime_context, short_context
from nos_sym.codegen.backend import backend_of
from nos_sym.codegen.file_context import file_context
from nos_sym.codegen.generate import file_name
from nos_sym.codegen.render import checked
from nos_sym.codegen.templates import template
from nos_sym.errors import RenderError, quoted
from nos_sym.faces.face import Face
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule

RUNTIME = "nos_sym_runtime"
"""The module that rendered optimizers share."""

_OWN = frozenset({"PARTS", "Parts", "Rule", "RuleOptimizer", "modes", "nos_sym_runtime", "rule"})
"""Names of the short files beside those of a single file."""

_SHARED = ("Kernel", "Parts", "Rule", "RuleOptimizer", "add_up")
"""What the short files may import of the runtime, beside functions that PyTorch lacks."""

_MODULES = ("math", "torch")
_DIGITS = 12


def render_with_runtime(
    rule: Rule | Block | Schedule,
    backend: str = "torch",
    *,
    module: str | None = None,
    package: bool = False,
    name: str | None = None,
    face: Face | None = None,
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
        name, face, cast, fused: as for :func:`nos_sym.render`.
        low_precision: False; files that stand alone have these options.

    Raises:
        RenderError: another backend, a schedule, low precision, a name that no module can have, or as for
            :func:`nos_sym.render`.
        RuleError: a name of the class that is no identifier.
    """
    if backend != "torch" or isinstance(rule, Schedule):
        raise RenderError("only optimizers for torch are rendered with a runtime; leave it out")
    if low_precision:
        raise RenderError("options for low precision need a single file; leave them or the runtime out")
    rule = checked(rule, backend, name=name, minimal=False, face=face, cast=cast, fused=fused)
    module = file_name(rule.name) if module is None else module
    if (
        not (module.isidentifier() and module.isascii())
        or iskeyword(module)
        or module in (RUNTIME, *_MODULES)
    ):
        raise RenderError(
            f"{quoted(module)} is no name of a module of its own; take one such as 'my_optimizer'"
        )
    _, context = file_context(rule, backend, False, face, cast, fused=fused, names=_OWN)
    text, version = runtime()
    context |= short_context(context)
    context |= {"module": module, "folder": "." if package else "", "version": version}
    context["functions"] = [x for x in context["functions"] if x not in _functions()]
    unmarked = _with_imports("short", context | {"digest": "0" * _DIGITS})
    context["digest"] = _digest(unmarked + version)
    return {
        f"{module}.py": _with_imports("short", context),
        f"_{module}.py": _with_imports("parts", context),
        f"{RUNTIME}.py": text,
    }


@lru_cache(maxsize=1)
def runtime() -> tuple[str, str]:
    """Return the text of the runtime, and its version, which is a digest of it."""
    made = template("runtime", backend_of("torch"))
    given = runtime_context() | {"functions": _functions()}
    version = _digest(made.render(given, version=""))
    return within_columns(made.render(given, version=version)), version


@lru_cache(maxsize=1)
def _functions() -> tuple[str, ...]:
    """Return the definitions of all functions that PyTorch lacks."""
    target = backend_of("torch")
    given = {"backend": "torch", "copied": target.printer.copied.format, "cast": None}
    texts = (template(name, None).render(target.modules or {}, **given) for name in FUNCTIONS)
    return tuple(text.rstrip("\n") for text in texts if text)


def _with_imports(file: str, context: dict[str, Any]) -> str:
    """Return the text of a file, with imports of what it uses."""
    made = template(file, backend_of("torch"))
    bare = made.render(context, imports=[], imported=[])
    code = bare.split('"""', 2)[2].split('source=r"""')[0]
    modules = [module for module in _MODULES if re.search(rf"(?<![\w.]){module}\.", code)]
    lacking = [name for name in FUNCTIONS if any(f"def {name}(" in text for text in _functions())]
    names = [name for name in (*_SHARED, *lacking) if re.search(rf"(?<![\w.]){name}[(),]", code)]
    names = [name for name in names if f"def {name}(" not in code]
    head = f"from {context['folder']}{RUNTIME} import "
    line = head + ", ".join(names)
    lines = [line] if len(line) <= COLUMNS else [f"{head}(", *(f"    {name}," for name in names), ")"]
    return within_columns(made.render(context, imports=modules, imported=lines))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_DIGITS]
