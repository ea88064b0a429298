"""What notebooks show of rules and genomes: well-formed, escaped, without colors of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
from support.well_formed_latex import check_well_formed

import nos_sym
from nos_sym import catalog

SHOWN = ("Opt7", "SGD", "AdamW", "Lion", "LR1", "WarmupLinear")


class _Balanced(HTMLParser):
    """Reads HTML, and fails where a tag is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(html: str | None) -> str:
    """Return the text of HTML that is well-formed."""
    assert html is not None
    reader = _Balanced()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return "".join(reader.text)


@pytest.mark.parametrize("name", SHOWN)
def test_html_has_the_name_the_text_and_the_settings(name: str) -> None:
    rule = catalog.entry(name)
    text = read(rule._repr_html_())
    assert name in text
    assert rule.source in text
    for node in rule.settings:
        assert str(node.args[0].name) in text
    assert str(rule._repr_html_()) == rule._repr_html_()


def test_html_of_a_rule_has_its_equation() -> None:
    text = read(nos_sym.parse("none ~ tanh(g)")._repr_html_())
    assert text == "none ~ tanh(g)w <- w - lr * U\nU = tanh(g)"


def test_html_of_a_block_is_its_text() -> None:
    text = read(catalog.entry("SGDTorch")._repr_html_())
    assert "w <- w - lr" in text


@pytest.mark.parametrize("name", SHOWN)
def test_html_has_no_color_of_its_own(name: str) -> None:
    html = str(catalog.entry(name)._repr_html_())
    assert not re.search(r"#[0-9a-f]{3}|rgb|black|white\b(?!-)", html)
    assert set(re.findall(r"(?:^|[ ;\"])(?:color|background): ([^;\"]+)", html)) <= {"inherit", "transparent"}


def test_hostile_sources_are_escaped() -> None:
    rule = nos_sym.parse("none ~ g").named("Mine", "<script>alert(1)</script> & $x$ '</code>'")
    html = str(rule._repr_html_())
    assert "<script" not in html
    assert rule.source in read(html)
    # MathJax reads no dollars of code, and LaTeX has no comments with them.
    assert "<code" in html.partition("&lt;script")[0]
    assert "script" not in str(rule._repr_latex_())
    assert "script" not in str(rule._repr_svg_())


@pytest.mark.parametrize("name", SHOWN)
def test_latex_is_equations_alone(name: str) -> None:
    text = str(catalog.entry(name)._repr_latex_())
    assert text.startswith("\\begin{align*}")
    assert text.endswith("\\end{align*}")
    check_well_formed(text)


def test_svg_is_the_graph_of_rules_of_one_line() -> None:
    assert Xml.fromstring(str(catalog.entry("Opt4")._repr_svg_())).tag.endswith("svg")
    assert nos_sym.parse("{ w <- w - lr * g }")._repr_svg_() is None
    assert catalog.entry("LR1")._repr_svg_() is None


def test_genomes_show_their_graph() -> None:
    genome = nos_sym.sample(np.random.default_rng(1))
    assert Xml.fromstring(str(genome._repr_svg_())).tag.endswith("svg")
    assert str(genome._repr_svg_()).strip() in str(genome._repr_html_())
    assert "align*" in str(genome._repr_latex_())


def test_nothing_is_loaded_before_something_is_shown() -> None:
    code = (
        "import sys, nos_sym\n"
        "rule = nos_sym.parse('none ~ g')\n"
        "repr(rule)\n"
        "assert 'nos_sym.display' not in sys.modules\n"
        "rule._repr_html_(), rule._repr_latex_(), rule._repr_svg_()\n"
        "print(sorted({'torch', 'tensorflow', 'keras', 'jax', 'IPython'} & set(sys.modules)))\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert shown.stdout == "[]\n"
