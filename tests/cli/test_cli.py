"""The commands: what they print, what they refuse, and with which exit code."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import nos_sym
from nos_sym.cli.main import cli

RULE = "none ~ tanh([max(a6, a10)] arcsinh(qhm(0.7)))"
TWO_RULES = "First = none ~ g\nSecond = nesterov ~ tanh(g)\n"


def run(*arguments: str, text: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=text)


def succeed(*arguments: str, text: str | bytes | None = None) -> str:
    result = run(*arguments, text=text)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


def refuse(*arguments: str, text: str | bytes | None = None, code: int = 2) -> list[str]:
    """Return the lines on standard error; there is nothing on standard output."""
    result = run(*arguments, text=text)
    assert result.exit_code == code, (result.stdout, result.stderr)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0].startswith("error: ")
    assert len(lines) in (1, 3)
    if len(lines) == 3:
        assert re.fullmatch(r" *\^", lines[2])
        # The caret stands under a character, or at most one place behind the last.
        assert len(lines[2]) <= len(lines[1]) + 1
    return lines


def pointed_at(lines: list[str]) -> str:
    """Return the text from the place of the caret."""
    return lines[1][len(lines[2]) - 1 :]


@pytest.mark.parametrize("backend", ["torch", "tensorflow"])
def test_render_prints_the_source_of_the_class(backend: str) -> None:
    source = succeed("render", "Opt4", "--backend", backend)
    rule = nos_sym.catalog.entry("Opt4")
    assert source == nos_sym.render(rule, backend)
    assert "Opt4" in [n.name for n in ast.parse(source).body if isinstance(n, ast.ClassDef)]


def test_render_is_for_torch_unless_told() -> None:
    assert succeed("render", "Opt4") == succeed("render", "Opt4", "--backend", "torch")


def test_render_takes_text_in_both_syntaxes_and_a_name() -> None:
    own = succeed("render", "none ~ tanh(v_hat)", "-b", "torch", "--name", "Mine")
    authors = succeed("render", "None ~ tanh(v hat)", "-b", "torch", "--name", "Mine")
    assert own == authors
    assert "class Mine(Optimizer):" in own


def test_render_takes_a_file_a_rule_of_a_file_and_standard_input(tmp_path: Path) -> None:
    one, two = tmp_path / "one.nos", tmp_path / "two.nos"
    one.write_text("First = none ~ g\n", encoding="utf-8")
    two.write_text(TWO_RULES, encoding="utf-8")
    expected = succeed("render", "First = none ~ g", "-b", "torch")
    assert succeed("render", str(one), "-b", "torch") == expected
    assert succeed("render", f"{two}:First", "-b", "torch") == expected
    assert succeed("render", str(two), "--rule", "First", "-b", "torch") == expected
    assert succeed("render", "-", "-b", "torch", text="First = none ~ g") == expected
    line = refuse("render", str(two), "-b", "torch")[0]
    assert "2 rules (First, Second)" in line and "--rule NAME" in line and f"{two}:NAME" in line
    assert "did you mean 'Second'" in refuse("render", f"{two}:Secnd", "-b", "torch")[0]
    assert "leave '--rule' out" in refuse("render", f"{two}:First", "--rule", "First", "-b", "torch")[0]
    assert "leave it out" in refuse("render", "Opt4", "--rule", "First", "-b", "torch")[0]


def test_a_catalog_name_wins_over_a_file_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Opt4").write_text("none ~ g", encoding="utf-8")
    assert "qhm" in succeed("parse", "Opt4")
    assert succeed("parse", "./Opt4") == "none ~ g\n"


def test_render_writes_the_file_that_it_would_print(tmp_path: Path) -> None:
    target = tmp_path / "opt7.py"
    target.write_text("old", encoding="utf-8")
    assert succeed("render", "Opt7", "-b", "torch", "-o", str(target)) == ""
    assert target.read_text(encoding="utf-8") == succeed("render", "Opt7", "-b", "torch")
    assert list(tmp_path.iterdir()) == [target]


def test_render_leaves_nothing_behind_when_it_fails(tmp_path: Path) -> None:
    target = tmp_path / "opt7.py"
    target.write_text("old", encoding="utf-8")
    refuse("render", "Opt7", "-b", "torch", "--name", "class", "-o", str(target))
    assert target.read_text(encoding="utf-8") == "old"
    folder = tmp_path / "folder"
    folder.mkdir()
    line = refuse("render", "Opt7", "-b", "torch", "-o", str(folder), code=1)[0]
    assert line == f"error: cannot write '{folder}': Is a directory"
    refuse("render", "Opt7", "-b", "torch", "-o", str(tmp_path / "missing" / "x.py"), code=1)
    assert sorted(tmp_path.iterdir()) == [folder, target]


def test_a_failed_replacement_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "opt7.py"
    target.write_text("old", encoding="utf-8")
    monkeypatch.setattr(Path, "replace", fail)
    line = refuse("render", "Opt7", "-b", "torch", "-o", str(target), code=1)[0]
    assert line.endswith("No space left on device")
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "name", ["class", "match", "1x", "a-b", "x;import os", "_x", "STATE", "ValueError", "x" * 61, "é"]
)
@pytest.mark.parametrize("backend", ["torch", "tensorflow"])
def test_names_that_cannot_name_a_class_are_refused(name: str, backend: str) -> None:
    assert "name" in refuse("render", "Opt4", "-b", backend, "--name", name)[0]


def test_list_shows_every_entry_under_its_group() -> None:
    blocks = succeed("list").split("\n\n")
    assert [b.splitlines()[0] for b in blocks] == [
        "# discovered",
        "# adam variants",
        "# schedules",
        "# training schedules",
        "# baselines",
        "# torch",
        "# keras",
        "# optax",
        "# pytorch optimizer",
    ]
    rows = [line.split(None, 1) for block in blocks for line in block.splitlines()[1:]]
    assert [name for name, _ in rows] == list(nos_sym.catalog.names())
    for name, text in rows:
        if isinstance(nos_sym.catalog.entry(name), nos_sym.Block) or "~" not in text:
            continue  # the names that libraries give
        (rule,) = nos_sym.parse_file(text)
        assert rule == nos_sym.catalog.entry(name)


def test_list_finds_by_author_group_and_library() -> None:
    assert "AdamTorch " in succeed("list", "torch.optim.Adam")
    assert "SADAM" in succeed("list", "tong")
    assert "# discovered" in succeed("list", "DISCOVERED")
    assert succeed("list", "adam_variants") == succeed("list", "adam variants")
    schedules = succeed("list", "torch.optim.lr_scheduler.StepLR").splitlines()
    assert [line.split() for line in schedules] == [
        ["#", "training", "schedules"],
        [
            *("StepDecay", "torch.optim.lr_scheduler.StepLR,"),
            "keras.optimizers.schedules.ExponentialDecay(staircase=True)",
        ],
    ]
    assert refuse("list", "no such word") == [
        "error: nothing has 'no such word'; the groups are discovered, adam variants, schedules, training "
        "schedules, baselines, torch, keras, optax, pytorch optimizer"
    ]


def test_list_as_json_reads_back() -> None:
    for record in json.loads(succeed("list", "--json")):
        (rule,) = nos_sym.parse_file(record["rule"])
        assert rule == nos_sym.catalog.entry(record["name"])
        assert record["source"] == nos_sym.catalog.entry(record["name"]).source


def test_list_language_has_every_operation_with_an_example_that_parses() -> None:
    from nos_sym.language.operands import OPERANDS
    from nos_sym.language.registry import REGISTRY

    records = json.loads(succeed("list", "--language", "--json"))
    assert [r["name"] for r in records[len(OPERANDS) :]] == list(REGISTRY)
    for record in records:
        head = "schedule" if record["group"] == "leaf, a decay function" else "none"
        text = f"{head} ~ {record['example']}"
        if record["source"] == "blocks":
            condition = REGISTRY[record["name"]].logical
            value = f"where({record['example']}, g, w)" if condition else record["example"]
            text = f"{{ w <- {value} }}"
        (rule,) = nos_sym.parse_file(text)
        assert record["example"] in str(rule)
        assert record["computes"] and record["source"]
    plain = succeed("list", "--language")
    assert all(record["computes"] in plain for record in records)


def test_show_says_rule_equation_state_and_source() -> None:
    shown = succeed("show", "Opt9")
    for part in (
        "Opt9",
        "nesterov ~ [erfc(a11)]",
        "w <- w + mu * m - lr * U",
        "s <- 0.99 * s + 0.01 * g^2",
        "Table 8",
    ):
        assert part in shown
    record = json.loads(succeed("show", "Opt9", "--json"))
    assert record["name"] == "Opt9"
    assert [slot["name"] for slot in record["state"]] == ["s", "momentum"]
    assert record["needs_total_steps"] is True
    assert nos_sym.parse(record["rule"]) == nos_sym.catalog.entry("Opt9")


def test_show_of_a_rule_without_state_and_of_a_schedule() -> None:
    assert json.loads(succeed("show", "SGD", "--json"))["state"] == []
    assert re.search(r"^state +none$", succeed("show", "SGD"), re.MULTILINE)
    schedule = json.loads(succeed("show", "LR1", "--json"))
    assert schedule["kind"] == "schedule"
    assert "\nstate" not in succeed("show", "LR1")


def test_show_says_which_libraries_have_an_entry_and_what_it_is_equal_to() -> None:
    adam = json.loads(succeed("show", "Adam", "--json"))
    assert adam["libraries"] == [] and adam["entry"] == "Adam"
    assert {"entry": "AdamTorch", "holds": "at the defaults", "libraries": ["torch.optim.Adam"]} in adam[
        "equal"
    ]
    assert "AdamTorch at the defaults (torch.optim.Adam)" in succeed("show", "Adam")
    decayed = json.loads(succeed("show", "torch.optim.AdamW", "--json"))
    assert decayed["entry"] == "AdamWTorch" and "torch.optim.AdamW" in decayed["libraries"]
    assert [row["entry"] for row in decayed["equal"]] == ["AdamW"] and decayed["note"]
    assert re.search(r"^entry +AdamWTorch$", succeed("show", "torch.optim.AdamW"), re.MULTILINE)
    # With other values it is none of these.
    changed = json.loads(succeed("show", "torch.optim.AdamW", "--set", "weight_decay=0.5", "--json"))
    assert (changed["entry"], changed["libraries"], changed["equal"]) == (None, [], [])
    schedule = json.loads(succeed("show", "StepDecay", "--json"))
    assert "torch.optim.lr_scheduler.StepLR" in schedule["libraries"]
    (refused,) = refuse("show", "torch.optim.lr_scheduler.StepLR")
    assert "is a schedule, in the catalog as StepDecay" in refused


def test_a_changed_rule_under_a_known_name_has_no_note_of_the_catalog() -> None:
    assert json.loads(succeed("show", "Opt4", "--json"))["note"]
    assert json.loads(succeed("show", "Opt4 = none ~ g", "--json"))["note"] == ""


def test_latex_prints_the_equations() -> None:
    plain = succeed("latex", "Opt7")
    assert r"\tanh" in plain
    record = json.loads(succeed("latex", "Opt7", "--json"))
    assert record["name"] == "Opt7" and record["latex"].strip() == plain.strip()
    assert succeed("render", "Opt7", "--backend", "latex").strip() == plain.strip()


@pytest.mark.parametrize("notation", ["nos", "authors", "sympy", "latex", "json"])
@pytest.mark.parametrize(("syntax", "text"), [("nos", RULE), ("authors", "None ~ tanh(v hat)")])
def test_parse_reads_both_syntaxes_into_every_notation(syntax: str, text: str, notation: str) -> None:
    printed = succeed("parse", text, "--from", syntax, "--to", notation)
    assert printed == succeed("parse", text, "--to", notation)
    rule = nos_sym.parse(text) if syntax == "nos" else nos_sym.parse_authors(text)
    if notation == "nos":
        assert nos_sym.parse(printed) == rule
    elif notation == "authors":
        assert nos_sym.parse_authors(printed.strip()) == rule
    elif notation == "json":
        assert nos_sym.rule_from_json(json.loads(printed)) == rule
    elif notation == "sympy":
        assert printed.strip() == str(rule.sympy())
    else:
        assert r"\tanh" in printed


def test_parse_reads_files_with_several_rules(tmp_path: Path) -> None:
    own, authors = tmp_path / "two.nos", tmp_path / "two.txt"
    own.write_text(TWO_RULES, encoding="utf-8")
    authors.write_text("None ~ g\n\nNest ~ tanh(g)\n", encoding="utf-8")
    assert succeed("parse", str(own)) == TWO_RULES
    assert succeed("parse", f"{own}:Second") == "Second = nesterov ~ tanh(g)\n"
    assert succeed("parse", str(authors)) == "none ~ g\nnesterov ~ tanh(g)\n"
    lines = succeed("parse", str(own), "--to", "json").splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["First", "Second"]


def test_parse_reads_a_log_of_the_authors_syntax(repository: Path) -> None:
    log = repository / "examples" / "authors_syntax.log"
    rules = succeed("parse", str(log)).splitlines()
    assert len(rules) >= 3
    assert rules == [
        str(nos_sym.parse_authors(t)) for t in succeed("parse", str(log), "--to", "authors").splitlines()
    ]


def test_parse_prints_nothing_when_one_rule_cannot_be_expressed(tmp_path: Path) -> None:
    file = tmp_path / "mixed.nos"
    file.write_text("First = none ~ g\nSecond = none ~ 2.5 * g\nThird = schedule ~ a1\n", encoding="utf-8")
    refuse("parse", str(file), "--to", "authors")
    assert "schedule" in refuse("parse", f"{file}:Third", "--to", "authors")[0]


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("none ~ tahn(g)", "did you mean 'tanh'", "tahn(g)"),
        ("none ~ v_hta", "did you mean 'v_hat'", "v_hta"),
        ("non ~ g", "did you mean 'none'", "non ~ g"),
        ("none ~ tanh(g, g)", "'tanh' takes 1 argument", "g)"),
        ("none ~ clip(g)", "'clip' takes 2 arguments", "clip(g)"),
        ("none ~ (g + (w)", "'(' is never closed", "(g + (w)"),
        ("none ~ g)", "')' closes nothing", ")"),
        ("none ~ [a1) g", "')' does not close '['", ") g"),
        ("none ~ a4", "a decay function stands where a tensor must be", "a4"),
        ("none ~ [g] g", "a tensor stands where a decay function must be", "g] g"),
        ("none ~ ema(g, 1)", "out of range", "ema(g, 1)"),
        ("none ~ drop(g, 2)", "out of range", "drop(g, 2)"),
        ("none ~ 1e999 * g", "out of range", "1e999 * g"),
        ("none ~", "ends too early", ""),
        ("none ~ g g", "unexpected 'g'", "g"),
        ("none ~ 2 tanh(g)", "unexpected 'tanh'", "tanh(g)"),
        ("tanh(g)", "none ~ tanh(g)", "tanh(g)"),
        ("None ~ tahn(g)", "did you mean 'tanh'", "tahn(g)"),
        ("None ~ (g", "never closed", "(g"),
    ],
)
@pytest.mark.parametrize("command", [["parse"], ["show"], ["latex"], ["render", "-b", "torch"]], ids=" ".join)
def test_bad_rules_get_one_line_with_a_caret(command: list[str], text: str, message: str, place: str) -> None:
    lines = refuse(*command, text)
    assert message in lines[0]
    assert pointed_at(lines) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "# only a comment",
        "~",
        "\x00",
        "none ~ \x1b[31mg",
        "(" * 100_000,
        "none ~ " + "(" * 100_000,
        "none ~ " + "(" * 100_000 + "g" + ")" * 100_000,
        "none ~ " + "|" * 100_000,
        "none ~ " + "-" * 100_000 + "g",
        "none ~ " + "[a1]" * 20_000 + "g",
        "None ~ " + "tanh(" * 20_000 + "g" + ")" * 20_000,
        "none ~ " + "g + " * 250_000 + "g",
        "none ~ " + "x" * 1_000_000,
        "none ~ g^" + "9" * 10_000,
        "none ~ " + "9" * 10_000 + " * g",
        "none ~ 1e" + "9" * 10_000 + " * g",
        "none ~ 0." + "0" * 10_000 + "1 * g",
        "none ~ ema(g, 0." + "9" * 10_000 + ")",
        "None ~ " + "9" * 10_000,
        "a" * 1_000_000,
        "none ~ g\n" * 100_000,
        "None ~ " * 100_000,
    ],
    ids=lambda text: f"{text[:12]!a}-{len(text)}",
)
def test_hostile_text_gets_one_line(text: str) -> None:
    refuse("parse", "-", text=text)
    if len(text) < 20_000:
        refuse("render", text, "-b", "torch", "--name", "X")


@pytest.mark.parametrize("data", [b"\xff\xfe\x00\x01" * 1000, bytes(range(256)), b"\x00" * 1000, b"\x80"])
def test_binary_rubbish_gets_one_line(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "rubbish.nos"
    file.write_bytes(data)
    assert str(file) in refuse("render", str(file), "-b", "torch")[0]
    assert "standard input" in refuse("parse", "-", text=data)[0]


def test_files_that_cannot_be_used_get_one_line(tmp_path: Path) -> None:
    empty, missing = tmp_path / "empty.nos", tmp_path / "missing.nos"
    empty.write_text("\n", encoding="utf-8")
    assert "is empty" in refuse("show", str(empty))[0]
    assert f"there is no file '{missing}'" in refuse("show", str(missing))[0]
    assert "is a directory" in refuse("show", str(tmp_path))[0]
    dangling = tmp_path / "dangling.nos"
    dangling.symlink_to(missing)
    assert "there is no file" in refuse("show", str(dangling))[0]


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "marked.nos"
    file.write_bytes(b"\xef\xbb\xbfnone ~ g\r\n")
    assert succeed("parse", str(file)) == "none ~ g\n"


def test_the_place_in_a_file_of_windows_is_shown_without_its_line_end(tmp_path: Path) -> None:
    path = tmp_path / "rules.nos"
    path.write_bytes(b"A = none ~ g\r\nB = none ~ tahn(g)\r\n")
    lines = refuse("parse", str(path))
    assert "line 2, column 12" in lines[0]
    assert pointed_at(lines) == "tahn(g)"


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\nNone ~ tanh(g)\n",
        "INFO:root:    None ~ tanh(g) : FAILED\n",
        "    None ~ tanh(g) val: 0.8 - Time: 187.2\n",
        "INFO:root: Depth: 1/2\nINFO:root:INIT PARTICLE 1/1 : None ~ tanh(g) : val: 0.8 - Time: 161.3\n",
        "INFO:root: MODEL 0/3 -> Val Acc: 0.7, Val Loss: 1.4, Time: 76.8, Fun: None ~ tanh(g)\n",
    ],
)
def test_any_part_of_a_log_is_recognized(text: str) -> None:
    assert succeed("parse", "-", text=text) == "none ~ tanh(g)\n"


def test_an_error_in_a_file_names_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "rules.nos"
    file.write_text("# fine\nFirst = none ~ g\nSecond = none ~ tahn(g)\n", encoding="utf-8")
    lines = refuse("parse", str(file))
    assert str(file) in lines[0] and "(line 3, column 17)" in lines[0]
    assert pointed_at(lines) == "tahn(g)"


def test_unknown_names_of_the_catalog_get_the_nearest() -> None:
    for command in ("render", "parse", "show", "latex"):
        lines = refuse(command, "Op4")
        assert "did you mean 'Opt4'" in lines[0]
        assert pointed_at(lines) == "Op4"
    assert "did you mean 'Adam'" in refuse("show", "adm")[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rendr"], "did you mean 'render'"),
        (["render"], "'TARGET'"),
        (["render", "Opt4", "--backend", "fortran"], "'keras', 'optax', 'latex'"),
        (["parse", "none ~ g", "--to", "latx"], "'latx'"),
        (["parse", "none ~ g", "--form", "nos"], "'--from'"),
        (["completion", "tcsh"], "'bash', 'zsh', 'fish'"),
        (["list", "more", "words"], "unexpected extra argument"),
    ],
)
def test_wrong_arguments_get_one_line(arguments: list[str], message: str) -> None:
    assert message in refuse(*arguments)[0]


@pytest.mark.parametrize(
    "command", [[], ["render"], ["list"], ["show"], ["latex"], ["parse"], ["completion"]]
)
def test_help_has_examples_and_exit_codes(command: list[str]) -> None:
    text = succeed(*command, "--help")
    assert "Examples:" in text and "Exit codes:" in text
    assert f"nos-sym {' '.join(command)}".strip() in text
    assert "\x1b" not in text


def test_version() -> None:
    assert succeed("--version") == f"nos-sym {nos_sym.__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str) -> None:
    assert f"_NOS_SYM_COMPLETE={shell}_complete" in succeed("completion", shell)


def test_completion_offers_names_of_the_catalog() -> None:
    from click.shell_completion import ShellComplete

    complete = ShellComplete(cli, {}, "nos-sym", "_NOS_SYM_COMPLETE")
    offered = [item.value for item in complete.get_completions(["render"], "Opt1")]
    assert offered == [name for name in nos_sym.catalog.names() if name.startswith("Opt1")]
