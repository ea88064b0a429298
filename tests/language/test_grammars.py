"""Tables of the grammars: those that stand beside them are of them, and others are not used."""

from __future__ import annotations

import json
from pathlib import Path

import lark
import pytest

from nos_sym.language import grammars, parser
from nos_sym.language.grammars import GRAMMARS, load_grammar, tables


def test_every_grammar_of_the_folder_is_listed(repository: Path) -> None:
    assert sorted(GRAMMARS) == sorted(path.stem for path in (repository / "grammar").glob("*.lark"))


@pytest.mark.parametrize("name", GRAMMARS)
def test_tables_beside_a_grammar_are_its_own(name: str, repository: Path) -> None:
    text = (repository / "grammar" / f"{name}.json").read_text(encoding="utf-8")
    again = "run `make generated` after a change of a grammar"
    assert json.loads(text)["grammar"] == json.loads(tables(name))["grammar"], again
    if json.loads(text)["lark"] == lark.__version__:
        assert text == tables(name), again


@pytest.mark.parametrize("change", ["grammar", "lark", "nothing"])
def test_tables_of_another_grammar_or_lark_are_not_used(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    own = grammars._built
    monkeypatch.setattr(
        grammars, "_built", lambda name, **options: built.append(name) or own(name, **options)
    )
    if change == "grammar":
        text = grammars._text("sympy")
        monkeypatch.setattr(grammars, "_text", lambda name: text + "\n// another\n")
    elif change == "lark":
        monkeypatch.setattr(lark, "__version__", "0.0")
    elif grammars._found("sympy") is None:
        pytest.skip("the tables are those of another Lark")
    tree = load_grammar("sympy").parse("v + 2*tanh(g)")
    assert built == ([] if change == "nothing" else ["sympy"])
    assert tree == own("sympy").parse("v + 2*tanh(g)")


def test_errors_are_the_same_with_tables_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ("none ~ g +", "none ~ tanh(", "A = none ~ (g]", "{ w <- w - lr * g; }", "none ~ g\nA = ", "x")

    def errors() -> list[str]:
        parser._parser.cache_clear()
        found = []
        for text in texts:
            try:
                found.append(str(parser.parse(text)))
            except Exception as error:
                found.append(f"{type(error).__name__}: {error}")
        return found

    with_tables = errors()
    monkeypatch.setattr(grammars, "_found", lambda name: None)
    assert errors() == with_tables
    parser._parser.cache_clear()
