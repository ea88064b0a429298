"""Lists of candidates: CSV with a heading and JSON objects."""

from __future__ import annotations

import json

import pytest

from nos_sym.errors import SourceError
from nos_sym.language.parser import parse
from nos_sym.language.tables import read_csv, read_json


@pytest.mark.parametrize(
    "text",
    [
        'name,rule,loss\nA,none ~ g,0.5\n,"none ~ ema(g, 0.9)",0.4\n',
        'name;rule;loss\nA;none ~ g;0,5\n;none ~ ema(g, 0.9);0,4\n',
        "Name\tloss\tRule\nA\t0.5\tnone ~ g\n\t0.4\tnone ~ ema(g, 0.9)\n",
        '\ufeff\n"name","rule"\r\n"A","none ~ g"\r\n,\r\n"","none ~ ema(g, 0.9)"\r\n',
        'rule,name\nnone ~ g , A\n" none ~ ema(g, 0.9)",',
    ],
)  # fmt: skip
def test_columns_are_found_by_their_names(text: str) -> None:
    assert [(c.name, c.text) for c in read_csv(text)] == [("A", "none ~ g"), ("", "none ~ ema(g, 0.9)")]


def test_rows_and_lines_are_those_of_the_text() -> None:
    text = '\nrule,note\nnone ~ g,"two\nlines"\n\nnone ~ w,x\n'
    assert [(c.row, c.line) for c in read_csv(text)] == [(2, 3), (4, 6)]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the heading names nothing; expected one column 'rule'"),
        ("name,loss\nA,1", 1, "the heading names 'name', 'loss'; expected one column 'rule'"),
        ("rule,rule\na,b", 1, "expected one column 'rule'"),
        ("name,rule\nA,none ~ ema(g, 0.9)", 2, "row 2 has 3 cells, and the heading 2; a cell that holds"),
        ("name,rule\nA,none ~ g\nB", 3, "row 3 has 1 cells"),
        ('name,rule\nA,"none ~ g', 2, "the CSV cannot be read"),
        ('name,rule\nA,"none ~ g" x', 2, "the CSV cannot be read"),
        ("rule\n" + "g" * 140_000, 2, "the CSV cannot be read"),
    ],
)  # fmt: skip
def test_csv_that_is_none(text: str, line: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_csv(text)
    assert message in caught.value.message and caught.value.line == line


@pytest.mark.parametrize(
    "data",
    [
        json.dumps([{"name": "A", "rule": "none ~ g", "loss": 0.5}, {"rule": "none ~ w", "name": None}]),
        json.dumps([{"name": "A", "rule": "none ~ g"}, "none ~ w"], indent=2),
        '{"name": "A", "rule": "none ~ g"}\n\n{"rule": "none ~ w"}\n',
        '\ufeff  [{"name": "A", "rule": "none ~ g"}, {"rule": "none ~ w"}]',
    ],
)
def test_json_has_the_same_columns(data: str) -> None:
    assert [(c.row, c.name, c.text) for c in read_json(data)] == [(1, "A", "none ~ g"), (2, "", "none ~ w")]


def test_json_of_rules_is_read_too() -> None:
    rules = [parse("A = none ~ g"), parse("B(gain=0.5) = nesterov ~ gain * v_hat")]
    for text in (json.dumps([r.to_json() for r in rules]), "\n".join(json.dumps(r.to_json()) for r in rules)):
        assert [c.from_data() for c in read_json(text)] == rules
    one = json.dumps(rules[1].to_json(), indent=2)
    assert [c.from_data() for c in read_json(one)] == rules[1:]
    named = json.dumps([{"name": "C", "rule": rules[0].to_json()}])
    assert [c.from_data().name for c in read_json(named)] == ["C"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[{}]", 1, "row 1 has no 'rule'"),
        ('[{"rule": 1}]', 1, "row 1 has no 'rule'"),
        ('["none ~ g", 3]', 1, "row 2 has no 'rule'"),
        ('{"rule": "none ~ g"}\n{"rule": ', 2, "the text is no JSON"),
        ('{\n"rule": ,', 2, "the text is no JSON"),
        ("[" * 100_000, 1, "nested too deeply"),
        ("[" + "9" * 10_000 + "]", 1, "a number that is too long"),
        ("3\n4", 1, "row 1 has no 'rule'"),
    ],
)
def test_json_that_is_none(text: str, line: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_json(text)
    assert message in caught.value.message and caught.value.line == line


def test_errors_of_a_row_name_row_and_column() -> None:
    (candidate,) = read_csv("name,rule\nclass,none ~ g\n")
    with pytest.raises(SourceError, match=r"row 2, column 'name': .*Python keyword"):
        candidate.named(parse("none ~ g"))
    (candidate,) = read_json('{"version": 1, "update": 3}')
    with pytest.raises(SourceError, match="row 1, column 'rule': a JSON rule needs 'momentum'"):
        candidate.from_data()
