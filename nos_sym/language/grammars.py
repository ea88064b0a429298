"""Parsers of the grammars in ``grammar/``, without building their tables anew in every process.

Lark turns a grammar into the tables of an LALR parser in 50 ms, which every command would wait for. The
tables stand beside the grammars, as JSON in the form that Lark itself serializes them to, together with the
digest of the grammar and the version of Lark that they come from. Where either is another, they are not used
and the tables are built. After a change of a grammar::

    python -m nos_sym.language.grammars
"""

from __future__ import annotations

import json
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from nos_sym.language.line_ends import LineEnds

GRAMMARS = ("authors", "language", "sympy")
"""The grammars that rules are read by."""

_SHIFT = 0
_ENDS = ("start_states", "end_states")
_OF_THIS_PROCESS = ("postlex", "transformer", "lexer_callbacks")
_FILTERS = {"language": LineEnds}


def load_grammar(name: str, **options: Any) -> Lark:
    """Return the LALR parser of ``grammar/<name>.lark``; it reads without recursion.

    Args:
        name: one of :data:`GRAMMARS`.
        options: ``transformer`` and ``lexer_callbacks``, as Lark takes them.
    """
    options |= _filter(name)
    found = _found(name)
    if found is None:
        return _built(name, **options)
    # Of Lark's own ways to load tables, this is the one that takes them from no pickle.
    loaded: Lark = Lark._load_from_dict(found["data"], found["memo"], **options)  # type: ignore[no-untyped-call]
    return loaded


def tables(name: str) -> str:
    """Return the tables of a grammar as JSON; see :func:`load_grammar`.

    The text depends on nothing but the grammar and Lark, which numbers states, tokens and rules by chance.
    """
    data, memo = _built(name, **_filter(name)).memo_serialize([TerminalDef, Rule])
    for option in _OF_THIS_PROCESS:
        del data["options"][option]
    table = data["parser"]["parser"]
    data["parser"]["parser"] = table | _renumbered(table)
    known = sorted((json.dumps(value, sort_keys=True), number) for number, value in memo.items())
    numbers = {number: new for new, (_, number) in enumerate(known)}
    record = {
        "grammar": _digest(_text(name)),
        "lark": lark.__version__,
        "data": _referring(data, numbers),
        "memo": {numbers[number]: value for number, value in memo.items()},
    }
    return json.dumps(record, separators=(",", ":"), sort_keys=True) + "\n"


def _renumbered(table: dict[str, Any]) -> dict[str, Any]:
    """Return tokens in the order of their names, and states in the order in which they are reached."""
    names = sorted(table["tokens"].values())
    actions = {
        state: dict(sorted((names.index(table["tokens"][token]), action) for token, action in row.items()))
        for state, row in table["states"].items()
    }
    order = dict.fromkeys(table["start_states"].values())
    for state in (queue := list(order)):
        for shifts, target in actions[state].values():
            if shifts == _SHIFT and target not in order:
                order[target] = None
                queue.append(target)
    new = {state: number for number, state in enumerate(order)}
    return {
        "tokens": dict(enumerate(names)),
        "states": {
            new[state]: {
                token: (kind, new[target] if kind == _SHIFT else target)
                for token, (kind, target) in actions[state].items()
            }
            for state in order
        },
        **{key: {start: new[state] for start, state in table[key].items()} for key in _ENDS},
    }


def _referring(value: Any, numbers: dict[int, int]) -> Any:
    """Return a value with other numbers of the rules and terminals that it refers to."""
    if isinstance(value, dict):
        if "@" in value:
            return {"@": numbers[value["@"]]}
        return {key: _referring(item, numbers) for key, item in value.items()}
    return [_referring(item, numbers) for item in value] if isinstance(value, list | tuple) else value


def _built(name: str, **options: Any) -> Lark:
    return Lark(_text(name), parser="lalr", maybe_placeholders=True, **options)


def _filter(name: str) -> dict[str, Any]:
    """Return what stands between the lexer and the parser of a grammar, as an option."""
    return {"postlex": _FILTERS[name]()} if name in _FILTERS else {}


def _found(name: str) -> dict[str, Any] | None:
    """Return the tables beside a grammar; ``None`` where they are of another grammar or another Lark."""
    try:
        text = files("nos_sym.grammar").joinpath(f"{name}.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    record: dict[str, Any] = json.loads(text, object_hook=_with_numbers)
    fits = record["lark"] == lark.__version__ and record["grammar"] == _digest(_text(name))
    return record if fits else None


def _with_numbers(record: dict[str, Any]) -> dict[Any, Any]:
    """Return an object of JSON with those keys as numbers that were numbers before."""
    return {int(key) if key.isdecimal() else key: value for key, value in record.items()}


def _text(name: str) -> str:
    return files("nos_sym.grammar").joinpath(f"{name}.lark").read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    for grammar in GRAMMARS:
        Path(str(files("nos_sym.grammar").joinpath(f"{grammar}.json"))).write_text(
            tables(grammar), encoding="utf-8"
        )
