"""Rules in color: nothing but colors is added, for terminals and for pages."""

from __future__ import annotations

import builtins
import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nos_sym import catalog
from nos_sym.highlight.painting import STYLE, html, painted, painted_lines

CODES = re.compile(r"\x1b\[[0-9;]*m")


def test_a_rule_is_painted() -> None:
    assert painted("none ~ tanh(g)") == "\x1b[1mnone\x1b[0m ~ \x1b[36mtanh\x1b[0m(\x1b[35mg\x1b[0m)"


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("   1   0.9000   none ~ g", 16),
        ("  line 3  Fast(gain=1 in [0, 2)) = none ~ gain * g", 10),
        ("catalog  LR2 = schedule ~ erfc(a4)", 9),
        ("state     s <- 0.99 * s + 0.01 * g^2", 10),
        ("          U = tanh(g)", 10),
        ("          Heavy(beta=0.9) = { state m; w <- w - m }", 10),
    ],
)
def test_rules_are_found_in_lines_of_a_report(line: str, start: int) -> None:
    shown = painted_lines(line)
    assert shown.startswith(line[:start]) and "\x1b" in shown
    assert shown == line[:start] + painted(line[start:])


@pytest.mark.parametrize(
    "line",
    ["by       odd: tanh(-x) = -tanh(x)", "key       2:42afed", "task   digits-base4", "the state is none"],
)
def test_other_lines_stay(line: str) -> None:
    assert painted_lines(line) == line


def test_blocks_are_painted_to_their_end() -> None:
    lines = painted_lines("Heavy = {\n    state m\n    w <- w - lr * m\n}\nstate of g").split("\n")
    assert ["\x1b" in line for line in lines] == [True, True, True, False, False]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x1b"), max_size=40))
def test_no_character_is_changed_by_painting(text: str) -> None:
    for rule in (text, f"none ~ {text}", f"A = {{ {text}"):
        assert CODES.sub("", painted(rule)) == rule
        assert CODES.sub("", painted_lines(rule)) == rule
        assert unescape(re.sub(r"<[^>]*>", "", html(rule))) == rule


def test_html_is_escaped_and_every_class_has_a_style() -> None:
    text = html('A = none ~ "<script>" & g # </code><script>')
    assert "<script" not in text and text.startswith('<code class="nos">') and text.endswith("</code>")
    every = "".join(html(catalog.text_of(name)) for name in ("Adam", "Opt4", "AdamTorch")) + html(
        "none ~ ! # x"
    )
    assert set(re.findall(r'class="(nos-\w+)"', every)) <= set(re.findall(r"\.(nos-\w+)", STYLE))


def test_without_pygments_a_rule_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.startswith("pygments"):
            raise ImportError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    assert painted("none ~ g") == "none ~ g"
    assert html("none ~ g < 1") == '<code class="nos">none ~ g &lt; 1</code>'
