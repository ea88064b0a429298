"""What nodes may hold: operands and leaves as texts, operations with their constants."""

from __future__ import annotations

import pytest

from nos_sym import parse
from nos_sym.errors import GenomeError
from nos_sym.genome.form import Form
from nos_sym.genome.operand import leaf, operand, operand_text
from nos_sym.genome.search_space import OPERANDS, SCHEDULES
from nos_sym.language.printer import print_expression


@pytest.mark.parametrize("text", [*OPERANDS, "w", "1e-8", "-2", "0.01 * w", "ema(g, 0.9)", "qhm(0.5)",
                                  "ema_hat(g^2, 0.999)", "sign(ema(g, 0.9))"])  # fmt: skip
def test_operands_are_recognized_and_print_as_they_are(text: str) -> None:
    expression = parse(f"none ~ {text}").update
    assert operand_text(expression) == text
    assert operand(text) == expression
    assert print_expression(operand(text)) == text


@pytest.mark.parametrize("text", ["tanh(g)", "g * w", "g - ema(g, 0.9)", "ema(w, 0.9)", "[a1] g", "g^2 * w"])
def test_what_is_composed_is_no_operand(text: str) -> None:
    assert operand_text(parse(f"none ~ {text}").update) is None
    with pytest.raises(GenomeError, match="not an operand"):
        operand(text)


@pytest.mark.parametrize("text", ["1e-08", "(g)", "g ", 'g from "x"', "g\nnone ~ w", "", "g" * 200, "a1"])
def test_an_operand_is_written_as_the_language_prints_it(text: str) -> None:
    with pytest.raises(GenomeError, match="not an operand"):
        operand(text)


def test_leaves_of_decay_functions() -> None:
    for text in (*SCHEDULES, "correction(0.9)", "p", "0.5", "-1"):
        assert print_expression(leaf(text)) == text
    for text in ("g", "tanh(a1)", "a15", "a1] g * [a2", "2] g #"):
        with pytest.raises(GenomeError):
            leaf(text)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (("tahn",), "did you mean 'tanh'"),
        (("g",), "no operation of a node"),
        (("scale",), "no operation of a node"),
        (("ema",), "expected beta"),
        (("ema", ("1.5",)), "out of range"),
        (("ema", ("v_hat",)), "no number"),
        (("tanh", ("1",)), "expected none"),
        (("add", (), "0"), "no literal"),
        (("max", (), "2"), "no literal"),
        (("drop", ("0.5", "1")), "expected rate"),
    ],
)
def test_wrong_forms_are_refused_in_one_line(form: tuple[object, ...], message: str) -> None:
    with pytest.raises(GenomeError, match=message) as error:
        Form(*form)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)
