"""Blocks as people write them who know other languages: each gets the writing that is meant, in one line."""

from __future__ import annotations

import time

import pytest

from nos_sym.errors import SourceError
from nos_sym.language.parser import parse_file
from nos_sym.language.reading import MAX_TEXT

READ = {
    "A = { # a\n state m # m\n m <- 0.9*m + g # c; d }\n # b\n w <- w - lr*m # c\n} # d\nB = none ~ g":
        ["A = { state m; m <- 0.9 * m + g; w <- w - lr * m }", "B = none ~ g"],
    "A = {\r\n\r\n state m\r\r m <- g\r\n\r\n w <- w - m\r\n}\r\n": ["A = { state m; m <- g; w <- w - g }"],
    "A = { state m;; \n;m <- g;\n\n w <- w - m; }": ["A = { state m; m <- g; w <- w - g }"],
    "{ w <- w - lr*g; }": ["{ w <- w - lr * g }"],
    "A = { state m; m <--1 + g; m <- -m; w<-w-m }": ["A = { state m; m <- -1 + g; m <- -m; w <- w - m }"],
    "A = { w <- w - where(g <-1, g, -g) }": ["A = { w <- w - where(g < -1, g, -g) }"],
    "A = { w <- w - where(w<-lr, g, 0) }": ["A = { w <- w - where(w < -lr, g, 0) }"],
    "A = { w <- w - lr*where((g > 0 and not (w < 0)) or (g + w) >= 1, where(t == 0, g, 1), 0) }":
        ["A = { w <- w - lr * where(g > 0 and not w < 0 or g + w >= 1, where(t == 0, g, 1), 0) }"],
    "A = {\n u = g\n   + 0.1 * w   # c\n   - 3\n v = g +  # c\n   w\n w <- w - lr * (u\n + v)\n}":
        ["A = { u = g + 0.1 * w - 3; v = g + w; w <- w - lr * (u + v) }"],
    "A = {\n if rank >= 2 { u = g }\n # c\n else if rank == 1 { u = w }\n else {\n u = 2*g }\n w <- u\n}":
        ["A = { if rank >= 2 { u = g } else { if rank == 1 { u = w } else { u = 2 * g } }; w <- u }"],
    'A = { w <- w - lr*g } from "x"\nB(beta=0.9) = none ~ ema(g, beta)\n{ w <- w }\nD = nesterov ascent ~ g':
        ['A = { w <- w - lr * g } from "x"', "B(beta=0.9) = none ~ ema(g, beta)", "{ w <- w }",
         "D = nesterov ascent ~ g"],
    "{ state m; m <- 0.9 * m + g; w <- w - lr * m }": ["{ state m; m <- 0.9 * m + g; w <- w - lr * m }"],
    "A(b=0.9 in [0, 1), k=-1 in (-inf, inf),\n  # c\n  d=3,) = { w <- b * k * d * g }":
        ["A(b=0.9 in [0, 1), k=-1, d=3) = { w <- b * k * d * g }"],
    "A = { w <- w \u2212 lr\u00b7g }": ["A = { w <- w - lr * g }"],
    "A(\u03b2=0.9) = { w <- \u03b2 * w }": ["A(beta=0.9) = { w <- beta * w }"],
    "A(beta=0.9) = { w <- w - beta^(t+1) * g^-1 * 0.96^-t + 2^-(t + 1)}":
        ["A(beta=0.9) = { w <- w - 0.96^(-t) * (beta^(t + 1) * recip(g)) + 2^(-(t + 1)) }"],
    "A = { w <- -g^2 }": ["A = { w <- -g^2 }"],
    "A = { state iff, orx, android; iff <- orx; w <- w - iff - android }":
        ["A = { state iff; state orx; state android; iff <- orx; w <- w - iff - android }"],
    "A = {\n x = |g|\n y = |w| + |g|\n w <- w - x*y\n}":
        ["A = { x = abs(g); y = abs(w) + x; w <- w - x * y }"],
    "A = { state a: step = 1, b: row, c = lr, d; w <- w }":
        ["A = { state a: step = 1; state b: row; state c = lr; state d; w <- w }"],
    "A = { state d: global = 1e-6; d <- max(d, total(sum(g*w))); w <- w - d*g }":
        ["A = { state d: global = 1e-6; d <- max(d, total(sum(g * w))); w <- w - d * g }"],
    'A = { w <- w } from "a } b ; c"': ['A = { w <- w } from "a } b ; c"'],
    "A = { w <- w # it's \"x\n }": ["A = { w <- w }"],
    "A =\n{\n w <-\n  w - g\n u\n =\n g\n}": ["A = { w <- w - g; u = g }"],
    "A = {\f w <- w }": ["A = { w <- w }"],
    "A = { w <- where(not g > 0, g, 0) }": ["A = { w <- where(not g > 0, g, 0) }"],
    "A(k=2) = { if rank >= 2 and min(rows, cols) >= k { u = g } else { u = w }; w <- u }":
        ["A(k=2) = { if rank >= 2 and k <= min(rows, cols) { u = g } else { u = w }; w <- u }"],
}  # fmt: skip
"""Inputs that are hard to read and right, to what they print as."""


