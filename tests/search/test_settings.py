"""Settings: what TOML gives, what it refuses and where, presets, and the way through JSON."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_type_hints

import pytest

from nos_sym.errors import NosSymError
from nos_sym.genome.settings import GenomeSettings
from nos_sym.search.integrity import IntegritySettings
from nos_sym.search.protocols.elimination_settings import EliminationStage
from nos_sym.search.records import SettingsError, Text, read_record, read_toml, record_to_table
from nos_sym.search.settings import (
    PRESETS,
    SearchSettings,
    merge,
    preset,
    read_preset,
    read_settings,
    settings_from_json,
    settings_from_table,
    trainer_of,
)
from nos_sym.search.trainer_kinds import TRAINERS, TrainerKind
from nos_sym.surrogate.settings import TRAINING_IMAGES, TrainingSettings


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    rates: tuple[float, ...] = (0.1,)
    pair: tuple[int, str] = (1, "a")


@dataclass(frozen=True)
class Outer:
    count: int
    ratio: float = 0.5
    name: str = ""
    on: bool = False
    color: Color = Color.RED
    kind: Literal["a", "b"] = "a"
    folder: Path = Path()
    limit: int | None = None
    inner: Inner = Inner()

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError(f"'count' is {self.count}; expected at least 0")


def read(text: str) -> Outer:
    return read_record(Outer, read_toml(text, "'x.toml'"), Text("'x.toml'", text))


def test_a_record_has_the_values_of_its_table_and_defaults_for_the_rest() -> None:
    text = 'count = 3\nratio = 2\ncolor = "blue"\nfolder = "d"\nlimit = 7\n[inner]\nrates = [1, 0.5]\n'
    record = read(text)
    assert record == Outer(3, 2.0, color=Color.BLUE, folder=Path("d"), limit=7, inner=Inner(rates=(1.0, 0.5)))
    assert isinstance(record.ratio, float)
    assert read_record(Outer, record_to_table(record)) == record
    assert read_record(Outer, record_to_table(replace(record, limit=None))).limit is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("count = 1\n\ncuont = 2", "'x.toml', line 3: unknown setting 'cuont'; did you mean 'count'?"),
        ('count = "1"', "'x.toml', line 1: 'count' is '1'; expected an integer"),
        ("count = true", "'x.toml', line 1: 'count' is True; expected an integer"),
        ("count = 1.0", "'x.toml', line 1: 'count' is 1.0; expected an integer"),
        ("count = 1\non = 1", "'x.toml', line 2: 'on' is 1; expected true or false"),
        ('count = 1\ncolor = "green"', "'x.toml', line 2: 'color' is 'green'; expected one of red, blue"),
        ('count = 1\nkind = "c"', "'x.toml', line 2: 'kind' is 'c'; expected one of 'a', 'b'"),
        ("count = 1\n[inner]\n# more\nrates = 3", "'x.toml', line 4: 'inner.rates' is 3; expected a list"),
        ('count = 1\n[inner]\nrates = ["x"]', "'x.toml', line 3: 'inner.rates' is 'x'; expected a number"),
        (
            "count = 1\n[inner]\npair = [1]",
            "'x.toml', line 3: 'inner.pair' is [1]; expected a list of 2 values",
        ),
        ("count = 1\ninner = 3", "'x.toml', line 2: 'inner' is 3; expected a table"),
        ("ratio = 1", "'x.toml': setting 'count' is missing; give it a value"),
        ("ratio = 1\ncount = -1", "'x.toml', line 2: 'count' is -1; expected at least 0"),
        ("count = ", "'x.toml' is not TOML: invalid value (at end of document)"),
        ("count = 1\ncount = 2\n", "'x.toml' is not TOML: cannot overwrite a value (at line 2, column 10)"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(text)
    assert str(raised.value) == message


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_settings_and_survive_json(name: str) -> None:
    settings = preset(name)
    assert settings_from_json(settings.to_json()) == settings
    assert settings_from_json(settings.to_json()).to_json() == settings.to_json()


def test_every_preset_file_is_a_preset() -> None:
    folder = Path(__file__).parents[2] / "nos_sym" / "search" / "presets"
    assert {path.stem for path in folder.glob("*.toml")} == set(PRESETS)


def test_the_presets_of_the_paper_have_its_numbers() -> None:
    paper: Any = preset("paper")
    assert (paper.particles, paper.time_steps, paper.mutations) == (50, 5, 7)
    assert paper.particles * paper.initial_factor == 500
    assert (paper.training.base, paper.initial_training.base) == (48, 32)
    assert (paper.training.steps, paper.initial_training.steps) == (8000, 8000)
    script: Any = preset("authors-script")
    assert script.training.steps == 16000 and script.initial_training.steps == 8000
    assert script.initial_training.scaling == "unit" and not script.initial_training.augment
    assert script.dedup.level is None and script.genome.hidden_nodes == 5
    assert preset("paper-lr-schedules").genome.only_decays
    assert preset("paper-adam-variants").initial == ("AdamSearch",)
    assert preset("paper-adam-variants").particles == preset("paper-lr-schedules").particles == 1


@pytest.mark.parametrize("name", ["paper-wide", "paper-long"])
def test_the_other_configurations_are_of_the_same_size_and_else_the_same(name: str) -> None:
    paper, other = preset("paper"), preset(name)
    assert other.particles * other.time_steps * other.mutations == 1800
    # Ten genomes a particle, whatever the configuration.
    assert other.initial_factor == 10
    sizes = ("particles", "time_steps", "mutations")
    assert replace(other, **{size: getattr(paper, size) for size in sizes}) == paper
    assert all(getattr(other, size) != getattr(paper, size) for size in ("particles", "time_steps"))


def test_the_initial_training_is_the_training_where_it_says_nothing() -> None:
    settings: Any = settings_from_table(
        {"training": {"steps": 900, "base": 4}, "initial_training": {"base": 2}}
    )
    assert (settings.initial_training.steps, settings.initial_training.base) == (900, 2)


def test_a_settings_file_stands_above_a_preset_and_is_checked_with_its_lines() -> None:
    table = read_settings("mutations = 2\n[training]\nbase = 8\n", "'own.toml'", read_preset("demo"))
    settings: Any = settings_from_table(table)
    assert settings.mutations == 2 and settings.training.base == 8
    assert settings.particles == preset("demo").particles
    for text, message in (
        (
            "[training]\nstpes = 3",
            "'own.toml', line 2: unknown setting 'training.stpes'; did you mean",
        ),
        ("[genome]\nidentity = 1.5", "'own.toml', line 2: 'genome.identity' is 1.5; expected a probability"),
        ("seed = 1\nparticles = 0", "'own.toml', line 2: 'particles' is 0; expected 1 to 10000"),
        ('trainer = "toch"', "'own.toml', line 1: unknown trainer 'toch'"),
        ('dedup = "all"', "'own.toml', line 1: 'dedup' is 'all'; expected one of exact, sign"),
        ("population = 3", "'own.toml', line 1: 'sample' is 25; expected at most 'population', 3"),
    ):
        with pytest.raises(SettingsError) as raised:
            read_settings(text, "'own.toml'", {})
        assert str(raised.value).startswith(message)


def test_old_names_of_settings_are_read() -> None:
    new = settings_from_table({"candidates_per_program": 3, "training": {"mode": "single"}})
    old = settings_from_table({"together": 3, "training": {"road": "single"}})
    assert old == new and '"candidates_per_program": 3' in old.to_json()
    assert not {"road", "together"} & set(re.findall(r'"(\w+)"', old.to_json()))
    below = {"candidates_per_program": 2, "training": {"mode": "batched", "base": 8}}
    assert settings_from_table(merge(below, {"together": 3, "training": {"road": "single"}})) == (
        settings_from_table(merge(below, {"candidates_per_program": 3, "training": {"mode": "single"}}))
    )
    with pytest.raises(SettingsError, match="'together' is an old name of 'candidates_per_program'"):
        settings_from_table({"candidates_per_program": 3, "together": 3})
    with pytest.raises(SettingsError, match=r"^'own.toml', line 2: 'training.mode' is 'both'; expected"):
        read_settings('[training]\nroad = "both"', "'own.toml'")


@pytest.mark.parametrize(
    "kind", [SearchSettings, GenomeSettings, IntegritySettings, TrainingSettings, EliminationStage]
)
def test_no_number_is_without_bounds(kind: Any) -> None:
    """A slip of the keyboard neither takes all memory nor runs for ever, and numbers are numbers."""
    required = {"base": 4, "steps": 10} if kind is EliminationStage else {}
    hints = get_type_hints(kind)
    kinds = {"int": [10**30, -1], "float": [1e300, math.inf, -math.inf, math.nan]}
    checked = 0
    for name, hint in hints.items():
        for bad in kinds.get(getattr(hint, "__name__", ""), []):
            if name == "threshold" and bad == -1:
                continue
            checked += 1
            with pytest.raises(NosSymError, match=f"'?{name}") as raised:
                kind(**required | {name: bad})
            assert "\n" not in str(raised.value) and len(str(raised.value)) < 200
        if hint == tuple[float, ...]:
            for bad in ((math.nan,), (math.inf,), (1e300,), (0.5,) * 1000, tuple(map(float, range(1, 1000)))):
                with pytest.raises(NosSymError):
                    kind(**required | {name: bad})
    assert checked >= 8


def test_a_batch_is_no_larger_than_the_data() -> None:
    from nos_sym.surrogate.data import load_images

    with pytest.raises(SettingsError, match=r"^'training.batch' is 100000; expected 1 to 45000"):
        settings_from_table({"training": {"batch": 100_000, "data": "cifar10"}})
    with pytest.raises(
        SettingsError, match=r"^'training.batch' is 513; expected 1 to 512, the training images"
    ):
        settings_from_table({"training": {"batch": 513, "data": "synthetic"}})
    assert load_images(TrainingSettings(data="synthetic")).training.shape[0] == TRAINING_IMAGES["synthetic"]
    with pytest.raises(
        SettingsError, match=r"'training.epoch_steps' is 200; expected at most \d+ with these"
    ):
        settings_from_table({"training": {"base": 4096, "data": "digits", "batch": 1000}})


@pytest.mark.parametrize("key", ["count", "ratio", "limit", "inner.rates", "inner.pair"])
@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000, "9" * 400, "0x" + "f" * 16])
def test_numbers_of_any_length_are_one_line(key: str, number: str) -> None:
    value = f"[{number}]" if "." in key else number
    with pytest.raises(SettingsError, match=r"^'x\.toml'") as raised:
        read(f"{'' if key == 'count' else 'count = 1'}\n{key} = {value}")
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 200


def test_an_initial_population_has_a_size() -> None:
    with pytest.raises(SettingsError, match="'initial_factor' is 1000; expected at most 1000000 genomes"):
        SearchSettings(particles=10_000, initial_factor=1000)


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(SettingsError, match="did you mean 'paper'"):
        preset("papr")


def test_merging_keeps_what_is_below() -> None:
    assert merge({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 4}, "e": 5}) == {
        "a": {"b": 4, "c": 2},
        "d": 3,
        "e": 5,
    }


def test_settings_have_the_defaults_of_the_log() -> None:
    settings = SearchSettings()
    assert (settings.particles, settings.initial_factor, settings.time_steps) == (50, 10, 5)
    assert (settings.mutations, settings.failures) == (7, 4)


def test_a_trainer_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        TRAINERS, "torch", TrainerKind("no_such_package.trainer:Trainer", TRAINERS["torch"].settings)
    )
    with pytest.raises(SettingsError, match="needs the package 'no_such_package'; install nos-sym"):
        trainer_of(SearchSettings())
