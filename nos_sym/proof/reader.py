"""The strict reader of proofs: what cannot be read is said in one line, with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sympy.core.basic import Basic

from nos_sym.errors import SourceError, quoted
from nos_sym.language.block import Block, Let
from nos_sym.language.node import kind_of
from nos_sym.language.parser import parse_file
from nos_sym.language.rule import Rule, Schedule
from nos_sym.language.state import old_value
from nos_sym.language.traversal import replaced
from nos_sym.proof.format import ASSUME, INDUCTION, LEVELS, NEVER_NEGATIVE, TITLE, Proof, Step, Use
from nos_sym.proof.leaves import STATE_NAME, leaf

MOST_CHARACTERS = 1_000_000
MOST_LINKS = 400
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_VALUE = re.compile(r"\s*([a-z0-9]+)\s*:=\s*(.*\S)\s*")
_HEAD_OF_TENSOR = "none ~ "
_HEAD = ("level", "almost", "A", "B", "times A", "times B", "steps")
_ASSUMED = re.compile(r"(.*\S)\s+is not zero\s*")
MOST_ASSUMED = 8
MOST_INVARIANTS = 100
_INVARIANT = re.compile(r"\s*([AB]\.[A-Za-z][A-Za-z0-9_]*)\s*(?::=\s*(.*\S)|>=\s*0)\s*")


def read_proof(text: str) -> Proof:
    """Read the text of a proof; whether it proves anything is for :mod:`.checker` to say.

    Raises:
        SourceError: what cannot be read, where, and what was expected, in one line.
    """
    if len(text) > MOST_CHARACTERS:
        raise SourceError(
            f"a proof of {len(text)} characters is too long; expected at most {MOST_CHARACTERS}", text, 0
        )
    return _Reader(text).proof()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.head: dict[str, tuple[str, int]] = {}

    def lines(self) -> Iterator[tuple[str, int, int]]:
        """Yield each line that means something, its number, and its place in the text."""
        start = 0
        for number, line in enumerate(self.text.split("\n"), 1):
            shown = line.rstrip("\r")
            if shown.strip() and not shown.lstrip().startswith("#"):
                yield shown, number, start
            start += len(line) + 1

    def fail(self, message: str, place: int) -> SourceError:
        return SourceError(message, self.text, place)

    def proof(self) -> Proof:
        lines = list(self.lines())
        if not lines or lines[0][0].strip() != TITLE:
            raise self.fail(
                f"the text is no proof; expected the first line '{TITLE}'", lines[0][2] if lines else 0
            )
        body = 1
        while body < len(lines) and re.match(r"[a-zA-Z][a-zA-Z ]*:(?!=)", lines[body][0]):
            self._head(*lines[body])
            body += 1
        level, place = self._of_head("level")
        if level not in LEVELS:
            raise self.fail(f"{quoted(level)} is no level; expected {', '.join(LEVELS)}", place)
        first, second = (self._rule(*self._of_head(name)) for name in ("A", "B"))
        return Proof(
            level, first, second, self._chain(lines[body:]),
            self._factor("times A"), self._factor("times B"), self._steps(), self._almost(),
        )  # fmt: skip

    def _head(self, line: str, number: int, start: int) -> None:
        name, _, rest = line.partition(":")
        if name not in _HEAD:
            raise self.fail(f"{quoted(name)} is no part of a head; expected {', '.join(_HEAD)}", start)
        if name in self.head:
            raise self.fail(f"'{name}' stands there twice", start)
        self.head[name] = rest.strip(), start + len(name) + 1 + len(rest) - len(rest.lstrip())

    def _of_head(self, name: str) -> tuple[str, int]:
        if name not in self.head:
            raise self.fail(f"the head of the proof has no '{name}:'", 0)
        return self.head[name]

    def _factor(self, name: str) -> Basic | None:
        if name not in self.head:
            return None
        text, place = self.head[name]
        factor = self._expression(text, place)
        if not kind_of(factor).of_step:
            raise self.fail(f"'{name}' is a tensor; expected a number or a function of the step", place)
        return factor

    def _steps(self) -> int:
        if "steps" not in self.head:
            return 0
        text, place = self.head["steps"]
        if not re.fullmatch(r"[0-9]{1,4}", text):
            raise self.fail(f"{quoted(text)} is no number of steps; expected digits", place)
        return int(text)

    def _almost(self) -> tuple[Basic, ...]:
        if "almost" not in self.head:
            return ()
        text, place = self.head["almost"]
        parts = text.split(";")
        if len(parts) > MOST_ASSUMED:
            raise self.fail(f"{len(parts)} assumptions; expected at most {MOST_ASSUMED}", place)
        return tuple(self._expression(part.strip(), place) for part in parts)

    def _chain(self, lines: list[tuple[str, int, int]]) -> tuple[Step, ...]:
        steps: list[Step] = []
        uses: list[Use] = []
        for line, number, start in lines:
            place = start + len(line) - len(line.lstrip())
            word, _, rest = line.strip().partition(" ")
            if word in ("by", ASSUME):
                if not steps:
                    raise self.fail(f"'{word}' belongs to a link; expected a rule first", place)
                read = self._use if word == "by" else self._assumption
                uses.append(read(rest, number, place + len(word) + 1))
                continue
            if bool(steps) != (word == "="):
                expected = "a line with =, by or assume" if steps else "a rule without ="
                raise self.fail(f"expected {expected}", place)
            rule = self._rule(rest if steps else line.strip(), place + (2 if steps else 0))
            steps.append(Step(rule, tuple(uses), number))
            uses = []
            if len(steps) > MOST_LINKS + 1:
                raise self.fail(f"too many links; expected at most {MOST_LINKS}", place)
        if uses:
            raise self.fail("the proof ends in what a link uses; expected a line with =", len(self.text))
        if not steps:
            raise self.fail("the proof has no chain; expected a rule, and lines with =", len(self.text))
        return tuple(steps)

    def _use(self, text: str, number: int, place: int) -> Use:
        name, *parts = text.split(";")
        if name.strip() == INDUCTION:
            return self._induction(parts, number, place)
        if not _NAME.fullmatch(name.strip()) or name.strip() == ASSUME:
            raise self.fail(
                f"{quoted(name)} names no identity; expected, for example, 'by exp-ln; x := 2'", place
            )
        values: dict[str, str] = {}
        for part in parts:
            match = _VALUE.fullmatch(part)
            if match is None or match[1] in values:
                raise self.fail(f"{quoted(part.strip())} is no value; expected, for example, 'x := g'", place)
            values[match[1]] = match[2]
        return Use(name.strip(), tuple(values.items()), number)

    def _induction(self, parts: list[str], number: int, place: int) -> Use:
        if len(parts) > MOST_INVARIANTS:
            raise self.fail(f"{len(parts)} invariants; expected at most {MOST_INVARIANTS}", place)
        values: list[tuple[str, str]] = []
        for part in parts:
            match = _INVARIANT.fullmatch(part)
            if match is None:
                raise self.fail(
                    f"{quoted(part.strip())} is no invariant; expected, for example, 'A.v := 10 * B.a' or "
                    "'B.n >= 0'",
                    place,
                )
            values.append((match[1], match[2] or NEVER_NEGATIVE))
        return Use(INDUCTION, tuple(values), number)

    def _assumption(self, text: str, number: int, place: int) -> Use:
        match = _ASSUMED.fullmatch(text)
        if match is None:
            raise self.fail(
                f"{quoted(text)} is no assumption; expected, for example, 'assume g is not zero'", place
            )
        return Use(ASSUME, (("x", match[1].strip()),), number)

    def _rule(self, text: str, place: int) -> Rule | Block:
        rule = self._parsed(text, place)
        if isinstance(rule, Schedule):
            raise self.fail("a schedule stands where a rule must be", place)
        return rule

    def _expression(self, text: str, place: int) -> Basic:
        try:
            return _of_one_line(text)
        except SourceError as error:
            raise self.fail(error.message, place + max(0, error.position - len(_HEAD_OF_TENSOR))) from None

    def _parsed(self, text: str, place: int) -> Rule | Block | Schedule:
        try:
            return _single(text)
        except SourceError as error:
            raise self.fail(error.message, place + error.position) from None


def _single(text: str) -> Rule | Block | Schedule:
    rules = parse_file(text)
    rule = rules[0]
    if len(rules) > 1 or rule.name or rule.source or rule.settings:
        raise SourceError(
            "expected one rule without name, settings and source, such as 'none ~ tanh(g)'", text, 0
        )
    return rule


def expression(text: str) -> Basic:
    """Read an expression: a tensor, a number or a function of the step.

    It may be one of blocks, and name states as inductions do, as in ``where(t == 0, g, A.v)``.

    Raises:
        SourceError: what cannot be read.
    """
    if STATE_NAME.search(text):
        return _in_block(text)
    try:
        return _of_one_line(text)
    except SourceError:
        try:
            return _in_block(text)
        except SourceError:
            pass
        raise


def _in_block(text: str) -> Basic:
    """Read an expression as it may stand in a block."""
    names = list(dict.fromkeys(STATE_NAME.findall(text)))
    inner = {name: f"s{name[0]}{i}" for i, name in enumerate(names)}
    declared = "".join(f"state {own}; " for own in inner.values())
    written = STATE_NAME.sub(lambda m: inner[m[0]], text)
    block = _single(f"{{ {declared}value = ({written}); w <- w }}")
    wrong = SourceError(f"{quoted(text)} is no expression", text, 0)
    if not isinstance(block, Block) or len(block.statements) != len(names) + 2:
        raise wrong
    value = block.statements[-2]
    if not isinstance(value, Let):
        raise wrong
    return replaced(value.value, {old_value(own): leaf(name) for name, own in inner.items()})


def _of_one_line(text: str) -> Basic:
    try:
        read = _single(f"schedule ~ {text}")
        assert isinstance(read, Schedule)
        return read.factor
    except SourceError:
        read = _single(_HEAD_OF_TENSOR + text)
        assert isinstance(read, Rule)
        return read.update
