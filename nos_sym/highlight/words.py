"""What a word of the language is, by the registry: an operation that a plug-in adds is one here, too."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache


class Word(Enum):
    """What a word means wherever it stands."""

    KEYWORD = "keyword"
    TENSOR = "gradient, weights, or what has a name of its own, such as v_hat"
    STEP = "function of the step, such as a4 or lr"
    FUNCTION = "operation"
    NAME = "name that a text gives"


def word_of(name: str) -> Word:
    """Return what a word is.

    Plug-ins are looked for once, at the first word that the project does not have; one that cannot be loaded
    adds none, and whoever reads the rule is told.
    """
    found = _own(name)
    return _added(name) if found is Word.NAME else found


def _own(name: str) -> Word:
    from nos_sym.language.kind import Kind
    from nos_sym.language.operands import BY_NAME, QUASI_HYPERBOLIC
    from nos_sym.language.operation import Role
    from nos_sym.language.registry import ALIASES, REGISTRY
    from nos_sym.language.reserved import KEYWORDS

    if name in KEYWORDS:
        return Word.KEYWORD
    if name in BY_NAME:
        return Word.TENSOR
    operation = REGISTRY.get(ALIASES.get(name, name))
    if operation is not None and operation.role is Role.LEAF:
        return Word.TENSOR if operation.kind is Kind.TENSOR else Word.STEP
    return Word.FUNCTION if operation is not None or name in QUASI_HYPERBOLIC else Word.NAME


def _added(name: str) -> Word:
    return _own(name) if _load_plugins() else Word.NAME


@lru_cache(maxsize=1)
def _load_plugins() -> bool:
    """Load the plug-ins that add operations; return whether there are any."""
    from nos_sym import plugins
    from nos_sym.errors import NosSymError

    try:
        return bool(plugins.load_operations())
    except NosSymError:
        return False


@lru_cache(maxsize=1)
def authors_words() -> dict[str, Word]:
    """Return the words of the authors' log, of operations and of leaves, with what they are."""
    from nos_sym.language.authors.table import TABLE, call_of, leaf_of

    found: dict[str, Word] = {}
    for operation, form in TABLE.items():
        for text in (form.update, form.decay):
            call, leaf = call_of(text), leaf_of(text)
            if call is not None:
                found[call.name] = Word.FUNCTION
            elif leaf is not None:
                found[leaf] = _own(operation)
    return found
