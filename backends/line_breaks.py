"""Line breaks in generated Python where a line is too long: those that ruff and black choose."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from nos_sym.backends.layout import COLUMNS, literal

_COMMENT = re.compile(r"  # [^\"']*\Z")
_Node = ast.expr | ast.keyword
_ADDITIVE, _MULTIPLICATIVE = (ast.Add, ast.Sub), (ast.Mult, ast.Div, ast.FloorDiv)


def within_columns(text: str) -> str:
    """Return a module whose long lines of code are broken; what is in triple quotes stays as it is."""
    lines: list[str] = []
    quoted = False
    for line in text.split("\n"):
        marks = line.count('"""')
        if len(line) > COLUMNS and not (quoted or marks):
            before = _COMMENT.sub("", lines[-1]) if lines else ""
            lines += broken(line, inside=before.endswith(("(", "[", "{", ",")))
        else:
            lines.append(line)
        quoted ^= marks % 2 == 1
    return "\n".join(lines)


def broken(line: str, *, inside: bool = False) -> list[str]:
    """Return the lines of a statement that fills one line, or of items where that is ``inside`` of brackets.

    What is neither, or has no place for a break, is returned as it is.
    """
    pad = len(line) - len(line.lstrip())
    comment = found[0] if (found := _COMMENT.search(line)) else ""
    text = line.strip().removesuffix(comment)
    if text.startswith("#") or not text.isascii():  # nodes count bytes
        return [line]
    try:
        return _items(text, comment, pad) if inside else _statement(text, comment, pad)
    except SyntaxError:
        return [line]


def _items(text: str, comment: str, pad: int) -> list[str]:
    """Return the lines of items between brackets, of which several stand one a line."""
    if re.match(r'"\w+": ', text):
        made = _Source(f"{{{text}}}")
        table = ast.parse(made.text, mode="eval").body
        if not isinstance(table, ast.Dict) or len(table.values) != 1:
            raise SyntaxError
        value = table.values[0]
        start, end = made.span(value)
        return made.lines(made.text[1:start], value, made.text[end:-1] + comment, pad)
    made = _Source(f"_({text})")
    call = ast.parse(made.text, mode="eval").body
    if not isinstance(call, ast.Call):
        raise SyntaxError
    match made.arguments(call):
        case [one]:
            comma = "," if text.endswith(",") else ""
            return made.lines("", one, comma + comment, pad, inside=True)
        case several:
            return [line for x in several for line in made.lines("", x, ",", pad, inside=True)]


def _statement(text: str, comment: str, pad: int) -> list[str]:
    """Return the lines of a statement, or of the head of a block."""
    other = "el" if text.startswith("elif ") else ""
    text = text.removeprefix(other)
    node = ast.parse(f"{text} pass" if text.endswith(":") else text).body[0]
    value: ast.expr | None = None
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.Expr):
        value = node.value
    elif isinstance(node, ast.Raise):
        value = node.exc
    elif isinstance(node, ast.For):
        value = node.iter
    elif isinstance(node, ast.If):
        value = node.test
    if value is None:
        return [" " * pad + text + comment]
    made = _Source(text)
    start, end = made.span(value)
    return made.lines(other + text[:start], value, text[end:] + comment, pad)


