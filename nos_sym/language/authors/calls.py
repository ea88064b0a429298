"""What the parser of the authors' log looks up, derived from the table of forms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from nos_sym.language.authors.table import TABLE, Call, call_of, leaf_of
from nos_sym.language.node import is_number
from nos_sym.language.operands import BY_AUTHORS
from nos_sym.language.operation import Operation
from nos_sym.language.registry import REGISTRY, lookup


@dataclass(frozen=True, slots=True)
class _Index:
    functions: dict[bool, dict[str, str]]
    leaves: dict[str, str]
    numerals: frozenset[str]


def functions(in_decays: bool) -> dict[str, str]:
    """Return the functions of decay functions or of update equations: their spellings to operations."""
    return _index(len(TABLE)).functions[in_decays]


def find_call(name: str, in_decays: bool) -> tuple[Operation, Call] | None:
    """Return the operation that the log writes as the function ``name``, and how, or ``None``."""
    if name not in functions(False) and name not in functions(True):
        lookup(name)  # An unknown name loads the plug-ins, which may write it.
    operation = functions(in_decays).get(name)
    if operation is None:
        return None
    call = call_of(TABLE[operation].text(in_decays))
    assert call is not None
    return REGISTRY[operation], call


def find_leaf(name: str) -> Operation | None:
    """Return the operation without arguments that the log writes as ``name``, or ``None``."""
    if name not in leaves() and name not in functions(False) and name not in functions(True):
        lookup(name)
    operation = leaves().get(name)
    return None if operation is None else REGISTRY[operation]


def leaves() -> dict[str, str]:
    """Return the operations without arguments, such as the schedules: their spellings to operations."""
    return _index(len(TABLE)).leaves


def numerals() -> frozenset[str]:
    """Return every numeral that stands alone somewhere in the log."""
    return _index(len(TABLE)).numerals


@lru_cache(maxsize=1)
def _index(rows: int) -> _Index:
    """Return what the table says as it stands. Rows are only ever added: their number tells its states."""
    functions: dict[bool, dict[str, str]] = {False: {}, True: {}}
    leaves: dict[str, str] = {}
    numerals = {name for name, operand in BY_AUTHORS.items() if is_number(operand.expression)}
    for operation, form in TABLE.items():
        numerals.update(form.literals, form.values)
        for in_decays, known in functions.items():
            call, leaf = call_of(form.text(in_decays)), leaf_of(form.text(in_decays))
            if call is not None:
                known[call.name] = operation
            elif leaf is not None:
                leaves[leaf] = operation
    return _Index(functions, leaves, frozenset(numerals))
