"""MathML of equations: well formed for the whole catalog, and nothing of the LaTeX lost."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from nos_sym import catalog
from nos_sym.backends.latex.printer import latex_rule
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.report.mathml.convert import formula_of
from nos_sym.report.mathml.equation import body_of, display_of, mathml_of, update_of
from nos_sym.report.mathml.tree import Formula, FormulaError

NAMES = [entry.name for entry in catalog.entries()]

GREEK = (
    "alpha",
    "beta",
    "gamma",
    "delta",
    "eta",
    "lambda",
    "mu",
    "nu",
    "rho",
    "sigma",
    "pi",
    "xi",
    "kappa",
    "tau",
)
SYMBOLS = {
    **dict(zip(GREEK, "αβγδηλμνρσπξκτ", strict=True)),
    **{
        "epsilon": "ϵ",
        "varepsilon": "ε",
        "phi": "ϕ",
        "Sigma": "Σ",
        "infty": "∞",
        "top": "\N{DOWN TACK}",
        "flat": "♭",
    },
    **{
        "lvert": "|",
        "rvert": "|",
        "lVert": "‖",
        "rVert": "‖",
        "lfloor": "⌊",
        "rfloor": "⌋",
        "{": "{",
        "}": "}",
    },
    **{"le": "≤", "ge": "≥", "wedge": "∧", "vee": "\N{LOGICAL OR}", "neg": "¬", "cdot": "·", "in": "∈"},
    "bmod": "mod",
}
"""What commands of the printer show."""
SILENT = {
    "left",
    "right",
    "frac",
    "dfrac",
    "sqrt",
    ",",
    "qquad",
    "quad",
    "operatorname",
    "operatorname*",
    "text",
    "\\",
}
MINUS = "\N{MINUS SIGN}"
PLAIN = {"-": "\N{MINUS SIGN}", "'": "\N{PRIME}"}
ACCENTS = {"hat": "^", "widehat": "^"}
WORDS = ("tanh", "exp", "ln", "cos", "arctan", "max", "min")


def shown_by(latex: str) -> list[str]:
    """Return the characters that LaTeX shows, read without the library, in the order of the alphabet."""
    found: list[str] = []
    text = re.sub(
        r"\\(begin|end)\{(align\*|cases)\}", lambda m: "\\lbrace " if m[0] == r"\begin{cases}" else "", latex
    )
    for token in re.findall(r"\\[A-Za-z]+\*?|\\.|[^\s\\{}^_&~]", text):
        name = token.removeprefix("\\")
        if token == "\\_":
            found.append("_")
        elif token == "\\lbrace":
            found.append("{")
        elif token[0] != "\\":
            found.append(PLAIN.get(token, token))
        elif name in ACCENTS:
            found.append(ACCENTS[name])
        elif name in WORDS:
            found += name
        elif name in ("mathrm", *SILENT):
            continue
        else:
            found += SYMBOLS[name]
    return sorted(found)


def characters(formula: Formula) -> list[str]:
    return sorted(c for text in formula.leaves() for c in text if not c.isspace())


PARTS = 16


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.heavy) for n in range(1, PARTS))])
def test_the_whole_catalog_is_well_formed_and_whole(part: int) -> None:
    for name in NAMES[part::PARTS]:
        entry = catalog.entry(name)
        latex = body_of(latex_rule(entry))
        formula = display_of(entry)
        assert characters(formula) == shown_by(latex), name
        root = ElementTree.fromstring(formula.to_mathml())
        assert root.tag == "{http://www.w3.org/1998/Math/MathML}math"
        assert not list(root.iter("{http://www.w3.org/1998/Math/MathML}merror"))
        assert all(len(node.text or "") < 40 for node in root.iter())


@pytest.mark.parametrize(
    ("latex", "mathml"),
    [
        (r"\operatorname{i1e}_{t}", "<msub><mi>i1e</mi><mi>t</mi></msub>"),
        (r"\mathrm{exp\_avg2}_{t}", "<msub><mi>exp_avg2</mi><mi>t</mi></msub>"),
        (r"\mathrm{P}", '<mi mathvariant="normal">P</mi>'),
        ("w_{t'}", "<msub><mi>w</mi><mrow><mi>t</mi><mo>\N{PRIME}</mo></mrow></msub>"),
        ("0.9", "<mn>0.9</mn>"),
        ("a - b", "<mi>a</mi><mo>\N{MINUS SIGN}</mo><mi>b</mi>"),
        (r"\text{a < b & c}", "<mtext>a\xa0&lt;\xa0b\xa0&amp;\xa0c</mtext>"),
        (
            r"\lvert x \rvert",
            '<mo form="prefix" stretchy="true">|</mo><mi>x</mi><mo form="postfix" stretchy="true">|</mo>',
        ),
    ],
)  # fmt: skip
def test_what_the_library_leaves_is_put_right(latex: str, mathml: str) -> None:
    made = formula_of(latex).to_mathml()
    assert made == f'<math xmlns="http://www.w3.org/1998/Math/MathML">{mathml}</math>'


def test_what_is_no_formula_is_one_line() -> None:
    with pytest.raises(FormulaError, match="no formula can be made of this LaTeX") as error:
        formula_of("\\frac{1}{\n")
    assert "\n" not in str(error.value)
    assert mathml_of("\\frac{1}{") == "" and mathml_of("") == ""


def test_data_of_a_formula_are_short() -> None:
    rule = parse("none ~ tanh(v_hat) / (sqrt(s_hat) + 1e-8)")
    assert isinstance(rule, Rule)
    hat = [["_", ["h", letter, "^"], "t"] for letter in "vs"]
    packed = update_of(rule).pack()
    assert packed == [
        "",
        ["/", ["", "tanh", "(", hat[0], ")"], ["", ["q", hat[1]], "+", ["^", "10", ["", MINUS, "8"]]]],
    ]


def test_a_rule_of_ascent_has_the_opposite_sign() -> None:
    rule = parse("none ~ g")
    assert isinstance(rule, Rule)
    assert update_of(Rule(rule.momentum, rule.update, ascent=True)).leaves() == [MINUS, "g", "t"]
