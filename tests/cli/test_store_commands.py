"""Commands on stores: top, runs, import and eliminate; what they print, write and refuse."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.store_fakes import LOG, SizedTrainer, filled

from nos_sym.algebra.canonical import key_of
from nos_sym.cli.main import cli
from nos_sym.language.parser import parse
from nos_sym.search.reports.hall_of_fame import COLUMNS
from nos_sym.search.store.store import Store

STAGES = "stages=[{base=2,steps=10,repeats=3,keep=3},{base=4,steps=20,repeats=2,keep=1}]"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def succeed(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, (result.stdout, result.stderr, result.exception)
    return result.stdout


def refuse(*arguments: object, code: int = 2) -> str:
    result = run(*arguments)
    assert result.exit_code == code, (result.stdout, result.stderr)
    assert result.stdout == "" and "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    return lines[0]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "authors.log"
    path.write_text(LOG, encoding="utf-8")
    return path


@pytest.fixture
def store(log: Path, tmp_path: Path) -> Path:
    """Return a store with an imported log."""
    path = tmp_path / "run.db"
    succeed("import", log, "--store", path)
    return path


@pytest.fixture
def searched(tmp_path: Path) -> Path:
    """Return a store with a search of twelve optimizers."""
    SizedTrainer.calls.clear()
    SizedTrainer.stop_after.clear()
    path = tmp_path / "searched.db"
    filled(path).close()
    return path


def test_an_import_reports_what_is_bad(log: Path, tmp_path: Path) -> None:
    text = succeed("import", log, "--store", tmp_path / "a.db")
    assert "9 evaluations, 3 of them without a fitness, 0.14 h" in text
    assert "5 optimizers" in text
    assert "unreadable 1 rules, stored without equation\n           line 8: unknown" in text
    assert "skipped    1 line that is cut off or of another layout: 3\n" in text
    record = json.loads(succeed("import", log, "--store", tmp_path / "b.db", "--json"))
    assert (record["run"], record["evaluations"], record["skipped"]) == (1, 9, [3])
    assert record["unreadable"][0]["line"] == 8


def test_what_cannot_be_imported_leaves_no_store(store: Path, log: Path, tmp_path: Path) -> None:
    assert "already, as run 1" in refuse("import", log, "--store", store)
    empty = tmp_path / "empty.log"
    empty.write_text("nothing\n", encoding="utf-8")
    for bad in (empty, tmp_path / "missing.log", tmp_path):
        refuse("import", bad, "--store", tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_top_shows_fitness_equation_schedule_and_key(store: Path) -> None:
    text = succeed("top", store)
    assert text.startswith(
        "task   authors' search\n       3 optimizers with a fitness, 7 evaluations; 1 more "
    )
    assert "other  authors' initial population\n" in text
    key = key_of(parse("none ~ tanh(tanh(g))"))
    assert f"   1   0.7200   none ~ tanh(tanh(g))\n                 key       {key}\n" in text
    assert "   3   0.7000   none ~ tanh(g)\n" in text


def test_top_factors_schedules_out_and_names_the_catalog(searched: Path) -> None:
    from nos_sym import catalog
    from nos_sym.search.results import Evaluated
    from nos_sym.search.slots import Slot, Stage
    from nos_sym.search.store.rows import evaluation_at

    with Store.open(searched) as store:
        opt6 = catalog.entry("Opt6").named("")
        store.add(
            1,
            evaluation_at(
                Slot(Stage.CHILD, 50),
                task="sized small",
                seed=0,
                text=str(opt6),
                rule=opt6.to_json(),
                key=key_of(opt6),
                result=Evaluated(0.95, 0.1),
            ),
        )
    text = succeed("top", searched, "-n", 1)
    assert "   1   0.9500   none ~ " in text and "  (Opt6)\n" in text
    (record,) = json.loads(succeed("top", searched, "-n", 1, "--json"))
    assert f"                 schedule  {record['schedule']}\n" in text
    assert record["schedule"] != "1" and record["catalog"] == "Opt6"


def test_json_and_csv_have_the_same_values(searched: Path) -> None:
    records = json.loads(succeed("top", searched, "--json", "-n", 50))
    assert len(records) == 12
    assert [r["rank"] for r in records] == list(range(1, 13))
    assert {"key", "fitness", "rule", "schedule"} <= records[0].keys()
    for record in records:
        assert key_of(parse(record["rule"])) == record["key"]
        assert record["evaluations"] == 2
    rows = list(csv.DictReader(io.StringIO(succeed("top", searched, "--csv", "-n", 50))))
    assert [{k: "" if v is None else str(v) for k, v in r.items()} for r in records] == rows
    assert len(json.loads(succeed("top", searched, "--json"))) == 10


def test_the_best_are_rendered(searched: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "best"
    text = succeed("top", searched, "-n", 2, "--render", "torch", "-o", folder)
    assert f"file      {folder / 'top2.py'}" in text
    assert sorted(path.name for path in folder.iterdir()) == ["top1.py", "top2.py"]
    source = (folder / "top1.py").read_text(encoding="utf-8")
    compile(source, "top1.py", "exec")
    digest = re.search(r"\nKey: [\d.]+:([0-9a-f]{6})", source)
    assert digest is not None
    assert f"class Top1_{digest[1]}(" in source and "rank 1 of searched.db, fitness 0.9000" in source
    records = json.loads(succeed("top", searched, "-n", 1, "--render", "latex", "-o", folder, "--json"))
    assert records[0]["file"] == str(folder / "top1.tex") and (folder / "top1.tex").exists()


def test_what_top_refuses(searched: Path, tmp_path: Path) -> None:
    assert "exclude each other" in refuse("top", searched, "--json", "--csv")
    assert "go together" in refuse("top", searched, "--render", "torch")
    assert "go together" in refuse("top", searched, "-o", tmp_path)
    assert "has no run 5" in refuse("top", searched, "--run", 5)
    assert "task 'x' is not in the store" in refuse("top", searched, "--task", "x")
    assert "there is no store" in refuse("top", tmp_path / "none.db")
    (tmp_path / "text").write_text("text", encoding="utf-8")
    assert "is no store" in refuse("runs", tmp_path / "text")
    assert "cannot write" in refuse("top", searched, "--render", "torch", "-o", tmp_path / "text", code=1)


def test_stores_without_fitness_have_an_empty_hall(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    Store.open(path).close()
    assert json.loads(succeed("top", path, "--json")) == []
    assert succeed("top", path) == "no optimizer has a fitness yet\n"
    [header] = csv.reader(io.StringIO(succeed("top", path, "--csv")))
    assert tuple(header) == COLUMNS
    assert succeed("runs", path) == "the store has no run yet\n"
    assert json.loads(succeed("runs", path, "--json")) == []


def test_runs_are_listed(store: Path) -> None:
    head, row, best = succeed("runs", store).splitlines()
    columns = "run kind name seed started state evaluations failed duplicates time"
    assert " ".join(head.split()) == columns
    assert row.split()[:3] == ["1", "import", "authors.log"] and "finished" in row
    assert best.strip() == "best 0.7200  none ~ tanh(tanh(g))"
    (record,) = json.loads(succeed("runs", store, "--json"))
    assert record["outcomes"] == {"diverged": 1, "evaluated": 6, "rejected": 2}
    assert (record["best"], record["rule"]) == (0.72, "none ~ tanh(tanh(g))")


def eliminated(store: Path, *extra: Any) -> list[Any]:
    return ["eliminate", 1, "--store", store, "--candidates", 5, "--set", STAGES, "--limit", 0, *extra]


def test_an_elimination_ends_with_a_table(searched: Path) -> None:
    result = run(*eliminated(searched, "--seed", 3))
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[:4] == [
        "run      2, elimination of run 1, seed 3",
        "search   sized small",
        "base 2   10 steps, mean (standard deviation) of 3 trainings, the best 3 are kept",
        "base 4   20 steps, mean (standard deviation) of 2 trainings, the best 1 are kept",
    ]
    assert lines[5].split() == ["rank", "search", "base", "2", "base", "4", "rule"]
    assert [line.split()[0] for line in lines[6:]] == list("12345")
    record = json.loads(succeed(*eliminated(searched, "--seed", 3, "--resume", "--json")))
    assert record["run"] == 2 and len(record["contestants"]) == 5
    for line, contestant in zip(lines[6:], record["contestants"], strict=True):
        assert line.endswith(contestant["text"]) and f" {contestant['fitness']:.4f} " in line
        for mean in contestant["means"]:
            assert "failed" in line if mean is None else f"{mean:.4f} (" in line
    # Resumed, it trained nothing; the trainings of five and of three are in the store.
    assert len(SizedTrainer.calls) == 5 * 3 + sum(len(c["scores"]) > 1 for c in record["contestants"]) * 2


def test_settings_of_an_elimination_come_from_files_and_flags(searched: Path, tmp_path: Path) -> None:
    file = tmp_path / "stages.toml"
    file.write_text("candidates = 2\n[[stages]]\nbase = 3\nsteps = 5\n", encoding="utf-8")
    command = ["eliminate", 1, "--store", searched, "--settings", file, "--json", "--limit", 0]
    succeed(*command, "--set", "training.warmup=1")
    assert [call[:2] for call in SizedTrainer.calls] == [(3, 5), (3, 5)]
    with Store.read(searched) as store:
        settings = json.loads(store.runs()[-1].settings)
    assert (settings["training"]["warmup"], settings["candidates"]) == (1, 2)
    file.write_text("candidates = 2\n[[stages]]\nbase = 3\nstep = 5\n", encoding="utf-8")
    error = refuse("eliminate", 1, "--store", searched, "--settings", file)
    assert "line 4: unknown setting 'stages.1.step'" in error


def test_what_eliminate_refuses(searched: Path, tmp_path: Path) -> None:
    assert "has no run 4" in refuse("eliminate", 4, "--store", searched)
    assert "there is no store" in refuse("eliminate", 1, "--store", tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    assert "keeps 9 of 5" in refuse(*eliminated(searched, "--set", "stages=[{base=1,steps=1,keep=9}]"))
    assert "one worker" in refuse(*eliminated(searched, "--workers", 3))


def test_an_interruption_says_how_to_go_on(searched: Path) -> None:
    SizedTrainer.stop_after.append(4)
    result = run(*eliminated(searched))
    assert result.exit_code == 130
    said, _, command = result.stderr.splitlines()[-1].partition("; this goes on: ")
    assert said.endswith("has what was trained")
    assert shlex.split(command) == ["nos-sym", *map(str, eliminated(searched)), "--resume"]
    assert "Traceback" not in result.stderr
    SizedTrainer.stop_after.clear()
    assert "is interrupted; continue with '--resume'" in refuse(*eliminated(searched))
    succeed(*eliminated(searched, "--resume"))
    assert len(SizedTrainer.calls) == len(set(SizedTrainer.calls))
