"""The NumPy printer: tensors and the scalars of a step by ``numpy``."""

from typing import Any, ClassVar

from nos_sym.backends.printer import CodePrinter
from nos_sym.language.decimal_text import decimal_text
from nos_sym.program.program import Program

RESERVED = frozenset({"np", "math", "scalars", "update", "gradient", "weight"})


class NumpyPrinter(CodePrinter):
    """Spells values for NumPy."""

    tensors: ClassVar[str] = "numpy"
    scalars: ClassVar[str] = "numpy"
    fill: ClassVar[str] = "np.full_like(gradient, {0})"
    draw: ClassVar[str] = ""


PRINTER = NumpyPrinter()


def context(program: Program, states: tuple[str, ...], scalars: bool) -> dict[str, Any]:
    """Return what the template sees beside the statements."""
    return {"settings": [f"{s.name}={decimal_text(s.default)}" for s in program.settings]}
