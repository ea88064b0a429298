"""What TARGET stands for: a name of the catalog or of a library, a rule as text, or a file with rules."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem
from click.types import StringParamType

from nos_sym.cli.failures import InputError
from nos_sym.cli.given import read_stdin, read_text
from nos_sym.cli.output import lines_cut_off, write_note
from nos_sym.errors import CatalogError, NosSymError, SourceError, quoted_path

if TYPE_CHECKING:
    from nos_sym.faces import Face
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule

_SHOWN = 60
_WITHOUT_TILDE = ("sympy", "csv", "json")


class TargetType(StringParamType):
    """A command-line argument that is completed with the names of the catalog and with files."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin with what was typed, and let the shell add files."""
        from nos_sym import catalog

        names = [CompletionItem(n) for n in catalog.names() if n.startswith(incomplete)]
        return names or [CompletionItem(incomplete, type="file")]


def read_target(target: str, rule_name: str | None = None) -> Rule | Schedule:
    """Return the rule of one line, or the schedule, that ``target`` stands for.

    Raises:
        InputError, NosSymError: one line that says what was wrong and what to do; also for a block.
    """
    return one_liner(read_any(target, rule_name))


def one_liner(rule: Rule | Block | Schedule) -> Rule | Schedule:
    """Return a rule of one line, or a schedule.

    Raises:
        InputError: it is a block.
    """
    from nos_sym.language.block import Block

    if isinstance(rule, Block):
        raise InputError(f"{rule.name or 'the rule'} is a block; this command takes rules of one line")
    return rule


def read_any(target: str, rule_name: str | None = None) -> Rule | Block | Schedule:
    """Return the rule, block or schedule that ``target`` stands for.

    Raises:
        InputError, NosSymError: one line that says what was wrong and what to do.
    """
    if _is_identifier(target):
        from nos_sym import catalog

        if _in_catalog(target) or not _exists(target):
            if rule_name is not None:
                raise InputError(
                    f"'--rule' chooses from a file, and {quoted_path(target)} is no file; leave it out"
                )
            try:
                return catalog.entry(target)
            except CatalogError as error:
                place = SourceError(str(error), target, 0)
                raise InputError(str(place), place) from None
    face = face_of(target)
    if face is not None and rule_name is None:
        from nos_sym.faces import rule_of_face

        return rule_of_face(face)
    path, chosen = _as_path(target)
    if path is not None:
        if chosen is not None and rule_name is not None:
            raise InputError(f"{quoted_path(target)} names a rule already; leave '--rule' out")
        return _choose(path, rule_name or chosen)
    if target == "-":
        return _choose_from(read_stdin(), "standard input", rule_name)
    return _choose_from(_given_text(target), "", rule_name)


def face_of(target: str) -> Face | None:
    """Return the face of a library's optimizer, ``torch.optim.AdamW``; ``None`` where it is no such name.

    Raises:
        InputError: the library is known, and has no such optimizer here; or it is a schedule.
    """
    if "." not in target or "~" in target or "{" in target or _exists(target):
        return None
    from nos_sym.faces import face_named, is_face_name

    if not is_face_name(target):
        return None
    from nos_sym.codegen.schedule_faces import schedule_faces

    for schedule in schedule_faces():
        if schedule.name == target.strip():
            entries = ", ".join(dict.fromkeys(choice.entry for choice in schedule.choices))
            raise InputError(
                f"{target.strip()} is a schedule, in the catalog as {entries}; take the entry, whose "
                "settings are factors of a base rate"
            )
    try:
        return face_named(target)
    except CatalogError as error:
        raise InputError(str(error)) from None


def read_all(target: str, syntax: str | None = None) -> list[Rule | Block | Schedule]:
    """Return every rule of a text, of a file, or of standard input (``-``), or that of a catalog name."""
    if face_of(target) is not None:
        return [read_any(target)]
    if _in_catalog(target) or (syntax != "sympy" and _is_identifier(target) and not _exists(target)):
        return [read_any(target)]
    if target == "-":
        return _parse_named(read_stdin(), "standard input", syntax)
    path, chosen = _as_path(target)
    if path is None:
        return _parse_named(target if syntax in _WITHOUT_TILDE else _given_text(target), "", syntax)
    rules = _parse_named(read_text(path), quoted_path(path), syntax)
    return rules if chosen is None else [_named(rules, chosen, quoted_path(path))]


def _given_text(text: str) -> str:
    if not text.strip():
        raise InputError("the text is empty; expected, for example, 'none ~ tanh(g)'")
    from nos_sym.language.writing import plain_characters

    if "~" in plain_characters(text):
        return text
    if len(text) <= 4096:
        looks_like_path = "/" in text or re.search(r"\.[A-Za-z]{2,4}(:\w+)?$", text)
        if looks_like_path and not re.search(r"[\s()]", text):
            raise InputError(
                f"there is no file {quoted_path(text)}; expected a catalog name, a rule or a file"
            )
    if "=" not in text and "{" not in text:
        error = SourceError("no '~' in the text; a rule reads, for example, 'none ~ tanh(g)'", text, 0)
        raise InputError(str(error), error)
    return text


