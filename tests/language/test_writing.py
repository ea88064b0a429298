"""Text as papers, word processors and other programs write it."""

from __future__ import annotations

import re

import pytest

from nos_sym.errors import SourceError
from nos_sym.language.parser import parse, parse_file
from nos_sym.language.writing import plain_characters, with_line_ends

SAME = [
    ("none ~ g \N{MINUS SIGN} w", "none ~ g - w"),
    ("none ~ g \N{EN DASH} w", "none ~ g - w"),
    ("none ~ g \N{MIDDLE DOT} w", "none ~ g * w"),
    ("none ~ g \N{DOT OPERATOR} w", "none ~ g * w"),
    ("none ~ g \N{MULTIPLICATION SIGN} w", "none ~ g * w"),
    ("none ~ g \N{CIRCLED DOT OPERATOR} w", "none ~ g * w"),
    ("none ~ g \N{DIVISION SIGN} w", "none ~ g / w"),
    ("none ~ g \N{FRACTION SLASH} w", "none ~ g / w"),
    ("none \N{TILDE OPERATOR} g", "none ~ g"),
    ("none \N{FULLWIDTH TILDE} \N{FULLWIDTH LEFT PARENTHESIS}g\N{FULLWIDTH RIGHT PARENTHESIS}", "none ~ g"),
    ("none\u00a0~\u2009g\u3000+\u202fw\u200b", "none ~ g + w"),
    ("\ufeffnone ~ g", "none ~ g"),
    ("none ~ \N{DIVIDES}g\N{DIVIDES}", "none ~ |g|"),
    ("none ~ \N{MATHEMATICAL ITALIC SMALL G} * \N{MATHEMATICAL BOLD SMALL W}", "none ~ g * w"),
    ("none ~ g**2", "none ~ g^2"),
    ("none ~ -g**2", "none ~ -(g^2)"),
    ("none ~ g\N{SUPERSCRIPT TWO}", "none ~ g^2"),
    ("none ~ g\N{SUPERSCRIPT ONE}\N{SUPERSCRIPT ZERO}", "none ~ abspow(g, 10)"),
    ("none ~ g\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT ONE}", "none ~ recip(g)"),
    ("none ~ \N{SQUARE ROOT}g + \N{SQUARE ROOT}(g + w)", "none ~ sqrt(g) + sqrt(g + w)"),
    ("none ~ 2 * \N{SQUARE ROOT}|w|", "none ~ 2 * sqrt(|w|)"),
    ("none ~ -\N{SQUARE ROOT}ema(g, 0.5)", "none ~ -sqrt(ema(g, 0.5))"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "plain"), SAME, ids=[ascii(text) for text, _ in SAME])
def test_characters_that_stand_for_others(text: str, plain: str) -> None:
    assert parse(text) == parse(plain)
    assert len(plain_characters(text)) == len(text)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\u2028", "\u0085"])
def test_line_ends_count_as_lines(end: str) -> None:
    text = f"A = none ~ g # c{end}B = none ~ w{end}"
    assert [str(rule) for rule in parse_file(text)] == ["A = none ~ g", "B = none ~ w"]
    with pytest.raises(SourceError) as caught:
        parse_file(f"{text}C = none ~ g +* w")
    assert (caught.value.line, caught.value.column) == (3, 15)
    assert with_line_ends("a\r\r\nb\r") == "a\n\r\nb\n"


def test_places_and_carets_are_those_of_the_text_as_it_was_given() -> None:
    with pytest.raises(SourceError) as caught:
        parse("none \N{TILDE OPERATOR} g \N{MINUS SIGN} tahn(g)")
    assert caught.value.column == 12
    assert caught.value.caret().startswith("  none \N{TILDE OPERATOR} g \N{MINUS SIGN} tahn(g)\n")


def test_texts_in_quotes_and_comments_keep_all_but_blanks() -> None:
    source = "M\u00fcller \N{MINUS SIGN} Meier\N{SUPERSCRIPT TWO}, \N{GREEK SMALL LETTER BETA} = 1"
    assert parse(f'none ~ g from "{source}" # \N{SQUARE ROOT}').source == source
    assert parse('none ~ g from "A\u00a0B"').source == "A B"


