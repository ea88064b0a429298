"""What a target stands for: a name of the catalog or of a library, a rule as text, or a file with rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nos_sym.errors import CatalogError, NosSymError, SourceError, quoted_path
from nos_sym.targets.errors import TargetError
from nos_sym.targets.files import as_path, exists, is_identifier, looks_like_path, read_text
from nos_sym.targets.texts import WITHOUT_TILDE, Note, parse_from

if TYPE_CHECKING:
    from pathlib import Path

    from nos_sym.faces import Face
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule

_SHOWN = 60

BY_OPTION = "choose one with '--rule NAME'"
"""How the user of a command says which rule of several is meant."""


def find(
    target: str, note: Note, rule_name: str | None = None, *, choice: str = BY_OPTION
) -> Rule | Block | Schedule:
    """Return the rule, block or schedule that a target stands for.

    A text that reads as a rule is that rule, also where a file has it for its name; ``./`` before it makes it
    the file.

    Args:
        target: a name of the catalog, in any case where one alone is meant; the qualified name of a library's
            optimizer; a rule as text; a file; or ``FILE:NAME``.
        note: is told what the writer of a text may not have meant.
        rule_name: the rule of a text or a file with several.
        choice: how the user says which of several rules is meant, beside ``FILE:NAME``.

    Raises:
        TargetError, NosSymError: one line that says what was wrong and what to do.
    """
    entry = _entry(target)
    if entry is not None and rule_name is not None:
        raise TargetError(f"'--rule' chooses from a file, and {quoted_path(target)} is no file; leave it out")
    if entry is not None:
        return entry
    face = face_of(target)
    if face is not None and rule_name is None:
        from nos_sym.faces import rule_of_face

        return rule_of_face(face)
    path, chosen = _as_path(target)
    if path is None:
        return choose(parse_from("", _given_text(target), None, note), "", rule_name, choice)
    if chosen is not None and rule_name is not None:
        raise TargetError(f"{quoted_path(target)} names a rule already; leave '--rule' out")
    where = quoted_path(path)
    return choose(parse_from(where, read_text(path), None, note), where, rule_name or chosen, choice)


def find_all(target: str, note: Note, syntax: str | None = None) -> list[Rule | Block | Schedule]:
    """Return every rule of a text or a file, in a syntax or the one that it is in, or that of a name."""
    entry = _entry(target) if syntax != "sympy" or target in _names() else None
    if entry is not None:
        return [entry]
    if face_of(target) is not None:
        return [find(target, note)]
    path, chosen = _as_path(target)
    if path is None:
        return parse_from("", target if syntax in WITHOUT_TILDE else _given_text(target), syntax, note)
    where = quoted_path(path)
    rules = parse_from(where, read_text(path), syntax, note)
    return rules if chosen is None else [choose(rules, where, chosen)]


def face_of(target: str) -> Face | None:
    """Return the face of a library's optimizer, ``torch.optim.AdamW``; ``None`` where it is no such name.

    Raises:
        TargetError: the library is known, and has no such optimizer here; or it is a schedule.
    """
    if "." not in target or "~" in target or "{" in target or exists(target):
        return None
    from nos_sym.faces import face_named, is_face_name

    if not is_face_name(target):
        return None
    from nos_sym.codegen.schedule_faces import schedule_faces

    for schedule in schedule_faces():
        if schedule.name == target.strip():
            entries = ", ".join(dict.fromkeys(choice.entry for choice in schedule.choices))
            raise TargetError(
                f"{target.strip()} is a schedule, in the catalog as {entries}; take the entry, whose "
                "settings are factors of a base rate"
            )
    try:
        return face_named(target)
    except CatalogError as error:
        raise TargetError(str(error)) from None


def choose(
    rules: list[Rule | Block | Schedule], where: str, rule_name: str | None, choice: str = BY_OPTION
) -> Rule | Block | Schedule:
    """Return the rule of a name, or the only one.

    Args:
        rules: those of a text.
        where: the path of the text in quotes, a word for it, or nothing.
        rule_name: the name, or ``None``.
        choice: as for :func:`find`.

    Raises:
        TargetError: there are several, or none of the name.
    """
    place = where or "the text"
    if rule_name is not None:
        return _named(rules, rule_name, place)
    if len(rules) > 1:
        named = f" or '{where[1:-1]}:NAME'" if where.startswith("'") else ""
        raise TargetError(f"{place} holds {len(rules)} rules{_known(rules)}; {choice}{named}")
    return rules[0]


def _entry(target: str) -> Rule | Block | Schedule | None:
    """Return the entry of a name; ``None`` where the target is a text or a file.

    Raises:
        TargetError: it can be nothing but a name, and is none.
    """
    if not is_identifier(target) or (exists(target) and target not in _names()):
        return None
    from nos_sym import catalog

    alike = [name for name in _names() if name.lower() == target.lower()]
    try:
        return catalog.entry(alike[0] if len(alike) == 1 else target)
    except CatalogError as error:
        place = SourceError(str(error), target, 0)
        raise TargetError(str(place), place) from None


def _as_path(target: str) -> tuple[Path | None, str | None]:
    """Return the file that a target names, and the rule after its colon, or nothing."""
    path, chosen = as_path(target)
    if path is not None and "~" in target and _reads(target):
        return None, None
    return path, chosen


def _reads(text: str) -> bool:
    """Return whether a text is one of rules."""
    try:
        return bool(parse_from("", text, None, lambda _: None))
    except NosSymError:
        return False


def _names() -> tuple[str, ...]:
    from nos_sym import catalog

    return catalog.names()


def _given_text(text: str) -> str:
    if not text.strip():
        raise TargetError("the text is empty; expected, for example, 'none ~ tanh(g)'")
    from nos_sym.language.writing import plain_characters

    if "~" in plain_characters(text):
        return text
    if looks_like_path(text):
        raise TargetError(f"there is no file {quoted_path(text)}; expected a catalog name, a rule or a file")
    if "=" not in text and "{" not in text:
        error = SourceError("no '~' in the text; a rule reads, for example, 'none ~ tanh(g)'", text, 0)
        raise TargetError(str(error), error)
    return text


def _named(rules: list[Rule | Block | Schedule], name: str, place: str) -> Rule | Block | Schedule:
    for rule in rules:
        if rule.name == name:
            return rule
    from nos_sym.language.hints import did_you_mean

    names = [r.name for r in rules if r.name]
    hint = did_you_mean(name, names) or f"; it holds {', '.join(names[:8]) or 'rules without names'}"
    raise TargetError(f"{place} has no rule '{name[:_SHOWN]}'{hint}")


def _known(rules: list[Rule | Block | Schedule]) -> str:
    names = [r.name for r in rules if r.name]
    if not names:
        return ", none with a name"
    more = ", ..." if len(names) > 8 else ""
    return f" ({', '.join(names[:8])}{more})"