def _choose(path: Path, rule_name: str | None) -> Rule | Block | Schedule:
    return _choose_from(read_text(path), quoted_path(path), rule_name)


def _choose_from(text: str, where: str, rule_name: str | None) -> Rule | Block | Schedule:
    rules = _parse_named(text, where, None)
    place = where or "the text"
    if rule_name is not None:
        return _named(rules, rule_name, place)
    if len(rules) > 1:
        named = f" or '{where[1:-1]}:NAME'" if where.startswith("'") else ""
        raise InputError(
            f"{place} holds {len(rules)} rules{_known(rules)}; choose one with '--rule NAME'{named}"
        )
    return rules[0]


def _named(rules: list[Rule | Block | Schedule], name: str, place: str) -> Rule | Block | Schedule:
    for rule in rules:
        if rule.name == name:
            return rule
    from nos_sym.language.hints import did_you_mean

    names = [r.name for r in rules if r.name]
    hint = did_you_mean(name, names) or f"; it holds {', '.join(names[:8]) or 'rules without names'}"
    raise InputError(f"{place} has no rule '{name[:_SHOWN]}'{hint}")


def _known(rules: list[Rule | Block | Schedule]) -> str:
    names = [r.name for r in rules if r.name]
    if not names:
        return ", none with a name"
    more = ", ..." if len(names) > 8 else ""
    return f" ({', '.join(names[:8])}{more})"


def _parse_named(text: str, where: str, syntax: str | None) -> list[Rule | Block | Schedule]:
    """Parse, and put the place of the text before what went wrong in it."""
    try:
        return parse_text(text, syntax)
    except NosSymError as error:
        raise InputError(f"{where}: {error}" if where else str(error), error) from None


def parse_text(text: str, syntax: str | None) -> list[Rule | Block | Schedule]:
    """Return the rules of a text in one of the syntaxes of :data:`nos_sym.cli.choices.SYNTAXES`.

    Without one, it is recognized; see :func:`guess_syntax`.
    """
    syntax = syntax or guess_syntax(text)
    if syntax == "nos":
        return _parse_own(text)
    if syntax == "authors":
        return _parse_authors(text)
    if syntax == "sympy":
        from nos_sym.language.plain_reader import parse_plain

        return list(parse_plain(text))
    return _parse_table(text, syntax)


def guess_syntax(text: str) -> str:
    """Return the syntax of a text: plain SymPy is never recognized, since it looks like much else.

    ``authors`` where a line begins with ``None ~``, ``Mom ~`` or ``Nest ~``, or is one of their log with such
    a rule; ``csv`` where the first line names a column ``rule``; ``json`` where it begins as such; else
    ``nos``.
    """
    from nos_sym.cli.candidates import is_table
    from nos_sym.language.authors.lines import is_authors

    return is_table(text) or ("authors" if is_authors(text) else "nos")


def _parse_table(text: str, syntax: str) -> list[Rule | Block | Schedule]:
    from nos_sym.cli.candidates import read_candidates

    rules: list[Rule | Block | Schedule] = []
    for _, found in read_candidates(text, syntax):
        if isinstance(found, SourceError):
            raise found
        rules.append(found)
    if not rules:
        raise SourceError("the table holds no rule; expected one in each row", text, 0)
    return _doubted(rules)


def _parse_own(text: str) -> list[Rule | Block | Schedule]:
    from nos_sym.faces.parsing import parse_file

    return _doubted(parse_file(text))


def _doubted(rules: list[Rule | Block | Schedule]) -> list[Rule | Block | Schedule]:
    """Return the rules, with a note on what their writer may not have meant."""
    from nos_sym.language.misreadings import doubts_about

    for doubt in dict.fromkeys(doubt for rule in rules for doubt in doubts_about(rule)):
        write_note(doubt)
    return rules


def _parse_authors(text: str) -> list[Rule | Block | Schedule]:
    from nos_sym.language.authors.log import read_authors_text, skipped_lines

    rules: list[Rule | Block | Schedule] = list(read_authors_text(text))
    if skipped := skipped_lines(text):
        write_note(f"skipped {lines_cut_off(skipped)}")
    return rules


def _in_catalog(text: str) -> bool:
    from nos_sym import catalog

    return text in catalog.names()


def _is_identifier(text: str) -> bool:
    return text.isascii() and text.isidentifier()


def _as_path(target: str) -> tuple[Path | None, str | None]:
    """Return the file that ``target`` names, and the rule after its colon, or nothing."""
    if not target.strip() or len(target) > 4096 or any(c in target for c in "\0\n"):
        return None, None
    if _exists(target):
        return Path(target), None
    file, colon, rule = target.rpartition(":")
    if colon and file and _is_identifier(rule) and _exists(file):
        return Path(file), rule
    return None, None


def _exists(path: str) -> bool:
    try:
        # An unreadable folder hides its files: reading then says so.
        return os.path.lexists(path)
    except (OSError, ValueError):
        return False
