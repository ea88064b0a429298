"""The class that a name stands for: ``torch.optim:Adam``, ``my.py:MyOptimizer``, ``pytorch_optimizer.Lion``.

Finding it imports its module, which runs code.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from nos_sym.conform.outcome import ConformError
from nos_sym.errors import quoted

MODULE = "nos_sym_given_file"
"""Name under which a file is imported."""

_PLACED = "nos-sym-given-"


def optimizer_class(original: str) -> type:
    """Return the class of an optimizer of PyTorch.

    Args:
        original: ``MODULE:CLASS``, ``MODULE.CLASS``, ``FILE:CLASS``, or a file that defines one optimizer.

    Raises:
        ConformError: there is none, and what there is instead.
    """
    place, name = split(original)
    module = file_module(Path(place)) if place.endswith(".py") or Path(place).exists() else _module(place)
    if not name:
        return _only(module, place)
    found = getattr(module, name, None)
    known = optimizers_of(module)
    if found is None:
        raise ConformError(f"{quoted(place)} has no {quoted(name)}; it has {_listed(known)}")
    if not inspect.isclass(found) or not _is_optimizer(found):
        raise ConformError(
            f"{quoted(original)} is no optimizer of PyTorch; expected a class that derives from "
            "torch.optim.Optimizer, or has its 'step' and 'param_groups'"
        )
    return found


def placed(original: str, text: str | None) -> str:
    """Return what names an optimizer here: with a text, a file that holds it, and the same class."""
    if text is None:
        return original
    _, colon, name = original.rpartition(":")
    path = Path(tempfile.mkdtemp(prefix=_PLACED)) / "optimizer.py"
    path.write_text(text, encoding="utf-8")
    return f"{path}:{name}" if colon and name.isidentifier() else str(path)


def without_folder(text: str) -> str:
    """Return a message without the folder in which :func:`placed` put a file, which its reader has not."""
    return re.sub(rf"[^\s'\"(]*{_PLACED}\w+/", "", text)


def split(original: str) -> tuple[str, str]:
    """Return the module or file that a name begins with, and the class, empty where none is named.

    Raises:
        ConformError: it names neither.
    """
    place, colon, name = original.rpartition(":")
    if colon and name.isidentifier():
        return place, name
    if original.endswith(".py") or Path(original).exists():
        return original, ""
    place, dot, name = original.rpartition(".")
    if dot and name.isidentifier():
        return place, name
    raise ConformError(
        f"{quoted(original)} names no optimizer; expected MODULE:CLASS or FILE:CLASS, for example "
        "'torch.optim:Adam'"
    )


def file_module(path: Path) -> ModuleType:
    """Import a file of Python, beside its neighbors.

    Raises:
        ConformError: there is none, or it does not end as it should.
    """
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise ConformError(f"{quoted(str(path), 200)} {what}; expected a file of Python")
    spec = importlib.util.spec_from_file_location(MODULE, path)
    if spec is None or spec.loader is None:
        raise ConformError(f"{quoted(str(path), 200)} is no file of Python; expected one that ends in '.py'")
    module = importlib.util.module_from_spec(spec)
    # As Python itself does for a file that it runs, so that its neighbors can be imported.
    sys.path.insert(0, str(path.resolve().parent))
    # Pickle finds a class by the name of its module.
    sys.modules[MODULE] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConformError(f"{quoted(str(path), 200)} cannot be imported: {_said(error)}") from error
    except SystemExit:
        raise ConformError(f"{quoted(str(path), 200)} ends Python when it is imported") from None
    return module


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ConformError(f"there is no module {quoted(str(error.name))}; install what has it") from None
    except Exception as error:
        raise ConformError(f"{quoted(name)} cannot be imported: {_said(error)}") from error


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _only(module: ModuleType, place: str) -> type:
    own = {k: v for k, v in optimizers_of(module).items() if v.__module__ == module.__name__}
    if len(own) != 1:
        says = (
            "defines no optimizer of PyTorch" if not own else f"defines {len(own)} optimizers, {_listed(own)}"
        )
        raise ConformError(f"{quoted(place, 200)} {says}; name the class, as in 'FILE:CLASS'")
    return next(iter(own.values()))


def optimizers_of(module: ModuleType) -> dict[str, type]:
    """Return the classes of PyTorch's optimizers that a module has, by name; private ones are left out."""
    return {k: v for k, v in vars(module).items() if inspect.isclass(v) and _is_optimizer(v) and k[0] != "_"}


def _is_optimizer(cls: type) -> bool:
    import torch

    if cls is torch.optim.Optimizer:
        return False
    return issubclass(cls, torch.optim.Optimizer) or (hasattr(cls, "step") and hasattr(cls, "param_groups"))


def _listed(found: dict[str, type]) -> str:
    names = sorted(found)
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more if names else "no optimizers"
