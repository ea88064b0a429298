"""The PyTorch printer: tensors by ``torch``, the scalars of a step by ``math`` on the host."""

from __future__ import annotations

from typing import ClassVar

from nos_sym.backends import python as _host  # noqa: F401 - how the host computes scalars
from nos_sym.backends.printer import CodePrinter
from nos_sym.backends.spelling import spelling_of
from nos_sym.backends.torch.context import context
from nos_sym.backends.torch.in_place import Form, in_place
from nos_sym.language.kind import Kind
from nos_sym.program.blocks import StatesOf
from nos_sym.program.program import Value

_GLOBALS = (
    "add", "add_up", "ADDRESS", "advance", "apart", "apply", "array", "as_kept", "as_sharded", "attrgetter",
    "begin_common", "BLOCK", "blocks", "built", "cache_folder", "chain", "check", "COMMON", "COMPILED",
    "compiled", "contextlib", "CONTIGUOUS", "cpu_limit", "CPUS", "cpus", "ctypes", "DTYPE", "factor",
    "FACTS", "fills", "first_common", "first_tensor_sums", "FLAGS", "FORKED", "from_first", "function_of",
    "FunctionType", "Gathered", "gathered", "gt", "has_team", "hashlib", "inspect", "IS_CPU", "is_forked",
    "IS_NEG", "is_own", "is_plain", "is_safe", "is_same", "is_sharded", "is_whole", "JOINED", "joint",
    "keep_library", "KERNEL", "Kernel", "LambdaLR", "LAYOUT", "loaded", "math", "MODES", "narrowed",
    "NBYTES", "next_common", "noise_of", "NUMEL", "Once", "Optimizer", "os", "overlap", "part_of",
    "functools", "parts_of", "Path", "PATIENCE", "PLAIN", "Plan", "platform", "private_folder", "processor",
    "PROCESSOR_FLAGS", "REAL", "refuse_parts", "REFUSED", "rounding_of", "run_compiler", "scalars", "SHAPE",
    "share", "shlex", "shutil", "signed_32", "STATE", "storage", "subprocess", "TEAM_FLAGS", "tell",
    "tell_autograd", "tempfile", "tensor_sums", "text_of", "threads_for", "to_bf16", "together", "torch",
    "training_step", "TRIAL", "TYPES", "update", "validate", "VECTOR_FLAGS", "warnings", "WIDE", "widened",
)  # fmt: skip
_ARGUMENTS = ("gradient", "weight")
_LOCALS = (
    "bound", "change", "common", "dtype", "found", "given", "inputs", "like", "new", "numbers", "parts",
    "row", "slot", "slots", "value", "work", "x",
)  # fmt: skip
RESERVED = frozenset([*_GLOBALS, *_ARGUMENTS])
"""Names of a rendered file that neither a class nor a value may take."""


class TorchPrinter(CodePrinter):
    """Spells values for PyTorch."""

    states: ClassVar[StatesOf] = StatesOf.TENSORS
    tensors: ClassVar[str] = "torch"
    scalars: ClassVar[str] = "python"
    number_of_tensor: ClassVar[str] = "weight.new_zeros(()) + {0}"
    count: ClassVar[str] = "step"
    # In float64, which a weight without dimensions would become beside it.
    narrow: ClassVar[str] = "{0}.to(weight.dtype)"
    fill: ClassVar[str] = "torch.full_like(gradient, {0})"
    copied: ClassVar[str] = "{0}.clone()"
    draw: ClassVar[str] = "torch.rand_like(gradient)"
    sums: ClassVar[bool] = True
    kernels: ClassVar[bool] = True
    buffers: ClassVar[bool] = True
    locals: ClassVar[frozenset[str]] = frozenset(_LOCALS)

    def in_place(self, value: Value) -> Form | None:
        """Return how a value is written into a tensor that is there."""
        return in_place(value)

    def template(self, value: Value) -> str | None:
        """Return the format string of a value; a scalar that a compiled step gives is a tensor."""
        if value.operation == "fill" and value.kind is not Kind.TENSOR:
            return super().template(value)
        if value.operation == "fill" and not value.operands[0].is_constant:
            return "torch.zeros_like(gradient) + {0}"
        return super().template(value)


class MinimalPrinter(TorchPrinter):
    """Spells values for the minimal file, by PyTorch's own functions alone."""

    sums: ClassVar[bool] = False
    kernels: ClassVar[bool] = False
    buffers: ClassVar[bool] = False
    # The new states are kept themselves, and what is a gradient now may be added to or zeroed in place.
    overwritten: ClassVar[frozenset[str]] = TorchPrinter.overwritten | {"g"}

    def template(self, value: Value) -> str | None:
        """Return the format string of a value, the plain one where there are two."""
        spelling = spelling_of(self.tensors, value.operation)
        if not value.kind.of_step and spelling and spelling.plain:
            return spelling.plain
        return super().template(value)


PRINTER = TorchPrinter()
"""The printer of this backend."""

MINIMAL = MinimalPrinter()
"""That of its minimal files."""

__all__ = ["MINIMAL", "PRINTER", "RESERVED", "MinimalPrinter", "TorchPrinter", "context"]