@pytest.mark.parametrize("text", READ, ids=range(len(READ)))
def test_what_is_hard_to_read_is_read(text: str) -> None:
    assert [str(rule) for rule in parse_file(text)] == READ[text]


CHAINED = "comparisons are not chained; write '0 < g and g < 1'"
VALUE = "a condition is no value"
CHOICE = "a choice among values is 'where(condition, x, y)'"
ALONE = "a value alone is no statement"
BEGINS = "a statement begins with 'state', 'if' or a name"
SEPARATED = "two statements in one line are separated by ';'"
UNNAMED = "settings stand behind the name of a rule"
ENDS = "';' ends statements in blocks alone"
ENDED = "a rule ends with '}', and the next one begins in a line of its own"
FUNCTION = "there is no such rule above"
TUPLE = "a setting is one number, so write 'beta1=0.9, beta2=0.999'"
NUMBER = "a setting is a number"
REFUSED = [
    ("A(betas=(0.9, 0.999)) = { w <- w - g }", 9, TUPLE),
    ("A(betas=[0.9, 0.999]) = none ~ g", 9, TUPLE),
    ("A(beta) = { w <- w }", 3, "the setting 'beta' has no default; write 'beta=0.9'"),
    ("A(k=1, beta, eps=1) = { w <- w }", 8, "the setting 'beta' has no default; write 'beta=0.9'"),
    ("A(beta in [0, 1)) = { w <- w }", 3, "has no default"),
    ("A(beta: float = 0.9) = { w <- w }", 7, "its domain follows 'in'"),
    ("A(nesterov=True, eps=None) = { w <- w }", 12, f"{NUMBER}: write 1"),
    ("A(eps=None) = none ~ g / eps", 7, f"{NUMBER}: leave it out"),
    ("A(beta=1 - 0.1) = none ~ beta*g", 10, "one decimal number"),
    ("A(beta=1/3) = none ~ beta*g", 9, "one decimal number"),
    ('A(beta="x") = none ~ beta*g', 8, "'beta' is given a text"),
    ("A(*, beta=0.9) = none ~ beta * g", 3, "a setting is a name with its default"),
    ("(beta=0.9) { w <- w }", 1, UNNAMED),
    ("(beta=0.9) none ~ ema(g, beta)", 1, UNNAMED),
    ("A = (beta=0.9) { w <- w }", 5, UNNAMED),
    ("{ w <- where(0 < g < 1, g, 0) }", 20, CHAINED),
    ("none ~ where(w <= g + 1 <= 2, g, 0)", 25, "write 'w <= g + 1 and g + 1 <= 2'"),
    ("{ c = g > 0; w <- w }", 9, VALUE),
    ("{ w <- g > 0 }", 10, VALUE),
    ("{ w <- w - (g > 0) * g }", 15, VALUE),
    ("{ w <- sum(g > 0) }", 14, VALUE),
    ("{ state m = g > 0; w <- w }", 15, VALUE),
    ("{ x = if; w <- w }", 7, CHOICE),
    ("{ u = if rank >= 2 g else w; w <- w - u }", 7, CHOICE),
    ("{ u = g if g > 0 else w; w <- u }", 9, CHOICE),
    ("none ~ g if g > 0 else w", 15, CHOICE),
    ("{ w <- not g }", 8, "a condition stands behind 'if'"),
    ("{ u = g v = w; w <- u }", 9, SEPARATED),
    ("{ state m m <- g; w <- w - m }", 11, SEPARATED),
    ("A = {\n u = g state m\n w <- w }", 8, SEPARATED),
    ("A = { if rank >= 2 { w <- w } w <- w - g }", 31, SEPARATED),
    ("{\n x = g\n [a1] w\n w <- w\n}", 2, BEGINS),
    ("A = {\n x = g\n [a1] w <- 3\n}", 2, BEGINS),
    ("{\n * g; w <- w }", 2, BEGINS),
    ("{ 3 * g; w <- w }", 3, BEGINS),
    ("A = {\n u = g\n - w <- 3\n}", 2, "this line goes on with the one above"),
    ("{ tanh(g); w <- w }", 3, ALONE),
    ("{ g\n w <- w }", 3, ALONE),
    ("{ state k: step; k + 1; w <- w - k }", 18, ALONE),
    ("{ m(t) <- g; w <- w }", 3, "'<-' follows a name alone"),
    ("{ state = 3; w <- w }", 3, "'state' begins a declaration"),
    ("{ state m v; w <- w }", 11, "states are separated by ','"),
    ("A = { w <- w - g\nB = none ~ g", 5, "'{' is never closed"),
    ("A = {\n if rank >= 2 {\n w <- w\n}\n", 5, "'{' is never closed"),
    ("A = { }", 1, "the block does not move the weight; write 'w <- ...' in it"),
    ("A = { w <- w } B = { w <- w }", 16, ENDED),
    ("{ w <- w - g } 3", 16, ENDED),
    ('A = { w <- w } "x"', 16, "a source has its word"),
    ("A = { w <- w };", 15, ENDS),
    ("A = none ~ g; B = none ~ w", 13, ENDS),
    ("A = momentum ~ { w <- w }", 16, "a block has no 'none ~' or 'momentum ~'"),
    ("A { w <- w - g }", 3, "a block stands alone or behind '='"),
    ("A = { w <- clip(g, lo=-1, hi=1) }", 12, "write 'clip(x, low, high)'"),
    ("none ~ clip(g, max=1)", 8, "'min(x, high)' for one of them"),
    ("A = { w <- w - mean(g, axes=(1, 2)) }", 24, "'mean' has no axes"),
    ("{ w <- w - norm2(g, axis=0) }", 21, "'norm2' has no axes"),
    ("A = { u = Adam(clip_norm(g), eps=1e-6); w <- w - lr * u }", 11, FUNCTION),
    ("{ u = AdamW(g, betas=(0.9, 0.99)); w <- w }", 16, "'betas' is given a tuple; a setting is one number"),
    ("{ state m; w <- w - old(m) }", 21, "name it there, as in 'q = x'"),
    ("A(k=0.5) = { w <- k^g^2 }", 22, "write parentheses"),
    ("A(beta=0.9) = { beta <- 0.8; w <- w - beta*g }", 17, "'beta' is a setting"),
    ("A(beta=0.9) = { beta = 0.8; w <- w - beta*g }", 17, "'beta' is a setting"),
    ("{ g <- 2*g; w <- w - g }", 3, "'g' has a meaning already and is not assigned"),
    ("{ lr <- 0.1; w <- w }", 3, "'lr' has a meaning already"),
    ("{ t = 1; w <- w }", 3, "'t' has a meaning already"),
    ("{ w = w - lr*g }", 3, "'w' is a state; assign it with 'w <- ...'"),
    ("{ theta <- g; w <- w }", 3, "the weight is 'w'"),
    ("w <- w - lr * g", 3, "'<-' assigns a state, in a block alone"),
    ("A = none ~ w <- g", 14, "'<-' assigns a state, in a block alone"),
    ("{ u := g; w <- w }", 5, "write 'u = ...' for a name"),
    ("{ w -> w - g }", 5, "write 'w = ...' for a name"),
    ("{ state m; m += g; w <- w }", 14, "write 'm <- m + ...'"),
    ("{ w -= lr * g }", 5, "write 'w <- w - ...'"),
    ("w -= lr * g", 3, "in a block"),
    ("{ w <- where(g > 0 && w < 0, g, 0) }", 20, "joined by 'and'"),
    ("{ w <- where((g > 0) & (w < 0), g, 0) }", 22, "joined by 'and'"),
    ("{ w <- where(g > 0 || w < 0, g, 0) }", 20, "joined by 'or'"),
    ("{ w <- where(!(g > 0), g, 0) }", 14, "is 'not ...'"),
    ("{ w <- where(~(g > 0), g, 0) }", 14, "is 'not ...'"),
    ("{ w <- where(g, w, g) }", 15, "'where' needs a condition"),
    ("{ w <- where(g > 0, g) }", 22, "'where' takes three arguments"),
    ("A(n=1) = { if n { w <- w - g } else { w <- w } }", 17, "'if' needs a condition"),
    ("{ if rank = 2 { w <- w } }", 11, "a comparison is '=='"),
    ("{ w <- where(g =< 0, w, g) }", 16, "write '<='"),
    ("{ if rank >= 2: w <- w }", 15, "stands in braces"),
    ("{ if rank >= 2 { w <- w } elif rank == 1 { w <- g } }", 27, "write 'else if'"),
    ("{ w <- w - g; return w }", 15, "a block ends with the new weight"),
    ("{ for i in range(3) { w <- w - g } }", 3, "has no loops"),
    ("{ w <- w - g.mean() }", 12, "write 'mean(g)'"),
    ("none ~ torch.tanh(g)", 8, "write 'tanh' alone"),
    ("{ state m = zeros_like(w); w <- w - m }", 13, "a state begins at 0"),
    ("{ state m = torch.zeros_like(w); w <- w - m }", 13, "a state begins at 0"),
    ("{ m <- 0.9*m + g; w <- w - lr*m }", 12, "declare 'state m' above"),
    ("{ theta <- theta - lr*g }", 12, "write 'w'"),
    ("{ w <- w - eta*g }", 12, "write 'lr'"),
    ("{ w <- w - lr*g_t }", 15, "write 'g'"),
    ("{ state m; m <- m_{t-1} + g; w <- w - m }", 17, "without a subscript"),
    ("{ state m; w <- w - m_prev }", 21, "is what the step before left"),
    ("{ w <- w - lr*beta1*g }", 15, "as in 'Name(beta1=0.9) = { ... }'"),
    ("{ if ndim == 2 { w <- g } else { w <- w } }", 6, "write 'rank'"),
    ("{ w <- w - max(g, w, 0) }", 12, "write 'max(max(x, y), z)'"),
    ("{ state m; m.mul_(0.9); w <- w - m }", 12, "values are not changed in place"),
    ("{ w <- w - g / torch.norm(g) }", 16, "the norm alone is 'norm2(x)'"),
    ("{ w <- w - lr*g.T }", 15, "transposes of matrices cannot be said"),
    ("{ w <- w - matmul(g, g) }", 12, "products of matrices cannot be said"),
    ("{ input h; w <- w - h*g }", 3, "cannot be said: values that a training hands over"),
    ("{ eval x = w; w <- w - g }", 3, "cannot be said: weights to evaluate at"),
    ("{ State m; w <- w - m }", 3, "a declaration is 'state m'"),
    ("{ state m; m \N{LEFTWARDS ARROW} g; w <- w - m }", 14, "an arrow is written in two characters, '<-'"),
    ("{ w <- w - g // 2 }", 14, "'floor(x / y)'"),
    ("{ w <- w - g /* half */ }", 14, "a comment begins with '#'"),
    ("{ state a, b; a, b <- g, w; w <- w - a }", 16, "one name is given a value at a time"),
    ("A = { none ~ g }", 7, "a rule of one line has no braces"),
    ("{ if rank == 2 { w <- w - g } }", 1, "write 'else { w <- w }'"),
    ("state m; m <- g; w <- w - m", 1, "the statements of a block stand in braces"),
    ("A = none ~ g\nstate m\nm <- g", 1, "the statements of a block stand in braces"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "message"), REFUSED)
