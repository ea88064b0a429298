"""What is offered without reading a rule is what the language reads, and what the records hold."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from nos_sym import catalog
from nos_sym.cli.choices import LANGUAGE_GROUPS, LIBRARIES
from nos_sym.cli.completing import offered
from nos_sym.cli.list import _operations
from nos_sym.cli.main import cli
from nos_sym.cli.offers import library_names, rules_of, schedule_names, settings_of
from nos_sym.cli.setting_paths import ELIMINATION_SETTINGS, SEARCH_SETTINGS
from nos_sym.faces import faces
from nos_sym.language.rule import Schedule
from nos_sym.language.setting import setting_default, setting_name
from nos_sym.search.protocols.elimination_settings import EliminationSettings
from nos_sym.search.protocols.pool_settings import FinalSettings, PoolSettings, SecondSettings
from nos_sym.search.records import record_to_table
from nos_sym.search.settings import SearchSettings
from nos_sym.search.store.store import Store
from nos_sym.surrogate.settings import TrainingSettings


def after(line: str) -> list[str]:
    """Return what is offered behind a line."""
    *words, last = line.split(" ")
    return [item.value for item in offered(cli, words, last)]


def paths(table: dict[str, object], above: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in table.items():
        found |= paths(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}"}
    return found


def test_paths_of_settings_are_those_of_the_records() -> None:
    tasks = {"training.task", "initial_training.task"}
    assert set(SEARCH_SETTINGS) == paths(record_to_table(SearchSettings())) | tasks
    own = {field.name for field in dataclasses.fields(EliminationSettings)} - {"stages", "training"}
    below = {f"training.{name}" for name in paths(record_to_table(TrainingSettings()))}
    sections = {"pool": PoolSettings, "second": SecondSettings, "final": FinalSettings}
    pooled = {
        f"{name}.{field.name}"
        for name, kind in sections.items()
        for field in dataclasses.fields(kind)
        if field.name != "stages"
    }
    assert set(ELIMINATION_SETTINGS) == own | below | pooled


def test_settings_of_every_entry_are_found_in_its_text() -> None:
    for rule in catalog.entries():
        own = {setting_name(node): float(setting_default(node)) for node in rule.settings}
        assert {name: float(text) for name, text in settings_of(rule.name).items()} == own


def test_schedules_and_names_of_libraries_are_all_there() -> None:
    assert set(schedule_names()) == {rule.name for rule in catalog.entries() if isinstance(rule, Schedule)}
    assert set(library_names()) == {face.name for face in faces()}
    assert set(LIBRARIES) == {face.name.partition(".")[0] for face in faces()}


def test_groups_of_the_language_are_those_that_are_listed() -> None:
    listed = {record["group"].partition(",")[0] for record in _operations()}
    assert set(LANGUAGE_GROUPS) == listed


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("show Opt10", ["Opt10", "Opt101"]),
        ("show opt101", ["Opt101"]),
        ("show torch.optim.Adad", ["torch.optim.Adadelta"]),
        ("list adam_", ["adam_variants"]),
        ("list torch.o", ["torch.optim"]),
        ("list --language wh", ["whole tensor"]),
        ("render Opt4 --backend k", ["keras"]),
        ("render Opt4 --backend=k", ["--backend=keras"]),
        ("render -b k", ["keras"]),
        ("evolve --preset paper-l", ["paper-long", "paper-lr-schedules"]),
        ("evolve --set training.st", ["training.steps="]),
        ("evolve --set steps", ["integrity.steps=", "training.steps=", "initial_training.steps="]),
        ("evolve --set trainin", ["training."]),
        ("evolve --initial AdamW --set initial.w", ["initial.weight_decay="]),
        ("eliminate --set cand", ["candidates="]),
        ("render LR1 --times WarmupL", ["WarmupLinear"]),
        ("render AdamW --set we", ["weight_decay="]),
        ("render --set we", []),
        ("render AdamW --set weight_decay=", ["weight_decay=0.01"]),
        ("equal AdamW SGD --set A.we", ["A.weight_decay="]),
        ("latex Opt4 AdamW --set we", ["weight_decay="]),
        ("completion f", ["fish"]),
    ],
)
def test_what_is_offered(line: str, some: list[str]) -> None:
    assert after(line) == some


def test_rules_of_a_file_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        "# Old = none ~ g\nFast = none ~ g\nSlow(rho=0.5 in [0, 1)) = {\n    x = g\n    w <- w - rho * x\n}\n"
    )
    Path("my.nos").write_text(text, encoding="utf-8")
    assert rules_of("my.nos") == ("Fast", "Slow")
    assert after("show my.nos:F") == ["my.nos:Fast"]
    assert after("show my.nos --rule S") == ["Slow"]
    assert after("show my.nos:Slow --set ") == ["rho="]
    # Where no name begins so, the shell completes files; beside names, they are offered, too.
    assert [item.type for item in offered(cli, ["show"], "my")] == ["file"]
    Path("Opt10.nos").touch()
    assert after("show Opt10") == ["Opt10", "Opt101", "Opt10.nos"]


def test_runs_and_tasks_of_a_store_are_offered(tmp_path: Path) -> None:
    file = tmp_path / "run.db"
    with Store.open(file) as store:
        for name in ("particles", "random"):
            store.begin_run("search", name, "{}", 3)
    items = offered(cli, ["top", str(file), "--run"], "")
    assert [(item.value, (item.help or "").split()[:2]) for item in items] == [
        ("2", ["search", "random"]),
        ("1", ["search", "particles"]),
    ]
    assert after(f"eliminate --store {file} ") == ["2", "1"]
    assert after(f"latex {file} --top 3 --run ") == ["2", "1"]
    assert after(f"top {file} --task ") == []
    assert after("top nothing.db --run ") == []