class _Source:
    """A text of one line, and where the nodes of its tree stand in it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def span(self, node: _Node) -> tuple[int, int]:
        """Return where a node begins and ends."""
        assert node.end_col_offset is not None
        return node.col_offset, node.end_col_offset

    def of(self, node: _Node) -> str:
        """Return the text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def arguments(self, call: ast.Call) -> list[_Node]:
        """Return the arguments of a call in their order."""
        return sorted([*call.args, *call.keywords], key=self.span)

    def lines(self, head: str, node: _Node, tail: str, pad: int, *, inside: bool = False) -> list[str]:
        """Return the lines of ``head``, a node and ``tail``.

        An operation that begins ``inside`` of brackets needs none of its own.
        """
        text, space = self.of(node), " " * pad
        whole = f"{space}{head}{text}{tail}"
        if len(whole) <= COLUMNS:
            return [whole]
        match node:
            case ast.keyword(arg=str()):
                return self.lines(f"{head}{node.arg}=", node.value, tail, pad)
            case ast.Lambda():
                head += self.text[self.span(node)[0] : self.span(node.body)[0]]
                return self.lines(head, node.body, tail, pad)
            case ast.Attribute():
                return self.lines(head, node.value, self._behind(node.value, node) + tail, pad)
            case ast.Call() if not self.arguments(node):
                return self.lines(head, node.func, self._behind(node.func, node) + tail, pad)
            case ast.BinOp() | ast.BoolOp() | ast.IfExp():
                parts = self._operands(node)
                if inside:
                    return [space + x for x in (head + parts[0], *parts[1:-1], parts[-1] + tail)]
                return _around(f"{head}(", [text] if _fits(text, pad) else parts, f"){tail}", pad)
            case ast.Call():
                given = self.arguments(node)
                head += self.text[self.span(node)[0] : self.span(node.func)[1]] + "("
                inner = ", ".join(map(self.of, given))
                alone = given[0] if len(given) == 1 else None
                if isinstance(alone, ast.GeneratorExp):
                    inner = inner[1:-1]  # its brackets are those of the call
                if _fits(inner, pad):
                    return _around(head, [inner], f"){tail}", pad)
                if isinstance(alone, ast.GeneratorExp):
                    return [space + head, *self._clauses(alone, pad + 4), f"{space}){tail}"]
                if alone is not None:
                    parts = self.lines("", alone, "", pad + 4, inside=True)
                    return [space + head, *parts, f"{space}){tail}"]
                return self._one_a_line(head, given, f"){tail}", pad)
            case ast.Compare(comparators=[*_, last]) if isinstance(last, ast.Tuple):
                head += self.text[self.span(node)[0] : self.span(last)[0]]
                return self.lines(head, last, tail, pad)
            case ast.Tuple() if not text.startswith("("):
                last = node.elts[-1]
                if not isinstance(last, ast.List):
                    return literal(f"{head}(", [*map(self.of, node.elts)], f"){tail}", pad)
                head += self.text[self.span(node)[0] : self.span(last)[0]]
                return self.lines(head, last, tail, pad)
            case ast.Tuple() | ast.List():
                return self._one_a_line(head + text[0], node.elts, text[-1] + tail, pad)
            case ast.Dict() if all(node.keys):
                pairs = zip(node.keys, node.values, strict=True)
                items = [f"{self.of(key)}: {self.of(value)}" for key, value in pairs if key]
                return literal(head + text[0], items, text[-1] + tail, pad)
            case ast.ListComp() | ast.DictComp():
                if _fits(text[1:-1], pad):
                    return _around(head + text[0], [text[1:-1]], text[-1] + tail, pad)
                return [space + head + text[0], *self._clauses(node, pad + 4), space + text[-1] + tail]
        return [whole]
        match node:
            case ast.keyword(arg=str()):
                return self.lines(f"{head}{node.arg}=", node.value, tail, pad)
            case ast.Lambda():
                head += self.text[self.span(node)[0] : self.span(node.body)[0]]
                return self.lines(head, node.body, tail, pad)
            case ast.Attribute():
                return self.lines(head, node.value, self._behind(node.value, node) + tail, pad)
            case ast.Call() if not self.arguments(node):
                return self.lines(head, node.func, self._behind(node.func, node) + tail, pad)
            case ast.BinOp() | ast.BoolOp() | ast.IfExp():
                parts = self._operands(node)
                if inside:
                    return [space + x for x in (head + parts[0], *parts[1:-1], parts[-1] + tail)]
                return _around(f"{head}(", [text] if _fits(text, pad) else parts, f"){tail}", pad)
            case ast.Call():
                given = self.arguments(node)
                head += self.text[self.span(node)[0] : self.span(node.func)[1]] + "("
                inner = ", ".join(map(self.of, given))
                alone = given[0] if len(given) == 1 else None
                if isinstance(alone, ast.GeneratorExp):
                    inner = inner[1:-1]  # its brackets are those of the call
                if _fits(inner, pad):
                    return _around(head, [inner], f"){tail}", pad)
                if isinstance(alone, ast.GeneratorExp):
                    return [space + head, *self._clauses(alone, pad + 4), f"{space}){tail}"]
                if alone is not None:
                    parts = self.lines("", alone, "", pad + 4, inside=True)
                    return [space + head, *parts, f"{space}){tail}"]
                return self._one_a_line(head, given, f"){tail}", pad)
            case ast.Compare(comparators=[*_, last]) if isinstance(last, ast.Tuple):
                head += self.text[self.span(node)[0] : self.span(last)[0]]
                return self.lines(head, last, tail, pad)
            case ast.Tuple() if not text.startswith("("):
                last = node.elts[-1]
                if not isinstance(last, ast.List):
                    return literal(f"{head}(", [*map(self.of, node.elts)], f"){tail}", pad)
                head += self.text[self.span(node)[0] : self.span(last)[0]]
                return self.lines(head, last, tail, pad)
            case ast.Tuple() | ast.List():
                return self._one_a_line(head + text[0], node.elts, text[-1] + tail, pad)
            case ast.Dict() if all(node.keys):
                pairs = zip(node.keys, node.values, strict=True)
                items = [f"{self.of(key)}: {self.of(value)}" for key, value in pairs if key]
                return literal(head + text[0], items, text[-1] + tail, pad)
            case ast.ListComp() | ast.DictComp():
                inner = text[1:-1]
                at = self.span(node.generators[0].target)[0] - self.span(node)[0] - len("(for ")
                parts = [inner] if _fits(inner, pad) else [inner[: at - 1], inner[at:]]
                return _around(head + text[0], parts, text[-1] + tail, pad)
        return [whole]

    def _behind(self, part: ast.expr, node: ast.expr) -> str:
        """Return what stands between the ends of a part and of the whole."""
        return self.text[self.span(part)[1] : self.span(node)[1]]

    def _one_a_line(self, head: str, items: Sequence[_Node], tail: str, pad: int) -> list[str]:
        inner = [line for x in items for line in self.lines("", x, ",", pad + 4, inside=True)]
        return [" " * pad + head, *inner, " " * pad + tail]

    def _clauses(self, node: ast.ListComp | ast.DictComp | ast.GeneratorExp, pad: int) -> list[str]:
        """Return the lines of what a comprehension has between its brackets."""
        value = node.value if isinstance(node, ast.DictComp) else node.elt
        label = f"{self.of(node.key)}: " if isinstance(node, ast.DictComp) else ""
        starts = []
        for clause in node.generators:
            starts += [self.span(clause.target)[0] - len("for ")]
            starts += [self.span(x)[0] - len("if ") for x in clause.ifs]
        ends = [*starts[1:], self.span(node)[1] - 1]
        parts = [self.text[a:b].rstrip() for a, b in zip(starts, ends, strict=True)]
        return [*self.lines(label, value, "", pad, inside=True), *(" " * pad + x for x in parts)]

    def _operands(self, node: ast.expr) -> list[str]:
        """Return the operands of the outermost operations of one precedence, each behind its operator."""
        first, end = self.span(node)
        places = [first]
        for operand in _outermost(node)[1:]:
            before = self.text[: self.span(operand)[0]].rstrip("( ")
            places.append(before.rfind(" ") + 1)
        return [self.text[a:b].rstrip() for a, b in zip(places, [*places[1:], end], strict=True)]


def _fits(inner: str, pad: int) -> bool:
    """Return whether what stands between brackets fits a line of its own."""
    return pad + 4 + len(inner) <= COLUMNS


def _around(head: str, parts: Iterable[str], tail: str, pad: int) -> list[str]:
    space = " " * pad
    return [space + head, *(f"{space}    {x}" for x in parts), space + tail]


def _outermost(node: ast.expr) -> list[ast.expr]:
    """Return the operands between the operators that are broken first."""
    if isinstance(node, ast.IfExp):
        return [node.body, node.test, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    assert isinstance(node, ast.BinOp)
    alike = _ADDITIVE if isinstance(node.op, _ADDITIVE) else _MULTIPLICATIVE
    if isinstance(node.left, ast.BinOp) and isinstance(node.left.op, alike):
        return [*_outermost(node.left), node.right]
    return [node.left, node.right]
