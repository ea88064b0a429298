"""What is read by several commands is read in one way, and what is left out or doubted is said."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nos_sym.cli.main import cli
from nos_sym.search.store.store import Store

LOG = "INFO:root:INIT PARTICLE 1/50 : None ~ tanh(g) : val: 0.79 - Time: 198.1\n" + "".join(
    f"2021-05-03 12:00:{n:02},5 INFO:root:None ~ tanh(v hat) val: 0.8{n} - Time: 1.5\n" for n in range(20)
)


TWICE = "the name 'A' is given twice; rename one"


def run(*arguments: object, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments], input=text)


def written(folder: Path, text: str, name: str = "a.nos") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A = none ~ g\n# again\nA = none ~ w\n", f"{TWICE} (line 3, column 1)"),
        ("A = none ~ g\nB = none ~ g\n  A = none ~\n  w", f"{TWICE} (line 3, column 3)"),
        ("A = none ~ g\n???\nA(eps=1) = none ~ eps * w\n", None),
        ("", "is empty"),
        ("none ~ g\0", "zero bytes"),
        ("none ~ g none ~ w\n", "after a complete rule"),
    ],
)  # fmt: skip
def test_dedup_refuses_a_file_in_the_words_of_parse(text: str, message: str | None, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    parsed, compared = run("parse", path), run("dedup", path)
    assert (parsed.exit_code, compared.exit_code) == (2, 2)
    if message is None:
        assert f"{TWICE} (line 3, column 1)" in compared.stderr
    else:
        assert message in parsed.stderr and message in compared.stderr


@pytest.mark.parametrize(
    "blank", ["\f", " \t", "\r", "\f\f\n\f", "\u00a0", "\u2009\u3000", "\u200b", "\ufeff"]
)
def test_a_blank_for_one_command_is_a_blank_for_the_other(blank: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"A = none ~ g{blank}\n{blank}\n{blank}B = none ~{blank}w\n")
    assert run("parse", path).stdout == "A = none ~ g\nB = none ~ w\n"
    record = json.loads(run("dedup", path, "--json").stdout)
    assert (record["optimizers"], record["unreadable"], record["errors"]) == (2, 0, [])


@pytest.mark.parametrize("end", ["\r", "\u2028", "\x85", "\r\n"])
def test_every_line_end_is_one_for_both(end: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"A = none ~ g{end}# c{end}B = none ~ w{end}C = none ~ tahn(g){end}")
    message = "'tahn'; did you mean 'tanh'?"
    assert f"{message} (line 4, column 12)" in run("parse", path).stderr
    record = json.loads(run("dedup", path, "--json").stdout)
    assert record["lines"] == [1, 3, 4]
    assert [(e["line"], message in e["error"]) for e in record["errors"]] == [(4, True)]


@pytest.mark.parametrize("mark", ["\x0b", "\x1c", "\u00ad", "\u2063"])
def test_what_is_no_blank_is_one_for_neither(mark: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"A = none ~ g{mark}\nB = none ~ w\n")
    message = f"unexpected character U+{ord(mark):04X}"
    assert message in run("parse", path).stderr
    result = run("dedup", path)
    assert result.exit_code == 0
    assert "1 more cannot be read\n  line      1  " + message in result.stdout
    (error,) = json.loads(run("dedup", path, "--json").stdout)["errors"]
    assert error["line"] == 1 and error["error"].startswith(message)


def test_a_file_that_parse_reads_is_the_same_list_for_dedup(repository: Path) -> None:
    for name in ("baselines", "discovered"):
        path = repository / "nos_sym" / "catalog" / f"{name}.nos"
        parsed = run("parse", path).stdout.splitlines()
        record = json.loads(run("dedup", path, "--json").stdout)
        assert len(record["rules"]) == len(parsed)
        lines = path.read_text(encoding="utf-8").splitlines()
        for line, rule, text in zip(record["lines"], record["rules"], parsed, strict=True):
            assert lines[line - 1].split("=")[0] == rule.split("=")[0]
            assert run("parse", rule).stdout.strip() == text


def test_evaluations_behind_time_stamps_are_not_lost(tmp_path: Path) -> None:
    path = written(tmp_path, LOG, "a.log")
    assert "imported   21 evaluations" in run("import", path, "--store", tmp_path / "a.db").stdout
    assert "read        21 evaluations" in run("dedup", path).stdout
    assert run("parse", path).stderr == ""


def test_lines_that_are_skipped_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path, LOG + "somewhere None ~ g val: 0.5 - Time: 1\nINFO:root:Mom ~ g val\n", "a.log")
    skipped = "2 lines that are cut off or of another layout: 22, 23\n"
    assert f"skipped    {skipped}" in run("import", path, "--store", tmp_path / "a.db").stdout
    assert f"skipped     {skipped}" in run("dedup", path).stdout
    parsed = run("parse", path)
    assert (parsed.exit_code, parsed.stderr) == (0, f"note: skipped {skipped}")


def test_an_infinite_accuracy_is_a_training_without_a_fitness(tmp_path: Path) -> None:
    line = "INFO:root:None ~ tanh(g) val: {} - Time: 3600.0\n"
    path = written(tmp_path, "".join(map(line.format, ("inf", "nan", "-inf", "0.5"))), "a.log")
    store = tmp_path / "a.db"
    assert (
        "4 evaluations, 3 of them without a fitness, 4.00 h" in run("import", path, "--store", store).stdout
    )
    with Store.read(store) as opened:
        reasons = [getattr(e.result, "reason", None) for e in opened.evaluations()]
    assert reasons == [f"the validation accuracy is {x}" for x in ("inf", "nan", "-inf")] + [None]
    record = json.loads(run("dedup", path, "--json").stdout)
    assert record["classes"][0]["accuracies"] == {"search": [0.5]}


@pytest.mark.parametrize("epsilon", ["1e-8", "1e-6", "0.001"])
@pytest.mark.parametrize("average", ["v_hat", "ema(g, 0.999)", "ema_hat(g, 0.9)"])
def test_the_root_of_an_average_of_g_with_an_epsilon_gets_a_note(epsilon: str, average: str) -> None:
    for root in (f"sqrt({average}) + {epsilon}", f"{epsilon} + sqrt({average})"):
        result = run("parse", f"none ~ g / ({root})")
        assert (result.exit_code, result.stdout) == (
            0,
            f"none ~ g / ({root})\n".replace("ema_hat(g, 0.9)", "v_hat"),
        )
        assert result.stderr.startswith(
            "note: in 'sqrt(" if root.startswith("sqrt") else f"note: in '{epsilon}"
        )
        assert "that of g^2, Adam's v, is 's_hat'" in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "rule",
    ["none ~ g / (sqrt(s_hat) + 1e-8)", "none ~ sqrt(v_hat) + 1", "none ~ sqrt(v_hat)", "none ~ v_hat + 1e-8",
     "None ~ sqrt(|v hat|)", "none ~ sqrt(ema(g^2, 0.9)) + 1e-8", "Adam", "schedule ~ a1"],
)  # fmt: skip
def test_other_roots_get_none(rule: str) -> None:
    result = run("parse", rule)
    assert (result.exit_code, result.stderr) == (0, "")


def test_what_a_store_holds_is_printed_escaped(tmp_path: Path) -> None:
    path = written(tmp_path, LOG, "a.log")
    store = tmp_path / "a.db"
    run("import", path, "--store", store)
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE runs SET name = ?", ("\x1b]0;x\x07\u202e",))
    connection.close()
    shown = run("runs", store).stdout
    assert "\\x1b]0;x\\x07\\u202e" in shown and shown.replace("\n", "").isprintable()
    (record,) = json.loads(run("runs", store, "--json").stdout)
    assert record["name"] == "\x1b]0;x\x07\u202e"


@pytest.mark.parametrize("name", ["a\nb.nos", "a\u202eb.nos", "a\x1b[31m.nos", "x" * 5000])
def test_the_name_of_a_file_is_one_line(name: str, tmp_path: Path) -> None:
    for arguments in (
        ["parse", f"{tmp_path}/{name}"], ["dedup", f"{tmp_path}/{name}"], ["show", f"{tmp_path}/{name}"],
        ["top", f"{tmp_path}/{name}"], ["import", f"{tmp_path}/{name}", "--store", f"{tmp_path}/a.db"],
        ["runs", f"{tmp_path}/{name}"], ["render", "SGD", "-o", f"{tmp_path}/none/{name}"],
        ["evolve", "--store", f"{tmp_path}/a.db", "--settings", f"{tmp_path}/{name}"],
        ["evolve", "--store", f"{tmp_path}/a.db", "--set", f"{name}=1"], ["show", "SGD", "--rule", name],
        ["parse", "none ~ g", "--to", name], ["completion", name], [name],
    ):  # fmt: skip
        result = run(*arguments)
        lines = result.stderr.splitlines()
        assert result.exit_code in (1, 2) and lines[0].startswith("error: ")
        assert all(line.isprintable() and len(line) < 700 for line in lines)
        assert len(lines) in (1, 3)
