"""Finding what is to be lifted: ``torch.optim:AdamW``, ``optax:adamw`` or ``my.py:MyOptimizer``.

This imports the module, which runs its code.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from nos_sym.errors import quoted
from nos_sym.language.hints import did_you_mean
from nos_sym.lift.keras_backends import chosen_backend
from nos_sym.lift.lifted import LiftError

FORM = "expected MODULE:NAME, such as torch.optim:AdamW, or FILE.py:NAME"


@dataclass(frozen=True, slots=True)
class Original:
    """What is to be lifted.

    Attributes:
        value: the class or function.
        name: qualified, ``torch.optim.AdamW``.
        library: the distribution that has it, or the file.
        version: of the library; empty for a file.
        framework: ``torch``, ``optax`` or ``keras``.
    """

    value: Any
    name: str
    library: str
    version: str
    framework: str


@contextmanager
def quiet() -> Iterator[None]:
    """Let what an original prints go to standard error, since the rule goes to standard output."""
    with redirect_stdout(sys.stderr):
        yield


def original_of(target: str) -> Original:
    """Import what a target names.

    Raises:
        LiftError: there is no such module or name, it fails as it is imported, or is no optimizer.
    """
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name.isidentifier():
        raise LiftError(f"{quoted(target)} names nothing to lift; {FORM}")
    with quiet(), chosen_backend():
        module = _module(place)
    if not hasattr(module, name):
        known = [n for n in vars(module) if not n.startswith("_")]
        raise LiftError(f"{quoted(place)} has no {quoted(name)}{did_you_mean(name, known) or '; ' + FORM}")
    value = getattr(module, name)
    is_file = place.endswith(".py")
    library, version = (place, "") if is_file else _distribution(place)
    qualified = f"{Path(place).stem if is_file else place}.{name}"
    return Original(value, qualified, library, version, _framework(value, target))


def _module(place: str) -> Any:
    try:
        if place.endswith(".py"):
            return _file(Path(place))
        return importlib.import_module(place)
    except LiftError:
        raise
    except ModuleNotFoundError as error:
        raise LiftError(
            f"there is no module {quoted(str(error.name))}, which {quoted(place)} needs; {FORM}"
        ) from None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise LiftError(
            f"{quoted(place)} cannot be imported: {type(error).__name__}: {error}; expected a module that "
            "defines an optimizer"
        ) from None


def _file(path: Path) -> Any:
    if not path.is_file():
        raise LiftError(f"there is no file {quoted(str(path))}; {FORM}")
    name = f"nos_sym_lifted_{path.stem}" if path.stem.isidentifier() else "nos_sym_lifted"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
    return module


def _distribution(module: str) -> tuple[str, str]:
    """Return the distribution of a module and its version, empty where it has none."""
    root = module.partition(".")[0]
    for name in _named(root):
        try:
            return root, metadata.version(name).partition("+")[0]
        except metadata.PackageNotFoundError:
            continue
    return root, ""


def _named(root: str) -> Iterator[str]:
    """Yield what the distribution of a module may be called; to look it up takes long."""
    yield root
    yield from metadata.packages_distributions().get(root, [])


def _framework(value: Any, target: str) -> str:
    bases = [f"{b.__module__}.{b.__qualname__}" for b in getattr(value, "__mro__", ())]
    if "torch.optim.optimizer.Optimizer" in bases:
        return "torch"
    if any(b.startswith("keras.") and b.endswith(".Optimizer") for b in bases):
        return "keras"
    if callable(value) and not inspect.isclass(value) and "optax" in sys.modules:
        return "optax"
    raise LiftError(
        f"{quoted(target)} is no optimizer; expected a class of torch.optim.Optimizer or keras.Optimizer, or "
        "a function that returns an optax.GradientTransformation"
    )
