"""What people write in blocks and heads as Python, C or a paper has it, and what to write here instead.

A parser says which characters it did not expect. Where the text around them is that of another language, the
message says what this one has in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from nos_sym.errors import quoted
from nos_sym.language.head_slips import in_a_head
from nos_sym.language.hints import CHARACTERS as UNREAD
from nos_sym.language.reading import Located, Problem, place_of
from nos_sym.language.reserved import NO_STATEMENTS, UNSAID, unsaid
from nos_sym.language.slip_words import CHARACTERS, attribute, without_hidden

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\s*(\+\+|--|[-+*/^%&|]=|\*\*=|//=|:=|->|=>)")
_WORD = re.compile(r"[A-Za-z_]\w*")
_BEGINS_STATEMENT = re.compile(r"[A-Za-z_]\w*\s*(?:<-|=(?!=)|:=|[-+*/]=)|(?:state|if)\b")
_BARE_STATE = re.compile(r"(?:\A|\n)[^\S\n]*(state[^\S\n]+[A-Za-z_][^\n{}]*)(?:\n\s*\S+)?\Z")
_COMPARED = re.compile(r"\s*([^,;{}()\n]{1,40}?)\s*(?:[,;{})\n]|\band\b|\bor\b|$)")
AFTER_A_BLOCK = "a rule ends with '}', and the next one begins in a line of its own"
_AXES = re.compile(r"\b(\w+)\s*\([^()]*\b(axes|axis|dims?|keepdims?)\s*=\s*[\[(][^()\[\]]*$")
_GIVEN_TUPLE = re.compile(r"\b(\w+)\s*\([^()]*\b(\w+)\s*=\s*[\[(][^()\[\]]*$")


class Fault(NamedTuple):
    """Where a parser stopped, and the text around.

    Attributes:
        text: what is read, comments and quotes blanked out.
        place: offset of what was not expected.
        seen: its characters.
        wanted: names of the terminals that were expected.
        stack: what the parser holds; empty where a character begins no token.
        start: offset at which the statement, or the rule, around the place begins.
        depth: braces that are open there.
    """

    text: str
    place: int
    seen: str
    wanted: frozenset[str]
    stack: tuple[object, ...]
    start: int
    depth: int

    @property
    def head(self) -> str:
        """The statement, up to the place."""
        return self.text[self.start : self.place]

    @property
    def tail(self) -> str:
        """The text from the place to the end of its line."""
        end = self.text.find("\n", self.place)
        return self.text[self.place : end if end >= 0 else len(self.text)]

    @property
    def before(self) -> str:
        """The last character that is no blank before the place, or nothing."""
        return self.text[: self.place].rstrip()[-1:]

    def says(self, message: str) -> Problem:
        """Return the problem at the place."""
        return Problem(f"unexpected {quoted(self.seen)}; {message}", self.place)


def slip(error: UnexpectedInput, text: str) -> Problem | None:
    """Return what was meant and how it is written here, or ``None`` where nothing is known."""
    fault = _fault(error, text)
    if fault is None or fault.seen in UNREAD:
        return None
    return next((found for look in _LOOKS for found in look(fault)), None)


def _fault(error: UnexpectedInput, text: str) -> Fault | None:
    plain = without_hidden(text)
    if isinstance(error, UnexpectedCharacters):
        place = error.pos_in_stream or 0
        token, wanted, stack = plain[place : place + 1], frozenset(error.allowed or ()), ()
    elif isinstance(error, UnexpectedToken):
        if error.token.type == "$END":
            return None
        place, token = place_of(error.token), str(error.token)
        wanted = frozenset(error.accepts or error.expected)
        stack = tuple(error.state.value_stack[-4:])
    else:
        return None
    before = plain[:place]
    depth = before.count("{") - before.count("}")
    breaks = ";{}\n" if depth else "}\n"
    start = max(before.rfind(mark) for mark in breaks) + 1
    return Fault(
        plain, place, token, wanted, stack, start + len(before[start:]) - len(before[start:].lstrip()), depth
    )


def _words(fault: Fault) -> Iterator[Problem]:
    """Statements of other languages: ``return``, ``for``, ``elif``."""
    statement = fault.text[fault.start :]
    word = _WORD.match(statement)
    if word and word[0] in NO_STATEMENTS and not re.match(r"\s*(?:=(?!=)|<-|~)", statement[word.end() :]):
        yield Problem(f"{quoted(word[0])} is no statement; {NO_STATEMENTS[word[0]]}", fault.start)
    if word and word[0] in UNSAID and not re.match(r"\s*(?:=(?!=)|<-|~)", statement[word.end() :]):
        yield Problem(unsaid(word[0]), fault.start)


def _assignments(fault: Fault) -> Iterator[Problem]:
    """``x += e``, ``x := e``, ``x -> e``, ``x++``, and ``<-`` outside of a block."""
    found = _ASSIGNMENT.match(fault.text, fault.start)
    if found and found.start(2) <= fault.place <= found.end():
        name, sign = found[1], found[2]
        if sign in (":=", "->", "=>"):
            write = (
                f"'{name} = ...' for a name, '{name} <- ...' for a state"
                if fault.depth
                else f"'{name} = ...'"
            )
        else:
            rest = "1" if sign in ("++", "--") else "..."
            write = f"'{name} <- {name} {sign[0]} {rest}'"
            write += "" if fault.depth else ", in a block, '{ ... }'"
        yield Problem(f"'{sign}' is no assignment; write {write}", found.start(2))
    if fault.depth == 0 and fault.text.startswith("<-", fault.place):
        yield Problem("'<-' assigns a state, in a block alone; write '{ w <- w - lr * g }'", fault.place)
    if (
        fault.depth
        and fault.text.startswith("<-", fault.place)
        and fault.head[:1]
        and fault.head[0] in "-+*/^"
    ):
        yield Problem(
            f"this line goes on with the one above, since it begins with '{fault.head[0]}'; a statement "
            "begins with 'state', 'if' or a name",
            fault.start,
        )


def _conditions(fault: Fault) -> Iterator[Problem]:
    """``0 < g < 1``, ``c = g > 0``, ``g > 0 && ...``, ``where(g, ...)``, ``if rank = 2``."""
    tail = fault.tail
    for sign, right in (("=<", "<="), ("=>", ">="), ("===", "=="), ("<>", "!="), ("!==", "!=")):
        for at in (fault.place, fault.place - 1, fault.place - 2):
            if fault.text.startswith(sign, at) and at >= fault.start and "OR" not in fault.wanted:
                yield Problem(f"'{sign}' is no comparison; write '{right}'", at)
    if re.match(r"<=|>=|==|!=|<|>", fault.seen):
        yield _chained(fault) or fault.says(
            "a condition is no value; it stands behind 'if', or first in 'where(condition, x, y)'"
        )
    if tail.startswith("|") and "OR" in fault.wanted:
        yield Problem("conditions are joined by 'or'", fault.place)
    if fault.seen == "~" and ("NOT" in fault.wanted or "OR" in fault.wanted):
        yield Problem("the opposite of a condition is 'not ...'", fault.place)
    if "COMPARE" not in fault.wanted:
        return
    if fault.seen == "=":
        yield fault.says("'=' names a value; a comparison is '=='")
    elif fault.seen in (",", "{", ")", ":"):
        needs = "'if'" if fault.head.lstrip().startswith(("if", "else")) else "'where'"
        yield fault.says(f"{needs} needs a condition, such as 'x > 0'")


def _chained(fault: Fault) -> Problem | None:
    stack = fault.stack
    if len(stack) < 3 or not (isinstance(stack[-2], Token) and stack[-2].type == "COMPARE"):
        return None
    left, sign, middle = stack[-3:]
    assert isinstance(sign, Token)
    write = "0 < g and g < 1"
    right = _COMPARED.match(fault.text, fault.place + len(fault.seen))
    if isinstance(left, Located) and isinstance(middle, Located) and right:
        begin = fault.text[left.position : place_of(sign)].strip()
        between = fault.text[place_of(sign) + len(sign) : fault.place].strip()
        if "\n" not in begin + between and len(begin + between) <= 80:
            write = f"{begin} {sign} {between} and {between} {fault.seen} {right[1]}"
    return fault.says(f"comparisons are not chained; write '{write}'")


def _branches(fault: Fault) -> Iterator[Problem]:
    """``x if c else y``, ``if c: ...``, ``where(c, x)``."""
    choice = "a choice among values is 'where(condition, x, y)'"
    inside = bool(fault.head) and not fault.head.startswith("if")
    if fault.seen == "if" and inside and not re.match(r"if\b[^{};]*\{", fault.tail):
        yield fault.says(choice)
    if not fault.depth and re.search(r"~.*\bif\b", fault.head):
        yield fault.says(choice)
    if "LBRACE" in fault.wanted and fault.depth and "AND" in fault.wanted and fault.seen not in "&|^":
        yield fault.says("what 'if' decides stands in braces, 'if rank >= 2 { ... }'")
    if fault.seen == ")" and "COMMA" in fault.wanted and re.search(r"\bwhere\s*\([^()]*$", fault.head):
        yield fault.says("'where' takes three arguments, 'where(condition, x, y)'")
    if fault.seen == "else" and not fault.head:
        yield fault.says("'else' follows the '}' of its 'if'")


def _arguments(fault: Fault) -> Iterator[Problem]:
    """``mean(g, axes=(1, 2))`` and ``AdamW(g, betas=(0.9, 0.99))``."""
    if found := _AXES.search(fault.head):
        yield Problem(no_axes(found[1]), fault.start + found.start(2))
    elif found := _GIVEN_TUPLE.search(fault.head):
        means = (
            "a setting is one number, as in 'beta1=0.9'"
            if found[1][0].isupper()
            else "an argument is one value"
        )
        yield Problem(f"{quoted(found[2])} is given a tuple; {means}", fault.start + found.start(2))


def no_axes(function: str) -> str:
    """Return what to write for the axes of a reduction."""
    return (
        f"'{function}' has no axes; '{function}(x)' is over the whole tensor, 'row_...' and 'col_...' over "
        "the last axes, as 'row_mean(x)', 'mean_first(x)' over the first, and 'mean_rest(x)' over all but "
        "the first"
    )


def _ends(fault: Fault) -> Iterator[Problem]:
    """``;`` outside of blocks, and what stands behind a block."""
    if fault.depth:
        return
    if found := _BARE_STATE.search(fault.text[: fault.place + len(fault.seen)]):
        yield Problem("the statements of a block stand in braces, as in 'Name = { ... }'", found.start(1))
    if fault.seen == ";":
        yield fault.says("';' ends statements in blocks alone; each rule begins in a line of its own")
    elif fault.before == "}" and not fault.head:
        if fault.seen.startswith('"'):
            yield fault.says("a source has its word, as in '} from \"...\"'")
        yield fault.says(AFTER_A_BLOCK)
    elif fault.seen == "{":
        if re.search(r"\b(?:none|momentum|nesterov|schedule)\b", fault.head):
            yield fault.says(
                "a block has no 'none ~' or 'momentum ~' before it; it moves the weight by 'w <- ...'"
            )
        yield fault.says("a block stands alone or behind '=', as in 'Name = { ... }'")


def _statements(fault: Fault) -> Iterator[Problem]:
    """What begins no statement, and two statements in one line."""
    if not fault.depth:
        return
    if _BEGINS_STATEMENT.match(fault.text, fault.place) and (fault.head or fault.before == "}"):
        yield fault.says("two statements in one line are separated by ';'")
    statement = fault.text[fault.start :]
    if re.match(r"state\b", statement):
        if fault.seen == "=" and not fault.head[5:].strip():
            yield Problem("'state' begins a declaration, 'state m'; choose another name", fault.start)
        elif _WORD.match(fault.seen):
            yield fault.says("states are separated by ',', and statements by ';'")
        return
    first = statement[:1]
    example = "'x = ...' names a value, 'x <- ...' assigns a state"
    if not fault.head and not _WORD.match(first) and first not in ";}":
        yield fault.says(f"a statement begins with 'state', 'if' or a name: {example}")
    if fault.seen == "," and re.match(r"\w+(?:\s*,\s*\w+)+\s*(?:<-|=(?!=))", statement):
        yield fault.says("one name is given a value at a time; statements are separated by ';'")
    if re.match(r"(?:none|momentum|nesterov|schedule)\b[^;{}\n]*~", statement):
        yield Problem("a rule of one line has no braces; write 'Name = none ~ ...'", fault.start)
    name = re.match(r"(\w+)\s*(?:\([^()\n]*\)|\[[^\[\]\n]*\])?\s*(<-|=(?!=))?", statement)
    if name and "EQUAL" in fault.wanted and not name[2] and fault.place <= fault.start + name.end():
        yield Problem(f"a value alone is no statement; {example}", fault.start)
    elif name and "EQUAL" in fault.wanted and name[2]:
        yield Problem(f"'{name[2]}' follows a name alone, as in '{name[1]} {name[2]} ...'", fault.start)


def _characters(fault: Fault) -> Iterator[Problem]:
    """Characters of other languages."""
    if fault.seen == "." and (found := attribute(fault.text, fault.place)):
        yield found
    if "STRING" in fault.wanted:
        return
    for sign, message in CHARACTERS.items():
        # Of two characters the first may be an operator.
        for place in (fault.place, fault.place - 1) if sign in ("//", "/*") else (fault.place,):
            if fault.text.startswith(sign, place):
                yield Problem(f"unexpected {quoted(sign)}; {message}", place)


def _heads(fault: Fault) -> Iterator[Problem]:
    """Settings: tuples, missing defaults, and settings without a name of the rule."""
    if not fault.depth:
        found = in_a_head(fault.text, fault.start, fault.place, fault.seen)
        if found is not None:
            yield found


_LOOKS: tuple[Callable[[Fault], Iterator[Problem]], ...] = (
    _characters, _words, _assignments, _heads, _arguments, _branches, _conditions, _ends, _statements,
)  # fmt: skip
