"""Templates: what stands for ``?`` evolves, and everything else is of the whole rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from support.fake_trainer import FakeTrainer
from support.search_fakes import fake_settings, register, snapshot

from nos_sym.algebra.canonical import key_of
from nos_sym.cli.main import cli
from nos_sym.errors import NosSymError, SourceError
from nos_sym.genome.decode import decode
from nos_sym.genome.json_form import genome_from_json
from nos_sym.genome.sample import sample
from nos_sym.language.parser import parse, parse_rule
from nos_sym.language.printer import print_expression
from nos_sym.language.rule import Momentum
from nos_sym.program.interpreter import Interpreter
from nos_sym.search.errors import SearchError
from nos_sym.search.evolve import evolve, interrupted_settings
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.records import SettingsError
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.resuming import what_decides
from nos_sym.search.store.store import Store
from nos_sym.search.template import HOLE, TemplateError, read_template

register()
TEMPLATES = ["none ~ v_hat / ?", "momentum ~ tanh(?) * g", "nesterov ~ ema(?, 0.9) + 0.01 * w", "none ~ ?"]


@pytest.mark.parametrize("text", TEMPLATES)
def test_a_filled_template_is_the_rule_that_is_written_out(text: str) -> None:
    template, rng = read_template(text), np.random.default_rng(5)
    for _ in range(8):
        part = decode(sample(rng))
        filled = template.fill(part)
        written = parse_rule(text.replace(HOLE, f"({print_expression(part.update)})"))
        assert filled == written and filled.momentum is not None
        assert template.part_of(filled).update == part.update
        moved = []
        for rule in (filled, written):
            interpreter = Interpreter(rule, (3,), total_steps=20, uniform=lambda draw, shape: np.full(3, 0.5))
            weight, steps = np.array([1.1, 0.9, 1.0]), np.random.default_rng(1)
            with np.errstate(all="ignore"):
                for _ in range(4):
                    weight = interpreter.apply(weight, steps.normal(size=3), 0.01, 0.9)
            moved.append(weight)
        np.testing.assert_array_equal(*moved)


def test_a_filled_template_computes_what_its_equation_says() -> None:
    rule = read_template("none ~ g / (2 + ?)").fill(parse_rule("none ~ g^2"))
    interpreter = Interpreter(rule, (2,), total_steps=5)
    g, weight = np.array([0.5, -2.0]), np.array([1.0, 3.0])
    np.testing.assert_allclose(
        interpreter.apply(weight, g, 0.1, 0.9), weight - 0.1 * g / (2 + g**2), rtol=1e-15
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("none ~ g", "has no '?'"),
        ("none ~ ? / ?", "has 2 '?'"),
        ("none ~ 0 * ?", "means the same whatever stands"),
        ("none ascent ~ ?", "the integrity check chooses the sign"),
        ("none ~ drop(?, 0.1)", "no dropout"),
        ("A(x=0.1) = none ~ x * ?", "no settings"),
        (f"none ~ {'tanh(' * 100}?{')' * 100}", "too large"),
        (f"none ~ ? + {'g + ' * 900}g", "too long"),
    ],
)
def test_what_is_no_template_is_one_line(text: str, problem: str) -> None:
    with pytest.raises(TemplateError) as found:
        read_template(text)
    assert problem in str(found.value) and "\n" not in str(found.value)
    with pytest.raises(SettingsError, match="'template' cannot be used"):
        fake_settings(template=text)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("none ~ [?] g", 8),
        ("none ~ ema(g, ?)", 14),
        ("none ~ v_hat / (?", 15),
        ("none ~ foo(?)", 7),
        ("none ~ ? + frob(g)", 11),
        ("? ~ g", 0),
        ("none ~ g # ?", 11),
    ],
)
def test_a_slip_is_shown_where_it_is_in_the_template(text: str, position: int) -> None:
    with pytest.raises(SourceError) as found:
        read_template(text)
    assert (found.value.position, found.value.text) == (position, text)


@pytest.mark.parametrize(
    "changes", [{}, {"algorithm": "random"}, {"algorithm": "regularized", "batch": 4}, {"dedup": "off"}]
)
def test_all_candidates_are_of_the_template_and_a_resumed_search_keeps_it(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    small = {"evaluations": 20, "population": 10, "sample": 3, "time_steps": 1, "particles": 2}
    settings = fake_settings(2, template="nesterov ~ v_hat / (abs(?) + 1e-8)", **small, **changes)
    template = read_template(settings.template)
    with Store.open(tmp_path / "whole.db") as store:
        run, _ = evolve(settings, store, executor=InProcess())
        whole = snapshot(store, run.id)
        rows = list(store.evaluations())
        assert len(rows) > 10 and len({e.key for e in rows}) > 5
        for e in rows:
            rule = e.read_rule()
            assert rule.momentum is Momentum.NESTEROV and parse(e.text) == rule
            part = template.part_of(rule)
            assert e.genome is None or template.fill(decode(genome_from_json(e.genome))) == rule
            assert template.fill(part) == rule
        assert hall_of_fame(store, limit=1).entries[0].rule.momentum is Momentum.NESTEROV
    with Store.open(tmp_path / "killed.db") as store:
        Ending.left = 8
        with pytest.raises(KeyboardInterrupt):
            evolve(settings, store, executor=InProcess(), trainer=Ending())
        assert interrupted_settings(store).template == settings.template
        run, _ = evolve(interrupted_settings(store), store, executor=InProcess(), resume=True)
        assert snapshot(store, run.id) == whole


class Ending(FakeTrainer):
    """Trains a number of times and then ends the search."""

    left = 0

    def train(self, *arguments: Any) -> Any:
        if not Ending.left:
            raise KeyboardInterrupt
        Ending.left -= 1
        return super().train(*arguments)


def test_particles_start_from_rules_of_the_template_and_others_are_refused(tmp_path: Path) -> None:
    small = {"particles": 1, "time_steps": 1, "template": "none ~ v_hat / ?"}
    initial = ["none ~ v_hat / ([a1] sqrt(s_hat) + 1e-8)"]
    settings = fake_settings(1, initial=initial, genome={"only_decays": True}, **small)
    with Store.open(tmp_path / "run.db") as store:
        run, _ = evolve(settings, store, executor=InProcess())
        assert key_of(parse(store.moves(run.id)[0][2])) == key_of(parse(initial[0]))
        assert all(
            e.text.startswith(("none ~ v_hat / ", "none ascent ~ v_hat / ")) for e in store.evaluations()
        )
    for other in ("none ~ g", "momentum ~ v_hat / sqrt(s_hat)"):
        with (
            Store.open(tmp_path / "other.db") as store,
            pytest.raises((SearchError, NosSymError), match="not written as the template"),
        ):
            evolve(fake_settings(1, initial=[other], **small), store, executor=InProcess())


def test_a_run_without_a_template_has_the_settings_of_before() -> None:
    table = what_decides(fake_settings().to_json())
    assert "template" not in table
    assert what_decides(fake_settings(template="none ~ ?").to_json())["template"] == "none ~ ?"
    with pytest.raises(SettingsError, match="fixes the momentum type"):
        others = ("operation", "connection", "arity", "decay")
        fake_settings(
            template="none ~ ?", genome={f"mutate_{n}": 0.0 for n in others} | {"mutate_momentum": 1.0}
        )


def test_the_command_says_on_one_line_what_is_wrong(tmp_path: Path) -> None:
    store = tmp_path / "run.db"
    arguments = ["evolve", "--preset", "demo", "--template", "none ~ g", "--store", str(store)]
    told = CliRunner().invoke(cli, arguments)
    assert told.exit_code == 2 and not store.exists()
    assert "has no '?'; expected one" in told.stderr and told.stderr.count("\n") == 1