GREEK = [
    ("\N{GREEK SMALL LETTER BETA}", "beta"), ("\N{GREEK SMALL LETTER BETA}1", "beta1"),
    ("\N{GREEK SMALL LETTER BETA}\N{SUBSCRIPT TWO}", "beta2"), ("\N{GREEK SMALL LETTER EPSILON}", "eps"),
    ("\N{GREEK LUNATE EPSILON SYMBOL}", "eps"), ("\N{GREEK SMALL LETTER LAMDA}", "lam"),
    ("\N{GREEK SMALL LETTER RHO}", "rho"), ("\N{MATHEMATICAL ITALIC SMALL ALPHA}", "alpha"),
]  # fmt: skip


@pytest.mark.parametrize(("letter", "name"), GREEK, ids=[name for _, name in GREEK])
def test_greek_names_of_settings_are_the_names_of_the_field(letter: str, name: str) -> None:
    text = "A({0}=0.5) = none ~ {0} * g"
    assert str(parse(text.format(letter))) == str(parse(text.format(name)))
    with pytest.raises(
        SourceError, match=re.escape(f"'{name}'; a setting is declared in the head")
    ) as caught:
        parse(f"none ~ g + {letter} * w")
    assert caught.value.column == 12


def test_a_greek_letter_and_its_name_are_one_setting() -> None:
    with pytest.raises(SourceError, match="'beta' is given twice"):
        parse("A(\N{GREEK SMALL LETTER BETA}=0.5, beta=0.5) = none ~ beta * g")
    assert parse("A(beta=0.5) = none ~ \N{GREEK SMALL LETTER BETA} * g") == parse(
        "A(beta=0.5) = none ~ beta * g"
    )


MESSAGES = [
    ("none ~ 2 g", 10, "'*' for a product"),
    ("none ~ (2 g)", 11, "'*' for a product"),
    ("none ~ tanh(2 g)", 15, "'*' for a product"),
    ("none ~ tanh(g w)", 15, "'*' for a product"),
    ("none ~ 2(g + w)", 9, "'*' for a product"),
    ("none ~ (g)(w)", 11, "'*' for a product"),
    ("none ~ 2|g|", 9, "'*' for a product"),
    ("none ~ 2\N{SQUARE ROOT}g", 9, "'*' for a product"),
    ("none ~ g(w)", 8, "or write '*' before"),
    ("none ~ +g", 8, "a positive sign is left out"),
    ("none ~ tanh(+g)", 13, "a positive sign is left out"),
    ("none ~ 0,9 * g", 9, "written with a point, as in '0.9'"),
    ("none ~ ema(g, 0,9)", 17, "not more; a decimal fraction is written with a point"),
    ("none ~ \N{SQUARE ROOT}g\N{SUPERSCRIPT TWO}", 10, "write parentheses"),
    ("none ~ \N{SQUARE ROOT}g^2", 10, "write parentheses"),
    ("none ~ g^2^3", 11, "write parentheses"),
    ("momentum(0.95) ~ g", 9, "set where the optimizer is made; write 'momentum ~ ...'"),
    ("A = nesterov(mu=0.9) ~ g", 13, "set where the optimizer is made; write 'nesterov ~ ...'"),
    ("none(0.9) ~ g", 5, "takes nothing in parentheses; write 'none ~ ...'"),
    ("none ~ v\u0302", 9, "character U+0302; a hat is a part of the name, as in 'v_hat'"),
    ("none ~ \N{NABLA}", 8, "the gradient is 'g'"),
    ("none ~ g^\N{VULGAR FRACTION ONE HALF}", 10, "write '1/2'"),
    ("none ~ \N{CUBE ROOT}g", 8, "'x^(1/3)'"),
    ("none ~ \N{GREEK SMALL LETTER PI} * g", 8, "write '4 * arctan(1)'"),
    ("none ~ \N{GREEK SMALL LETTER ETA} * g", 8, "multiplied by the learning rate by itself"),
    ("none ~ g / \N{DOUBLE VERTICAL LINE}g\N{DOUBLE VERTICAL LINE}", 12, "a norm is written as a function"),
    ("none ~ g^w", 10, "write 'abspow(x, y)', which is |x|^y"),
    ("none ~ g from \N{LEFT DOUBLE QUOTATION MARK}x\N{RIGHT DOUBLE QUOTATION MARK}", 15, "between two '\"'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "message"), MESSAGES, ids=[ascii(m[0]) for m in MESSAGES])
def test_what_is_refused_says_what_to_write(text: str, column: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(text)
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (1, column)
