"""Names and texts wherever a rule is meant, and one line for everything else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nos_sym
from nos_sym import catalog

FUNCTIONS: dict[str, Callable[[Any], object]] = {
    "key_of": nos_sym.key_of,
    "canonical_rule": nos_sym.canonical_rule,
    "compare": lambda x: nos_sym.compare(x, "SGD"),
    "compare with": lambda x: nos_sym.compare("SGD", x),
    "explain": nos_sym.explain,
    "factor": nos_sym.factor,
    "prove": lambda x: nos_sym.prove(x, "SGD", seconds=0.1),
    "render": nos_sym.render,
    "render_factored": nos_sym.render_factored,
    "render_with_runtime": nos_sym.render_with_runtime,
    "Interpreter": lambda x: nos_sym.Interpreter(x, (2,)),
    "Parameters": lambda x: nos_sym.Parameters(x, [(2,)]),
    "check": lambda x: nos_sym.check([x]),
    "encode": nos_sym.encode,
    "print_authors": nos_sym.print_authors,
    "optimizer": nos_sym.optimizer,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    "given", [3, b"Opt4", None, ["Opt4", "Opt5"], "Opt44", "", "LR1", "none ~ tahn(g)", "none ~"]
)
def test_what_is_no_optimizer_is_one_line(name: str, given: object) -> None:
    if given == "LR1" and name in ("render",):
        pytest.skip("a schedule can be rendered")
    with pytest.raises(nos_sym.NosSymError) as caught:
        FUNCTIONS[name](given)
    assert "\n" not in str(caught.value)
    assert str(caught.value)


def test_names_texts_and_rules_mean_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = catalog.entry("Opt6")
    assert isinstance(rule, nos_sym.Rule)
    file = tmp_path / "rules.nos"
    file.write_text(f"{rule}\nOther = none ~ g\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for given in ("Opt6", "opt6", str(rule), rule, f"{file}:Opt6", Path("rules.nos:Opt6"), "rules.nos:Opt6"):
        assert nos_sym.key_of(given) == nos_sym.key_of(rule)
        assert nos_sym.render(given, "torch") == nos_sym.render(rule, "torch")
        assert nos_sym.factor(given) == nos_sym.factor(rule)
    assert nos_sym.compare("none ~ g", "none ~ -(-g)", "exact")
    assert nos_sym.compare("none ~ g", "none ~ 2 * g", "scale")
    assert nos_sym.compare("none ~ g", "none ~ 2 * g", nos_sym.Level.SCALE)
    assert not nos_sym.compare("none ~ g", "none ~ 2 * g")


def test_a_path_is_never_a_name_of_the_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(nos_sym.NosSymError, match="no file"):
        nos_sym.key_of(Path("Opt4"))
    Path("Opt4").write_text("none ~ g", encoding="utf-8")
    assert nos_sym.key_of(Path("Opt4")) == nos_sym.key_of("SGD")
    assert nos_sym.key_of("Opt4") != nos_sym.key_of("SGD")


def test_a_path_is_never_a_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("none ~ w").write_text("none ~ g", encoding="utf-8")
    assert nos_sym.key_of(Path("none ~ w")) == nos_sym.key_of("SGD")
    assert nos_sym.key_of("none ~ w") != nos_sym.key_of("SGD")


@pytest.mark.parametrize("path", [b"Opt4", 3, None])
def test_a_path_without_a_text_is_one_line(path: object) -> None:
    class Odd:
        def __fspath__(self) -> object:
            return path

    with pytest.raises(nos_sym.RuleError, match=r"Odd.*, which has no text for its path\Z"):
        nos_sym.key_of(Odd())  # type: ignore[arg-type]


def test_messages_say_what_python_has(tmp_path: Path) -> None:
    file = tmp_path / "rules.nos"
    file.write_text("A = none ~ g\nB = none ~ w\n", encoding="utf-8")
    for given in (file, str(file), "A = none ~ g\nB = none ~ w"):
        with pytest.raises(
            nos_sym.NosSymError, match=r"one of those that nos_sym\.parse_file returns"
        ) as caught:
            nos_sym.key_of(given)
        assert "--rule" not in str(caught.value)


OPTIONS: list[tuple[Callable[[], object], str]] = [
    (lambda: nos_sym.optimizer("SGD", fused="no"), "'fused' is True or False, not 'no'"),  # type: ignore[arg-type]
    (lambda: nos_sym.optimizer("SGD", 3), r"'backend' is a text, not 3 \(int\)"),  # type: ignore[arg-type]
    (lambda: nos_sym.optimizer("SGD", name=3), "'name' is a text"),  # type: ignore[arg-type]
    (lambda: nos_sym.schedule("LR1", 3), "'backend' is a text"),  # type: ignore[arg-type]
    (lambda: nos_sym.render("SGD", 3), "'backend' is a text"),  # type: ignore[arg-type]
    (lambda: nos_sym.render("SGD", cast=3), "'cast' is a text"),  # type: ignore[arg-type]
    (lambda: nos_sym.render("SGD", minimal=1), r"'minimal' is True or False, not 1"),  # type: ignore[arg-type]
    (lambda: nos_sym.render_factored("Opt6", 3), "'backend' is a text"),  # type: ignore[arg-type]
    (lambda: nos_sym.render_with_runtime("SGD", module=3), "'module' is a text"),  # type: ignore[arg-type]
    (lambda: nos_sym.render_with_runtime("SGD", package="yes"), "'package' is True"),  # type: ignore[arg-type]
    (lambda: nos_sym.optimizer("SGD", "a\nb"), r"unknown backend 'a\\nb'; expected one of torch"),
    (lambda: nos_sym.optimizer("SGD", "jax"), "unknown backend 'jax'"),
    (lambda: nos_sym.catalog.entry(3), "a name of the catalog such as 'Opt4', not 3"),  # type: ignore[arg-type]
    (lambda: nos_sym.face_named(3), "3.* is no qualified name"),  # type: ignore[arg-type]
    (lambda: nos_sym.parse_authors(3), r"a rule of the log such as 'None ~ tanh\(g\)', not 3"),  # type: ignore[arg-type]
    (lambda: nos_sym.parse(3), r"the text of a rule such as 'none ~ tanh\(g\)', not 3"),  # type: ignore[arg-type]
    (lambda: nos_sym.parse("none ~ g").named(3), "a name is a text, not 3"),  # type: ignore[arg-type]
    (lambda: nos_sym.parse("none ~ g").named("A", 3), "a source is a text, not 3"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "message"), OPTIONS, ids=[message for _, message in OPTIONS])
def test_options_of_another_type_are_one_line(call: Callable[[], object], message: str) -> None:
    with pytest.raises(nos_sym.NosSymError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_names_of_libraries_stand_for_what_replaces_them() -> None:
    face = nos_sym.face_named("torch.optim.AdamW")
    replaced = nos_sym.render(nos_sym.rule_of_face(face), face=face)
    assert nos_sym.render("torch.optim.AdamW") == replaced
    assert nos_sym.render(face) == replaced
    assert nos_sym.render("torch.optim.AdamW", face="torch.optim.AdamW") == replaced
    # For another backend the rule alone counts.
    assert "optax" in nos_sym.render("torch.optim.AdamW", "optax")
    assert nos_sym.render("optax.adam") == nos_sym.render("optax.adam", "optax")
    changed = nos_sym.rule_of_face(face).with_settings(eps="1e-6")
    assert "eps=1e-6" in nos_sym.render(changed, face=face)
    with pytest.raises(nos_sym.RenderError, match=r"Opt4 is not what torch.optim.AdamW computes"):
        nos_sym.render("Opt4", face="torch.optim.AdamW")


def test_levels_are_given_by_name() -> None:
    with pytest.raises(nos_sym.RuleError, match="did you mean 'exact'"):
        nos_sym.compare("SGD", "SGD", "exakt")
    with pytest.raises(nos_sym.RuleError, match="not 1"):
        nos_sym.compare("SGD", "SGD", 1)  # type: ignore[arg-type]


def test_a_rule_without_a_name_is_rendered_under_a_stated_one() -> None:
    assert "class MyOptimizer(Optimizer)" in nos_sym.render("none ~ tanh(g)")
    assert "class Mine(Optimizer)" in nos_sym.render("none ~ tanh(g)", name="Mine")
    assert "class MySchedule(" in nos_sym.render("schedule ~ a4")


def test_what_a_text_may_not_mean_is_a_warning() -> None:
    with pytest.warns(UserWarning, match="the root is of an average of g"):
        nos_sym.key_of("none ~ g / sqrt(v_hat)")


def test_interpreters_run_names() -> None:
    run = nos_sym.Interpreter("SGD", (2,))
    moved = run.apply(np.ones(2), np.array([1.0, 2.0]), 0.5)
    assert moved.tolist() == [0.5, 0.0]
    assert nos_sym.Parameters("Adam", [(2,), (3,)]).program.slots
    assert nos_sym.check("none ~ tanh(g)")[0].passed
