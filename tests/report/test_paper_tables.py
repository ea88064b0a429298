"""The tables of the paper: what is in them, in which symbols, and that a real LaTeX compiles them."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from support.tex import compiled
from support.well_formed_latex import check_well_formed

from nos_sym import catalog
from nos_sym.genome.search_space import BINARY, DECAY_BINARY, DECAY_UNARY, OPERANDS, SCHEDULES, UNARY
from nos_sym.report.tables.notation import Notation, NotationError, notation_of
from nos_sym.report.tables.paper_tables import NUMBERS, table
from nos_sym.report.tables.results import paper_results
from nos_sym.report.tables.table import Table, document
from nos_sym.report.tables.text import comment, latex_text

HOSTILE = (
    r"\input{/etc/passwd}",
    r"\write18{id}",
    "^^5cinput x",
    "100 % & _ # $ ~ { } \\ | < > \" ' ` -- ^",
    "a\nb\x1b[2J\u202e\u65e5",
    r"\end{tabular}\end{document}",
)


def rows(made: Table) -> int:
    return sum(len(group) for group in made.groups)


def test_every_table_has_its_rows() -> None:
    stateful = sum(form.operation in ("ema_hat", "delta", "running_max") for form in UNARY)
    due = {
        1: 3, 2: len(OPERANDS), 3: len(UNARY) - stateful, 4: len(BINARY), 5: stateful,
        6: len(DECAY_UNARY), 7: len(SCHEDULES), 8: 17, 9: 5, 10: 9, 11: 38, 12: 6, 13: 38,
    }  # fmt: skip
    made = {number: table(number) for number in NUMBERS}
    # The paper's Table 6 has unary operations alone; the others stand below it.
    (binary,) = made[6].notes
    assert binary.count("$") == 2 * len(DECAY_BINARY)
    assert {number: rows(each) for number, each in made.items()} == due
    assert len({each.label for each in made.values()}) == len(made)
    for each in made.values():
        for group in each.groups:
            for row in group:
                assert len(row) == len(each.head) == len(each.columns)
                for formula in re.findall(r"\$([^$]*)\$", " ".join(row)):
                    check_well_formed(formula)


def test_cells_are_the_equations_of_the_paper() -> None:
    cells = {row[0]: row[1:] for number in (8, 9, 10) for group in table(number).groups for row in group}
    assert cells["Opt7"] == ("none", r"$\tanh(\max(a_{6}, a_{10})\,\operatorname{arcsinh}(q))$")
    assert cells["Opt9"][0] == "Nesterov"
    assert cells["A1"] == (r"$\operatorname{clip}(\hat{v}, \sqrt{\hat{s}})$",)
    assert cells["LR9"] == (r"$\tanh(\max(a_{10}, a_{6}))$",)
    assert set(cells) == {
        name
        for name in catalog.names()
        if catalog.group_of(name) in ("discovered", "adam_variants", "schedules")
    }
    moves = [row[1] for row in table(1).groups[0]]
    assert moves[0] == r"$w \leftarrow w - \eta\,U$"
    assert moves[2] == r"$m \leftarrow \mu\,m - \eta\,U$, \quad $w \leftarrow w + \mu\,m - \eta\,U$"


def test_symbols_are_a_setting() -> None:
    own = notation_of(("weights=\\theta", "gradient=\\nabla_t", "first=m", "decay=d", "update=\\Delta"))
    text = "".join(table(number, own).latex() for number in (1, 2, 7, 8, 9))
    for symbol in (r"\theta", r"\nabla_t", r"\hat{m}", "d_{4}", r"\Delta"):
        assert symbol in text
    assert not re.search(r"\bw\b|\\hat\{v\}|a_\{4\}", "".join(re.findall(r"\$[^$]*\$", text)))


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"weights={symbol}"
            for symbol in (r"\input{x}", "^^5c", "a%b", "{", "}{", "", r"\write18", "w&v", "x" * 99)
        ),
        "weight=w",
        "weights",
        "weights=\\csname",
    ],
)
def test_what_is_no_symbol_is_refused(text: str) -> None:
    with pytest.raises(NotationError):
        notation_of((text,))
    with pytest.raises(NotationError):
        notation_of(("weights=w", "weights=v"))


@pytest.mark.parametrize(
    "symbol",
    [
        "_", "^", "x_a_b", "x^a^b", "x^2'", "x''^a'", r"\theta_", r"x^", r"\hat", r"\hat{}", "x_{}", "{}",
        r"x_\hat{y}", r"x^\hat{y}", r"\hat\hat x", "'", "12", "x,y", "\\", "q", "t", "x_1",
    ],
)  # fmt: skip
def test_what_tex_would_refuse_is_no_symbol(symbol: str) -> None:
    with pytest.raises(NotationError) as caught:
        notation_of((f"weights={symbol}",))
    assert "weights" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        ("weights=x", "gradient=x"),
        (r"weights=\eta",),
        ("weights={g}",),
        (r"weights=\hat v",),
        ("weights=a_3",),
        (r"first=\hat{x}", "second=x"),
        ("rate=m",),
        ("weights=x_a", "gradient={x}_{a}"),
    ],
)
def test_one_symbol_is_not_that_of_two_quantities(changes: tuple[str, ...]) -> None:
    with pytest.raises(NotationError, match="would both be"):
        notation_of(changes)


@pytest.mark.timeout(120)
def test_symbols_with_scripts_and_primes_compile_wherever_they_stand(tmp_path: Path) -> None:
    symbols = (
        "x_a", "x^2", "x'", "x'_a", "x_a'", "x'^2", r"\hat x", r"\hat\theta", r"x_\theta", r"x_{\hat{y}}",
        r"\hat{x^2}'_a", r"\vec{\theta}_{i}^{2}", r"\tilde{\hat{\bar{x}}}", r"\mathbf{w}", r"{x}_{y}",
        r"\nabla_{k,i}", "x_{a_{b_{c}}}", r"x^\prime",
    )  # fmt: skip
    places = (("weights", 4), ("gradient", 2), ("gradient", 9), ("second", 8), ("decay", 7), ("moment", 1))
    made = [table(number, notation_of((f"{name}={s}",))) for s in symbols for name, number in places]
    text = document(made).replace("\\end{table}", "\\end{table}\\clearpage")
    compiled(text, tmp_path)


def test_text_of_users_has_no_character_of_tex() -> None:
    for text in HOSTILE:
        shown = latex_text(text)
        assert shown.isascii() and "\n" not in shown and "^^" not in shown
        assert set(re.findall(r"\\([A-Za-z]+|.)", shown)) <= {
            "textbackslash", "textasciicircum", "textasciitilde", "textless", "textgreater", "textbar",
            "textquotedbl", "textquotesingle", "textasciigrave", "{", "}", "$", "&", "#", "%", "_",
        }  # fmt: skip
        assert comment(text).startswith("% ") and "\n" not in comment(text) and "^^" not in comment(text)


@pytest.mark.timeout(120)
def test_all_tables_compile(tmp_path: Path) -> None:
    own = Notation(weights=r"\theta", gradient=r"\nabla_{t}")
    made = [table(number) for number in NUMBERS] + [table(8, own)]
    made += [table(number, results=paper_results(), beside=True) for number in (11, 13)]
    pages = compiled(document(made), tmp_path)
    if pages:
        for words in ("Opt101", "LR9", "96.23", "Perplexity", "bias corrected average", "demon increase"):
            assert words in pages


def test_numbers_of_the_paper_stand_beside_those_of_the_same_task() -> None:
    paper = paper_results()
    whole = table(11, results=paper, beside=True)
    assert whole.head[1:5] == ("CIFAR{-}10 [\\%]", "paper", "CIFAR{-}100 [\\%]", "paper")
    # The best is the best of the results, and what was trained alike is said once.
    assert sum("mathbf" in cell for group in whole.groups for row in group for cell in row[2::2]) == 0
    assert sum("96{,}000 steps" in note for note in whole.notes) == 1
    # Of a task that is measured in another way there is nothing to compare with.
    cifar = paper.tasks["CIFAR-10"]
    for change in ({"unit": ""}, {"metric": "top-5 accuracy"}):
        other = dataclasses.replace(
            paper, tasks={**paper.tasks, "CIFAR-10": dataclasses.replace(cifar, **change)}
        )
        assert table(11, results=other, beside=True).head[2].startswith("CIFAR{-}100")
    # A rehearsal is told from it.
    short = dataclasses.replace(
        paper, tasks={**paper.tasks, "CIFAR-10": dataclasses.replace(cifar, steps=960)}
    )
    said = " ".join(table(11, results=short, beside=True).notes)
    assert "CIFAR{-}10: EfficientNetV2{-}Small, from scratch, 960 steps" in said
    assert said.endswith("CIFAR{-}10: EfficientNetV2{-}Small, from scratch, 96{,}000 steps.")


@pytest.mark.timeout(120)
def test_hostile_text_compiles_to_itself(tmp_path: Path) -> None:
    cells = [(latex_text(text), "x") for text in HOSTILE]
    made = Table("hostile", latex_text(HOSTILE[0]), "ll", (latex_text(HOSTILE[3]), "y"), [cells], HOSTILE[1])
    text = document([made])
    pages = compiled(text, tmp_path)
    assert text.count("\\end{document}") == 1
    if pages:
        for words in (
            "\\input{/etc/passwd}",
            "\\write18{id}",
            "^^5cinput x",
            "100 % & _ # $",
            "\\end{document}",
        ):
            assert words in pages
        assert "root:" not in pages
