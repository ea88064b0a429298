"""Settings are what the rule names: their defaults, checks, documentation and effect in every backend."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import numpy as np
import pytest
from support.harness import Problem, load, problem, run_backend, run_numpy
from support.set_rules import adam_w, clipped
from sympy.core.numbers import Rational

from nos_sym import catalog
from nos_sym.backends.settings import condition
from nos_sym.codegen.render import render
from nos_sym.errors import RenderError
from nos_sym.faces import face_named, rule_of_face
from nos_sym.intervals.interval import NONNEGATIVE, REALS, UNIT, Interval
from nos_sym.language.parser import parse
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.setting import setting
from nos_sym.program.interpreter import Interpreter
from nos_sym.program.lower import lower

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("backend", ["torch", "tensorflow", "keras", "optax"])
@pytest.mark.parametrize("rule", [adam_w(), clipped()], ids=lambda r: r.name)
def test_defaults_are_those_of_the_rule(backend: str, rule: Rule, tmp_path: Path) -> None:
    given = problem(20, seed=4)
    found = run_backend(backend, rule, given, tmp_path, "float64")
    np.testing.assert_allclose(found, run_numpy(rule, given), rtol=1e-10)


@pytest.mark.parametrize(
    "text", ["A(lr=0.003) = none ~ g", "A(lr=0.003) = { state m; m <- m + g; w <- w - lr * m }"]
)
@pytest.mark.parametrize("backend", ["torch", "keras", "tensorflow", "optax"])
def test_the_learning_rate_of_a_head_is_the_default_of_the_file(text: str, backend: str) -> None:
    def rates(rule: str) -> list[str | None]:
        tree = ast.parse(render(parse(rule), backend))
        made = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name in ("__init__", "A")]
        found = []
        for each in (n.args for n in made):
            defaults = [None] * (len(each.args) - len(each.defaults)) + [*map(ast.unparse, each.defaults)]
            found += [d for a, d in zip(each.args, defaults, strict=True) if a.arg in ("lr", "learning_rate")]
        return found

    assert rates(text) == ["0.003"]
    assert rates(text.replace("(lr=0.003)", "")) == [None if backend == "optax" else "0.001"]


def test_a_value_that_is_set_is_used(tmp_path: Path) -> None:
    given: Problem = problem(5, seed=5)
    module = load(render(clipped(), "torch"), tmp_path)
    weight = torch.nn.Parameter(torch.tensor(given.weight))
    optimizer = module.Clipped([weight], lr=0.1, momentum=0.9, bound=0.05, power=1.0)
    interpreter = Interpreter(clipped(), given.weight.shape, settings={"bound": 0.05, "power": 1.0})
    expected = given.weight
    for gradient in given.gradients:
        weight.grad = torch.tensor(gradient)
        optimizer.step()
        expected = interpreter.apply(expected, gradient, 0.1, 0.9)
    np.testing.assert_allclose(weight.detach().numpy(), expected, rtol=1e-12)


def test_signatures(tmp_path: Path) -> None:
    torch_adam = load(render(adam_w(), "torch"), tmp_path).AdamW
    given = inspect.signature(torch_adam).parameters
    assert list(given)[1:5] == ["lr", "betas", "eps", "weight_decay"]
    assert (given["betas"].default, given["eps"].default) == ((0.9, 0.999), 1e-8)
    assert "betas" not in inspect.signature(load(render(clipped(), "torch"), tmp_path).Clipped).parameters


@pytest.mark.parametrize("name", ["Lion", "Adam", "SGDMomentum"])
def test_an_option_of_other_optimizers_is_not_kept_in_silence(name: str, tmp_path: Path) -> None:
    module = load(render(catalog.entry(name), "torch"), tmp_path)
    make, weight = getattr(module, name), torch.nn.Parameter(torch.zeros(2))
    off = {"weight_decay": 0.0, "amsgrad": False, "nesterov": False, "dampening": 0, "name": "layer"}
    optimizer = make([{"params": [weight], **off}])
    assert optimizer.param_groups[0]["name"] == "layer"
    for key, value in {"weight_decay": 0.5, "eps": 1e-3, "amsgrad": True, "capturable": True}.items():
        message = f"Invalid {key}: {value}; this rule has no {key}: leave it out"
        with pytest.raises(ValueError, match=message):
            make([{"params": [weight], key: value}])
        spoiled = optimizer.state_dict()
        spoiled["param_groups"][0] |= {key: value}
        with pytest.raises(ValueError, match=message):
            optimizer.load_state_dict(spoiled)
        assert key not in optimizer.param_groups[0] or not optimizer.param_groups[0][key]


@pytest.mark.parametrize("name", ["A5", "Adam", "Opt4", "MuonWithAdamW", "SGD"])
def test_options_of_computation_are_those_of_every_rule(name: str, tmp_path: Path) -> None:
    make = getattr(load(render(catalog.entry(name), "torch"), tmp_path), name)
    given = {"total_steps": 9} if name == "Opt4" else {}
    weights = []
    for option in (
        {"foreach": False},
        {"foreach": None},
        {"maximize": False},
        {"differentiable": False},
        {"compile": False},
    ):
        weight = torch.nn.Parameter(torch.ones(2, 2))
        weight.grad = torch.tensor([[1.0, 2.0], [3.0, -4.0]])
        make([weight], lr=0.1, **given, **option).step()
        weights.append(weight.detach())
    for other in weights[1:]:
        torch.testing.assert_close(other, weights[0], rtol=1e-6, atol=0)
    with pytest.raises(RuntimeError, match="fused excludes differentiable, foreach and compile"):
        make([weight], **given, foreach=True, fused=True)


def test_domains_hold_for_groups(tmp_path: Path) -> None:
    """Of the constructor, added later, and of a state dict, before anything is changed."""
    rule = parse("Mine(gain=0.5 in [0, 1]) = { state s; s <- gain * s + g; w <- w - lr * s }")
    make, weight = load(render(rule, "torch"), tmp_path).Mine, torch.nn.Parameter(torch.ones(2))
    optimizer = make([{"params": [weight], "gain": 1}])
    for gain in (2, -0.1, float("nan"), float("inf")):
        message = rf"\AInvalid gain: {gain}, not in \[0, 1\]\Z"
        with pytest.raises(ValueError, match=message):
            make([{"params": [weight], "gain": gain}])
        with pytest.raises(ValueError, match=message):
            optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "gain": gain})
        spoiled = optimizer.state_dict()
        spoiled["param_groups"][0]["gain"] = gain
        with pytest.raises(ValueError, match=message):
            optimizer.load_state_dict(spoiled)
    with pytest.raises(ValueError, match="Tensor lr must be 1-element"):
        make([{"params": [weight], "lr": torch.ones(2)}])
    assert [group["gain"] for group in optimizer.param_groups] == [1]


@pytest.mark.parametrize("name", ["Adam", "Opt4", "SGDMomentum", "SGD"])
def test_the_state_dict_of_another_optimizer_is_refused(name: str, tmp_path: Path) -> None:
    """Before anything is changed; one of its own, and one of a training that has not begun, are taken."""
    module = load(render(catalog.entry(name), "torch"), tmp_path)
    weight = torch.nn.Parameter(torch.ones(2, 3))
    weight.grad = torch.full((2, 3), 0.5)
    given = {"total_steps": 9} if name == "Opt4" else {}
    mine, again = (getattr(module, name)([weight], **given) for _ in range(2))
    again.load_state_dict(mine.state_dict())
    other = torch.optim.Rprop([weight])
    for optimizer in (mine, other):
        optimizer.step()
    groups = mine.state_dict()["param_groups"]
    lacking = {"state": other.state_dict()["state"], "param_groups": groups}
    again.load_state_dict(mine.state_dict())
    again.load_state_dict(mine.state_dict())
    before = again.state_dict()
    refused = [lacking] if len(mine.state[weight]) > 1 else []
    for key in set(mine.state[weight]) - {"step"}:
        refused.append(
            {"state": {0: mine.state_dict()["state"][0] | {key: torch.ones(3, 2)}}, "param_groups": groups}
        )
    for spoiled in refused:
        with pytest.raises(ValueError, match=r"\AInvalid state dict: .* load one of this optimizer\Z"):
            again.load_state_dict(spoiled)
    assert str(again.state_dict()) == str(before)


def test_a_number_of_a_rule_is_no_setting() -> None:
    """1e-5 inside a bound of Opt1 and 1e-4 inside an exponential of Opt6 stay what they are."""
    for name, settings in (("Opt1", {"beta", "beta1", "beta2"}), ("Opt6", {"beta"})):
        assert {s.name for s in lower(catalog.entry(name)).settings} <= settings


def test_a_setting_that_may_be_zero_is_guarded() -> None:
    quotient = Rule(Momentum.NONE, apply("div", apply("g"), setting("eps", Rational(1, 10))), name="Q")
    assert any(value.guarded for value in lower(quotient).values)
    positive = setting("eps", Rational(1, 10), Interval(0, float("inf"), low_open=True))
    assert not any(
        value.guarded for value in lower(Rule(Momentum.NONE, apply("div", apply("g"), positive))).values
    )


@pytest.mark.parametrize("backend", ["torch", "tensorflow", "keras", "optax"])
@pytest.mark.parametrize("name", ["gradient", "weight"])
def test_a_name_that_the_file_uses_is_refused(name: str, backend: str) -> None:
    update = apply("mul", setting(name, Rational(1, 2)), apply("g"))
    with pytest.raises(RenderError, match=f"setting '{name}'.*choose another"):
        render(Rule(Momentum.NONE, update, name="Named"), backend)


@pytest.mark.parametrize(
    ("domain", "text", "finite"),
    [
        (Interval(0, 1, high_open=True), "0 <= x < 1", "0 <= x < 1"),
        (UNIT, "0 <= x <= 1", "0 <= x <= 1"),
        (NONNEGATIVE, "x >= 0", '0 <= x < float("inf")'),
        (Interval(0, float("inf"), low_open=True), "x > 0", '0 < x < float("inf")'),
        (Interval(float("-inf"), 0.5), "x <= 0.5", '-float("inf") < x <= 0.5'),
        (REALS, "x == x", '-float("inf") < x < float("inf")'),
    ],
)
def test_conditions(domain: Interval, text: str, finite: str) -> None:
    assert condition("x", domain) == text
    assert condition("x", domain, finite=True) == finite
    assert "nan" not in text


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["lr", "momentum", "bound", "decay"])
def test_numbers_that_are_not_finite_are_refused(name: str, value: float, tmp_path: Path) -> None:
    text = "Bounded(bound=1, decay=0.1 in (-inf, inf)) = momentum ~ max(g, 0 - bound) + decay * w"
    made = load(render(parse(text), "torch"), tmp_path).Bounded
    weight = torch.nn.Parameter(torch.ones(2))
    assert made([weight], **{name: 0.5}).defaults[name] == 0.5
    with pytest.raises(ValueError, match=f"Invalid {name}: {value}"):
        made([weight], **{name: value})


@pytest.mark.parametrize("name", ["lr", "eps", "weight_decay"])
def test_what_an_original_takes_its_file_takes(name: str, tmp_path: Path) -> None:
    face = face_named("torch.optim.AdamW")
    made = load(render(rule_of_face(face), "torch", face=face), tmp_path).AdamW
    weight = torch.nn.Parameter(torch.ones(2))
    for kind in (torch.optim.AdamW, made):
        assert kind([weight], **{name: float("inf")}).defaults[name] == float("inf")
        with pytest.raises(ValueError, match="Invalid"):
            kind([weight], **{name: float("nan")})


def _agrees(text: str, backend: str, tmp_path: Path, tolerance: float = 1e-10) -> None:
    rule = parse(text)
    assert isinstance(rule, Rule)
    given = problem(5, seed=6)
    found = run_backend(backend, rule, given, tmp_path, "float64")
    np.testing.assert_allclose(found, run_numpy(rule, given), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("backend", ["torch", "tensorflow", "keras", "optax"])
@pytest.mark.parametrize(
    "text",
    [
        "Whole(c=2) = none ~ g / c",
        "Zero(c=0) = none ~ g / c + w",
        "Of(c=0.3) = none ~ rdiv(g, c) + i1e(c) * g + ln(c) * w",
        "OfWhole(c=2) = none ~ sqrt(c) * g + erf(c) * w + softplus(c)",
    ],
)
def test_functions_of_settings_alone(text: str, backend: str, tmp_path: Path) -> None:
    """Frameworks take a Python int for an integer tensor, and a Python float for one of float32."""
    _agrees(text, backend, tmp_path)


@pytest.mark.parametrize("backend", ["torch", "tensorflow", "keras", "optax"])
@pytest.mark.parametrize(
    "name", ["v", "momentum_2", "count", "numbers", "state", "change", "init_fn", "settings"]
)
def test_a_setting_keeps_its_name_beside_states_and_locals(name: str, backend: str, tmp_path: Path) -> None:
    _agrees(f"N({name}=0.5) = nesterov ~ {name} * ema(g, 0.9) + tanh(a1 * {name} + g)", backend, tmp_path)


def test_optax_checks_settings(tmp_path: Path) -> None:
    made = load(
        render(parse("N(gain=0.3 in [0, 1], beta=0.9) = none ~ gain * ema(g, beta)"), "optax"), tmp_path
    ).N
    made(0.1, gain=1.0, beta=0.0)
    for wrong in ({"gain": 1.5}, {"gain": float("nan")}, {"beta": 1.0}, {"beta": -float("inf")}):
        with pytest.raises(ValueError, match="Invalid"):
            made(0.1, **wrong)