def test_what_is_meant_is_said_at_its_place(text: str, column: int, message: str) -> None:
    with pytest.raises(SourceError) as error:
        parse_file(text)
    assert message in error.value.message
    assert error.value.column == column
    assert "\n" not in str(error.value)


def joined(*lines: str) -> str:
    return "{ " + "; ".join(lines) + " }"


HOSTILE = {
    "branches in branches": "{ w <- w; " + "if rank >= 2 { " * 148 + "w <- w - g" + " }" * 149,
    "states in branches": "{ w <- w; "
    + "".join(f"if rank >= 2 {{ state s{i}; s{i} <- g; " for i in range(145))
    + "w <- w - g" + " }" * 146,
    "statements": joined(*(f"x{i} = g + {i}" for i in range(10_000)), "w <- w - x9"),
    "values doubled": joined("x0 = g", *(f"x{i + 1} = x{i} * x{i}" for i in range(200)), "w <- x200"),
    "values doubled to the limit": joined(
        "x0 = g", *(f"x{i + 1} = x{i} * x{i}" for i in range(10)), *(f"y{i} = x10 + {i}" for i in range(900)),
        "w <- w - y2",
    ),
    "states": joined(
        *(f"state s{i}" for i in range(100)), *(f"s{i} <- s{99 - i} + g" for i in range(100)), "w <- s1"
    ),
    "characters": "{ w <- w" + ";" * (MAX_TEXT - 10) + " }",
    "lines": "{ w <- w\n" + "#\n" * (MAX_TEXT // 2 - 8) + "- g }",
    "else if": "{ w <- w; if rank == 0 { w <- g }"
    + "".join(f" else if rank == {i} {{ w <- {i} * g }}" for i in range(1, 3_000)) + " }",
    "not": "{ w <- where(" + "not " * 20_000 + "g > 0, g, w) }",
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_blocks_are_answered_at_once(text: str) -> None:
    begin = time.process_time()
    try:
        for rule in parse_file(text):
            str(rule), rule.to_json(), rule.at_defaults()
    except SourceError as error:
        assert "too large" in str(error)
    assert time.process_time() - begin < 2
